"""Steps of notices about refunds: a refund of a practice payment, and what the simulator tells of it or of one that it made itself."""

import json
from datetime import timedelta

from apps.audit.models import AuditEvent
from apps.channels.models import WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.core import clock
from apps.disputes.models import Dispute
from apps.merchants.models import Notification
from apps.orders.models import Payment, PaymentEvent, Refund, RefundExecution
from apps.orders.services.notices.doing import do_waiting
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.calling import submit_refund
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

NOW = cast.NOW


def approved(payment, amount_minor=30000) -> Refund:
    shop, clerk = payment.merchant, cast.operator(payment.merchant)
    refund = request_refund(merchant=shop, payment_id=payment.pk, amount_minor=amount_minor, reason_code="fraud", by=clerk, now=NOW)
    return deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=NOW)


def submitted(payment, behaviour="timeout_after", amount_minor=30000) -> Refund:
    gateway_for(payment.channel).books.script(payment.merchant_ref, behaviour)
    refund = approved(payment, amount_minor)
    return submit_refund(merchant=payment.merchant, refund_id=refund.pk, now=NOW)


def waiting(channel) -> list[bytes]:
    return [body for _headers, body in gateway_for(channel).pending_notices()]


def told(payment, /, **fields) -> bytes:
    """What the simulator would write of a refund of NT$300 that somebody started in its console."""
    said = {
        "event": "evt-1", "outcome": "succeeded", "done_at": (NOW - timedelta(hours=1)).isoformat(), "key": "", "ref": "SIM-CONSOLE-1",
        "payment": payment.provider_ref, "merchant_ref": payment.merchant_ref, "amount": 30000, "currency": "TWD",
    }  # fmt: skip
    return json.dumps({**said, **fields}).encode()


def post(client, channel, body: bytes, signature: str | None = None):
    signature = gateway_for(channel).sign(body) if signature is None else signature
    address = f"/notices/{channel.public_id}/"
    answer = client.post(address, data=body, content_type="application/json", headers={"x-simulator-signature": signature})
    do_waiting(now=clock.now())
    return answer


def kept() -> list[tuple]:
    return list(WebhookEvent.objects.order_by("pk").values_list("event_id", "state", "result"))


def everything() -> list:
    models = (Payment, Refund, RefundExecution, PaymentEvent, AuditEvent, Dispute, Notification)
    return [list(model.objects.order_by("pk").values_list()) for model in models]

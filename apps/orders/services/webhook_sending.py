"""Sending what is due: claim the delivery, call without any lock or transaction, write down the answer."""

from datetime import datetime, timedelta

import httpx
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from standardwebhooks.webhooks import Webhook

from apps.audit.services import record
from apps.core import clock
from apps.merchants.models import Merchant
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.orders.enums import DeliveryState, EventType
from apps.orders.errors import AddressRefused
from apps.orders.models import WebhookDelivery, WebhookEndpoint
from apps.orders.services.webhook_addresses import pinned

# How long after each failed attempt the next one follows; after the last there is none.
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 1440))
CLAIM = timedelta(minutes=2)  # a sender that died gives the delivery back after this
FAILURES_UNTIL_OFF = 20  # attempts in a row, of any deliveries
TIMEOUT = httpx.Timeout(10, connect=5)  # seconds
KEPT_ANSWER = 300


def deliver_due(*, merchant: Merchant, now: datetime, progress=None) -> dict:
    """Sends each delivery of the merchant that is due, oldest first. Two senders never take the same one."""
    counts = {"sent": 0, "failed": 0}
    while (delivery := _claim(merchant, now)) is not None:
        code, answer = _call(delivery, now)
        done = code is not None and 200 <= code < 300
        _settle(delivery, done, code, answer, now)
        counts["sent" if done else "failed"] += 1
        if progress:
            progress(50)
    return counts


def merchants_with_due(now: datetime) -> list[int]:
    due = WebhookDelivery.objects.filter(state=DeliveryState.WAITING, next_at__lte=now)
    return sorted(set(_of_open_endpoints(due).order_by().values_list("merchant_id", flat=True)))


def _of_open_endpoints(rows):
    """What waits for an address that is switched off goes on waiting; a test is meant for it."""
    return rows.filter(Q(endpoint__is_active=True) | Q(type=EventType.TEST))


@transaction.atomic
def _claim(merchant: Merchant, now: datetime) -> WebhookDelivery | None:
    due = WebhookDelivery.objects.for_merchant(merchant).filter(state=DeliveryState.WAITING, next_at__lte=now)
    rows = _of_open_endpoints(due).select_related("endpoint").select_for_update(of=("self",), skip_locked=True)
    delivery = rows.order_by("next_at", "pk").first()
    if delivery:
        delivery.merchant = merchant
        delivery.attempts += 1
        delivery.next_at = now + CLAIM
        delivery.save(update_fields=["attempts", "next_at"])
    return delivery


def _call(delivery: WebhookDelivery, now: datetime) -> tuple[int | None, str]:
    """The answer's code and how its text begins; None and why when there was none."""
    endpoint = delivery.endpoint
    try:
        url, host, extensions = pinned(endpoint.url, is_practice=delivery.merchant.is_practice)
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            request = client.build_request(
                "POST", url, content=delivery.body.encode(), headers=_headers(delivery, endpoint, host), extensions=extensions
            )
            answer = client.send(request, stream=True)
            try:
                text = next(answer.iter_bytes(KEPT_ANSWER), b"").decode(errors="replace").replace("\x00", "")
                return answer.status_code, text[:KEPT_ANSWER]
            finally:
                answer.close()
    except AddressRefused as error:
        return None, str(error)[:KEPT_ANSWER]
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        return None, type(error).__name__


def _headers(delivery: WebhookDelivery, endpoint: WebhookEndpoint, host: str) -> dict[str, str]:
    moment = clock.now()
    keys = [endpoint.secret]
    if endpoint.previous_secret and endpoint.previous_until and endpoint.previous_until > moment:
        keys.append(endpoint.previous_secret)
    return {
        "host": host,
        "content-type": "application/json",
        "user-agent": "Hezhang-Webhooks/1",
        "webhook-id": delivery.event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(delivery.event_id, moment, delivery.body) for key in keys),
    }


@transaction.atomic
def _settle(delivery: WebhookDelivery, done: bool, code: int | None, answer: str, now: datetime) -> None:
    endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=delivery.endpoint_id).first()
    if endpoint is None:  # removed meanwhile, and the delivery with it
        return
    over = delivery.attempts > len(WAITS) or delivery.type == EventType.TEST
    state = DeliveryState.SENT if done else DeliveryState.FAILED if over else DeliveryState.WAITING
    next_at = now + WAITS[delivery.attempts - 1] if state == DeliveryState.WAITING else None
    fields = {"state": state, "next_at": next_at, "last_at": now, "last_code": code, "last_answer": answer}
    WebhookDelivery.objects.filter(pk=delivery.pk).update(**fields)
    if delivery.type == EventType.TEST:
        return
    endpoint.failures = 0 if done else endpoint.failures + 1
    if endpoint.failures >= FAILURES_UNTIL_OFF and endpoint.is_active:
        _switch_off(endpoint, now)
    endpoint.save(update_fields=["failures", "is_active", "disabled_at"])


def _switch_off(endpoint: WebhookEndpoint, now: datetime) -> None:
    endpoint.is_active, endpoint.disabled_at = False, now
    merchant = endpoint.merchant
    record(
        merchant_id=merchant.pk, action="webhook.switched_off", subject=endpoint, by=None, now=now, after={"failures": endpoint.failures}
    )
    notify(
        merchant=merchant,
        users=members_with(merchant, "edit_webhooks"),
        kind="webhook.switched_off",
        title=_("An address for events was switched off"),
        body=_("It failed many times in a row. What could not be sent waits there until you switch it on again."),
        href=reverse("orders:webhook", args=[merchant.slug, endpoint.pk]),
        severity="high",
        group_key=f"webhook:{endpoint.pk}",
        now=now,
    )

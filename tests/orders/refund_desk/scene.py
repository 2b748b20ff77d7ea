"""A shop with requests in every state, as on an ordinary afternoon: plain functions on top of `tests.cast`.

scene = make()         # .clerk asks, .approver and .owner decide
"""

from dataclasses import dataclass
from datetime import timedelta

from apps.channels.models import Channel
from apps.merchants.models import Merchant, User
from apps.orders.models import Refund
from apps.orders.services.refunds import deciding, settling
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@dataclass
class Scene:
    """`big` needs two approvals and a second factor, `own` was asked for by the approver's colleague who may approve, too."""

    shop: Merchant
    clerk: User
    approver: User
    owner: User
    ecpay: Channel
    stripe: Channel
    big: Refund
    small: Refund
    own: Refund
    gone: Refund
    lost: Refund
    done: Refund


def ask(payment, by, amount_minor: int, hours: float = 1, **fields) -> Refund:
    """A request so many hours ago."""
    fields = {"reason_code": "customer_request", **fields}
    now = cast.NOW - timedelta(hours=hours)
    return request_refund(merchant=payment.merchant, payment_id=payment.pk, amount_minor=amount_minor, by=by, now=now, **fields)


def approve(refund, *people, hours: float = 1, **fields) -> Refund:
    for person in people:
        now = cast.NOW - timedelta(hours=hours)
        refund = deciding.approve_refund(merchant=refund.merchant, refund_id=refund.pk, by=person, now=now, mfa_at=now, **fields)
    return refund


def send(refund, hours: float = 0.5) -> Refund:
    return settling.apply_submitted(refund=refund, now=cast.NOW - timedelta(hours=hours))


def make(language: str = "zh-hant") -> Scene:
    shop = cast.make_merchant(is_practice=True)  # its providers are simulated, so that every channel can be called
    clerk = cast.operator(shop, name="陳思妤", language=language)
    approver = cast.approver(shop, name="王志明", language=language)
    owner = cast.owner(shop, name="林怡君", language=language)
    ecpay, stripe = cast.make_channel(shop), cast.make_channel(shop, "stripe", label="Stripe")
    cast.make_fee_rule(ecpay)
    cast.make_payout(ecpay, net_minor=524000, due_on=cast.TODAY + timedelta(days=3))
    buyer = {"customer_ref": "chen.m@example.com"}
    earlier = cast.make_payment(ecpay, "A10199", 328000, **buyer)
    cast.make_refund(earlier, "R-77", 80000)
    first = cast.make_payment(ecpay, "A10219", 1648000, **buyer)
    big = ask(first, clerk, 1648000, 3.1, note="收到時杯身有裂痕，附照片 2 張。", attachments=[("cup.png", PNG), ("chat.txt", b"hello")])
    small = ask(earlier, clerk, 128000, 1.4, note="尺寸不合，退其中一件", customer_note="已收到退貨，謝謝。")
    own = ask(cast.make_payment(ecpay, "A10231", 54000), owner, 54000, 5.7, reason_code="duplicate")
    gone = send(approve(ask(cast.make_payment(stripe, "A10260", 215000), clerk, 215000, 2, reason_code="out_of_stock"), approver))
    lost = send(approve(ask(cast.make_payment(stripe, "A10285", 89000), clerk, 89000, 2), owner))
    lost = settling.apply_unknown(refund=lost, code="timeout", now=cast.NOW - timedelta(minutes=25))
    done = send(approve(ask(cast.make_payment(ecpay, "A10203", 338000), clerk, 169000, 6), owner, hours=5), 4.9)
    moment = cast.NOW - timedelta(hours=4)
    done = settling.apply_succeeded(refund=done, refunded_at=moment, provider_refund_ref="2611201104338", now=cast.NOW)
    return Scene(shop, clerk, approver, owner, ecpay, stripe, big, small, own, gone, lost, done)

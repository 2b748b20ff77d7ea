"""Practice payments: a shop starts one, plays the payer or the clock, and sees what becomes of it. No money moves."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.models import Channel
from apps.channels.services.gateway import gateway_for
from apps.core.errors import HezhangError
from apps.merchants.models import Merchant, User
from apps.orders.enums import Opening, Play
from apps.orders.models import Payment
from apps.orders.services.notices.practice import deliver_notices
from apps.orders.services.payments.calling import ask_about
from apps.orders.services.payments.calls import Wish
from apps.orders.services.payments.starting import Figures, new_number, start_payment


class NotPractice(HezhangError):
    message = _("This is only possible in a practice shop.")


class NothingHappened(HezhangError):
    message = _("The payment has ended, so the payer cannot do that any more.")


# What the simulator is told: the act, and how its notice travels.
PLAYS = {
    Play.PAY: ("pay", "once"),
    Play.PAY_TWICE: ("pay", "twice"),
    Play.PAY_DISORDER: ("pay", "disorder"),
    Play.PAY_LOST: ("pay", "lost"),
    Play.PAY_OTHER: ("pay", "once"),
    Play.DECLINE: ("decline", "once"),
    Play.EXPIRE: ("expire", "once"),
}


# What the simulator is told of the next refund on a payment.
NEXT_REFUND = {
    Play.REFUND_FAILS: "decline",
    Play.REFUND_SLOW: "slow",
    Play.REFUND_LOST: "timeout_after",
    Play.REFUND_TWICE: "duplicate_notice",
    Play.REFUND_DISORDER: "disorder",
}


def start_practice(
    *, channel: Channel, method: str, amount_minor: int, opening: str, captures_at_once: bool = True, by: User, now: datetime
) -> Payment:
    """A practice payment for a new practice order. :raises NotPractice: in a real shop. :raises HezhangError: as `start_payment`."""
    if not channel.merchant.is_practice:
        raise NotPractice
    gateway_for(channel).books.script_payment("create_payment", Opening(opening).value)
    number = f"PRACTICE-{new_number(now)[-8:]}"
    figures = Figures(number, amount_minor, channel.currency, method)
    wish = Wish(captures_at_once=captures_at_once)
    return start_payment(channel=channel, request_key=number, figures=figures, wish=wish, by=by, now=now)


def play(*, merchant: Merchant, payment_id: int, what: str, by: User, now: datetime) -> Payment:
    """Lets something happen to a practice payment, and carries what the provider has to tell. Returns the payment as it is then.

    :raises NotPractice: in a real shop. :raises NothingHappened: the payment has ended.
    """
    if not merchant.is_practice:
        raise NotPractice
    payment = Payment.objects.for_merchant(merchant).select_related("channel__merchant").get(pk=payment_id, execution__isnull=False)
    gateway, wanted = gateway_for(payment.channel), Play(what)
    record(merchant_id=merchant.pk, action="practice.played", subject=payment, by=by, now=now, after={"what": wanted.value})
    if wanted in NEXT_REFUND:
        gateway.books.script(payment.merchant_ref, NEXT_REFUND[wanted])
    elif wanted == Play.FORGED:
        gateway.forge(payment.merchant_ref)
    elif wanted == Play.ASK:
        ask_about(merchant=merchant, payment_id=payment.pk, now=now, at_once=True)
    else:
        act, telling = PLAYS[wanted]
        amount = payment.amount_minor // 2 or 1 if wanted == Play.PAY_OTHER else None
        if not gateway.could(payment.merchant_ref, act):
            raise NothingHappened
        gateway.payer(payment.merchant_ref, act, telling=telling, amount=amount)
    deliver_notices(payment.channel)
    return Payment.objects.for_merchant(merchant).select_related("order", "execution", "channel").get(pk=payment.pk)

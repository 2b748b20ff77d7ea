"""Starting a payment: figures checked, numbers made and committed before the provider hears of them, once for the caller's key."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.channels.approval import hold_approval
from apps.channels.cells import key_text
from apps.channels.gateways import GatewayKind, Operation
from apps.channels.models import Channel
from apps.channels.registry import reports_itself
from apps.channels.services.circuit import CircuitOpen, open_until
from apps.channels.services.gateway import GatewayMissing, can_be_called, gateway_kind
from apps.merchants.models import Merchant, User
from apps.orders.enums import PaymentState
from apps.orders.errors import AmountRefused, ChannelOff, MethodNotOffered, RequestKeyReused
from apps.orders.models import Order, Payment, PaymentExecution
from apps.orders.services.payments.calling import LEASE, open_payment
from apps.orders.services.payments.calls import Wish
from apps.orders.services.payments.trail import write_step

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DRAWN = 12  # characters of 5 bits; with the day the number has 19, and the shortest field of any provider takes 20
USUAL_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Figures:
    """What is to be paid, in minor units. `order_total_minor` is the whole order's where this is a part of it."""

    order_no: str
    amount_minor: int
    currency: str
    method: str
    order_total_minor: int | None = None

    @property
    def total_minor(self) -> int:
        return self.amount_minor if self.order_total_minor is None else self.order_total_minor


def start_payment(
    *,
    channel: Channel,
    request_key: str,
    figures: Figures,
    wish: Wish | None = None,
    token: str = "",
    by: User | None = None,
    now: datetime,
) -> Payment:
    """Starts a payment and opens it at its provider; the same `request_key` again is the same payment, however often and at once.

    Its `execution.action` says what the payer has to do. A provider that does not answer leaves it pending: it is asked about.

    :raises AmountRefused, ChannelOff, MethodNotOffered, GatewayMissing, CircuitOpen, ApprovalLapsed: nothing was started.
    :raises RequestKeyReused: see there.
    """
    merchant = channel.merchant
    known = _known(merchant, request_key)
    if known is not None:
        return _same(known, channel, figures)
    kind = _checked(channel, figures, now)
    try:
        payment = _write(channel, request_key, figures, wish or Wish(), bool(token), kind, by, now)
    except IntegrityError:  # a second click was faster
        known = _known(merchant, request_key)
        if known is None:
            raise
        return _same(known, channel, figures)
    try:
        return open_payment(merchant=merchant, payment_id=payment.pk, token=token, now=now)
    except CircuitOpen:  # it closed this moment: the schedule goes on with the payment
        return payment


def _known(merchant: Merchant, request_key: str) -> Payment | None:
    rows = Payment.objects.for_merchant(merchant).select_related("channel__merchant", "order", "execution", "merchant")
    return rows.filter(execution__request_key=request_key, execution__merchant=merchant).first()


def _same(payment: Payment, channel: Channel, figures: Figures) -> Payment:
    ours = (payment.channel_id, payment.order.order_key, payment.amount_minor, payment.currency, payment.method)
    if ours != (channel.pk, key_text(figures.order_no), figures.amount_minor, figures.currency, figures.method):
        raise RequestKeyReused
    return payment


def _checked(channel: Channel, figures: Figures, now: datetime) -> GatewayKind:
    if figures.amount_minor <= 0:
        raise AmountRefused
    if not channel.is_on:
        raise ChannelOff(channel=channel.label)
    kind = gateway_kind(channel)
    is_own = reports_itself(channel.provider)  # recorded by hand, in practice too
    if is_own or kind is None or Operation.CREATE_PAYMENT not in kind.operations or figures.method not in kind.pays_by:
        raise MethodNotOffered(channel=channel.label)
    if not can_be_called(channel):
        raise GatewayMissing(channel=channel.label)
    if until := open_until(channel, now):
        raise CircuitOpen(channel=channel, until=until)
    return kind


@transaction.atomic
def _write(channel: Channel, request_key: str, figures: Figures, wish: Wish, has_token: bool, kind: GatewayKind, by, now) -> Payment:
    hold_approval(channel, now)
    merchant = channel.merchant
    values = {"order_no": figures.order_no, "placed_at": now, "total_minor": figures.total_minor, "currency": figures.currency}
    order, _made = Order.objects.get_or_create(
        merchant=merchant, order_key=key_text(figures.order_no), defaults={**values, "customer_ref": wish.payer.reference[:100]}
    )
    number = new_number(now)
    payment = Payment.objects.create(
        merchant=merchant,
        order=order,
        channel=channel,
        method=figures.method,
        merchant_ref=number,
        merchant_ref_key=key_text(number),
        amount_minor=figures.amount_minor,
        currency=figures.currency,
        order_total_minor=figures.total_minor,
        state=PaymentState.PENDING,
        placed_at=now,
        customer_ref=wish.payer.reference[:100],
        payer_country=wish.payer.country[:2],
        payer_ip=wish.payer.ip[:45],
    )
    expires_at = wish.expires_at or now + timedelta(minutes=kind.payment_minutes or USUAL_MINUTES)
    payment.execution = PaymentExecution.objects.create(
        merchant=merchant,
        payment=payment,
        request_key=request_key,
        call="" if has_token else wish.as_text(),
        captures_at_once=wish.captures_at_once,
        started_at=now,
        expires_at=expires_at,
        ask_at=now + LEASE,
    )
    figure = {"amount_minor": figures.amount_minor, "currency": figures.currency, "method": figures.method}
    write_step(payment, "payment.started", now=now, by=by, after={**figure, "order_no": order.order_no}, **figure)
    return payment


def new_number(now: datetime) -> str:
    """Our number of a payment as every provider takes it: capital letters and digits, the day in front, 60 bits that nobody guesses."""
    return f"P{now:%y%m%d}{''.join(secrets.choice(ALPHABET) for _ in range(DRAWN))}"

"""A practice shop that takes payments: what the payer does is said to the simulator, whose books are the truth."""

from datetime import datetime

import time_machine

from apps.channels.models import Channel, ProviderCall
from apps.channels.providers.simulator.client import Simulator
from apps.channels.services.gateway import gateway_for
from apps.orders.models import Payment, PaymentEvent, PaymentExecution
from apps.orders.services.notices.practice import deliver_notices
from apps.orders.services.payments.calling import ask_about
from apps.orders.services.payments.calls import Wish
from apps.orders.services.payments.starting import Figures, start_payment
from tests import cast

NOW = cast.NOW


def practice_channel() -> Channel:
    return cast.make_channel(cast.make_merchant(is_practice=True))


def simulator(channel: Channel) -> Simulator:
    return gateway_for(channel)


def start(channel: Channel, request_key: str = "cart-1", *, now: datetime = NOW, amount: int = 128000, method: str = "line_pay", **wish):
    """NT$1,280 for order A10293."""
    figures = Figures("A10293", amount, "TWD", method)
    return start_payment(channel=channel, request_key=request_key, figures=figures, wish=Wish(**wish), now=now)


def payer(payment: Payment, act: str, **fields) -> None:
    """What the payer or the clock does; the notices wait."""
    simulator(payment.channel).payer(payment.merchant_ref, act, **fields)


def tell(payment: Payment) -> Payment:
    """The provider's notices arrive."""
    deliver_notices(payment.channel)
    return again(payment)


def ask(payment: Payment, now: datetime | None = None) -> Payment:
    """Somebody asks, at that moment or when it is due."""
    now = now or PaymentExecution.objects.get(payment=payment).ask_at
    with time_machine.travel(now, tick=False):
        return ask_about(merchant=payment.merchant, payment_id=payment.pk, now=now)


def again(payment: Payment) -> Payment:
    """As the row stands now."""
    return Payment.objects.select_related("channel__merchant", "merchant", "order", "execution").get(pk=payment.pk)


def said(payment: Payment) -> list[tuple[str, str]]:
    """The calls made about a payment, with what came of each."""
    return list(ProviderCall.objects.filter(key=payment.execution.key).order_by("pk").values_list("operation", "outcome"))


def steps(payment: Payment) -> list[str]:
    """Its time line, without the common beginning of the names."""
    kinds = PaymentEvent.objects.filter(payment=payment).order_by("pk").values_list("kind", flat=True)
    return [kind.removeprefix("payment.") for kind in kinds]

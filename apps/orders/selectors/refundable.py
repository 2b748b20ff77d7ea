"""What of a payment can still go back, by which route, and why not, said before anybody presses a button."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from apps.channels import fees
from apps.channels.selectors.details import capabilities_of
from apps.channels.services.gateway import can_be_called, gateway_kind
from apps.channels.terms import terms_for
from apps.core.figures import cash_text, day_text, names_text
from apps.orders.enums import PaymentState, RefundRoute, RefundState
from apps.orders.models import Payment, PaymentHold, Refund
from apps.orders.states import IN_FLIGHT


@dataclass(frozen=True, slots=True)
class Limit:
    """One thing to know before asking. `blocks`: nothing can be refunded while it holds; else it only narrows or explains.

    `code`: not_paid, held, used_up, books_say_refunded, method, no_api, window, whole_only, books_incomplete.
    """

    code: str
    sentence: str
    blocks: bool = False


@dataclass(frozen=True, slots=True)
class FeeEffect:
    """What the channel does with its fee, by the plan in force on the payment's day; positive minor units.

    `policy` keep, return, or unknown where no rule is in force; then both amounts are None. A bank transfer returns no fee.
    """

    policy: str
    plan_minor: int | None = None
    returned_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Refundable:
    """Of one payment, in its currency's minor units. in_flight: requested, approved, submitting or unknown; refunded: succeeded."""

    payment: Payment
    balance_minor: int
    in_flight_minor: int
    refunded_minor: int
    held_minor: int
    route: str
    whole_only: bool
    limits: tuple[Limit, ...]

    @property
    def refusal(self) -> Limit | None:
        """Why nothing can be refunded now; None when something can."""
        return next((limit for limit in self.limits if limit.blocks), None)

    @property
    def covers_all(self) -> bool:
        """Whether the payment has the money of everything that went back or is on its way: a dispute may have taken it since."""
        payment, spoken_for = self.payment, self.in_flight_minor + self.refunded_minor + self.held_minor
        return payment.is_captured and payment.state != PaymentState.REFUNDED and spoken_for <= payment.amount_minor

    @property
    def smallest_minor(self) -> int:
        return self.balance_minor if self.whole_only else 1


def refundable(payment: Payment, now: datetime, *, without: int | None = None) -> Refundable:
    """Two queries, with `channel` loaded. `without` is the id of a refund that is not counted: one that is being looked at."""
    in_flight, refunded = refunded_sums(payment, without)
    holds = list(PaymentHold.objects.filter(payment=payment, merchant=payment.merchant_id, released_at=None).order_by("pk"))
    return _room(payment, now, in_flight, refunded, holds)


def refundable_many(payments: Sequence[Payment], now: datetime) -> dict[int, Refundable]:
    """By primary key, for payments of one merchant with `channel` loaded: two queries however many."""
    if not payments:
        return {}
    keys, merchant = [payment.pk for payment in payments], payments[0].merchant_id
    sums: dict[int, dict[str, int]] = {key: {} for key in keys}
    refunds = Refund.objects.filter(payment_id__in=keys, merchant=merchant, currency=F("payment__currency"))
    for key, state, total in refunds.values_list("payment_id", "state").annotate(total=Sum("amount_minor")):
        sums[key][state] = total
    holds: dict[int, list[PaymentHold]] = {key: [] for key in keys}
    for hold in PaymentHold.objects.filter(payment_id__in=keys, merchant=merchant, released_at=None).order_by("pk"):
        holds[hold.payment_id].append(hold)
    return {payment.pk: _room(payment, now, *_split(sums[payment.pk]), holds[payment.pk]) for payment in payments}


def _room(payment: Payment, now: datetime, in_flight: int, refunded: int, holds: list[PaymentHold]) -> Refundable:
    held = sum(hold.amount_minor for hold in holds)
    balance = max(0, payment.amount_minor - in_flight - refunded - held)
    if payment.state == PaymentState.REFUNDED or not payment.is_captured:
        balance = 0
    route, limits = _route(payment, now)
    whole_only = route == RefundRoute.PROVIDER and not capabilities_of(payment.channel).partial_refund
    if whole_only:
        limits.append(Limit("whole_only", _("%(channel)s refunds whole payments only.") % {"channel": payment.channel.label}))
        balance = balance if balance == payment.amount_minor else 0
    blocks = _blocks(payment, balance, in_flight, refunded, holds)
    if payment.state == PaymentState.PARTIALLY_REFUNDED and not refunded:
        limits.append(
            Limit(
                "books_incomplete", _("The books say that part of this payment was refunded, but not how much. Bring refunds.csv in first.")
            )
        )
    return Refundable(payment, balance, in_flight, refunded, held, route, whole_only, (*blocks, *limits))


def credentials_limit(room: Refundable) -> Limit | None:
    """For who is about to ask: the provider could be called and nobody entered how, so the refund will wait. Reads the channel's merchant.

    It is no part of `limits`: it says nothing of the payment, and it ends without a word of ours when the credentials are entered.
    """
    channel = room.payment.channel
    if room.refusal or room.route != RefundRoute.PROVIDER or gateway_kind(channel) is None or can_be_called(channel):
        return None
    sentence = _("No credentials have been entered for %(channel)s: once approved, the refund waits until they are.")
    return Limit("no_credentials", sentence % {"channel": channel.label})


def refunded_sums(payment: Payment, without: int | None = None) -> tuple[int, int]:
    """(in flight, succeeded) of the payment's refunds in its own currency; one query."""
    rows = Refund.objects.filter(payment=payment, merchant=payment.merchant_id, currency=payment.currency)
    if without:
        rows = rows.exclude(pk=without)
    return _split(dict(rows.values_list("state").annotate(total=Sum("amount_minor"))))


def _split(sums: dict[str, int]) -> tuple[int, int]:
    return sum(sums.get(state, 0) for state in IN_FLIGHT), sums.get(RefundState.SUCCEEDED, 0)


def fee_effect(payment: Payment, amount_minor: int, route: str = RefundRoute.PROVIDER) -> FeeEffect:
    """What of the channel's fee comes back with a refund of this amount, by its plan; one query."""
    rule = fees.rule_for(terms_for(payment.channel), payment.method, payment.business_date) if payment.business_date else None
    if rule is None or payment.amount_minor <= 0:
        return FeeEffect("unknown")
    plan = fees.expected_fee(rule, payment.amount_minor)
    if route != RefundRoute.PROVIDER:
        return FeeEffect("keep", plan, 0)
    return FeeEffect(rule.refund_fee, plan, fees.returned_fee(plan, amount_minor, payment.amount_minor, rule))


def _route(payment: Payment, now: datetime) -> tuple[str, list[Limit]]:
    known, names = capabilities_of(payment.channel), {"channel": payment.channel.label, "method": payment.method_label}
    if payment.method in known.methods_without_refund:
        sentence = _(
            "%(method)s cannot be refunded through %(channel)s: the money goes back by bank transfer, to an account the buyer names."
        )
        return RefundRoute.BANK_TRANSFER, [Limit("method", sentence % names)]
    if not known.refunds_by_api:
        sentence = _("%(channel)s takes no refunds from Hezhang: the money goes back by bank transfer, to an account the buyer names.")
        return RefundRoute.BANK_TRANSFER, [Limit("no_api", sentence % names)]
    if known.refund_days is None or payment.paid_at is None:
        return RefundRoute.PROVIDER, []
    last = payment.paid_at + timedelta(days=known.refund_days)
    names |= {"days": known.refund_days, "day": day_text(last.date(), with_year=True)}
    if now > last:
        sentence = _("%(channel)s refunds for %(days)s days, here until %(day)s: the money goes back by bank transfer.")
        return RefundRoute.BANK_TRANSFER, [Limit("window", sentence % names)]
    return RefundRoute.PROVIDER, [Limit("window", _("%(channel)s refunds this payment until %(day)s.") % names)]


def _blocks(payment: Payment, balance: int, in_flight: int, refunded: int, holds: list[PaymentHold]) -> list[Limit]:
    """At most one: the first reason why nothing can go back."""
    if not payment.is_captured:
        sentence = _("This payment is %(state)s: no money was taken, so none can be refunded.")
        return [Limit("not_paid", sentence % {"state": payment.get_state_display()}, blocks=True)]
    if balance > 0:
        return []
    held = sum(hold.amount_minor for hold in holds)
    if held and payment.amount_minor > in_flight + refunded:
        sentence = _("%(amount)s is held back (%(names)s). Refunding it as well would pay it out twice.")
        figures = {"amount": cash_text(held, payment.currency), "names": names_text(hold.label for hold in holds)}
        return [Limit("held", sentence % figures, blocks=True)]
    if payment.state == PaymentState.REFUNDED and refunded < payment.amount_minor:
        return [Limit("books_say_refunded", _("The books say that this payment was refunded in full."), blocks=True)]
    if in_flight + refunded < payment.amount_minor:
        return [Limit("whole_only", _("Part of this payment was refunded, and this channel refunds whole payments only."), blocks=True)]
    sentence = _("Nothing is left to refund: %(refunded)s was refunded and %(in_flight)s is on its way.")
    figures = {"refunded": cash_text(refunded, payment.currency), "in_flight": cash_text(in_flight, payment.currency)}
    return [Limit("used_up", sentence % figures, blocks=True)]

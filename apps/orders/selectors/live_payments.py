"""Open payments of an order that were started here: what somebody may do with each, and what was asked already."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.channels.gateways import Operation
from apps.channels.models import ProviderCall
from apps.channels.services.gateway import can_be_called, gateway_kind
from apps.core.figures import cash_text, when_text
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentState
from apps.orders.models import Payment, PaymentExecution
from apps.orders.states import ACTS, REFUSED_ACT

BY_BOOKS = "books:"  # begins the key of an execution that only notes what a provider said of a payment of the books


@dataclass(frozen=True, slots=True)
class LivePayment:
    """An open payment with the acts that its provider offers; `note` is what there is to know, `last` what came of the last act."""

    payment: Payment
    amount: str
    state: str
    is_held: bool
    can_take: bool
    takes_part: bool
    can_call_off: bool
    note: str
    last: str


def live_payments(merchant: Merchant, payments: Iterable[Payment]) -> list[LivePayment]:
    """The open ones of some payments, in their order; two queries, none where nothing is open."""
    wanted = [payment.pk for payment in payments if payment.state in (PaymentState.PENDING, PaymentState.AUTHORIZED)]
    if not wanted:
        return []
    rows = PaymentExecution.objects.for_merchant(merchant).filter(payment_id__in=wanted).exclude(request_key__startswith=BY_BOOKS)
    found = rows.select_related("payment__channel__merchant", "payment__order").order_by("payment__placed_at", "payment_id")
    live = _live(merchant, list(found))
    return [one for one in live if one.can_take or one.can_call_off or one.last]


def live_payment(merchant: Merchant, payment_id: int) -> LivePayment | None:
    """One of them whatever its state; None for a payment that was not started here."""
    rows = PaymentExecution.objects.for_merchant(merchant).exclude(request_key__startswith=BY_BOOKS)
    execution = rows.select_related("payment__channel__merchant", "payment__order").filter(payment_id=payment_id).first()
    return _live(merchant, [execution])[0] if execution else None


def _live(merchant: Merchant, executions: list[PaymentExecution]) -> list[LivePayment]:
    calls = ProviderCall.objects.for_merchant(merchant).filter(key__in=[one.key for one in executions], operation__in=ACTS).order_by("pk")
    newest = {call.key: call for call in calls.select_related("channel__merchant")}
    return [_one(execution, newest.get(execution.key)) for execution in executions]


def _one(execution: PaymentExecution, last: ProviderCall | None) -> LivePayment:
    payment = execution.payment
    kind = gateway_kind(payment.channel) if can_be_called(payment.channel) else None
    offered = kind.operations if kind else frozenset()
    is_held = payment.state == PaymentState.AUTHORIZED
    is_open = is_held or payment.state == PaymentState.PENDING
    can_call_off = is_open and Operation.CANCEL_PAYMENT in offered and (is_held or kind.cancels_unpaid)
    return LivePayment(
        payment,
        cash_text(payment.amount_minor, payment.currency),
        payment.get_state_display(),
        is_held,
        is_held and Operation.CAPTURE_PAYMENT in offered,
        bool(kind and kind.takes_part),
        can_call_off,
        _note(execution, is_held),
        last_words(last, execution) if last else "",
    )


def _note(execution: PaymentExecution, is_held: bool) -> str:
    if is_held:
        return _("The payer's bank holds the money. It lapses when nobody takes it in time.")
    return _("Waits for the payer until %(when)s.") % {"when": when_text(execution.expires_at)}


def last_words(call: ProviderCall, execution: PaymentExecution) -> str:
    """What came of the last act on an open payment: a refusal in the provider's words, or that nobody knows yet."""
    said = {"channel": execution.payment.channel.label, "when": when_text(call.started_at), "why": _why(call)}
    if call.outcome in REFUSED_ACT:
        return _("%(channel)s refused at %(when)s: %(why)s Nothing was changed.") % said
    if call.operation == Operation.CAPTURE_PAYMENT:
        said["amount"] = cash_text(execution.wanted_minor or execution.payment.amount_minor, execution.payment.currency)
        return _("%(amount)s was asked for at %(when)s, and %(channel)s has not said yet that it was taken. It is asked again.") % said
    return _("Calling it off was asked for at %(when)s, and %(channel)s has not said yet that it is off. It is asked again.") % said


def _why(call: ProviderCall) -> str:
    kind = gateway_kind(call.channel)
    known = kind.codes.get(call.code) if kind else None
    words = (known.staff and _(known.staff)) if known else ""
    return words or (f"{call.message or call.code}." if call.message or call.code else "")

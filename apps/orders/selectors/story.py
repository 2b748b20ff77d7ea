"""What the books know of one order, in the order it happened. Later apps add what providers and banks say."""

from dataclasses import dataclass
from datetime import datetime

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.cells import key_text
from apps.core.figures import cash_text
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentState, RefundState
from apps.orders.models import Order, Payment, PaymentEvent, Refund
from apps.orders.selectors.story_payments import PAYMENT_STEPS, STARTED, payment_step

# Steps at the review desk, by the kind of their event: what they are called, and how they look in the story.
DESK_STEPS = {
    "refund.approval_given": (gettext_lazy("A first person approved the refund"), "done"),
    "refund.approved": (gettext_lazy("Refund approved"), "done"),
    "refund.rejected": (gettext_lazy("Refund rejected"), "fault"),
    "refund.withdrawn": (gettext_lazy("Refund request withdrawn"), "done"),
    "refund.asked": (gettext_lazy("An approver asked about the refund"), "expected"),
    "refund.answered": (gettext_lazy("The question about the refund was answered"), "done"),
    "refund.stale": (gettext_lazy("The refund has to be looked at again"), "expected"),
    "refund.looked_at_again": (gettext_lazy("The refund was looked at again"), "done"),
    "refund.submitting": (gettext_lazy("Refund sent"), "expected"),
    "refund.unknown": (gettext_lazy("The result of the refund is being confirmed"), "expected"),
    "refund.failed": (gettext_lazy("Refund failed"), "fault"),
    "refund.started_at_provider": (gettext_lazy("Refund that was started at the provider"), "done"),
    "refund.contradiction": (gettext_lazy("The provider says otherwise of a refund that is over"), "fault"),
    "payment.held": (gettext_lazy("Money held back"), "expected"),
    "payment.released": (gettext_lazy("Held money released"), "done"),
}
TOLD_BY_ROWS = frozenset({"refund.requested", "refund.succeeded"})  # the refund's own row says the same


@dataclass(frozen=True, slots=True)
class StoryItem:
    """One thing that happened. `group` is the filter it belongs to (order, payment, refund; later apps add theirs).

    `amount_minor` is signed from the merchant's side; None where no money is named. `state` is done, expected or fault.
    """

    at: datetime
    title: str
    group: str
    detail: str = ""
    amount_minor: int | None = None
    currency: str = ""
    icon: str = "check"
    state: str = "done"
    href: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class OrderBooks:
    """An order with its payments and refunds in the order they happened, and the sums by currency."""

    order: Order
    payments: list[Payment]
    refunds: list[Refund]
    events: list[PaymentEvent]

    @property
    def sums(self) -> list[tuple[str, int, int, int]]:
        """(currency, captured, refunded, kept) in minor units; captured counts paid payments, refunded succeeded refunds."""
        currencies = sorted({row.currency for row in [*self.payments, *self.refunds]})
        return [(currency, *self._sum(currency)) for currency in currencies]

    def _sum(self, currency: str) -> tuple[int, int, int]:
        captured = sum(row.amount_minor for row in self.payments if row.currency == currency and row.is_captured)
        refunded = sum(row.amount_minor for row in self.refunds if row.currency == currency and row.state == RefundState.SUCCEEDED)
        return captured, refunded, captured - refunded


def order_for(merchant: Merchant, order_no: str) -> Order:
    """The merchant's order of that number, compared without case and blanks. :raises Http404: where there is none."""
    return get_object_or_404(Order.objects.for_merchant(merchant).select_related("storefront"), order_key=key_text(order_no))


def order_books(order: Order) -> OrderBooks:
    """Three queries."""
    payments = list(
        Payment.objects.filter(order=order, merchant=order.merchant_id).select_related("channel__merchant").order_by("placed_at", "pk")
    )
    keys = [payment.pk for payment in payments]
    refunds = Refund.objects.filter(payment_id__in=keys, merchant=order.merchant_id).select_related("channel", "payment")
    events = PaymentEvent.objects.filter(payment_id__in=keys, merchant=order.merchant_id).order_by("happened_at", "pk")
    return OrderBooks(order, payments, list(refunds.order_by("requested_at", "pk")), list(events))


def order_story(order: Order, books: OrderBooks | None = None) -> list[StoryItem]:
    """All that the books say about the order, oldest first."""
    books = books or order_books(order)
    items = [_placed(order)]
    started = {event.payment_id for event in books.events if event.kind == STARTED}
    for payment in books.payments:
        if payment.is_captured or payment.pk not in started:  # else its steps tell how it went
            items += _payment_items(payment)
    of_desk = {event.detail.get("refund_no") for event in books.events if event.kind == "refund.requested"}
    for refund in books.refunds:
        items += _refund_items(refund, told_by_steps=refund.refund_no in of_desk)
    by_key = {payment.pk: payment for payment in books.payments}
    for event in books.events:
        if event.kind in PAYMENT_STEPS:
            title, state, detail = payment_step(event, by_key[event.payment_id])
            items.append(StoryItem(event.happened_at, title, "payment", detail, icon="credit-card", state=state))
        elif event.kind in DESK_STEPS:
            items.append(_step_item(event, by_key[event.payment_id]))
        elif event.kind not in TOLD_BY_ROWS:
            items.append(_event_item(event, by_key[event.payment_id]))
    return sorted(items, key=lambda item: item.at)


def _placed(order: Order) -> StoryItem:
    detail = _("at %(storefront)s") % {"storefront": order.storefront.code} if order.storefront else ""
    return StoryItem(order.placed_at, _("Order placed"), "order", detail, order.total_minor, order.currency, "shopping-cart")


def _payment_items(payment: Payment) -> list[StoryItem]:
    where = f"{payment.channel.label} · {payment.method_label} · {payment.merchant_ref}"
    if payment.paid_at and payment.is_captured:
        return [StoryItem(payment.paid_at, _("Payment succeeded"), "payment", where, payment.amount_minor, payment.currency, "credit-card")]
    failed = payment.state in (PaymentState.FAILED, PaymentState.EXPIRED, PaymentState.CANCELLED)
    title = _("Payment attempt: %(state)s") % {"state": payment.get_state_display()}
    state = "fault" if failed else "expected"
    return [StoryItem(payment.placed_at, title, "payment", where, None, payment.currency, "credit-card", state)]


def _refund_items(refund: Refund, *, told_by_steps: bool = False) -> list[StoryItem]:
    where = " · ".join(part for part in (refund.refund_no, refund.reason) if part)
    asked = StoryItem(refund.requested_at, _("Refund requested"), "refund", where, None, refund.currency, "receipt-refund")
    if refund.refunded_at and refund.state == RefundState.SUCCEEDED:
        title, amount = _("Refund succeeded"), -refund.amount_minor
        return [asked, StoryItem(refund.refunded_at, title, "refund", refund.refund_no, amount, refund.currency, "receipt-refund")]
    if refund.state == RefundState.REQUESTED or told_by_steps:
        return [asked]
    state = "fault" if refund.state in (RefundState.FAILED, RefundState.REJECTED) else "expected"
    title = _("Refund: %(state)s") % {"state": refund.get_state_display()}
    moment = refund.refunded_at or refund.requested_at
    return [asked, StoryItem(moment, title, "refund", refund.refund_no, None, refund.currency, "receipt-refund", state)]


def _step_item(event: PaymentEvent, payment: Payment) -> StoryItem:
    """What somebody did at the review desk, or a provider said about one of its refunds."""
    (title, state), detail = DESK_STEPS[event.kind], event.detail
    amount = cash_text(detail["amount_minor"], payment.currency)
    said = [
        detail.get("refund_no") or detail.get("label", ""),
        amount,
        detail.get("by", ""),
        detail.get("reason") or detail.get("message", ""),
    ]
    where = " · ".join(str(part) for part in said if part)
    group = "refund" if event.kind.startswith("refund.") else "payment"
    return StoryItem(event.happened_at, str(title), group, where, icon="receipt-refund", state=state)


def _event_item(event: PaymentEvent, payment: Payment) -> StoryItem:
    """A change that a later file of the books made."""
    states = RefundState if event.kind == "books.refund_state_changed" else PaymentState
    labels = dict(states.choices)
    was, now = (str(labels.get(event.detail.get(end, ""), event.detail.get(end, ""))) for end in ("from", "to"))
    title = _("The books changed this refund") if states is RefundState else _("The books changed this payment")
    detail = f"{event.detail.get('refund_no') or payment.merchant_ref} · {was} → {now} · {event.detail.get('file', '')}"
    return StoryItem(event.happened_at, title, "refund" if states is RefundState else "payment", detail, icon="books")

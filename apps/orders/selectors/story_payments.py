"""The steps of a payment that was taken here, as the story of its order tells them."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from apps.channels.selectors.calls import code_words
from apps.core.figures import cash_text, when_text
from apps.orders.models import Payment, PaymentEvent

STARTED = "payment.started"
# By the kind of the event: what it is called, and how it looks in the story.
PAYMENT_STEPS = {
    STARTED: (_("Payment started"), "done"),
    "payment.waiting": (_("The payer was told how to pay"), "expected"),
    "payment.authorized": (_("Payment authorized"), "done"),
    "payment.capturing": (_("Somebody asked to take what was authorized"), "done"),
    "payment.cancelling": (_("Somebody asked to call the payment off"), "done"),
    "payment.paid": (_("The provider says that it was paid"), "done"),
    "payment.failed": (_("Payment failed"), "fault"),
    "payment.expired": (_("Payment expired"), "fault"),
    "payment.cancelled": (_("Payment cancelled"), "done"),
    "payment.contradiction": (_("The provider says otherwise of a payment whose money is here"), "fault"),
    "payment.trouble_late": (_("Paid after it had expired"), "fault"),
    "payment.trouble_twice": (_("Paid late, when the order had been paid otherwise"), "fault"),
    "payment.trouble_after_end": (_("Paid, though it had failed or was cancelled"), "fault"),
    "payment.trouble_amount": (_("The provider says that another amount was paid"), "fault"),
    "payment.trouble_currency": (_("The provider says that another currency was paid"), "fault"),
}


def payment_step(event: PaymentEvent, payment: Payment) -> tuple[str, str, str]:
    """Title, state and detail of one step."""
    (title, state), detail = PAYMENT_STEPS[event.kind], event.detail
    said = [payment.channel.label, payment.method_label, payment.merchant_ref] if event.kind == STARTED else [payment.merchant_ref]
    if detail.get("stated_minor"):
        said.append(cash_text(detail["stated_minor"], detail["stated_currency"]))
    elif detail.get("amount_minor"):
        said.append(cash_text(detail["amount_minor"], payment.currency))
    if detail.get("expires_at"):
        said.append(str(_("until %(when)s")) % {"when": when_text(datetime.fromisoformat(detail["expires_at"]))})
    said += [
        detail.get("by", ""),
        detail.get("reason", ""),
        detail.get("message", "") or code_words(payment.channel, detail.get("code", "")),
    ]
    return str(title), state, " · ".join(str(part) for part in said if part)

"""What was said between us and the provider about an order's payments and refunds: our calls, their notices."""

from dataclasses import dataclass, field

from django.db.models import Q

from apps.channels.models import ProviderCall, WebhookEvent
from apps.orders.models import PaymentExecution, RefundRequest
from apps.orders.selectors.story import OrderBooks

SHOWN = 60  # of each; a payment that is asked about for weeks would bury the rest


@dataclass(frozen=True, slots=True)
class Spoken:
    """Oldest first."""

    calls: list[ProviderCall] = field(default_factory=list)
    notices: list[WebhookEvent] = field(default_factory=list)


def spoken(books: OrderBooks) -> Spoken:
    """Four queries at most; none for an order without payments."""
    if not books.payments:
        return Spoken()
    merchant = books.order.merchant_id
    executions = PaymentExecution.objects.for_merchant(merchant).filter(payment_id__in=[row.pk for row in books.payments])
    requests = RefundRequest.objects.for_merchant(merchant).filter(refund__payment_id__in=[row.pk for row in books.payments])
    keys = [*executions.values_list("key", flat=True), *requests.values_list("idempotency_key", flat=True)]
    calls = (
        ProviderCall.objects.for_merchant(merchant).filter(key__in=keys).select_related("channel__merchant").order_by("started_at", "pk")
    )
    names = Q(pk__in=[])
    for payment in books.payments:
        names |= Q(channel_id=payment.channel_id, about__in=[name for name in (payment.merchant_ref, payment.provider_ref) if name])
    of_refunds = [name for refund in books.refunds for name in (refund.refund_no, refund.provider_refund_ref) if name]
    names |= Q(channel_id__in={row.channel_id for row in books.payments}, about__in=[*keys, *of_refunds])
    notices = WebhookEvent.objects.for_merchant(merchant).filter(names).select_related("channel").order_by("received_at", "pk")
    return Spoken(list(calls[:SHOWN]) if keys else [], list(notices[:SHOWN]))

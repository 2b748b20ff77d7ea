"""The rows behind an entry of the journal, and where each can be looked at."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from apps.orders.enums import RefundRoute, RefundState
from apps.orders.models import Payment, Refund
from apps.orders.states import CAPTURED
from apps.settlements.enums import Source
from apps.settlements.models import AcceptedDifference, JournalEntry, StatementLine

# One row's own page: the name of its address. Disputes and refunds live in apps that are asked for by name alone.
_PAGES = {
    Source.PAYOUT: "settlements:payout",
    Source.ARRIVAL: "settlements:payout",
    Source.DECISION: "settlements:discrepancy",
}


@dataclass(frozen=True, slots=True)
class Behind:
    """One row that an entry adds up; amounts are signed from the merchant's side."""

    name: str
    order_no: str
    amount_minor: int
    currency: str
    where: str = ""  # file and row
    href: str = ""


def rows_of(entry: JournalEntry) -> QuerySet | None:
    """The rows of a day that the entry adds up; None where it stands for one row. Behind a reversed entry, those of today."""
    mine = {"channel_id": entry.channel_id, "currency": entry.currency, "business_date": entry.belongs_on}
    if entry.source == Source.PAYMENTS:
        return Payment.objects.for_merchant(entry.merchant_id).filter(state__in=CAPTURED, **mine).select_related("order")
    if entry.source == Source.REFUNDS:
        done = Refund.objects.for_merchant(entry.merchant_id).filter(state=RefundState.SUCCEEDED, **mine)
        return done.exclude(request__route=RefundRoute.BANK_TRANSFER).select_related("payment__order")
    if entry.source == Source.ACCEPTED:
        live = AcceptedDifference.objects.for_merchant(entry.merchant_id).filter(voided_at=None, kind=entry.kind, **mine)
        return live.select_related("payment__order", "refund__payment__order")
    if entry.source == Source.LINES:
        lines = StatementLine.objects.for_merchant(entry.merchant_id).filter(is_live=True, kind=entry.kind, **mine)
        return lines.select_related("statement")
    return None


def behind(entry: JournalEntry, rows: list) -> list[Behind]:
    """A page of `rows_of`, as it is shown."""
    slug = entry.merchant.slug
    if entry.source == Source.LINES:
        return [_line(one, slug) for one in rows]
    if entry.source == Source.ACCEPTED:
        return [_accepted(one) for one in rows]
    if entry.source == Source.REFUNDS:
        return [Behind(one.refund_no, one.payment.order.order_no, -one.amount_minor, one.currency) for one in rows]
    return [Behind(one.merchant_ref, one.order.order_no, one.amount_minor, one.currency) for one in rows]


def _line(line: StatementLine, slug: str) -> Behind:
    name = line.line_ref or line.provider_refund_ref or line.provider_ref or line.merchant_ref or str(line.pk)
    href = reverse("settlements:file", args=[slug, "provider", line.statement_id])
    return Behind(name, "", line.net, line.currency, f"{line.statement.name} · {line.row_no}", href)


def _accepted(one: AcceptedDifference) -> Behind:
    payment = one.payment or one.refund.payment
    name = one.refund.refund_no if one.refund_id else payment.merchant_ref
    return Behind(name, payment.order.order_no, one.difference_minor, one.currency)


def page_of(entry: JournalEntry) -> str:
    """The page of the one row behind the entry; empty where it has none of its own."""
    name = _PAGES.get(Source(entry.source))
    try:
        return reverse(name, args=[entry.merchant.slug, entry.source_id]) if name else ""
    except NoReverseMatch:
        return ""

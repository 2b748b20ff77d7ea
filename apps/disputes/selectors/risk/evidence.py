"""The rows behind a finding, as `rules.frames.Finding.evidence` names them. Counted nowhere: at most `SHOWN` of them are read."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from apps.channels.enums import METHOD_LABELS
from apps.core.clock import start_of_day
from apps.disputes.models import Finding
from apps.disputes.selectors.risk.counts import NOT_REFUNDED
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.settlements.models import Discrepancy, Payout, StatementLine

SHOWN = 100
PAYMENT_FIELDS = {
    "channel": "channel_id",
    "method": "method",
    "storefront": "order__storefront_id",
    "ip": "payer_ip",
    "buyer": "customer_ref",
    "country": "payer_country",
    "state": "state",
    "least": "amount_minor__gte",
    "most": "amount_minor__lte",
}
REFUND_FIELDS = {"channel": "channel_id", "method": "payment__method", "storefront": "payment__order__storefront_id"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row behind a finding, whatever table it comes from."""

    when: datetime | date
    title: str
    href: str
    detail: str
    state: str
    amount_minor: int
    currency: str
    has_time: bool = True


def rows_behind(merchant: Merchant, finding: Finding) -> list[Row]:
    """The newest `SHOWN` rows of a finding."""
    return _READERS[finding.evidence["rows"]](merchant, finding.evidence, finding.currency)


def payments_behind(merchant: Merchant, evidence: dict) -> QuerySet[Payment]:
    """Payments of a finding: by place in time, scope and amount."""
    since, until = _span(merchant, evidence)
    rows = Payment.objects.for_merchant(merchant).filter(placed_at__gte=since, placed_at__lte=until, currency=evidence["currency"])
    return rows.filter(**{field: evidence[name] for name, field in PAYMENT_FIELDS.items() if name in evidence})


def _payments(merchant: Merchant, evidence: dict, currency: str) -> list[Row]:
    rows = payments_behind(merchant, evidence).select_related("order", "channel").order_by("-placed_at", "-pk")[:SHOWN]
    return [
        Row(
            one.placed_at, one.order.order_no, _story(merchant, one.order.order_no),
            " · ".join(filter(None, [one.channel.label, one.method_label, one.customer_ref, one.payer_ip, one.payer_country])),
            one.get_state_display(), one.amount_minor, one.currency,
        )
        for one in rows
    ]  # fmt: skip


def _refunds(merchant: Merchant, evidence: dict, currency: str) -> list[Row]:
    since, until = _span(merchant, evidence)
    rows = Refund.objects.for_merchant(merchant).filter(requested_at__gte=since, requested_at__lte=until, currency=evidence["currency"])
    rows = rows.filter(**{field: evidence[name] for name, field in REFUND_FIELDS.items() if name in evidence})
    rows = rows.exclude(state__in=NOT_REFUNDED).select_related("payment__order", "channel").order_by("-requested_at", "-pk")[:SHOWN]
    return [
        Row(
            one.requested_at, one.refund_no, _story(merchant, one.payment.order.order_no),
            " · ".join(filter(None, [one.channel.label, one.payment.order.order_no, one.reason])),
            one.get_state_display(), -one.amount_minor, one.currency,
        )
        for one in rows
    ]  # fmt: skip


def _differences(merchant: Merchant, evidence: dict, currency: str) -> list[Row]:
    rows = Discrepancy.objects.for_merchant(merchant).filter(pk=evidence["id"]).select_related("channel")
    return [
        Row(
            one.business_date, one.get_kind_display(), reverse("settlements:discrepancy", args=[merchant.slug, one.pk]),
            " · ".join(filter(None, [one.channel.label, one.order_no or one.provider_ref])),
            one.get_state_display(), one.difference_minor, one.currency, has_time=False,
        )
        for one in rows
    ]  # fmt: skip


def _payouts(merchant: Merchant, evidence: dict, currency: str) -> list[Row]:
    rows = Payout.objects.for_merchant(merchant).filter(pk=evidence["id"]).select_related("channel")
    return [
        Row(
            one.due_on, one.ref, reverse("settlements:payout", args=[merchant.slug, one.pk]), one.channel.label, "", one.amount_minor,
            one.currency, has_time=False,
        )
        for one in rows
    ]  # fmt: skip


def _lines(merchant: Merchant, evidence: dict, currency: str) -> list[Row]:
    """Payment lines with what each was charged, the dearest first."""
    days = (date.fromisoformat(evidence["since"]), date.fromisoformat(evidence["until"]))
    rows = StatementLine.objects.for_merchant(merchant).filter(
        channel_id=evidence["channel"], method=evidence["method"], currency=evidence["currency"], business_date__range=days,
        kind="payment", is_live=True, gross__gt=0,
    )  # fmt: skip
    found = []
    for one in rows.select_related("statement").order_by("fee", "pk")[:SHOWN]:
        href = reverse("settlements:file", args=[merchant.slug, "provider", one.statement_id])
        detail = f"{one.statement.name} · {METHOD_LABELS.get(one.method, one.method)}"
        title = one.merchant_ref or one.provider_ref
        found.append(Row(one.business_date, title, href, detail, "", one.fee, one.currency, has_time=False))
    return found


def _story(merchant: Merchant, order_no: str) -> str:
    """The order's story; empty where no address can carry the number."""
    try:
        return reverse("reports:order_story", args=[merchant.slug, order_no])
    except NoReverseMatch:
        return ""


def _span(merchant: Merchant, evidence: dict) -> tuple[datetime, datetime]:
    """Moments; days are whole days of the merchant's clock."""
    since, until = evidence["since"], evidence["until"]
    if "T" in since:
        return datetime.fromisoformat(since), datetime.fromisoformat(until)
    first, last = date.fromisoformat(since), date.fromisoformat(until)
    end = start_of_day(last + timedelta(days=1), merchant.timezone) - timedelta(microseconds=1)
    return start_of_day(first, merchant.timezone), end


_READERS = {"payments": _payments, "refunds": _refunds, "differences": _differences, "payouts": _payouts, "lines": _lines}

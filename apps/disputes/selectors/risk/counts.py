"""What the rules read, added up by the database: a few thousand rows, whether the shop has a thousand payments or a million."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import polars as pl
from django.db.models import Count, F, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncHour

from apps.channels.models import Channel
from apps.channels.terms import calendar_for, calendars_of
from apps.core.bulk import queryset_frame
from apps.core.money import exponent
from apps.disputes.rules import frames
from apps.disputes.rules.engine import RULES
from apps.disputes.rules.frames import Span
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.settings import Settings
from apps.disputes.selectors.risk.bursts import bursts
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentState, RefundState
from apps.orders.models import Payment, Refund
from apps.orders.states import CAPTURED
from apps.settlements.models import Discrepancy, Payout, StatementLine
from apps.settlements.services.books import bank_known_until
from apps.settlements.states import OPEN

LOOKED_BACK = timedelta(weeks=8)
WAITED_FOR = timedelta(days=90)  # payouts that were due earlier are the business of reconciliation alone
MOST_DIFFERENCES = 5_000  # the newest of a currency; more in a month are not single any more
NOTHING_CAME = [PaymentState.FAILED, PaymentState.EXPIRED, PaymentState.CANCELLED]
NOT_REFUNDED = [RefundState.REJECTED, RefundState.WITHDRAWN, RefundState.FAILED]


def frame_for(merchant: Merchant, settings: Settings, span: Span, *, live: bool = False) -> pl.DataFrame:
    """The frame that this rule reads, within its scope, from as far back as its baseline needs. `live` leaves out what is settled."""
    if settings.kind == Kind.SINGLE_DIFFERENCE:
        return _differences(merchant, settings, span, live)
    if settings.kind in (Kind.IP_VELOCITY, Kind.BUYER_VELOCITY, Kind.CARD_TESTING):
        return bursts(merchant, settings, span)
    _rule, schema = RULES[settings.kind]
    return _READERS[settings.kind](merchant, settings, span).select(*schema)


def payments_in_scope(merchant: Merchant, settings: Settings) -> QuerySet[Payment]:
    return _narrowed(Payment.objects.for_merchant(merchant).order_by(), settings, "", "order__storefront_id")


def _narrowed(rows: QuerySet, settings: Settings, payment: str, storefront: str) -> QuerySet:
    """`payment` is the way from the row to what holds the method, `storefront` to the storefront."""
    scope = {
        "channel_id": settings.channel_id,
        f"{payment}method": settings.method,
        "currency": settings.currency,
        storefront: settings.storefront_id,
    }
    return rows.filter(**{name: value for name, value in scope.items() if value})


def _refund_days(merchant: Merchant, settings: Settings, span: Span) -> pl.DataFrame:
    first = span.first_day - LOOKED_BACK - timedelta(days=settings.window)
    paid = payments_in_scope(merchant, settings).filter(business_date__range=(first, span.last_day), state__in=CAPTURED)
    sold = _read(
        paid.values("currency", day=F("business_date")).annotate(payments=Count("pk")),
        {"currency": pl.String(), "day": pl.Date(), "payments": pl.Int64()},
    )
    refunds = _narrowed(Refund.objects.for_merchant(merchant).order_by(), settings, "payment__", "payment__order__storefront_id")
    refunds = refunds.filter(requested_at__gte=span.day_start(first), requested_at__lte=span.until).exclude(state__in=NOT_REFUNDED)
    asked = _read(
        refunds.annotate(day=_day("requested_at", span)).values("currency", "day").annotate(refunds=Count("pk"), minor=Sum("amount_minor")),
        {"currency": pl.String(), "day": pl.Date(), "refunds": pl.Int64(), "minor": pl.Int64()},
    )
    both = sold.join(asked, on=["currency", "day"], how="full", coalesce=True)
    return both.with_columns(pl.col("payments", "refunds", "minor").fill_null(0))


def _large_days(merchant: Merchant, settings: Settings, span: Span) -> pl.DataFrame:
    rows = payments_in_scope(merchant, settings).filter(amount_minor__gte=settings.threshold, placed_at__range=(span.since, span.until))
    rows = rows.exclude(state__in=NOTHING_CAME).annotate(day=_day("placed_at", span)).values("channel_id", "currency", "day")
    sums = rows.annotate(count=Count("pk"), minor=Sum("amount_minor"), most=Max("amount_minor"), first_at=Min("placed_at"))
    return _read(sums, frames.LARGE_DAYS)


def _country_days(merchant: Merchant, settings: Settings, span: Span) -> pl.DataFrame:
    first = span.since - timedelta(days=settings.window + 1)
    rows = payments_in_scope(merchant, settings).filter(placed_at__range=(first, span.until)).exclude(payer_country="")
    rows = rows.annotate(day=_day("placed_at", span)).values("channel_id", "currency", "day", country=F("payer_country"))
    return _read(rows.annotate(payments=Count("pk"), minor=Sum("amount_minor")), frames.COUNTRY_DAYS)


def _attempt_hours(merchant: Merchant, settings: Settings, span: Span) -> pl.DataFrame:
    first = span.since - LOOKED_BACK - timedelta(hours=settings.window)
    rows = payments_in_scope(merchant, settings).filter(
        placed_at__range=(first, span.until), state__in=[*CAPTURED, PaymentState.AUTHORIZED, PaymentState.FAILED]
    )
    failed = Q(state=PaymentState.FAILED)
    hours = rows.annotate(hour=TruncHour("placed_at", tzinfo=ZoneInfo(span.zone))).values("channel_id", "method", "currency", "hour")
    sums = hours.annotate(
        attempts=Count("pk"), failed=Count("pk", filter=failed), failed_minor=Sum("amount_minor", filter=failed, default=0)
    )
    return _read(sums, frames.ATTEMPT_HOURS)


def _fee_days(merchant: Merchant, settings: Settings, span: Span) -> pl.DataFrame:
    first = span.first_day - LOOKED_BACK - timedelta(days=settings.window)
    rows = StatementLine.objects.for_merchant(merchant).order_by().filter(kind="payment", is_live=True, gross__gt=0)
    rows = _narrowed(rows.filter(business_date__range=(first, span.last_day)), settings, "", "")
    days = rows.values("channel_id", "method", "currency", day=F("business_date"))
    sums = days.annotate(lines=Count("pk"), sales=Sum("gross"), charged=-Sum("fee"))
    # `gross` and `fee` are columns of the line, too: an alias may not hide them.
    shape = {**frames.FEE_DAYS, "sales": pl.Int64(), "charged": pl.Int64()}
    shape = {name: kind for name, kind in shape.items() if name not in ("gross", "fee")}
    return _read(sums, shape).rename({"sales": "gross", "charged": "fee"})


def _differences(merchant: Merchant, settings: Settings, span: Span, live: bool) -> pl.DataFrame:
    """The threshold is taken by its figure in other currencies, as severity does: no rate is assumed. `live`: only those still open."""
    rows = Discrepancy.objects.for_merchant(merchant).filter(opened_at__range=(span.since, span.until)).order_by()
    rows = rows.filter(state__in=sorted(OPEN)) if live else rows
    rows, own = _narrowed(rows, settings, "", ""), settings.currency or merchant.currency
    schema = {name: kind for name, kind in frames.DIFFERENCES.items() if name != "limit"}
    found = [pl.DataFrame(schema=frames.DIFFERENCES)]
    for currency in rows.values_list("currency", flat=True).distinct():
        limit = max((settings.threshold or merchant.difference_threshold_minor) * 10 ** exponent(currency) // 10 ** exponent(own), 1)
        large = rows.filter(Q(difference_minor__gte=limit) | Q(difference_minor__lte=-limit), currency=currency)
        frame = _read(large.order_by("-opened_at", "-pk")[:MOST_DIFFERENCES], schema)
        found.append(frame.with_columns(pl.lit(limit, pl.Int64).alias("limit")))
    return pl.concat(found)


def _payouts(merchant: Merchant, settings: Settings, span: Span) -> pl.DataFrame:
    rows = Payout.objects.for_merchant(merchant).filter(due_on__range=(span.first_day - WAITED_FOR, span.last_day), line_count__gt=0)
    rows = rows.filter(channel_id=settings.channel_id) if settings.channel_id else rows
    rows = rows.filter(currency=settings.currency) if settings.currency else rows
    own, known = calendars_of(merchant), bank_known_until(merchant)
    channels = {one.pk: one for one in Channel.objects.for_merchant(merchant).select_related("merchant")}
    calendars = {pk: calendar_for(channel, own) for pk, channel in channels.items()}
    found = []
    for payout in rows.order_by("due_on", "pk"):
        known_until = known.get(channels[payout.channel_id].bank_account_id)
        seen_on = payout.arrived_on or (known_until and min(known_until, span.last_day))
        if seen_on is None or seen_on <= payout.due_on or not payout.amount_minor:
            continue
        late = len(calendars[payout.channel_id].open_days(payout.due_on + timedelta(days=1), seen_on))
        has_arrived = payout.arrived_on is not None
        found.append((payout.pk, payout.channel_id, payout.currency, payout.due_on, seen_on, late, has_arrived, payout.amount_minor))
    return pl.DataFrame(found, schema=frames.PAYOUTS, orient="row")


def _day(field: str, span: Span) -> TruncDate:
    """The day of a moment on the merchant's clock."""
    return TruncDate(field, tzinfo=ZoneInfo(span.zone))


def _read(rows: QuerySet, schema: dict) -> pl.DataFrame:
    return queryset_frame(rows, schema)


_READERS = {
    Kind.REFUND_RATE: _refund_days,
    Kind.REFUND_SURGE: _refund_days,
    Kind.LARGE_AMOUNT: _large_days,
    Kind.UNUSUAL_COUNTRY: _country_days,
    Kind.FAILURE_RATE: _attempt_hours,
    Kind.FEE_RATIO: _fee_days,
    Kind.PAYOUT_LATE: _payouts,
}

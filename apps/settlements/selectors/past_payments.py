"""Reading captured payments to learn from them or to score them. Of a million, those with a difference and every so-manieth other."""

from datetime import date, timedelta

import polars as pl
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from apps.core.bulk import queryset_frame
from apps.merchants.models import Merchant
from apps.orders.models import Payment
from apps.orders.states import CAPTURED
from apps.settlements.learning import payments
from apps.settlements.learning.openings import opening_table
from apps.settlements.selectors.past_days import HISTORY, PastChannel, real_differences, settled_only

MOST_HARMLESS = 60_000  # payments without a difference that are read; each then stands for as many as were passed over
NAMES = {
    "amount": "amount_minor",
    "order_total": "order_total_minor",
    "country": "payer_country",
    "reference": "provider_ref",
    "storefront": "order__storefront__code",
}


def captured_of(merchant: Merchant) -> QuerySet[Payment]:
    """Payments whose money was taken: those that a statement has to list."""
    return Payment.objects.for_merchant(merchant).filter(state__in=sorted(CAPTURED), business_date__isnull=False)


def payment_history(merchant: Merchant, channels: list[PastChannel], today: date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """`payments.payment_rows` with labels and weights, of days that are over, and FIRSTS. Three queries, whatever the books hold."""
    sold = captured_of(merchant).filter(business_date__gte=today - timedelta(days=HISTORY), business_date__lt=today)
    step = payments.spacing(sold.count(), MOST_HARMLESS)
    differs = real_differences(merchant).filter(payment_id__isnull=False)
    sampled = sold.annotate(place=F("pk") % step, is_positive=Exists(differs.filter(payment_id=OuterRef("pk"))))
    wanted = sampled.filter(Q(place=0) | Q(pk__in=differs.values("payment_id")))
    firsts = first_days(merchant)
    found = _read(wanted, {"is_positive": pl.Boolean()})
    rows = payments.payment_rows(found, _terms(channels), firsts, _openings(found, channels))
    weight = pl.when("is_positive").then(1.0).otherwise(float(step))
    return settled_only(rows.with_columns(weight.alias("weight")), channels), firsts


def payment_frame(found: QuerySet[Payment], channels: list[PastChannel], firsts: pl.DataFrame) -> pl.DataFrame:
    """`payments.payment_rows` of a few payments, as the model that is asked saw methods first. One query."""
    rows = _read(found, {})
    return payments.payment_rows(rows, _terms(channels), firsts, _openings(rows, channels))


def first_days(merchant: Merchant) -> pl.DataFrame:
    """When each channel first saw each method."""
    grouped = captured_of(merchant).order_by().values("channel_id", "method").annotate(first_on=Min("business_date"))
    return queryset_frame(grouped, payments.FIRSTS)


def _read(rows: QuerySet[Payment], more: dict) -> pl.DataFrame:
    earlier = Payment.objects.filter(order_id=OuterRef("order_id"), pk__lt=OuterRef("pk"))
    shape = {**payments.PAYMENTS, **more}
    fields = {NAMES.get(name, name): dtype for name, dtype in shape.items()}
    frame = queryset_frame(rows.annotate(earlier=Exists(earlier)).order_by("pk"), fields)
    return frame.rename({field: name for name, field in NAMES.items()})


def _terms(channels: list[PastChannel]) -> pl.DataFrame:
    rows = [(one.channel.pk, one.channel.timezone, one.channel.currency) for one in channels]
    return pl.DataFrame(rows, schema=payments.OF_CHANNEL, orient="row")


def _openings(rows: pl.DataFrame, channels: list[PastChannel]) -> pl.DataFrame:
    pairs = rows.select("channel_id", "business_date").unique()
    days = {one.channel.pk: pairs.filter(pl.col("channel_id") == one.channel.pk)["business_date"].to_list() for one in channels}
    return opening_table(days, {one.channel.pk: one.calendar for one in channels})

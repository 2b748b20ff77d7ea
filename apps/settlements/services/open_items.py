"""What is open, as suggesting takes it: lines a pass left over, payments and refunds without a line, deposits and payouts without a tie."""

from datetime import date, timedelta

import polars as pl
from django.db.models import Exists, OuterRef, QuerySet

from apps.channels.cells import key
from apps.channels.fees import with_expected_fee
from apps.channels.models import Channel
from apps.channels.terms import calendar_for
from apps.core.bulk import queryset_frame
from apps.merchants.models import Merchant
from apps.orders.models import Payment, Refund
from apps.orders.states import CAPTURED
from apps.settlements.enums import Kind, SuggestionKind, SuggestionState
from apps.settlements.matching.suggesting import ITEMS, SIGNS, Knowledge
from apps.settlements.matching.suggesting.blocking import EARLIEST, LATEST
from apps.settlements.models import BankLine, BankMatch, Discrepancy, LearnedSign, Match, Payout, StatementLine, Suggestion
from apps.settlements.services.books import terms_of
from apps.settlements.states import OPEN

LINE_KINDS = (Kind.MISSING_IN_BOOKS, Kind.AMBIGUOUS_MATCH, Kind.REFUND_MISSING_IN_BOOKS)
BANK_DAYS = 120  # how far back deposits and payouts are looked at
Sides = tuple[pl.DataFrame, pl.DataFrame]


def unmatched(rows: QuerySet, side: str) -> QuerySet:
    """Rows without a live pair."""
    return rows.filter(~Exists(Match.objects.filter(**{f"{side}_id": OuterRef("pk")}, voided_at=None)))


def untied(rows: QuerySet, side: str) -> QuerySet:
    """Rows without a live tie."""
    return rows.filter(~Exists(BankMatch.objects.filter(**{f"{side}_id": OuterRef("pk")}, voided_at=None)))


def open_lines(merchant: Merchant) -> QuerySet:
    """Lines that an open difference says nothing of ours explains."""
    told = Discrepancy.objects.for_merchant(merchant).filter(kind__in=LINE_KINDS, state__in=[*OPEN], line__isnull=False)
    return unmatched(StatementLine.objects.for_merchant(merchant).filter(pk__in=told.values("line_id"), is_live=True), "line")


def payment_sides(lines: QuerySet, payments: QuerySet, channels: list[Channel]) -> Sides:
    """Payment lines and payments as frames of ITEMS."""
    theirs = _read(lines.filter(kind="payment"), {**_LINE, **_OWN_REFS, "memo": "line_ref"})
    ours = _read(payments, {**_PAYMENT, "bundle": "customer_ref"})
    fees = [ours.head(0).with_columns(pl.lit(None, pl.Int64).alias("net"))]
    for channel in channels:
        mine = ours.filter(pl.col("pool") == channel.pk)
        planned = with_expected_fee(mine.with_columns(business_date="day", gross="amount"), terms_of(channel).fees)
        fees.append(planned.with_columns((pl.col("amount") - pl.col("expected_fee")).alias("net")).select(fees[0].columns))
    return _sides(_clocked(theirs, channels), pl.concat(fees), channels, SuggestionKind.PAYMENT)


def refund_sides(lines: QuerySet, refunds: QuerySet, channels: list[Channel]) -> Sides:
    """Refund lines and refunds, negative as lines are."""
    refs = {"merchant_ref": "refund_ref", "provider_ref": "provider_refund_ref", "memo": "line_ref"}
    theirs = _read(lines.filter(kind="refund"), {**_LINE, **refs})
    ours = _read(refunds, _REFUND).with_columns(-pl.col("amount"))
    return _sides(_clocked(theirs, channels), ours, channels, SuggestionKind.REFUND)


def payout_sides(bank_lines: QuerySet, payouts: QuerySet, channels: list[Channel]) -> Sides:
    """Bank lines and payouts. What the bank calls a row is its own number, so its reference counts as memo."""
    accounts = {channel.bank_account_id for channel in channels if channel.bank_account_id}
    theirs = _read(bank_lines.filter(bank_account_id__in=accounts), {**_BANK, "_reference": "reference"})
    theirs = theirs.with_columns((pl.col("memo") + " " + pl.col("_reference")).alias("memo"))
    ours = _read(payouts, {**_PAYOUT, "_announced": "announced_minor", "_named": "is_named"})
    ours = ours.with_columns(
        pl.coalesce("_announced", "amount").alias("amount"),
        pl.when("_named").then(pl.col("provider_ref")).otherwise(pl.lit("")).alias("provider_ref"),
    ).filter(pl.col("amount") != 0)
    return _sides(theirs, ours, channels, SuggestionKind.PAYOUT)


def sides_of(merchant: Merchant, kind: str, today: date) -> Sides:
    """All that is open of one kind."""
    channels = list(Channel.objects.for_merchant(merchant).select_related("merchant").order_by("pk"))
    if kind == SuggestionKind.PAYOUT:
        since = today - timedelta(days=BANK_DAYS)
        deposits = BankLine.objects.for_merchant(merchant).filter(is_live=True, booked_on__gte=since)
        payouts = Payout.objects.for_merchant(merchant).filter(due_on__gte=since)
        return payout_sides(untied(deposits, "bank_line"), untied(payouts, "payout"), channels)
    lines = open_lines(merchant).filter(kind=kind)
    days = lines.order_by("business_date").values_list("business_date", flat=True)
    first, last = days.first(), days.last()
    if first is None:
        none = pl.DataFrame(schema=ITEMS)
        return none, none
    window = {"business_date__range": (first - timedelta(days=LATEST), last - timedelta(days=EARLIEST))}
    if kind == SuggestionKind.PAYMENT:
        free = unmatched(Payment.objects.for_merchant(merchant).filter(state__in=CAPTURED, **window), "payment")
        return payment_sides(lines, free, channels)
    return refund_sides(lines, unmatched(Refund.objects.for_merchant(merchant).filter(state="succeeded", **window), "refund"), channels)


def knowledge_of(merchant: Merchant, kind: str) -> Knowledge:
    """What the shop entered and people taught; a pair that a person undid counts as declined, unless it waits for a decision again."""
    signs: list[tuple] = []
    if kind == SuggestionKind.PAYOUT:
        for channel in Channel.objects.for_merchant(merchant).order_by("pk"):
            signs += [(channel.pk, "word", word.lower(), "given") for word in channel.bank_keywords if word]
        for one in LearnedSign.objects.for_merchant(merchant).filter(removed_at=None).order_by("pk"):
            if one.confirmed_count > one.declined_count:
                signs.append((one.channel_id, one.sign, one.value, "learned"))
    known = Suggestion.objects.for_merchant(merchant).filter(kind=kind)
    declined = {(frozenset(one.theirs), frozenset(one.ours)) for one in known.filter(state=SuggestionState.DECLINED)}
    waiting = {(frozenset(one.theirs), frozenset(one.ours)) for one in known.filter(state=SuggestionState.OPEN)}
    model, theirs, ours = (BankMatch, "bank_line_id", "payout_id") if kind == SuggestionKind.PAYOUT else (Match, "line_id", f"{kind}_id")
    undone = model.objects.for_merchant(merchant).filter(voided_by__isnull=False, **{f"{ours}__isnull": False}).values_list(theirs, ours)
    parted = {(frozenset([left]), frozenset([right])) for left, right in undone}
    return Knowledge(pl.DataFrame(signs, schema=SIGNS, orient="row"), frozenset(declined | (parted - waiting)))


_OWN_REFS = {"merchant_ref": "merchant_ref", "provider_ref": "provider_ref"}
_LINE = {"id": "pk", "pool": "channel_id", "currency": "currency", "amount": "gross", "day": "business_date", "moment": "occurred_at",
         "method": "method"}  # fmt: skip
_PAYMENT = {"id": "pk", "pool": "channel_id", "currency": "currency", "amount": "amount_minor", "day": "business_date", "moment": "paid_at",
            "method": "method", **_OWN_REFS}  # fmt: skip
_REFUND = {"id": "pk", "pool": "channel_id", "currency": "currency", "amount": "amount_minor", "day": "business_date",
           "moment": "refunded_at", "merchant_ref": "refund_no", "provider_ref": "provider_refund_ref"}  # fmt: skip
_BANK = {"id": "pk", "pool": "bank_account_id", "currency": "currency", "amount": "amount_minor", "day": "booked_on", "memo": "memo"}
_PAYOUT = {"id": "pk", "owner": "channel_id", "pool": "channel__bank_account_id", "currency": "currency", "amount": "lines_net_minor",
           "day": "due_on", "provider_ref": "ref"}  # fmt: skip
_EXTRA = {"_reference": pl.String(), "_announced": pl.Int64(), "_named": pl.Boolean()}


def _read(rows: QuerySet, names: dict[str, str]) -> pl.DataFrame:
    frame = queryset_frame(rows.order_by("pk"), {field: (ITEMS | _EXTRA)[name] for name, field in names.items()})
    return frame.rename({field: name for name, field in names.items() if field != name})


def _sides(theirs: pl.DataFrame, ours: pl.DataFrame, channels: list[Channel], kind: str) -> Sides:
    """Both as ITEMS: references as keys, open days counted from one day by each pool's calendar, a time at midnight as none."""
    left, right = _shaped(theirs, kind), _shaped(ours, kind)
    days = pl.concat([left["day"], right["day"]])
    if days.is_empty():
        return left.select(_cast()), right.select(_cast())
    pools = {channel.bank_account_id if kind == SuggestionKind.PAYOUT else channel.pk: channel for channel in reversed(channels)}
    table = pl.concat(_open_days(pool, channel, days.min(), days.max()) for pool, channel in pools.items() if pool is not None)
    left, right = (
        side.drop("open_day").join(table, on=["pool", "day"], how="inner", maintain_order="left").select(_cast()) for side in (left, right)
    )
    return left, right


def _shaped(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    frame = frame.with_columns(pl.lit(kind).alias("kind")).filter(pl.col("day").is_not_null() & pl.col("pool").is_not_null())
    given = {pl.String(): pl.lit("")}
    frame = frame.with_columns(
        given.get(dtype, pl.lit(None, dtype)).alias(name) for name, dtype in ITEMS.items() if name not in frame.columns
    )
    owner = pl.col("owner") if kind == SuggestionKind.PAYOUT else pl.col("pool")
    return frame.with_columns(
        owner.alias("owner"), key(pl.col("merchant_ref")), key(pl.col("provider_ref")), pl.col("memo").str.to_lowercase()
    )


def _cast() -> list[pl.Expr]:
    return [pl.col(name).cast(dtype) for name, dtype in ITEMS.items()]


def _open_days(pool: int, channel: Channel, first: date, last: date) -> pl.DataFrame:
    calendar, count, rows = calendar_for(channel), 0, []
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        count += calendar.is_open(day)
        rows.append((pool, day, count))
    return pl.DataFrame(rows, schema={"pool": pl.Int64, "day": pl.Date, "open_day": pl.Int64}, orient="row")


def _clocked(frame: pl.DataFrame, channels: list[Channel]) -> pl.DataFrame:
    """A time at midnight of the channel's zone is a day without a time."""
    parts = [frame.head(0)]
    for channel in channels:
        local = pl.col("moment").dt.convert_time_zone(channel.timezone)
        midnight = (local.dt.hour() == 0) & (local.dt.minute() == 0) & (local.dt.second() == 0)
        mine = frame.filter(pl.col("pool") == channel.pk)
        parts.append(mine.with_columns(pl.when(midnight).then(None).otherwise(pl.col("moment")).alias("moment")))
    return pl.concat(parts)

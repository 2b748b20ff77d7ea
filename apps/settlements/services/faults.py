"""Faults into discrepancies. Identity is (subject, kind): the same fault again is the same row, one that is gone is cleared."""

import json
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from apps.audit.services import event, record_many
from apps.channels.models import Channel
from apps.core.bulk import copy_rows, queryset_frame
from apps.merchants.models import Merchant
from apps.settlements.enums import DiscrepancyState as State
from apps.settlements.enums import Kind
from apps.settlements.matching.frames import ChannelTerms
from apps.settlements.models import Discrepancy
from apps.settlements.services.applying import chunks
from apps.settlements.services.severity import due_at, severity_of
from apps.settlements.services.touching import touch_frame
from apps.settlements.states import CLOSED_BY_PERSON, OPEN

IDENTITY = ["kind", "subject_type", "subject_key"]
FIGURES = ["currency", "expected_minor", "actual_minor", "business_date", "source_file", "source_row", "detail"]
COPIED = [
    *IDENTITY,
    "payment_id",
    "refund_id",
    "line_id",
    "payout_id",
    "bank_line_id",
    "statement_id",
    "order_no",
    "merchant_ref",
    "provider_ref",
    "method",
    *FIGURES,
]
HELD = {
    "id": pl.Int64(),
    "kind": pl.String(),
    "subject_type": pl.String(),
    "subject_key": pl.String(),
    "state": pl.String(),
    "currency": pl.String(),
    "expected_minor": pl.Int64(),
    "actual_minor": pl.Int64(),
    "business_date": pl.Date(),
    "source_file": pl.String(),
    "source_row": pl.Int64(),
}


@dataclass(frozen=True)
class Moment:
    """When a pass looks: `opened_at` stamps what it opens. A pass for another day than today is stamped with that day."""

    as_of: date
    opened_at: datetime
    now: datetime


def apply_faults(
    merchant: Merchant, channel: Channel, terms: ChannelTerms, found: pl.DataFrame, moment: Moment, *, is_pass: bool = True
) -> dict[str, int]:
    """Makes the discrepancies of one channel say what the pass found. What a person closed stays closed unless its figures changed.

    Without `is_pass` the faults are news between two passes: what they do not name is left as it is.
    """
    rows = Discrepancy.objects.for_merchant(merchant).filter(channel=channel)
    rows = rows if is_pass else rows.filter(subject_key__in=found["subject_key"].to_list())
    held = queryset_frame(rows.order_by(), HELD)
    fresh = found.join(held, on=IDENTITY, how="anti")
    again = held.join(found, on=IDENTITY, how="inner", suffix="_found")
    gone = held.join(found, on=IDENTITY, how="anti").filter(pl.col("state").is_in([*OPEN]) & is_pass)

    moved = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_found")) for name in ("currency", "expected_minor", "actual_minor"))
    named_otherwise = pl.any_horizontal(
        pl.col(name).ne_missing(pl.col(f"{name}_found")) for name in ("business_date", "source_file", "source_row")
    )
    closed_by_person = pl.col("state").is_in([*CLOSED_BY_PERSON])
    back = again.filter((pl.col("state") == State.CLEARED) | (closed_by_person & moved))
    changed = again.filter(pl.col("state").is_in([*OPEN]) & (moved | named_otherwise))

    _insert(merchant, channel, terms, fresh, moment)
    _rewrite(pl.concat([back, changed]), back["id"], moment)
    _clear(gone["id"], moment)
    missing = pl.col("kind") == Kind.MISSING_AT_PROVIDER
    touch_frame(channel, pl.concat([part.filter(missing)["business_date"] for part in (fresh, back, gone)]))
    _tell(merchant, back["id"], "discrepancy.reopened", moment)
    _tell(merchant, gone["id"], "discrepancy.cleared", moment)
    return {"opened": fresh.height, "reopened": back.height, "cleared": gone.height}


def _insert(merchant: Merchant, channel: Channel, terms: ChannelTerms, fresh: pl.DataFrame, moment: Moment) -> None:
    if fresh.is_empty():
        return
    grades = [
        severity_of(
            kind,
            max(abs(actual - expected), abs(actual) if expected == actual else 0),
            currency,
            threshold_minor=merchant.difference_threshold_minor,
            threshold_currency=merchant.currency,
        )
        for kind, expected, actual, currency in fresh.select("kind", "expected_minor", "actual_minor", "currency").iter_rows()
    ]
    due = {grade: due_at(grade, moment.opened_at, moment.as_of, terms.calendar, merchant.timezone) for grade in set(grades)}
    utc = pl.Datetime("us", "UTC")
    rows = fresh.select(COPIED).with_columns(
        (pl.col("actual_minor") - pl.col("expected_minor")).alias("difference_minor"),
        pl.Series("severity", [str(grade.value) for grade in grades]),
        pl.Series("due_at", [due[grade] for grade in grades], dtype=utc),
        pl.lit(moment.opened_at, dtype=utc).alias("opened_at"),
        pl.lit(State.OPEN.value).alias("state"),
        pl.lit("").alias("resolution"),
        pl.lit("").alias("reason"),
        pl.lit("").alias("pause_reason"),
        pl.lit(merchant.pk).cast(pl.Int64).alias("merchant_id"),
        pl.lit(channel.pk).cast(pl.Int64).alias("channel_id"),
    )
    copy_rows(Discrepancy, rows)


def _rewrite(rows: pl.DataFrame, reopened: pl.Series, moment: Moment) -> None:
    """New figures on rows that are or become open again."""
    again = set(reopened.to_list())
    by_id = {row["id"]: row for row in rows.iter_rows(named=True)}
    held = list(Discrepancy.objects.filter(pk__in=by_id))
    for item in held:
        row = by_id[item.pk]
        item.currency, item.expected_minor, item.actual_minor = (
            row["currency_found"],
            row["expected_minor_found"],
            row["actual_minor_found"],
        )
        item.difference_minor, item.detail = item.actual_minor - item.expected_minor, json.loads(row["detail"])
        item.business_date, item.source_file, item.source_row = (
            row["business_date_found"],
            row["source_file_found"],
            row["source_row_found"],
        )
        if item.pk in again:
            item.state, item.closed_at, item.closed_by, item.resolution, item.reason = State.OPEN, None, None, "", ""
            item.opened_at, item.due_at = moment.opened_at, max(item.due_at, moment.opened_at)
    fields = [
        "currency",
        "expected_minor",
        "actual_minor",
        "difference_minor",
        "detail",
        "business_date",
        "source_file",
        "source_row",
        "state",
        "closed_at",
        "closed_by",
        "resolution",
        "reason",
        "opened_at",
        "due_at",
    ]
    Discrepancy.objects.bulk_update(held, fields, batch_size=500)


def _clear(ids: pl.Series, moment: Moment) -> None:
    for part in chunks(ids):
        Discrepancy.objects.filter(pk__in=part, state__in=[*OPEN]).update(state=State.CLEARED, closed_at=moment.now)


def _tell(merchant: Merchant, ids: pl.Series, action: str, moment: Moment) -> None:
    """One audit event each; the actor is the product itself."""
    for part in chunks(ids):
        record_many(
            event(
                merchant_id=merchant.pk,
                now=moment.now,
                by=None,
                action=action,
                subject_type="discrepancy",
                subject_id=str(pk),
                after={"as_of": moment.as_of.isoformat()},
            )
            for pk in part
        )

"""The rows of the detail sheets, streamed from the database. Times are in the merchant's zone, without offset, as sheets want them."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from apps.channels.contracts import LineKind
from apps.merchants.models import Merchant
from apps.reports.figures import differences
from apps.reports.figures.certificate import Equation
from apps.reports.figures.months import Month
from apps.reports.figures.movements import GROSS_TERM, Key, live_lines
from apps.reports.figures.payment_lines import payment_lines
from apps.reports.figures.payout_rows import payouts_of
from apps.reports.figures.receivable import Holding
from apps.reports.month.wording import line_kind_label, method_label
from apps.settlements.models import BankLine

CHUNK = 5_000
LINE_FIELDS = (
    *("channel__code", "currency", "business_date", "occurred_at", "kind", "merchant_ref", "provider_ref", "provider_refund_ref"),
    *("refund_ref", "gross", "fee", "other", "net", "statement__name", "row_no"),
)


def payment_rows(merchant: Merchant, month: Month) -> Iterator[dict]:
    """Payment lines, with the plan's fee where one was in force."""
    for channel in merchant.channels.order_by("code"):
        for frame in payment_lines(channel, month):
            local = frame.with_columns(
                pl.col("occurred_at").dt.convert_time_zone(merchant.timezone).dt.replace_time_zone(None),
                (pl.col("fee") - pl.col("expected_fee")).alias("fee_gap"),
                pl.lit(channel.code).alias("channel"),
            )
            for row in local.iter_rows(named=True):
                yield {**row, "method": method_label(row["method"])}


def refund_rows(merchant: Merchant, month: Month) -> Iterator[dict]:
    return _lines(merchant, month, live_lines(merchant).filter(kind=LineKind.REFUND))


def other_rows(merchant: Merchant, month: Month) -> Iterator[dict]:
    """Everything that is neither sale nor refund, with the term of the certificate each amount went to."""
    for row in _lines(merchant, month, live_lines(merchant).exclude(kind__in=[LineKind.REFUND, LineKind.PAYMENT])):
        term = GROSS_TERM.get(row["kind"], "adjustments")
        yield {
            **row,
            "kind": line_kind_label(row["kind"]),
            "as_disputes": row["gross"] if term == "disputes" else 0,
            "as_fees": row["fee"] + (row["gross"] if term == "fees" else 0),
            "as_adjustments": row["other"] + (row["gross"] if term in ("adjustments", "reserves") else 0),
        }


def _lines(merchant: Merchant, month: Month, lines) -> Iterator[dict]:
    zone = ZoneInfo(merchant.timezone)
    inside = lines.filter(business_date__range=(month.first, month.last)).order_by("channel__code", "business_date", "pk")
    for row in inside.values(*LINE_FIELDS).iterator(chunk_size=CHUNK):
        yield {**row, "channel": row["channel__code"], "file": row["statement__name"], "occurred_at": local_time(row["occurred_at"], zone)}


def receivable_rows(merchant: Merchant, held: list[Holding], rows: dict[Key, Equation]) -> Iterator[dict]:
    """What stood open at both ends, by payout; and one row for what came late for a closed month."""
    codes = dict(merchant.channels.values_list("pk", "code"))
    for one in held:
        base = {"ref": one.ref, "due_on": one.due_on, "arrived_on": one.arrived_on, "late": 0}
        yield {**base, "channel": codes[one.channel_id], "currency": one.currency, "opening": one.opening, "closing": one.closing}
    for (channel_id, currency), row in rows.items():
        if row.late:
            base = {"ref": "", "due_on": None, "arrived_on": None, "closing": 0}
            yield {**base, "channel": codes[channel_id], "currency": currency, "opening": -row.late, "late": row.late}


def payout_rows(merchant: Merchant, month: Month) -> Iterator[dict]:
    for payout in payouts_of(merchant, month).iterator(chunk_size=CHUNK):
        is_in = payout.arrived_on is not None and month.first <= payout.arrived_on <= month.last
        yield {
            "channel": payout.channel.code,
            "currency": payout.currency,
            "ref": payout.ref,
            "due_on": payout.due_on,
            "line_count": payout.line_count,
            "lines_net": payout.lines_net_minor,
            "announced": payout.announced_minor,
            "arrived_on": payout.arrived_on,
            "arrived": payout.arrived_minor,
            "arrived_in_month": payout.arrived_minor if is_in else 0,
            "gap_in_month": payout.arrived_minor - payout.lines_net_minor if is_in else 0,
        }


def bank_rows(merchant: Merchant, month: Month) -> Iterator[dict]:
    lines = BankLine.objects.for_merchant(merchant).filter(is_live=True, booked_on__range=(month.first, month.last))
    for line in (
        lines.select_related("bank_account", "statement").order_by("bank_account__code", "booked_on", "pk").iterator(chunk_size=CHUNK)
    ):
        yield {
            "account": line.bank_account.code,
            "currency": line.currency,
            "booked_on": line.booked_on,
            "value_on": line.value_on,
            "amount": line.amount_minor,
            "balance": line.balance_minor,
            "reference": line.reference,
            "memo": line.memo,
            "file": line.statement.name,
            "row_no": line.row_no,
        }


def difference_rows(merchant: Merchant, month: Month) -> Iterator[dict]:
    zone = ZoneInfo(merchant.timezone)
    for item in differences.of_month(merchant, month).iterator(chunk_size=CHUNK):
        yield {
            "channel": item.channel.code,
            "currency": item.currency,
            "business_date": item.business_date,
            "kind": item.get_kind_display(),
            "order_no": item.order_no,
            "merchant_ref": item.merchant_ref,
            "provider_ref": item.provider_ref,
            "expected": item.expected_minor,
            "actual": item.actual_minor,
            "difference": item.difference_minor,
            "state": item.get_state_display(),
            "severity": item.get_severity_display(),
            "owner": str(item.owner or ""),
            "due_at": local_time(item.due_at, zone),
            "resolution": item.get_resolution_display(),
            "reason": item.reason,
            "closed_by": str(item.closed_by or ""),
            "closed_at": local_time(item.closed_at, zone) if item.closed_at else None,
            "file": item.source_file,
            "row_no": item.source_row,
        }


def local_time(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)

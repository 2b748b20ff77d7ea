"""The payment lines of a day with what the books and the fee plan say about each: the rows of the Excel sheet, and of the fee check.

Read some days at a time, so that memory does not grow with the month.
"""

from collections.abc import Iterator
from datetime import date

import polars as pl
from django.db.models import Count

from apps.channels.fees import with_expected_fee
from apps.channels.models import Channel
from apps.channels.terms import terms_for
from apps.core.bulk import read_frame
from apps.reports.figures.months import Month
from apps.settlements.models import StatementLine

LINE_COLUMNS: dict[str, pl.DataType] = {
    "id": pl.Int64(),
    "business_date": pl.Date(),
    "occurred_at": pl.Datetime("us", "UTC"),
    "order_no": pl.String(),
    "merchant_ref": pl.String(),
    "provider_ref": pl.String(),
    "method": pl.String(),
    "currency": pl.String(),
    "gross": pl.Int64(),
    "fee": pl.Int64(),
    "other": pl.Int64(),
    "net": pl.Int64(),
    "file": pl.String(),
    "row_no": pl.Int64(),
}
# The method is that of our payment where the line is paired: files often do not say it, and the fee plan is chosen by it.
_SQL = """
SELECT l.id, l.business_date, l.occurred_at, COALESCE(o.order_no, ''), l.merchant_ref, l.provider_ref, COALESCE(p.method, l.method),
       l.currency, l.gross, l.fee, l.other, l.net, s.name, l.row_no
FROM settlements_statementline l
JOIN settlements_statement s ON s.id = l.statement_id
LEFT JOIN settlements_match m ON m.line_id = l.id AND m.voided_at IS NULL AND m.line_slot = 0
LEFT JOIN orders_payment p ON p.id = m.payment_id
LEFT JOIN orders_order o ON o.id = p.order_id
WHERE l.channel_id = %s AND l.business_date BETWEEN %s AND %s AND l.is_live AND l.kind = 'payment'
ORDER BY l.business_date, l.id
"""

GROUP_COLUMNS: dict[str, pl.DataType] = {
    "business_date": pl.Date(),
    "method": pl.String(),
    "currency": pl.String(),
    "gross": pl.Int64(),
    "fee": pl.Int64(),
    "count": pl.Int64(),
}
_GROUPS_SQL = """
SELECT l.business_date, COALESCE(p.method, l.method), l.currency, l.gross, l.fee, COUNT(*)
FROM settlements_statementline l
LEFT JOIN settlements_match m ON m.line_id = l.id AND m.voided_at IS NULL AND m.line_slot = 0
LEFT JOIN orders_payment p ON p.id = m.payment_id
WHERE l.channel_id = %s AND l.business_date BETWEEN %s AND %s AND l.is_live AND l.kind = 'payment'
GROUP BY 1, 2, 3, 4, 5
"""
BATCH = 100_000


def payment_lines(channel: Channel, month: Month) -> Iterator[pl.DataFrame]:
    """Frames of LINE_COLUMNS with `expected_fee` (signed like `fee`, null where no plan is in force) and `tolerance`; days ascending."""
    terms = terms_for(channel)
    for first, last in _batches(channel, month):
        frame = read_frame(_SQL, [channel.pk, first, last], LINE_COLUMNS)
        yield with_expected_fee(frame, terms).with_columns(-pl.col("expected_fee"))


def _batches(channel: Channel, month: Month) -> Iterator[tuple[date, date]]:
    """Spans of days that hold about BATCH lines. A query for each day would make the database join the whole month each time."""
    lines = StatementLine.objects.filter(channel=channel, business_date__range=(month.first, month.last))
    counts = dict(lines.order_by("business_date").values("business_date").annotate(n=Count("pk")).values_list("business_date", "n"))
    first = last = None
    held = 0
    for day, count in counts.items():
        if first is not None and held + count > BATCH:
            yield first, last
            first, held = None, 0
        first, last, held = first or day, day, held + count
    if first is not None:
        yield first, last


def fee_groups(channel: Channel, month: Month) -> pl.DataFrame:
    """How often each (day, method, currency, gross, fee) occurs, with what the plan says of it: all that a fee check needs."""
    frame = read_frame(_GROUPS_SQL, [channel.pk, month.first, month.last], GROUP_COLUMNS)
    return with_expected_fee(frame, terms_for(channel)).with_columns(-pl.col("expected_fee"))

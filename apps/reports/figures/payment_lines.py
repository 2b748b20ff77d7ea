"""The payment lines of a day with what the books and the fee plan say about each: the rows of the Excel sheet, and of the fee check.

Read a channel's day at a time, so that memory does not grow with the month.
"""

from collections.abc import Iterator

import polars as pl

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
WHERE l.channel_id = %s AND l.business_date = %s AND l.is_live AND l.kind = 'payment'
ORDER BY l.id
"""


def payment_lines(channel: Channel, month: Month) -> Iterator[pl.DataFrame]:
    """Frames of LINE_COLUMNS with `expected_fee` (signed like `fee`, null where no plan is in force) and `tolerance`; days ascending."""
    terms = terms_for(channel)
    lines = StatementLine.objects.filter(channel=channel, business_date__range=(month.first, month.last))
    for day in sorted(lines.order_by().values_list("business_date", flat=True).distinct()):
        frame = read_frame(_SQL, [channel.pk, day], LINE_COLUMNS)
        yield with_expected_fee(frame, terms).with_columns(-pl.col("expected_fee"))

"""The discrepancy list as a file that stays stable: same columns, same order of rows whatever came in first."""

import csv
from typing import TextIO

from apps.core.exports import neutral
from apps.core.money import plain
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.stable_order import ORDER

COLUMNS = [
    "kind",
    "channel",
    "order_no",
    "merchant_ref",
    "provider_ref",
    "currency",
    "expected",
    "actual",
    "difference",
    "business_date",
    "source_file",
    "source_row",
    "status",
    "severity",
    "due_at",
]


def write_discrepancies(queryset, out: TextIO) -> int:
    """Writes the rows as CSV and returns how many; amounts in major units, times in UTC with offset."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    count = 0
    for item in queryset.select_related("channel").order_by(*ORDER).iterator(chunk_size=5_000):
        writer.writerow(_row(item))
        count += 1
    return count


def _row(item: Discrepancy) -> list:
    amounts = (item.expected_minor, item.actual_minor, item.difference_minor)
    texts = (item.kind, item.channel.code, item.order_no, item.merchant_ref, item.provider_ref, item.currency)
    source = (neutral(item.source_file), "" if item.source_row is None else item.source_row)
    return [
        *map(neutral, texts),
        *(plain(amount, item.currency) for amount in amounts),
        item.business_date.isoformat(),
        *source,
        item.state,
        item.severity,
        item.due_at.isoformat(timespec="seconds"),
    ]

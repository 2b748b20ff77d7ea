"""What was accepted within tolerance, written down: what changed, and only that."""

from datetime import datetime

import polars as pl

from apps.channels.models import Channel
from apps.core.bulk import copy_rows, queryset_frame
from apps.settlements.matching.frames import ACCEPTED
from apps.settlements.models import AcceptedDifference
from apps.settlements.services.applying import chunks

NAMES = {"expected": "expected_minor", "actual": "actual_minor"}
SAME = ["kind", "payment_id", "refund_id", "currency", "expected", "actual", "business_date"]


def apply_accepted(channel: Channel, proposed: pl.DataFrame, rules_version: int, now: datetime) -> int:
    """Accepted differences of a channel become what the pass says (ACCEPTED); how many there are."""
    live = AcceptedDifference.objects.for_merchant(channel.merchant_id).filter(channel_id=channel.pk, voided_at=None)
    shape = {"id": pl.Int64(), **{NAMES.get(name, name): dtype for name, dtype in ACCEPTED.items()}}
    held = queryset_frame(live.order_by(), shape).rename({field: name for name, field in NAMES.items()})
    gone = held.join(proposed, on=SAME, how="anti", nulls_equal=True)
    fresh = proposed.join(held, on=SAME, how="anti", nulls_equal=True)
    for ids in chunks(gone["id"]):
        AcceptedDifference.objects.filter(pk__in=ids).update(voided_at=now)
    rows = fresh.rename(NAMES).with_columns(
        pl.lit(channel.merchant_id).cast(pl.Int64).alias("merchant_id"),
        pl.lit(channel.pk).cast(pl.Int64).alias("channel_id"),
        pl.lit(rules_version).cast(pl.Int64).alias("rules_version"),
        pl.lit(now, dtype=pl.Datetime("us", "UTC")).alias("accepted_at"),
    )
    copy_rows(AcceptedDifference, rows)
    return proposed.height

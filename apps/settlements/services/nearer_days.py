"""The day of a row whose file says it, where several files hold the row: exports over several days say it less exactly than a day's own."""

import polars as pl

from apps.core.bulk import keyed_frame, update_rows
from apps.settlements.models import Statement, StatementLine
from apps.settlements.services.touching import touch_frame

KNOWN = {"id": pl.Int64(), "business_date": pl.Date()}


def take_nearer_days(file: Statement, seen: pl.DataFrame) -> None:
    """Gives rows that were in already the day that `file` reports them for, when that is later than the day they were filed under.

    Only rows whose file dates them can move, such as an order of Monday that was paid on Wednesday: the export of the week knows the
    order's day, Wednesday's own file knows better. Every file that holds a row has it within its days, and none before the order, so the
    latest of what they say is the nearest, in whichever order the files come.
    """
    own_day = pl.col("occurred_at").dt.convert_time_zone(file.channel.timezone).dt.date()
    dated = seen.filter(pl.col("business_date") > own_day).select("id", "business_date")
    if dated.is_empty():
        return
    stored = keyed_frame(StatementLine.objects.filter(channel_id=file.channel_id, is_live=True), "id", dated["id"], KNOWN)
    both = dated.join(stored, on="id", suffix="_was", maintain_order="left")
    moved = both.filter(pl.col("business_date") > pl.col("business_date_was"))
    update_rows(StatementLine, moved.select("id", "business_date"))
    touch_frame(file.channel, pl.concat([moved["business_date"], moved["business_date_was"]]))

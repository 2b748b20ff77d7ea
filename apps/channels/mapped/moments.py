"""Days and moments as consoles print them, years of the Republic (民國) and 上午/下午 included. No Django here."""

import re

import polars as pl

from apps.channels import canonical
from apps.channels.contracts import FileRefused, Refusal, Reject, Rejection
from apps.channels.mapped.figures import BLANKS

REPUBLIC = 1911  # year 1 of the Republic is 1912
_CLOCKS = ("%H", "%T", "%I", "%R")
_HALVES = {"上午": "AM", "下午": "PM", "午前": "AM", "午後": "PM"}


def date_column(frame: pl.DataFrame, row_no: pl.Series, column: str, date_format: str) -> tuple[pl.Series, list[Rejection]]:
    """One column of days; a cell that is no day of this century is rejected.

    `%K` in the format stands for a year of the Republic: 115 is 2026.

    :raises FileRefused: no_mapping, when the format itself cannot be used.
    """
    text, date_format = _prepared(pl.col(column).fill_null("").str.strip_chars(BLANKS), date_format)
    try:
        day = frame.select(text.str.to_date(date_format, strict=False).alias(column)).to_series()
    except pl.exceptions.PolarsError as error:
        raise FileRefused(Refusal.NO_MAPPING, account="", reason=f"date_format {date_format}") from error
    sane = (day.dt.year() >= 2000) & (day.dt.year() <= 2099)
    bad = pl.DataFrame({"row_no": row_no, "raw": frame[column]}).filter(~sane.fill_null(False))
    rejections = [
        Rejection(no, Reject.BAD_TIME if raw.strip(BLANKS) else Reject.MISSING_VALUE, column, raw[:80]) for no, raw in bad.iter_rows()
    ]
    return day, rejections


def time_column(frame: pl.DataFrame, row_no: pl.Series, mapping: dict, timezone: str) -> tuple[pl.Series, list[Rejection]]:
    """`occurred_at` in UTC, from `time` and, where the clock has a column of its own, `clock`. A day alone is its first moment.

    :raises FileRefused: no_mapping, when the format itself cannot be used.
    """
    column, spelling = mapping["time"], mapping.get("time_format") or "%Y-%m-%d %H:%M:%S"
    text = pl.col(column).fill_null("").str.strip_chars(BLANKS)
    if mapping.get("clock"):
        text = pl.concat_str(text, pl.lit(" "), pl.col(mapping["clock"]).fill_null("").str.strip_chars(BLANKS))
    text, read_as = _prepared(text, spelling)
    if not any(sign in read_as for sign in _CLOCKS):
        text, read_as = pl.concat_str(text, pl.lit(" 00:00:00")), f"{read_as} %H:%M:%S"
    try:
        if "%z" in read_as:
            zoned = text.str.replace(r"[zZ]$", "+0000")
            read = zoned.str.to_datetime(read_as, time_unit="us", time_zone="UTC", strict=False)
        else:
            read = canonical.as_utc(text.str.to_datetime(read_as, time_unit="us", strict=False), timezone)
        times = frame.select(read.alias("occurred_at")).to_series()
    except pl.exceptions.PolarsError as error:
        raise FileRefused(Refusal.NO_MAPPING, account="", reason=f"time_format {spelling}") from error
    sane = times.dt.year().is_between(2000, 2099).fill_null(False)
    bad = pl.DataFrame([row_no, frame[column].alias("raw")]).filter(~sane)
    return times, [Rejection(no, Reject.BAD_TIME, column, raw.strip()[:80]) for no, raw in bad.iter_rows()]


def _prepared(text: pl.Expr, spelling: str) -> tuple[pl.Expr, str]:
    """Text and format in what the reader of dates knows: common years, AM and PM."""
    if "%p" in spelling:
        text = text.str.replace_many(list(_HALVES), list(_HALVES.values()))
    if "%K" not in spelling:
        return text, spelling
    before, _, _after = spelling.partition("%K")
    parts = text.str.extract_groups(rf"^{re.escape(before)}\s*(\d{{2,3}})(.*)$")
    year = parts.struct.field("1").cast(pl.Int32, strict=False) + REPUBLIC
    return pl.concat_str(year.cast(pl.String), parts.struct.field("2")), spelling.replace(f"{before}%K", "%Y")

"""ISO 8601 times with an offset, a column at a time: the common shape fast, every other shape still right."""

import re
from datetime import UTC, datetime

import polars as pl

UTC_MICROS = pl.Datetime("us", "UTC")
_COMMON = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$"
_OFFSET = re.compile(r"Z|([+-])([01]\d):?([0-5]\d)", re.ASCII)
_FULL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-][01]\d:?[0-5]\d)", re.ASCII)
# A complete date and time, only the offset is missing: worth a sentence of its own.
NAIVE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?)?$"
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def moments(texts: pl.Series) -> pl.Series:
    """The moments in UTC; null where a text is empty, unreadable, without offset, or outside 1990–2099."""
    if texts.is_empty():  # an empty mapping would have no type to return
        return pl.Series(texts.name, [], dtype=UTC_MICROS)
    heads, tails = texts.str.slice(0, 19), texts.str.slice(19)
    offsets = {tail: _offset_micros(tail) for tail in tails.unique().to_list()}
    local = heads.str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False)
    local = local.set(~heads.str.contains(_COMMON), None)
    shift = tails.replace_strict(offsets, return_dtype=pl.Int64)
    read = (local.cast(pl.Int64) - shift).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    rare = (read.is_null() & (texts != "")).arg_true()
    if len(rare):
        read = read.scatter(rare, pl.Series([_moment(text) for text in texts.gather(rare)], dtype=UTC_MICROS))
    return read.set((read < EARLIEST) | (read >= LATEST), None).alias(texts.name)


def _offset_micros(tail: str) -> int | None:
    found = _OFFSET.fullmatch(tail)
    if found is None:
        return None
    if tail == "Z":
        return 0
    sign = -1 if found[1] == "-" else 1
    return sign * (int(found[2]) * 60 + int(found[3])) * 60_000_000


def _moment(text: str) -> datetime | None:
    if not _FULL.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

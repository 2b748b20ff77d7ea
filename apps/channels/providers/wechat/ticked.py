"""WeChat Pay's way of writing tables: a backtick before each value, and two lines behind the rows that sum them up. No Django here.

Goods names and remarks may hold commas and are not quoted, so rows are cut at comma and backtick.
"""

import polars as pl

from apps.channels import cells, delimited
from apps.channels.contracts import FileRefused, Refusal


def split(block: bytes, first_row: int, header: list[str]) -> delimited.Rows:
    """Cuts rows at comma and backtick; rows that a spreadsheet has saved again, without backticks or with quotes, as plain CSV."""
    lines = delimited.lines_of(block, first_row).with_columns(pl.col("line").str.strip_prefix("`").str.split(",`").alias("cells"))
    fit = pl.col("line").str.starts_with("`") & (pl.col("cells").list.len() == len(header))
    ticked = lines.filter(fit)
    frame = ticked.select(*(pl.col("cells").list.get(index).alias(name) for index, name in enumerate(header)), "row_no")
    rest = lines.filter(~fit)
    if not rest.height:
        return delimited.Rows(frame)
    plain = delimited.split(rest, header)
    return delimited.Rows(pl.concat([frame, plain.frame]).sort("row_no"), plain.rejections)


def summary(body: bytes, start: int, first: str) -> tuple[int, dict[str, str]]:
    """Where the rows end, and what the two lines behind them state; `first` is the name that the first of the two begins with.

    :raises FileRefused: CUT_SHORT without them, BAD_FORMAT when more follows.
    """
    rows = body.rstrip(b"\n").count(b"\n") + 1
    position = body.rfind(first.encode())
    end = body.rfind(b"\n", 0, max(position, 0)) + 1
    tail = [line for line in body[end:].decode().split("\n") if line.strip(" \t,")]
    names = delimited.header_names(tail[0]) if tail else ()
    if position < start or not names or names[0] != first:
        raise FileRefused(Refusal.CUT_SHORT, row=rows, wanted=first)
    values = [value.strip(cells.WRAPPERS) for value in tail[1].split(",")] if len(tail) > 1 else []
    while len(values) > len(names) and not values[-1]:
        values.pop()
    if len(values) != len(names) or len(set(names)) != len(names):
        raise FileRefused(Refusal.CUT_SHORT, row=rows, wanted=first)
    if len(tail) > 2:
        raise FileRefused(Refusal.BAD_FORMAT, row=rows, reason="after_end")
    return end, dict(zip(names, values, strict=True))

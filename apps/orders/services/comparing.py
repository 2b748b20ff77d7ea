"""A file's rows against what the books already hold: new, changed, the same, or a move that no state machine allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from apps.orders.ingest.reading import REJECTIONS


@dataclass(frozen=True, slots=True)
class Plan:
    """What writing a file would do. `changed` carries `id` and `state_was` beside the new values."""

    new: pl.DataFrame
    changed: pl.DataFrame
    rows_same: int
    rejected: pl.DataFrame  # REJECTIONS


def compare(rows: pl.DataFrame, known: pl.DataFrame, *, on: list[str], fields: Iterable[str], optional: Iterable[str], moves: dict) -> Plan:
    """`known` holds `id`, the columns of `on`, and each field as `<field>_was`.

    An empty cell in an `optional` field means "not said", so what is known stays: a later export without the provider's reference
    must not take it away.
    """
    if known.is_empty():
        return Plan(new=rows, changed=rows.clear(), rows_same=0, rejected=pl.DataFrame(schema=REJECTIONS))
    joined = rows.join(known, on=on, how="left", maintain_order="left")
    new = joined.filter(pl.col("id").is_null()).select(rows.columns)
    seen = joined.filter(pl.col("id").is_not_null()).with_columns(_kept(rows, name) for name in optional)
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_was")) for name in fields)
    legal = pl.DataFrame(
        [(str(was), str(now)) for was, after in moves.items() for now in after], schema=["state_was", "state"], orient="row"
    )
    changed = seen.filter(differs).join(legal.with_columns(is_legal=True), on=["state_was", "state"], how="left", maintain_order="left")
    illegal = (pl.col("state") != pl.col("state_was")) & pl.col("is_legal").is_null()
    rejected = changed.filter(illegal).select(
        "row_no", column=pl.lit("status"), code=pl.lit("illegal_move"), value=pl.concat_str("state_was", pl.lit(" → "), "state")
    )
    return Plan(new=new, changed=changed.filter(~illegal), rows_same=seen.height - changed.height, rejected=rejected)


def first_known(rows: pl.DataFrame, column: str, other: str, now: datetime) -> pl.DataFrame:
    """New rows whose file does not say when they began: the other moment it gives, else the moment of the import."""
    moment = pl.lit(now).cast(pl.Datetime("us", "UTC"))
    return rows.with_columns(pl.coalesce(column, other, moment).alias(column))


def _kept(rows: pl.DataFrame, name: str) -> pl.Expr:
    is_said = pl.col(name) != "" if rows.schema[name] == pl.String else pl.col(name).is_not_null()
    return pl.when(is_said).then(pl.col(name)).otherwise(pl.col(f"{name}_was")).alias(name)

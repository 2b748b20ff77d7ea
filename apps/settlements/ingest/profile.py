"""How the rows of a file look, in a few figures: what later files of the same channel or account are compared with.

Nothing of a buyer or an order is kept: counts, quantiles, shares and shapes. A profile costs one pass over a few columns.
"""

from datetime import date

import polars as pl

from apps.channels import cells
from apps.channels.contracts import LineKind

SHAPED = 200  # references that are looked at for their shape
QUARTILES = (0.25, 0.5, 0.75)


def profile_of(lines: pl.DataFrame, header: tuple[str, ...], name: str, first_day: date, breaks: int = 0) -> dict:
    """The profile of canonical lines (LINE_SCHEMA) or bank lines (BANK_SCHEMA), as JSON holds it.

    `breaks` are the rows of a bank file at which the running balance does not follow.
    """
    told = cells.days_in_name(name)
    profile: dict = {"header": list(header), "rows": lines.height, "named": told is not None}
    if not lines.height:
        return profile
    is_bank = "booked_on" in lines.columns
    money, day = ("amount", "booked_on") if is_bank else ("gross", "business_date")
    moved = lines.filter(pl.col(money) != 0) if is_bank else lines.filter((pl.col("kind") == LineKind.PAYMENT.value) & (pl.col(money) != 0))
    profile |= {"moved": moved.height} | (_sizes(moved[money]) if moved.height else {}) | _days(lines[day], told[0] if told else first_day)
    return profile | ({"balances": lines["balance"].count(), "breaks": breaks} if is_bank else _lines(lines, moved))


def _sizes(amounts: pl.Series) -> dict:
    """Quartiles of the size of amounts in minor units, how many are whole hundreds, and how many are negative."""
    size = amounts.abs()
    return {
        "quartiles": [int(size.quantile(at, "nearest") or 0) for at in QUARTILES],
        "hundreds": round(float((size % 100 == 0).mean() or 0), 4),
        "negative": round(float((amounts < 0).mean() or 0), 4),
    }


def _days(days: pl.Series, first: date) -> dict:
    """How far the rows lie from the day the file is for, and the days there are."""
    offsets = (days - first).dt.total_days()
    found = days.unique().sort()
    return {
        "offset": int(offsets.median() or 0),
        "days": found.len(),
        "months": pl.select(found.dt.strftime("%Y-%m").n_unique()).item() if found.len() else 0,
        "days_of_month": found.dt.day().n_unique(),
        "first_day": found[0].isoformat(),
        "last_day": found[-1].isoformat(),
    }


def _lines(lines: pl.DataFrame, moved: pl.DataFrame) -> dict:
    """What only a provider's lines have: kinds, the share of fees, and the shape of references."""
    kinds = dict(lines.group_by("kind").len().sort("kind").iter_rows())
    charged = moved.filter(pl.col("fee") != 0)
    ratio = charged.select((pl.col("fee") / pl.col("gross")).median()).item() if charged.height else None
    return {
        "kinds": kinds,
        "charged": charged.height,
        "fee_ratio": round(ratio, 6) if ratio is not None else None,
        "shapes": {name: _shapes(lines[name]) for name in ("provider_ref", "merchant_ref")},
    }


def _shapes(references: pl.Series) -> list[str]:
    """The shapes of some references, the usual ones first: letters as a, digits as 9, each run once."""
    some = references.filter(references != "").head(SHAPED)
    shapes = some.str.replace_all(r"[A-Za-z]+", "a").str.replace_all(r"[0-9]+", "9").value_counts(sort=True)
    return shapes[shapes.columns[0]].head(5).to_list()

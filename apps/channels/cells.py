"""Reading cells of delivered files, a column at a time. No Django here.

Every file is read with all columns as text: 28-digit trade numbers and leading zeros do not survive type inference.
"""

import hashlib
import re
import struct
from datetime import date

import polars as pl

from apps.core.money import exponent

WRAPPERS = " \t\r\n\u3000=\"'`’"  # ="…", TAB, backtick: put there so that spreadsheets leave long ids alone
_WRAPPED = r"""(^|\x1f)[\s="'`’]|[\s="'`’](\x1f|$)"""  # cells joined by \x1f of which at least one has a wrapper
PLAIN_DECIMAL = r"^[+\-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.[0-9]+)?$"  # of any length
FORMULA = r"^[=+@\-][A-Za-z(]"  # after unwrapping: a real formula, never a number
_DAY = re.compile(r"(?<!\d)(20\d{2})(-?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")


def clean(column: str) -> pl.Expr:
    """A cell without blanks, quotes, backticks and the leading `=` that protect it from spreadsheets."""
    return pl.col(column).fill_null("").str.strip_chars(WRAPPERS)


def key(expression: pl.Expr) -> pl.Expr:
    """A reference as it is compared: without case, blanks, quotes, apostrophes, backticks and a leading `=`."""
    return expression.fill_null("").str.replace_all(r"[\s\"'`’]", "").str.replace(r"^=+", "").str.to_lowercase()


def key_text(value: str) -> str:
    """`key` for one Python string."""
    return re.sub(r"^=+", "", re.sub(r"[\s\"'`’]", "", value or "")).lower()


def is_amount(expression: pl.Expr) -> pl.Expr:
    """True where a cleaned cell is a plain decimal: sign, digits with optional thousands commas, optional fraction."""
    return expression.str.contains(r"^[+\-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,15})(\.[0-9]{1,9})?$")


def scaled(expression: pl.Expr, digits: int) -> pl.Expr:
    """A plain decimal as an Int64 of 10**-digits; null where it is no plain decimal or carries more digits than that."""
    bare = expression.str.replace_all(",", "", literal=True)
    excess = expression.str.contains(rf"\.[0-9]{{{digits}}}[0-9]*[1-9]")
    value = bare.cast(pl.Decimal(38, digits), strict=False).to_physical().cast(pl.Int64, strict=False)
    return pl.when(is_amount(expression) & ~excess).then(value).otherwise(None)


def minor(expression: pl.Expr, currency: str) -> pl.Expr:
    """A plain decimal in major units as minor units of one currency; null where it does not fit exactly."""
    return scaled(expression, exponent(currency))


def row_hash(frame: pl.DataFrame, columns: list[str]) -> pl.Series:
    """A stable 64-bit hash of a row's cells by column name, whatever the order of the columns.

    Cells are compared as `clean` reads them, so that the same row in another encoding or wrapper is the same row.
    """
    names = sorted(columns)
    joined = frame.select(pl.concat_str([pl.col(name).fill_null("") for name in names], separator="\x1f").alias("row"))
    if joined.select(pl.col("row").str.contains(_WRAPPED).any()).item():
        joined = frame.select(pl.concat_str([clean(name) for name in names], separator="\x1f").alias("row"))
    blake = hashlib.blake2b
    digests = b"".join([blake(row, digest_size=8).digest() for row in joined["row"].cast(pl.Binary).to_list()])
    return pl.Series("row_hash", struct.unpack(f">{frame.height}q", digests), dtype=pl.Int64)


def days_in_name(name: str) -> tuple[date, date] | None:
    """The day or the range of days (`YYYYMMDD` or `YYYY-MM-DD`, both ends included) in a file's name; None where there is none."""
    found = []
    for year, _, month, day in _DAY.findall(name):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return (min(found), max(found)) if found else None

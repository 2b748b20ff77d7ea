"""Amounts as consoles print them, read to minor units without loss. No Django here."""

import polars as pl

from apps.channels import cells
from apps.channels.contracts import Reject, Rejection
from apps.channels.mapped import spec
from apps.core.money import MAX_MINOR

BLANKS = cells.WRAPPERS + "\ufeff\u00a0\u202f"
_SIDED = r"^(.*?)[\s\u00a0\u3000]*({word})\.?$"


def amount_text(column: str, mapping: dict) -> pl.Expr:
    """A cleaned money cell with `.` before the fraction, `,` between thousands and the minus in front; empty for a lone dash."""
    bare = pl.col(column).fill_null("").str.strip_chars(BLANKS).str.replace_all("−", "-", literal=True)
    if mapping.get("symbol"):
        bare = bare.str.replace_all(mapping["symbol"], "", literal=True).str.strip_chars(BLANKS)
    bare = _styled(bare, mapping.get("style") or spec.PLAIN)
    decimal = mapping.get("decimal") or "."
    thousands = mapping.get("thousands") or ("." if decimal == "," else ",")
    if (decimal, thousands) != (".", ","):
        # Swapped at once, so that a grouping mark out of place stays visible and is refused, not dropped.
        swaps = {",": "?", ".": "?"} | {thousands: ",", decimal: "."}
        bare = bare.str.replace_many(list(swaps), list(swaps.values()))
    return pl.when(bare.str.contains(r"^[-–—]+$")).then(pl.lit("")).otherwise(bare)


def money(frame: pl.DataFrame, row_no: pl.Series, column: str, mapping: dict, currency: str) -> tuple[pl.Series, list[Rejection]]:
    """One money column as minor units, null where the cell is blank, and a rejection for each cell that is no plain amount."""
    text = frame.select(amount_text(column, mapping).alias("text")).to_series()
    reading = pl.DataFrame({"row_no": row_no, "raw": frame[column], "text": text}).with_columns(
        value=cells.minor(pl.col("text"), currency), plain=cells.is_amount(pl.col("text"))
    )
    fits = (pl.col("value").abs() <= MAX_MINOR).fill_null(False)
    bad = reading.filter((pl.col("text") != "") & ~fits)
    rejections = [
        Rejection(no, _fault(raw, value, plain), column, raw[:80])
        for no, raw, value, plain in bad.select("row_no", "raw", "value", "plain").iter_rows()
    ]
    return reading.select(pl.when(fits).then(pl.col("value")).alias(column)).to_series(), rejections


def marked(frame: pl.DataFrame, row_no: pl.Series, mapping: dict, known: dict[str, str]) -> tuple[pl.Series, list[Rejection]]:
    """+1 or -1 for each row by the word in its mark column; `known` are the words that need no mapping. An unknown word is rejected."""
    words = {word.upper(): way for word, way in {**known, **(mapping.get("marks") or {})}.items()}
    told = frame.select(cells.clean(mapping["mark"]).str.to_uppercase().alias("mark")).to_series()
    bad = pl.DataFrame([row_no, told]).filter(~told.is_in(list(words)))
    rejections = [Rejection(no, Reject.UNKNOWN_TYPE, mapping["mark"], word[:80]) for no, word in bad.iter_rows()]
    ways = {word: 1 if way == spec.IN else -1 for word, way in words.items()}
    return told.replace_strict(ways, default=1, return_dtype=pl.Int64), rejections


def _styled(bare: pl.Expr, style: str) -> pl.Expr:
    """The minus brought to the front, from where the style has it."""
    if style == spec.PARENTHESES:
        return bare.str.replace(r"^[(（](.*)[)）]$", "-$1")
    if style == spec.TRAILING_MINUS:
        return bare.str.replace(r"^([^-].*)-$", "-$1")
    if style == spec.CR_DR:
        out = bare.str.replace(_SIDED.format(word="(?i:DR?)"), "-$1")
        return out.str.replace(_SIDED.format(word="(?i:CR?)"), "$1")
    return bare


def _fault(raw: str, value: int | None, plain: bool) -> Reject:
    if value is not None:
        return Reject.TOO_LARGE
    if plain:
        return Reject.EXCESS_DIGITS
    bare = raw.strip()
    return Reject.FORMULA if bare[:1] in "=+@-" and bare.lstrip("=+@-")[:1].isalpha() else Reject.BAD_AMOUNT

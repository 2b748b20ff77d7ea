"""From rows of text cells to canonical lines: faults of cells, times, amounts, totals. Vectorised; no Django here."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import polars as pl

from apps.channels import cells
from apps.channels.contracts import LINE_SCHEMA, FileRefused, Refusal, Reject, Rejection, Total
from apps.core.money import MoneyError, exponent, to_decimal

Block = TypeVar("Block")
MICRO = 1_000_000  # millionths of a minor unit, in which a fee is read before it is rounded
_TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y%m%d%H%M%S")
_FORMULA = r"^[\s\"'`]*[=+@\-].*[A-Za-z]\w*\("
_EXPONENT = r"^[0-9](\.[0-9]+)?[eE]\+[0-9]+$"  # 2.02609E+27: an id that a spreadsheet has rounded

MAX_WHOLE = 12  # digits before the point: a sum of a million such rows still fits, and no shop has more
MAX_FEE_WHOLE = 9


@dataclass(frozen=True, slots=True)
class Fault:
    """What can be wrong with a column: `suspect` is asked of every row, `code` (a Reject code or null) of the suspects only."""

    column: str
    suspect: pl.Expr
    code: pl.Expr


def amount_fault(column: str, digits: int, *, blank: bool = False, whole: int = MAX_WHOLE) -> Fault:
    """No amount with at most so many digits before and after the point; with `blank` an empty cell counts as zero."""
    cell = cells.clean(column)
    fraction = cell.str.extract(r"\.([0-9]*?)0*$", 1).fill_null("").str.len_bytes()
    plain = cell.str.contains(cells.PLAIN_DECIMAL)
    width = cell.str.replace_all(r"^[+\-]?[0,]*|,|\..*$", "").str.len_bytes()
    code = (
        pl.when(plain & (width > whole)).then(pl.lit(Reject.TOO_LARGE.value))
        .when(plain & (fraction > digits)).then(pl.lit(Reject.EXCESS_DIGITS.value))
        .when(plain).then(None)
        .when(pl.col(column).str.contains(_FORMULA)).then(pl.lit(Reject.FORMULA.value))
        .when(cell == "").then(None if blank else pl.lit(Reject.MISSING_VALUE.value))
        .otherwise(pl.lit(Reject.BAD_AMOUNT.value))
    )  # fmt: skip
    usual = rf"^-?[0-9]{{1,{whole}}}(\.[0-9]{{1,{digits}}})?$" if digits else rf"^-?[0-9]{{1,{whole}}}$"
    return Fault(column, ~cell.str.contains(usual), code)


def reference_fault(column: str, *, needed: bool = False) -> Fault:
    """A formula where a reference should be, an id spoiled by a spreadsheet, or a needed one that is not there."""
    cell = cells.clean(column)
    code = (
        pl.when(pl.col(column).str.contains(_FORMULA)).then(pl.lit(Reject.FORMULA.value))
        .when(cell.str.contains(_EXPONENT)).then(pl.lit(Reject.MISSING_VALUE.value))
        .when((cell == "") & pl.lit(needed)).then(pl.lit(Reject.MISSING_VALUE.value))
    )  # fmt: skip
    return Fault(column, ~cell.str.contains(r"^[A-Za-z_][A-Za-z0-9_\-]*$|^[0-9]+$"), code)


def time_fault(column: str, parsed: str) -> Fault:
    """A cell of `column` that was not understood as a time; `parsed` is the column of what was."""
    return Fault(column, pl.col(parsed).is_null(), pl.lit(Reject.BAD_TIME.value))


def choice_fault(column: str, known: Iterable[str]) -> Fault:
    """A word that this provider is not known to use in a column that decides what a row is."""
    return Fault(column, ~cells.clean(column).is_in(list(known)), pl.lit(Reject.UNKNOWN_TYPE.value))


def rule_fault(column: str, broken: pl.Expr, code: Reject) -> Fault:
    """A rule of the provider's own that a row breaks."""
    return Fault(column, broken, pl.lit(code.value))


def sift(frame: pl.DataFrame, faults: list[Fault]) -> tuple[pl.DataFrame, list[Rejection]]:
    """The rows without fault, and one rejection for each other row, naming its first fault."""
    names = [f"__fault{index}" for index in range(len(faults))]
    suspects = frame.select(pl.any_horizontal(fault.suspect for fault in faults)).to_series()
    if not suspects.any():
        return frame, []
    asked = frame.filter(suspects)
    codes = asked.select(pl.when(fault.suspect).then(fault.code).alias(name) for name, fault in zip(names, faults, strict=True))
    faulty = codes.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    if not faulty.any():
        return frame, []
    wrong, rejections = asked.filter(faulty), []
    for row, found in zip(wrong.iter_rows(named=True), codes.filter(faulty).iter_rows(), strict=True):
        index = next(index for index, code in enumerate(found) if code is not None)
        column = faults[index].column
        rejections.append(Rejection(row["row_no"], Reject(found[index]), column, str(row[column] or "")[:80]))
    return frame.filter(~pl.col("row_no").is_in(wrong["row_no"].to_list())), rejections


def moment(frame: pl.DataFrame, column: str) -> pl.Series:
    """A column of naive times; null where none of the spellings in use fits or the year is absurd."""
    if column not in frame.columns:
        return pl.Series(column, [None] * frame.height, pl.Datetime("us"))
    text = frame.select(cells.clean(column).str.replace_all("：", ":", literal=True).str.replace_all("/", "-", literal=True)).to_series()
    found = text.str.to_datetime(_TIMES[0], time_unit="us", strict=False)
    for spelling in _TIMES[1:]:
        if not (found.is_null() & (text != "")).any():
            break
        again = text.str.to_datetime(spelling, time_unit="us", strict=False)
        found = pl.select(pl.coalesce(found, again)).to_series()
    sane = found.dt.year().is_between(2000, 2099)
    return pl.select(pl.when(sane).then(found)).to_series().alias(column)


def as_utc(expression: pl.Expr, timezone: str) -> pl.Expr:
    """Naive times of a zone as UTC; of an hour that is there twice the first is meant, one that is not there is null."""
    return expression.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null").dt.convert_time_zone("UTC")


def minor_amount(column: str, currency: str) -> pl.Expr:
    """A checked cell in minor units; an empty one is 0."""
    return cells.minor(cells.clean(column), currency).fill_null(0)


def micro_amount(column: str, currency: str) -> pl.Expr:
    """A checked cell in millionths of a minor unit; an empty one is 0."""
    return cells.scaled(cells.clean(column), exponent(currency) + 6).fill_null(0)


def minor_by_row(cell: pl.Expr, currencies: pl.Series, more: int = 0) -> pl.Expr:
    """A plain decimal in minor units of its row's own currency, or in 10**-`more` of them; null where it has more digits than that.

    `currencies` is the column that names them.
    """
    by_digits: dict[int, list[str]] = {}
    for currency in currencies.unique():
        by_digits.setdefault(exponent(currency), []).append(currency)
    is_one_of = pl.col(currencies.name).is_in
    cases = [pl.when(is_one_of(group)).then(cells.scaled(cell, digits + more)) for digits, group in by_digits.items()]
    return pl.coalesce(*cases, pl.lit(None, pl.Int64))


def rounded(micro: pl.Expr) -> pl.Expr:
    """Millionths to whole minor units, half up, which is away from zero on both sides."""
    return ((micro.abs() + MICRO // 2) // MICRO) * micro.sign()


def translated(frame: pl.DataFrame, column: str, meaning: Callable[[str], str]) -> pl.Series:
    """A column of few different words, each translated once."""
    words = frame.select(cells.clean(column)).to_series()
    return words.replace_strict({word: meaning(word) for word in words.unique()}, return_dtype=pl.String)


def assemble(frame: pl.DataFrame, columns: dict[str, pl.Expr]) -> pl.DataFrame:
    """A frame of LINE_SCHEMA; what is not given is empty, zero or null."""
    empty = {pl.String(): pl.lit(""), pl.Int64(): pl.lit(0)}
    chosen = {name: columns.get(name, empty.get(kind, pl.lit(None))) for name, kind in LINE_SCHEMA.items()}
    return frame.select(expression.cast(LINE_SCHEMA[name]).alias(name) for name, expression in chosen.items())


def exact_sum(series: pl.Series) -> int:
    """A sum that cannot wrap around, however large the cells."""
    return int(series.cast(pl.Int128).sum() or 0)


def agree(name: str, stated_micro: int, computed_micro: int) -> Total:
    """A money total compared to the millionth. A difference below one minor unit is shown as one, so that it is not lost."""
    stated, computed = _half_up(stated_micro), _half_up(computed_micro)
    if stated == computed and stated_micro != computed_micro:
        computed += 1 if computed_micro > stated_micro else -1
    return Total(name, stated, computed)


def stated_micro(text: str, currency: str) -> int | None:
    """A total as the file states it, in millionths of a minor unit; None where it is no plain decimal of sensible size."""
    try:
        value = to_decimal(text.strip(cells.WRAPPERS)).scaleb(exponent(currency) + 6)
    except MoneyError:
        return None
    return int(value) if value == value.to_integral_value() and abs(value) < 10**30 else None


def other_layout(header: Iterable[str], needed: Iterable[str], wanted: str) -> FileRefused:
    """The refusal of a file with other columns: what is missing, what nobody knows, and the report it should have been."""
    given, needed = [name for name in header if name], list(needed)
    missing = [name for name in needed if name not in given]
    unknown = [name for name in given if name not in needed][:40]
    return FileRefused(Refusal.OTHER_LAYOUT, missing=missing, unknown=unknown, wanted=wanted, found=given[:60])


def require(header: Iterable[str], needed: Iterable[str], wanted: str) -> None:
    """:raises FileRefused: OTHER_LAYOUT naming each needed column that is not there."""
    if not set(needed) <= set(header):
        raise other_layout(header, needed, wanted)


def days(name: str, *fallback: tuple[date, date] | None) -> tuple[date, date]:
    """The days in the file's name, else the first fallback there is.

    :raises FileRefused: NO_DAY when nothing says which day the file reports.
    """
    for found in (cells.days_in_name(name), *fallback):
        if found:
            return found
    raise FileRefused(Refusal.NO_DAY)


def span(dates: pl.Series) -> tuple[date, date] | None:
    """The first and the last of some days; None where there are none."""
    return (dates.min(), dates.max()) if dates.drop_nulls().len() else None


def check_account(expected: str, found: str) -> None:
    """:raises FileRefused: OTHER_ACCOUNT when both are known and differ."""
    if expected and found and cells.key_text(expected) != cells.key_text(found):
        raise FileRefused(Refusal.OTHER_ACCOUNT, expected=expected, found=found)


@dataclass(frozen=True, slots=True)
class Part:
    """What one block of a file has come to; `sums` are figures for the file's totals, by name."""

    lines: pl.DataFrame
    rejections: tuple[Rejection, ...] = ()
    sums: dict[str, int] = field(default_factory=dict)


def gather(blocks: Iterable[Block], read: Callable[[Block], Part]) -> Part:
    """All blocks as one, in their order. Two are read at a time, and no more are held than that needs."""
    parts = list(_each(blocks, read))
    sums: Counter[str] = Counter()
    for part in parts:
        sums.update(part.sums)
    lines = pl.concat(part.lines for part in parts) if parts else pl.DataFrame(schema=LINE_SCHEMA)
    rejections = sorted((rejection for part in parts for rejection in part.rejections), key=lambda rejection: rejection.row_no)
    return Part(lines, tuple(rejections), sums)


def _each(blocks: Iterable[Block], read: Callable[[Block], Part]) -> Iterator[Part]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting: deque = deque()
        for block in blocks:
            waiting.append(pool.submit(read, block))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _half_up(micro: int) -> int:
    return (abs(micro) + MICRO // 2) // MICRO * (1 if micro >= 0 else -1)

"""Bank statements as CSV, read through the account's column mapping (`[bank_accounts.csv]` of merchant.toml). No Django here.

The keys of the mapping are those of `mapped.spec.BANK`.
"""

from datetime import date, datetime

import polars as pl

from apps.channels import cells, sheets
from apps.channels.banks.accounts import currency_code, refuse_other, told_account, told_currency
from apps.channels.banks.balances import Row, chain
from apps.channels.contracts import BANK_SCHEMA, FileRefused, ParsedBank, Refusal, Reject, Rejection, StatementFile, Total
from apps.channels.mapped import figures, spec
from apps.channels.mapped.moments import date_column

DEBIT_MARKS = {"D", "DR", "DEBIT", "借", "支", "支出", "付", "-"}
CREDIT_MARKS = {"C", "CR", "CREDIT", "貸", "贷", "存", "收入", "存入", "收", "+"}
MARKS = dict.fromkeys(DEBIT_MARKS, spec.OUT) | dict.fromkeys(CREDIT_MARKS, spec.IN)
_DAY = r"(20\d{2})[/.\-年](\d{1,2})[/.\-月](\d{1,2})"


def parse(file: StatementFile) -> ParsedBank:
    """Reads one export. Every row ends as a line or a rejection; balance and footer faults are flagged, not refused.

    :raises FileRefused: empty, encoding, other_layout, other_account, other_currency, no_day, bad_format, no_mapping, or
        bad_rows when no row can be read at all.
    """
    mapping = file.mapping
    _check_mapping(file)
    sheet = sheets.read_sheet(file.data, mapping, spec.columns(mapping, spec.BANK))
    refuse_other(file.account, told_account(sheet.preamble), refusal=Refusal.OTHER_ACCOUNT)
    refuse_other(file.currency, told_currency(sheet.preamble), refusal=Refusal.OTHER_CURRENCY)
    reading, rejections = _read_columns(sheet, mapping, file.currency)
    rejections = sorted([*sheet.rejections, *_one_each(rejections)], key=lambda found: found.row_no)
    bad = {found.row_no for found in rejections}
    _refuse_foreign(rejections, reading, file.currency)
    lines = reading.filter(~pl.col("row_no").is_in(bad)) if bad else reading
    if rejections and not lines.height:
        raise FileRefused(Refusal.BAD_ROWS, count=len(rejections), rejections=tuple(rejections))
    rows = [Row(*row) for row in lines.select("row_no", "booked_on", "amount", "balance").iter_rows()]
    links = chain(rows)
    first_day, last_day = _period(file.name, sheet.preamble, lines)
    return ParsedBank(
        account=told_account(sheet.preamble),
        currency=file.currency,
        first_day=first_day,
        last_day=last_day,
        lines=lines.select([pl.col(name).cast(kind) for name, kind in BANK_SCHEMA.items()]),
        opening=links.opening,
        closing=links.closing,
        rejections=tuple(rejections),
        totals=_totals(sheet.footers, lines, mapping, file.currency),
        rows_in=sheet.rows_in,
        breaks=links.breaks,
        header=sheet.header,
    )


def text(data: bytes, mapping: dict) -> str:
    """The text for showing a raw row: by the mapped encoding, else by the one that fits, else with marks for what does not."""
    try:
        return sheets.decode(data, mapping.get("encoding") or "utf-8")
    except FileRefused:
        fitting = (read for name in ("utf-8-sig", "gb18030", "cp950") if (read := _decoded(data, name)) is not None)
        return next(fitting, data.decode("utf-8", errors="replace"))


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeError:
        return None


def _check_mapping(file: StatementFile) -> None:
    mapping = file.mapping
    amounts = bool(mapping.get("amount")), bool(mapping.get("debit") and mapping.get("credit"))
    if not mapping or not mapping.get("date") or amounts.count(True) != 1:
        raise FileRefused(Refusal.NO_MAPPING, account=file.account)


def _read_columns(sheet: sheets.Sheet, mapping: dict, currency: str) -> tuple[pl.DataFrame, list[Rejection]]:
    """All columns of BANK_SCHEMA for every row, with nulls where a rejection says why."""
    frame, numbers = sheet.frame, sheet.row_no
    date_format = mapping.get("date_format") or "%Y-%m-%d"
    booked, rejections = date_column(frame, numbers, mapping["date"], date_format)
    valued = booked
    if mapping.get("value_date"):
        valued, faults = date_column(frame, numbers, mapping["value_date"], date_format)
        rejections += [fault for fault in faults if fault.code is not Reject.MISSING_VALUE]
        valued = valued.zip_with(valued.is_not_null(), booked)
    amount, faults = _amounts(sheet, mapping, currency)
    rejections += faults
    balance = pl.Series("balance", [None] * frame.height, dtype=pl.Int64)
    if mapping.get("balance"):
        balance, faults = figures.money(frame, numbers, mapping["balance"], mapping, currency)
        rejections += faults
    rejections += _currency_faults(sheet, mapping, currency)
    parts = [cells.clean(name) for name in spec.texts(mapping.get("memo"))]
    joined = pl.concat_str([pl.when(part == "").then(None).otherwise(part) for part in parts], separator=" ", ignore_nulls=True)
    texts = frame.select(
        reference=cells.clean(mapping["reference"]) if mapping.get("reference") else pl.repeat("", pl.len()),
        memo=joined if parts else pl.repeat("", pl.len()),
    )
    reading = pl.DataFrame(
        [numbers, booked.alias("booked_on"), valued.alias("value_on"), amount.alias("amount"), balance.alias("balance")]
    ).with_columns(texts["reference"], texts["memo"], sheet.hashes, currency=pl.lit(currency))
    return reading, rejections


def _amounts(sheet: sheets.Sheet, mapping: dict, currency: str) -> tuple[pl.Series, list[Rejection]]:
    """The signed amount, credit positive, from whichever columns the bank uses."""
    frame, numbers = sheet.frame, sheet.row_no
    if mapping.get("amount"):
        amount, rejections = figures.money(frame, numbers, mapping["amount"], mapping, currency)
        rejections += _missing(numbers, amount, frame[mapping["amount"]], mapping["amount"])
        amount = -amount if mapping.get("sign") == "inverse" else amount
        if not mapping.get("mark"):
            return amount, rejections
        # With a mark, the mark alone says which way the money went: banks differ on whether the figure is signed as well.
        way, faults = figures.marked(frame, numbers, mapping, MARKS)
        return amount.abs() * way, rejections + faults
    debit, rejections = figures.money(frame, numbers, mapping["debit"], mapping, currency)
    credit, faults = figures.money(frame, numbers, mapping["credit"], mapping, currency)
    both = (debit.fill_null(0) != 0) & (credit.fill_null(0) != 0)
    texts = frame.select(pl.concat_str(pl.col(mapping["debit"]), pl.lit(" "), pl.col(mapping["credit"])).alias("text")).to_series()
    rejections += faults + [
        Rejection(no, Reject.BAD_AMOUNT, mapping["credit"], text[:80])
        for no, text in pl.DataFrame([numbers, texts]).filter(both).iter_rows()
    ]
    amount = (credit.fill_null(0) - debit.fill_null(0)).zip_with(debit.is_not_null() | credit.is_not_null(), credit)
    return amount, rejections + _missing(numbers, amount, texts, mapping["credit"])


def _missing(numbers: pl.Series, amount: pl.Series, text: pl.Series, column: str) -> list[Rejection]:
    rows = pl.DataFrame([numbers, text.alias("text")]).filter(amount.is_null())
    return [Rejection(no, Reject.MISSING_VALUE, column, value.strip()[:80]) for no, value in rows.iter_rows()]


def _one_each(rejections: list[Rejection]) -> list[Rejection]:
    """The first fault of each row: a row is rejected once, so that rows in = lines + rejections."""
    kept: dict[int, Rejection] = {}
    for found in rejections:
        kept.setdefault(found.row_no, found)
    return list(kept.values())


def _currency_faults(sheet: sheets.Sheet, mapping: dict, currency: str) -> list[Rejection]:
    if not mapping.get("currency"):
        return []
    told = sheet.frame.select(cells.clean(mapping["currency"]).alias("told")).to_series()
    codes = {text: currency_code(text) for text in told.unique().to_list()}
    wrong = [text for text, code in codes.items() if text and code != currency]
    found = pl.DataFrame([sheet.row_no, told]).filter(told.is_in(wrong))
    return [Rejection(no, Reject.BAD_CURRENCY, mapping["currency"], text[:80]) for no, text in found.iter_rows()]


def _refuse_foreign(rejections: list[Rejection], reading: pl.DataFrame, currency: str) -> None:
    """:raises FileRefused: other_currency, when every row speaks of one other currency: it is another account's file."""
    foreign = {currency_code(found.value) for found in rejections if found.code is Reject.BAD_CURRENCY}
    count = sum(found.code is Reject.BAD_CURRENCY for found in rejections)
    if reading.height and count == reading.height and len(foreign) == 1 and "" not in foreign:
        raise FileRefused(Refusal.OTHER_CURRENCY, expected=currency, found=foreign.pop())


def _totals(footers: tuple[sheets.Footer, ...], lines: pl.DataFrame, mapping: dict, currency: str) -> tuple[Total, ...]:
    """The sums that stand in footer rows under the amount columns, against the rows above them; signed like the lines.

    A sum that cannot be read counts as 0, so that it shows as a difference and is not passed over.
    """
    if mapping.get("mark"):
        return ()  # an unsigned sum of both ways proves nothing
    sums = {"debit": (-1, lambda rows: rows.filter(rows < 0)), "credit": (1, lambda rows: rows.filter(rows > 0))}
    sums["amount"] = (-1 if mapping.get("sign") == "inverse" else 1, lambda rows: rows)
    totals = []
    for footer in footers:
        above = lines.filter(pl.col("row_no") < footer.row_no)["amount"]
        for key, (sign, chosen) in sums.items():
            cell = footer.cells.get(mapping.get(key) or "", "")
            frame = pl.DataFrame({"cell": [cell]})
            stated, unread = figures.money(frame, pl.Series("row_no", [footer.row_no], dtype=pl.Int32), "cell", mapping, currency)
            if stated[0] is not None or unread:
                label = next((text for text in footer.cells.values() if text), "")
                totals.append(Total(f"{label} {mapping[key]}", sign * (stated[0] or 0), sum(chosen(above).to_list())))
    return tuple(totals)


def _period(name: str, preamble: tuple[str, ...], lines: pl.DataFrame) -> tuple[date, date]:
    """The days a file reports: its name, else its preamble, if they hold all rows; else the rows.

    The name may only carry the day of the download, hence the check against the rows.

    :raises FileRefused: no_day, when nothing says it.
    """
    told = pl.Series(preamble, dtype=pl.String).str.extract_all(_DAY).explode(empty_as_null=False).drop_nulls().unique().to_list()
    days = [day for text in told if (day := _day(text))]
    ranges = [cells.days_in_name(name), (min(days), max(days)) if len(days) >= 2 else None]
    booked = lines["booked_on"]
    for found in filter(None, ranges):
        if not lines.height or (found[0] <= booked.min() and booked.max() <= found[1]):
            return found
    if lines.height:
        return booked.min(), booked.max()
    if days:
        return min(days), max(days)
    raise FileRefused(Refusal.NO_DAY)


def _day(text: str) -> date | None:
    digits = "".join(character if character.isdigit() else " " for character in text).split()
    try:
        return datetime(*(int(part) for part in digits[:3])).date()  # noqa: DTZ001 - a calendar day, no clock
    except ValueError:
        return None

"""SWIFT MT942 interim reports: bookings of the running day, with counts and sums but without balances. No Django here.

The same bookings come again in the day's MT940, so a report is never final. Its `:61:` and `:86:` are those of MT940.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.channels import cells
from apps.channels.banks.mt940 import Balance, Field, read_movement
from apps.channels.banks.parts import frame_of, of_account
from apps.channels.contracts import FileRefused, ParsedBank, Refusal, Rejection, StatementFile, Total
from apps.core.money import MoneyError, to_minor

_FLOOR = re.compile(r"([A-Z]{3})[CD]?\d[\d,]*")
_SUM = re.compile(r"(\d{1,5})([A-Z]{3})(\d{1,15},\d{0,3})")
_MADE = re.compile(r"(\d{2})(\d{2})(\d{2})\d{0,4}.*")


@dataclass(slots=True)
class Report:
    """One :20: block; it has no balances, whose place stays empty."""

    account: str
    currency: str
    fields: list[Field]
    opening: None = None
    closing: None = None


def is_report(block: list[Field]) -> bool:
    """Whether a block is an interim report: a floor limit stands where a statement has its balances."""
    tags = {field.tag for field in block}
    return "34F" in tags and not tags & {"60F", "60M", "62F", "62M"}


def parse(file: StatementFile, blocks: list[list[Field]]) -> ParsedBank:
    """:raises FileRefused: bad_format, other_account, other_currency or no_day."""
    reports, notes = of_account([_report(block) for block in blocks], file.account, file.currency)
    records: list[tuple] = []
    rejections: list[Rejection] = []
    totals: list[Total] = []
    for report in reports:
        head = Balance(report.fields[0].row_no, date(2000, 1, 1), report.currency, 0)  # only its currency counts here
        read = [read_movement(entry, details, head) for entry, details in movements_of(report.fields)]
        own = [found for found in read if isinstance(found, tuple)]
        records += own
        rejections += [found for found in read if isinstance(found, Rejection)]
        totals += _totals(report, [record[4] for record in own])
    days = [record[1] for record in records] or [day for report in reports if (day := _made_on(report))]
    told = cells.days_in_name(file.name)
    days = days or list(told or ())
    if not days:
        raise FileRefused(Refusal.NO_DAY)
    return ParsedBank(
        account=reports[0].account,
        currency=file.currency,
        first_day=min(days),
        last_day=max(days),
        lines=frame_of(records),
        rejections=tuple(rejections),
        totals=tuple(totals),
        rows_in=len(records) + len(rejections),
        notes=notes,
        layout="mt942",
        is_final=False,
    )


def movements_of(fields: list[Field]) -> list[tuple[Field, Field | None]]:
    """Each `:61:` with the `:86:` that follows it; one at the end of the report belongs to the report."""
    movements: list[tuple[Field, Field | None]] = []
    previous = ""
    for field in fields:
        if field.tag == "61":
            movements.append((field, None))
        elif field.tag == "86" and previous == "61":
            movements[-1] = (movements[-1][0], field)
        previous = field.tag
    return movements


def _report(block: list[Field]) -> Report:
    account = next((field.lines[0].strip() for field in block if field.tag.startswith("25")), "")
    floor = next(field for field in block if field.tag == "34F")
    found = _FLOOR.fullmatch(floor.text)
    if not account or not found:
        raise FileRefused(Refusal.BAD_FORMAT, row=block[0].row_no, reason="one each of :25: and :34F: belong to a report")
    currency = found.group(1)
    return Report(re.sub(rf"[ /]?{currency}$", "", account), currency, block)


def _totals(report: Report, amounts: list[int]) -> list[Total]:
    """`:90D:` and `:90C:`: how many debits and credits the report holds, and their sums."""
    totals = []
    for field in (field for field in report.fields if field.tag in ("90D", "90C")):
        sign = -1 if field.tag == "90D" else 1
        own = [amount for amount in amounts if amount * sign > 0]
        found = _SUM.fullmatch(field.text)
        try:
            told = to_minor(Decimal(found.group(3).replace(",", ".")), report.currency) if found else 0
        except MoneyError:
            told = 0
        totals.append(Total(f":{field.tag}:", sign * told, sum(own)))
        totals.append(Total(f":{field.tag}:", int(found.group(1)) if found else 0, len(own), "count"))
    return totals


def _made_on(report: Report) -> date | None:
    text = next((field.text for field in report.fields if field.tag in ("13", "13D")), "")
    found = _MADE.fullmatch(text)
    try:
        return date(2000 + int(found.group(1)), int(found.group(2)), int(found.group(3))) if found else None
    except ValueError:
        return None

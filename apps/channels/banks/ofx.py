"""OFX and QFX bank and card statements, SGML (1.x) and XML (2.x). No Django here.

The file names a closing balance and no opening one, so there is no sum to prove: each booking is known by its `FITID`, which the
bank gives once, and the same one twice in a file is flagged. `TRNAMT` carries its sign; a comma in it is a decimal point.
"""

import re
from datetime import date
from decimal import Decimal

from apps.channels import cells
from apps.channels.banks.ofx_tree import Element, decode, tree_of
from apps.channels.banks.parts import Balance, BankPart, first_told, frame_of, in_order, of_account, one_line
from apps.channels.contracts import FileRefused, Note, NoteCode, ParsedBank, Refusal, Reject, Rejection, StatementFile
from apps.core.money import MoneyError, to_minor

_AMOUNT = re.compile(r"[+\-]?([0-9]{1,30}([.,][0-9]{0,12})?|[.,][0-9]{1,12})")
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2,6}(\.\d+)?)?\s*(\[.*\])?")


def text(data: bytes) -> str:
    """The text whose lines `row_no` counts."""
    return decode(data)


def parse(file: StatementFile) -> ParsedBank:
    """Reads one file. Statements of other accounts and currencies in it are named in a note.

    :raises FileRefused: empty, bad_format, cut_short, other_report, other_account, other_currency or no_day.
    """
    if not file.data.strip():
        raise FileRefused(Refusal.EMPTY)
    root = tree_of(decode(file.data))
    found = root.deep("STMTRS", "CCSTMTRS")
    if not found:
        _refuse_without_statement(root)
    parts, notes = of_account([_part(element) for element in found], file.account, file.currency)
    parts, _ = in_order(parts)
    records, rejections, pending = [], [], 0
    for part in parts:
        for element in part.element.deep("STMTTRN"):
            read = _booking(element, part.currency)
            (rejections if isinstance(read, Rejection) else records).append(read)
        pending += len(part.element.deep("STMTTRNP"))
    if pending:
        notes = (*notes, Note(NoteCode.PENDING, pending))
    first_day, last_day = _period(file.name, parts, records)
    return ParsedBank(
        account=parts[0].account,
        currency=parts[0].currency,
        first_day=first_day,
        last_day=last_day,
        lines=frame_of(records),
        closing=parts[-1].closing.minor if parts[-1].closing else None,
        rejections=tuple(rejections),
        rows_in=len(records) + len(rejections),
        breaks=tuple(sorted({*_repeated(parts), *(row for part in parts for row in part.faults)})),
        notes=notes,
    )


def _refuse_without_statement(root: Element) -> None:
    """:raises FileRefused: bad_format with what the bank answered, or other_report for a statement of something else."""
    for status in root.deep("STATUS"):
        if status.value("CODE") not in ("", "0"):
            raise FileRefused(Refusal.BAD_FORMAT, row=status.row_no, reason=status.value("MESSAGE") or f"STATUS {status.value('CODE')}")
    other = next(iter(root.deep("INVSTMTRS", "LOANSTMTRS", "ACCTINFORS")), None)
    raise FileRefused(Refusal.OTHER_REPORT, found=f"OFX {other.name if other else '?'}", wanted="OFX STMTRS")


def _part(element: Element) -> BankPart:
    """:raises FileRefused: bad_format, when the account or currency is not there: it could be anybody's."""
    account = element.value("BANKACCTFROM/ACCTID") or element.value("CCACCTFROM/ACCTID")
    currency = element.value("CURDEF").upper()
    if not account or not re.fullmatch(r"[A-Z]{3}", currency):
        raise FileRefused(Refusal.BAD_FORMAT, row=element.row_no, reason="ACCTID, CURDEF")
    part = BankPart(element.row_no, account, currency, element)
    ledger = element.find("LEDGERBAL")
    if ledger:
        try:
            day = _day(ledger.value("DTASOF"))
            part.closing = Balance(ledger.row_no, day, currency, _minor(ledger.value("BALAMT"), currency)) if day else None
        except MoneyError:
            part.closing = None
        if part.closing is None:
            part.faults.append(ledger.row_no)
    return part


def _booking(element: Element, currency: str) -> tuple | Rejection:
    """One BANK_SCHEMA row, its last cell still the text to hash; or why it cannot be read."""
    number, own = element.value("FITID"), element.value("CURRENCY/CURSYM").upper()
    if not number:
        return Rejection(element.row_no, Reject.MISSING_VALUE, "FITID")
    if own and own != currency:
        return Rejection(element.row_no, Reject.BAD_CURRENCY, "CURSYM", own[:80])
    try:
        amount = _minor(element.value("TRNAMT"), currency)
    except MoneyError as error:
        return Rejection(element.row_no, Reject(error.code) if error.text else Reject.MISSING_VALUE, "TRNAMT", error.text[:80])
    booked, valued = _day(element.value("DTPOSTED")), _day(element.value("DTAVAIL"))
    if booked is None:
        return Rejection(element.row_no, Reject.BAD_TIME, "DTPOSTED", element.value("DTPOSTED")[:80])
    check = element.value("CHECKNUM")
    original = element.find("ORIGCURRENCY")
    exchange = f"{original.value('CURSYM')} @ {original.value('CURRATE')}" if original else ""
    return (
        element.row_no, booked, valued or booked, currency, amount, None,
        first_told(element.value("REFNUM"), "" if check.strip("0") == "" else check, number),
        one_line(element.value("NAME") or element.value("PAYEE/NAME"), element.value("MEMO"), exchange),
        "\x1f".join((number, str(amount), booked.isoformat())),
    )  # fmt: skip


def _repeated(parts: list[BankPart]) -> list[int]:
    """Lines of bookings whose FITID, amount and day stand in the file before: kept, since nobody may drop money, and flagged."""
    seen, found = set(), []
    for element in (element for part in parts for element in part.element.deep("STMTTRN")):
        known_by = tuple(element.value(name) for name in ("FITID", "TRNAMT", "DTPOSTED"))
        if known_by in seen:
            found.append(element.row_no)
        seen.add(known_by)
    return found


def _minor(written: str, currency: str) -> int:
    if not _AMOUNT.fullmatch(written):
        raise MoneyError("bad_amount", written)
    try:
        return to_minor(Decimal(written.replace(",", ".")), currency)
    except MoneyError as error:
        raise MoneyError(error.code, written) from error


def _day(written: str) -> date | None:
    """The day as the bank writes it, in its own zone; None for no day of this century."""
    found = _DAY.fullmatch(written)
    try:
        day = date(*map(int, found.groups()[:3])) if found else None
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2099 else None


def _period(name: str, parts: list[BankPart], records: list[tuple]) -> tuple[date, date]:
    """The days the list reports, or the file's name, where those hold all bookings; else the days of the bookings.

    :raises FileRefused: no_day, when nothing says it.
    """
    booked = [record[1] for record in records]
    ends = [(_day(part.element.value("BANKTRANLIST/DTSTART")), _day(part.element.value("BANKTRANLIST/DTEND"))) for part in parts]
    told = (min(first for first, _ in ends), max(last for _, last in ends)) if all(first and last for first, last in ends) else None
    for first, last in filter(None, (told, cells.days_in_name(name))):
        if first <= last and all(first <= day <= last for day in booked):
            return first, last
    days = booked or [part.closing.day for part in parts if part.closing]
    if not days:
        raise FileRefused(Refusal.NO_DAY)
    return min(days), max(days)

"""ISO 20022 bank statements (camt.053), reports of the running day (camt.052) and notices of bookings (camt.054). No Django here.

Only a statement is final and proves its balances. Reports and notices bring bookings earlier; the statement of their days repeats them.

Only booked entries count; pending ones (PDNG, INFO, FUTR) are left out and counted in a note. The sign is `CdtDbtInd` alone: on a
reversal (`RvslInd`) that already is the way the money went, the entry it takes back went the other way.

A batch with several `TxDtls` becomes one line a detail when the details add up to the entry, else it is one line.

`row_hash` covers the bank's own reference (`AcctSvcrRef`), amount, days and the payer's references and, where the bank gives a
reference, not the texts: intraday reports word them otherwise. Statement numbers and balances never count.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from lxml import etree

from apps.channels import cells
from apps.channels.banks.camt_details import SIGNS, details_of, memo_of, minor_of, parts_of, reference_of
from apps.channels.banks.parts import Balance, frame_of, in_order, of_account, told
from apps.channels.banks.xml_files import children, decode, find, name_of, root_of, unfolded, value
from apps.channels.contracts import FileRefused, Note, NoteCode, ParsedBank, Refusal, Reject, Rejection, StatementFile, Total
from apps.core.money import MoneyError

MESSAGES = {
    "BkToCstmrStmt": ("camt.053", "Stmt"), "BkToCstmrAcctRpt": ("camt.052", "Rpt"), "BkToCstmrDbtCdtNtfctn": ("camt.054", "Ntfctn")
}  # fmt: skip
PENDING = ("PDNG", "INFO", "FUTR")
OPENINGS, CLOSINGS = ("OPBD", "PRCD"), ("CLBD",)
_VERSION = re.compile(r"camt\.05[234]\.\d{3}\.\d{2}")
_REJECTS = {"mixed_currencies": Reject.BAD_CURRENCY}


@dataclass(slots=True)
class Statement:
    """One `Stmt` with its entries; `faults` are lines of balances that are missing, doubled or in another currency."""

    row_no: int
    account: str
    currency: str
    entries: list[etree._Element]
    element: etree._Element
    opening: Balance | None = None
    closing: Balance | None = None
    faults: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Read:
    """What the entries of all statements came to."""

    records: list[tuple] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    pending: int = 0


def text(data: bytes) -> str:
    """The text whose lines `row_no` counts: the file, with each entry on a line of its own.

    :raises FileRefused: encoding.
    """
    return unfolded(decode(data), "Ntry", ("Stmt", "Rpt", "Ntfctn", "Bal", "TxDtls"))


def parse(file: StatementFile) -> ParsedBank:
    """Reads one file. Statements of other accounts and currencies in it are named in a note.

    :raises FileRefused: empty, encoding, bad_format, cut_short, other_report, other_account, other_currency or no_day.
    """
    if not file.data.strip():
        raise FileRefused(Refusal.EMPTY)
    body, layout = _body(root_of(text(file.data)))
    message, part = MESSAGES[name_of(body)]
    is_final = message == "camt.053"
    statements = [_statement(element, is_final=is_final) for element in children(body, part)]
    if not statements:
        raise FileRefused(Refusal.BAD_FORMAT, row=body.sourceline, reason=f"no {part}")
    statements, notes = of_account(statements, file.account, file.currency)
    statements, breaks = in_order(statements)
    read = Read()
    for statement in statements:
        _read(statement, read)
    if read.pending:
        notes = (*notes, Note(NoteCode.PENDING, read.pending))
    first_day, last_day = _period(file.name, statements, read.records)
    return ParsedBank(
        account=statements[0].account,
        currency=statements[0].currency,
        first_day=first_day,
        last_day=last_day,
        lines=frame_of(read.records),
        opening=statements[0].opening.minor if statements[0].opening else None,
        closing=statements[-1].closing.minor if statements[-1].closing else None,
        rejections=tuple(sorted(read.rejections, key=lambda found: found.row_no)),
        totals=tuple(read.totals),
        rows_in=len(read.records) + len(read.rejections),
        breaks=tuple(sorted({*breaks, *(row for statement in statements for row in statement.faults)})),
        notes=notes,
        layout=layout,
        is_final=is_final,
    )


def _body(root: etree._Element) -> tuple[etree._Element, str]:
    """The message inside its `Document`, which some banks wrap once or twice more, and its name with version.

    :raises FileRefused: other_report, naming the message that it is.
    """
    level = [root]
    for _ in range(4):
        for element in level:
            if name_of(element) in MESSAGES:
                space = (etree.QName(element).namespace or "").rpartition(":")[2]
                return element, space if _VERSION.fullmatch(space) else MESSAGES[name_of(element)][0]
        level = [child for element in level for child in element if isinstance(child.tag, str)]
    found = next((child for child in root if isinstance(child.tag, str)), root)
    space = (etree.QName(found).namespace or "").rpartition(":")[2]
    raise FileRefused(Refusal.OTHER_REPORT, found=space or name_of(found), wanted="camt.053")


def _statement(element: etree._Element, *, is_final: bool) -> Statement:
    """The balances of a report are those of the moment: they are not read, since the statement tells them anew.

    :raises FileRefused: bad_format, when the account or its currency is not there: it could be anybody's."""
    account = value(element, "Acct/Id/IBAN") or value(element, "Acct/Id/Othr/Id")
    entries, balances = children(element, "Ntry"), children(element, "Bal")
    amounts = [found for each in (*balances, *entries) for found in children(each, "Amt")[:1]]
    currency = value(element, "Acct/Ccy") or next((found.get("Ccy", "") for found in amounts), "")
    if not account or not currency:
        raise FileRefused(Refusal.BAD_FORMAT, row=element.sourceline, reason="Acct: Id, Ccy")
    statement = Statement(element.sourceline, account, currency, entries, element)
    if not is_final:
        return statement
    statement.opening = _balance(statement, balances, OPENINGS, last=False)
    statement.closing = _balance(statement, balances, CLOSINGS, last=True)
    return statement


def _balance(statement: Statement, balances: list[etree._Element], codes: tuple[str, ...], *, last: bool) -> Balance | None:
    """The one balance of a kind. Pages of one statement have interim ones (ITBD) at their inner ends.

    One that is missing, doubled, unreadable or in another currency is put among the faults.
    """
    found = []
    for code in codes:
        found = found or [each for each in balances if value(each, "Tp/CdOrPrtry/Cd") == code]
    if not found:
        interim = [each for each in balances if value(each, "Tp/CdOrPrtry/Cd") == "ITBD"]
        found = interim[-1:] if last else interim[:1]
    if len(found) != 1:
        statement.faults.append(found[1].sourceline if found else statement.row_no)
        return None
    amount, sign, day = find(found[0], "Amt"), SIGNS.get(value(found[0], "CdtDbtInd")), _day(found[0], "Dt")
    try:
        if amount is None or sign is None or day is None:
            raise MoneyError("bad_amount")
        return Balance(found[0].sourceline, day, statement.currency, sign * minor_of(amount, statement.currency))
    except MoneyError:
        statement.faults.append(found[0].sourceline)
        return None


def _read(statement: Statement, read: Read) -> None:
    """Adds a statement's entries, its balance proof and the sums it states itself."""
    moved = 0
    for entry in statement.entries:
        status = value(entry, "Sts/Cd") or value(entry, "Sts")
        if status in PENDING:
            read.pending += 1
            continue
        lines = _entry(entry, status, statement.currency)
        if isinstance(lines, Rejection):
            read.rejections.append(lines)
        else:
            read.records += lines
            moved += sum(line[4] for line in lines)
    if statement.opening and statement.closing:
        label = f"OPBD + Ntry = CLBD ({statement.closing.day})"
        read.totals.append(Total(label, statement.closing.minor, statement.opening.minor + moved))
    read.totals += _stated_sums(statement)


def _stated_sums(statement: Statement) -> list[Total]:
    """`TxsSummry` against the entries, pending ones included: the bank counts what it lists."""
    totals = []
    for name, sign in (("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")):
        group = find(statement.element, f"TxsSummry/{name}")
        entries = [entry for entry in statement.entries if value(entry, "CdtDbtInd") == sign]
        if (count := value(group, "NbOfNtries")).isdecimal():
            totals.append(Total(f"{name}/NbOfNtries", int(count[:9]), len(entries), "count"))
        told_sum = find(group, "Sum")
        if told_sum is not None:
            totals.append(Total(f"{name}/Sum", *(SIGNS[sign] * each for each in (_sum([told_sum], statement), _sum(entries, statement)))))
    return totals


def _sum(elements: list[etree._Element], statement: Statement) -> int:
    """Amounts that cannot be read count as nothing, so that they show as a difference."""
    whole = 0
    for element in elements:
        amount = find(element, "Amt")
        try:
            whole += minor_of(element if amount is None else amount, statement.currency)
        except MoneyError:
            continue
    return whole


def _entry(entry: etree._Element, status: str, currency: str) -> list[tuple] | Rejection:
    """The BANK_SCHEMA rows of one entry, their last cell still the text to hash; or why it cannot be read."""
    row_no = entry.sourceline
    amounts, marks = children(entry, "Amt"), [value(mark) for mark in children(entry, "CdtDbtInd")]
    if status != "BOOK":
        return Rejection(row_no, Reject.UNKNOWN_TYPE if status else Reject.MISSING_VALUE, "Sts", status[:80])
    if len(amounts) != 1 or len(marks) != 1 or marks[0] not in SIGNS:
        return Rejection(row_no, Reject.MISSING_VALUE, "Amt, CdtDbtInd", " ".join(marks)[:80])
    try:
        amount = SIGNS[marks[0]] * minor_of(amounts[0], currency)
    except MoneyError as error:
        return Rejection(row_no, _REJECTS.get(error.code) or Reject(error.code), "Amt", error.text[:80])
    valued = _day(entry, "ValDt")
    booked = _day(entry, "BookgDt") or (None if children(entry, "BookgDt") else valued)
    if booked is None or (valued is None and children(entry, "ValDt")):
        return Rejection(row_no, Reject.BAD_TIME, "BookgDt", (value(entry, "BookgDt") or value(entry, "ValDt"))[:80])
    head = (booked, valued or booked, currency)
    details = details_of(entry)
    parts = parts_of(entry, amount, currency)
    lines = [_line(entry, [detail], head, part) for detail, part in parts]
    return lines or [_line(entry, details, head, amount)]


def _line(entry: etree._Element, details: list[etree._Element], head: tuple, amount: int) -> tuple:
    one = details[0] if len(details) == 1 else None
    memo = memo_of(entry, details, credit=amount >= 0)
    bank = told(value(entry, "AcctSvcrRef")) or told(value(one, "Refs/AcctSvcrRef"))
    refs = [value(one, f"Refs/{name}") for name in ("EndToEndId", "TxId", "InstrId", "AcctSvcrRef")]
    known_by = (bank, head[0].isoformat(), str(amount), *map(told, refs)) if bank else (*map(str, head), str(amount), *refs, memo)
    row_no = entry.sourceline if one is None or len(details_of(entry)) == 1 else one.sourceline
    return row_no, *head[:2], head[2], amount, None, reference_of(entry, one), memo, "\x1f".join(known_by)


def _day(element: etree._Element, name: str) -> date | None:
    """`Dt` or the day of `DtTm` as the bank writes it, in its own zone; None for no day of this century."""
    written = value(element, f"{name}/Dt") or value(element, f"{name}/DtTm")
    try:
        day = date.fromisoformat(written[:10])
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2099 else None


def _period(name: str, statements: list[Statement], records: list[tuple]) -> tuple[date, date]:
    """The days the statements say they report, or the file's name, where those hold all bookings; else the days of the bookings.

    :raises FileRefused: no_day, when nothing says it.
    """
    booked = [record[1] for record in records]
    spans = [span for each in statements if (span := _span(find(each.element, "FrToDt")))]
    ranges = [(min(first for first, _ in spans), max(last for _, last in spans))] if len(spans) == len(statements) else []
    for first, last in filter(None, (*ranges, cells.days_in_name(name))):
        if all(first <= day <= last for day in booked):
            return first, last
    days = booked + [each.closing.day for each in statements if each.closing]
    if not days:
        raise FileRefused(Refusal.NO_DAY)
    return min(days), max(days)


def _span(told_days: etree._Element | None) -> tuple[date, date] | None:
    """`FrToDt` as days, both included: an end at midnight is the end of the day before."""
    texts = [value(told_days, f"{name}DtTm") or value(told_days, f"{name}Dt") for name in ("Fr", "To")]
    try:
        first, last = (date.fromisoformat(each[:10]) for each in texts)
    except ValueError:
        return None
    if "T00:00:00" in texts[1] and last > first:
        last -= timedelta(days=1)
    return (first, last) if first.year >= 2000 and first <= last and last.year <= 2099 else None

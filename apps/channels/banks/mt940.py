"""SWIFT MT940 bank statements: many in one file, each proving opening + movements = closing. No Django here.

The `mt-940` library reads the fields. The cutting is done here, because the library drops line numbers, opens a local file when the
data happens to be a path, overwrites a movement that has no type code with the next one, and cuts an amount of more than 15
characters short in silence. So each `:61:` is handed to it alone, after its shape has been checked.

`row_hash` covers the `:61:` and `:86:` text and neither the statement's number nor its reference nor its balances: banks number
a statement anew when they cut the same days into other files, and the row must still be known as the same row.
"""

import io
import logging
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import mt940

from apps.channels import cells
from apps.channels.banks.accounts import refuse_other
from apps.channels.banks.details import memo_text, reference
from apps.channels.banks.parts import Balance, frame_of, in_order, of_account
from apps.channels.contracts import FileRefused, ParsedBank, Refusal, Reject, Rejection, StatementFile, Total
from apps.core.money import MoneyError, to_minor

_TAG = re.compile(r":(13[A-Z]?|20|21|25[A-Z]?|28C?|34F|60[FM]|61|62[FM]|64|65|86|90[CD]|NS):(.*)")  # :12:11 may be a time of day
_BALANCE = re.compile(r"[CD]\d{6}[A-Z]{3}\d{1,14},\d{0,3}")
# Date, entry date, mark, funds code, amount with its comma; then no further digit that the library would take for a reference.
_MOVEMENT = re.compile(r"\d{6}(\d{4}| {4})?R?[CD][A-Z]?[\n ]?(?P<amount>\d[\d,]{0,14})(?![\d,.])")
_ACCOUNT = re.compile(r"[0-9A-Za-z/ .\-*]{1,40}")
_END = re.compile(r"-(\}.*|XXX)?")
_OPTIONS = mt940.Options.all()
logging.getLogger("mt940").setLevel(logging.CRITICAL)  # its errors print whole rows; ours name line and reason only


@dataclass(frozen=True, slots=True)
class Field:
    """One tag of a statement with the physical line it starts at; `lines` are its text, unwrapped nowhere."""

    tag: str
    row_no: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


@dataclass(slots=True)
class Statement:
    """One :20: block with its movements as (field of :61:, field of :86: or None)."""

    account: str  # without the currency that some banks append to it
    currency: str
    opening: Balance
    closing: Balance
    movements: list[tuple[Field, Field | None]]


def parse(file: StatementFile) -> ParsedBank:
    """Reads one file. Statements of other accounts in it are left to those accounts' own folders.

    :raises FileRefused: empty, other_account, other_currency, cut_short or bad_format.
    """
    if not file.data.strip():
        raise FileRefused(Refusal.EMPTY)
    statements = [_statement(block) for block in blocks_of(file)]
    statements, notes = of_account(statements, file.account, file.currency)
    for statement in statements:
        refuse_other(file.currency, statement.closing.currency, refusal=Refusal.OTHER_CURRENCY)
    statements, breaks = in_order(statements)
    records, rejections, totals = _read(statements)
    lines = frame_of(records)
    days = [statement.closing.day for statement in statements] + [record[1] for record in records]
    first_day, last_day = cells.days_in_name(file.name) or (min(days), max(days))
    return ParsedBank(
        account=statements[0].account,
        currency=statements[0].opening.currency,
        first_day=min(first_day, *days),
        last_day=max(last_day, *days),
        lines=lines,
        opening=statements[0].opening.minor,
        closing=statements[-1].closing.minor,
        rejections=tuple(sorted(rejections, key=lambda found: found.row_no)),
        totals=tuple(totals),
        rows_in=len(records) + len(rejections),
        breaks=breaks,
        notes=notes,
    )


def blocks_of(file: StatementFile) -> list[list[Field]]:
    """The statements of a file as their fields.

    :raises FileRefused: bad_format, when there is none.
    """
    return _blocks(_fields(decode(file.data, file.mapping.get("encoding"))))


def decode(data: bytes, encoding: str | None = None) -> str:
    """MT940 names no encoding: the mapped one, else UTF-8, else Western. Amounts and references are ASCII in all of them."""
    for name in filter(None, (encoding, "utf-8-sig", "cp1252")):
        try:
            return data.decode(name)
        except (UnicodeError, LookupError):
            continue
    return data.decode("latin-1")


def _fields(text: str) -> list[Field]:
    """Tags with their continuation lines. Lines outside a statement (SWIFT envelope, bank headers) belong to none.

    :raises FileRefused: bad_format, when a tag stands outside: its statement's :20: was lost, and with it the proof.
    """
    fields: list[Field] = []
    inside = False
    for number, raw in enumerate(io.StringIO(text, newline=""), start=1):
        line = raw.rstrip("\r\n")
        found = _TAG.fullmatch(line)
        if found:
            inside = inside or found.group(1) == "20"
            if not inside:
                raise FileRefused(Refusal.BAD_FORMAT, row=number, reason=f":{found.group(1)}: outside a statement")
            fields.append(Field(found.group(1), number, (found.group(2),)))
        elif inside and _END.fullmatch(line.strip()):
            inside = False
        elif inside and line.strip():
            last = fields[-1]
            fields[-1] = Field(last.tag, last.row_no, (*last.lines, line))
    return fields


def _blocks(fields: list[Field]) -> list[list[Field]]:
    """:raises FileRefused: bad_format, when there is no statement at all."""
    blocks: list[list[Field]] = []
    for field in fields:
        if field.tag == "20":
            blocks.append([])
        blocks[-1].append(field)
    if not blocks:
        raise FileRefused(Refusal.BAD_FORMAT, row=1, reason="no :20: statement")
    return blocks


def _statement(block: list[Field]) -> Statement:
    """:raises FileRefused: bad_format or cut_short, naming the line, when account, opening or closing balance is not there."""
    account = next((field.lines[0].strip() for field in block if field.tag.startswith("25")), "")
    opening = [field for field in block if field.tag in ("60F", "60M")]
    closing = [field for field in block if field.tag in ("62F", "62M")]
    numbered = any(field.tag.startswith("28") for field in block)
    # A spoiled account would pass for somebody else's statement, and its rows would be left out.
    if not _ACCOUNT.fullmatch(account) or not numbered or len(opening) != 1 or len(closing) > 1:
        raise FileRefused(Refusal.BAD_FORMAT, row=block[0].row_no, reason="one each of :25:, :28C:, :60: and :62: belong to a statement")
    if not closing:
        raise FileRefused(Refusal.CUT_SHORT, row=block[-1].row_no, wanted=":62F:")
    movements: list[tuple[Field, Field | None]] = []
    previous = ""
    for field in block:
        if field.tag == "61":
            movements.append((field, None))
        elif field.tag == "86" and previous in ("61", "86") and movements:
            earlier = movements[-1][1]
            joined = Field("86", earlier.row_no, (*earlier.lines, *field.lines)) if earlier else field
            movements[-1] = (movements[-1][0], joined)
        previous = field.tag
    first = _balance(opening[0])
    bare = re.sub(rf"[ /]?{first.currency}$", "", account)
    return Statement(bare, first.currency, first, _balance(closing[0]), movements)


def _balance(field: Field) -> Balance:
    if not _BALANCE.fullmatch(field.lines[0].strip()):
        raise FileRefused(Refusal.BAD_FORMAT, row=field.row_no, reason=f":{field.tag}: {field.lines[0][:40]}")
    try:
        read = mt940.parse_statements(io.StringIO(f":20:X\n:{field.tag}:{field.lines[0].strip()}\n"), options=_OPTIONS)
        balance = next(iter(value for key, value in read[0].data.items() if key.endswith("balance")))
        currency = balance.amount.currency
        day = date(balance.date.year, balance.date.month, balance.date.day)
        return Balance(field.row_no, day, currency, to_minor(balance.amount.amount, currency))
    except (ValueError, ArithmeticError, RuntimeError, StopIteration, KeyError, AttributeError) as error:
        raise FileRefused(Refusal.BAD_FORMAT, row=field.row_no, reason=f":{field.tag}: {field.lines[0][:40]}") from error


def _read(statements: list[Statement]) -> tuple[list[tuple], list[Rejection], list[Total]]:
    records, rejections, totals = [], [], []
    for statement in statements:
        moved = 0
        for entry, details in statement.movements:
            read = read_movement(entry, details, statement.opening)
            if isinstance(read, Rejection):
                rejections.append(read)
            else:
                records.append(read)
                moved += read[4]
        label = f":60: + :61: = :62: ({statement.closing.day})"
        totals.append(Total(label, statement.closing.minor, statement.opening.minor + moved))
    return records, rejections, totals


def read_movement(entry: Field, details: Field | None, opening: Balance) -> tuple | Rejection:
    """One BANK_SCHEMA row, its last cell still the text to hash; or why it cannot be read."""
    shape = _MOVEMENT.match(entry.text)
    if not shape or shape.group("amount").count(",") != 1:
        return Rejection(entry.row_no, Reject.BAD_AMOUNT, ":61:", entry.text[:80])
    head = f":20:X\n:60F:C{opening.day:%y%m%d}{opening.currency}0,\n:61:{entry.text}\n"
    try:
        found = mt940.parse_statements(io.StringIO(head), options=_OPTIONS)[0].transactions[0].data
        valued = found["date"]
        booked = found.get("entry_date") or valued
        amount = to_minor(Decimal(found["amount"].amount), opening.currency)
    except MoneyError as error:
        return Rejection(entry.row_no, Reject(error.code), ":61:", entry.text[:80])
    except (ValueError, ArithmeticError, OverflowError):
        return Rejection(entry.row_no, Reject.BAD_TIME, ":61:", entry.text[:80])
    except (RuntimeError, LookupError, TypeError, AttributeError):
        return Rejection(entry.row_no, Reject.BAD_AMOUNT, ":61:", entry.text[:80])
    texts = details.lines if details else ()
    extra = (found.get("extra_details") or "").strip()
    return (
        entry.row_no,
        date(booked.year, booked.month, booked.day),
        date(valued.year, valued.month, valued.day),
        opening.currency,
        amount,
        None,
        reference(texts, found.get("customer_reference") or "", found.get("bank_reference") or ""),
        memo_text(texts) or extra,
        re.sub(r"\s+", " ", "\n".join((entry.text, *texts))).strip(),
    )

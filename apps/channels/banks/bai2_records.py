"""The records of a BAI2 file with the lines they stand on, and what a transaction record says. No Django here.

Records end in `/`; `88` continues the one before. Only a transaction's text runs to the end of its line, and may hold commas and
slashes. The `bai2` library knows the type codes; the cutting is done here, because it drops line numbers and raises where a control
total is wrong, which is to be shown.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from bai2.constants import TypeCodes, TypeCodeTransaction

from apps.channels.contracts import FileRefused, Refusal

_CODES = {"01", "02", "03", "16", "49", "88", "98", "99"}
_SIGNS = {TypeCodeTransaction.credit: 1, TypeCodeTransaction.debit: -1}
_KNOWN = {entry.code: _SIGNS.get(entry.transaction, 0) for entry in TypeCodes.values()}
NUMBER = re.compile(r"[+\-]?[0-9]{1,18}")
DISTRIBUTED = 3  # amounts of funds type S: today, in one day, later


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its continuations as physical lines, the codes cut off; `count` is how many lines they are."""

    code: str
    row_no: int
    lines: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def fields(self) -> list[str]:
        """The fields of a record that holds no text."""
        return ",".join(line.rstrip().removesuffix("/") for line in self.lines).split(",")

    def field(self, place: int) -> str:
        fields = self.fields
        return fields[place].strip() if place < len(fields) else ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """What a `16` record says; `amount` as written, `valued` the day of funds type V."""

    type_code: str
    amount: str
    valued: str
    bank_reference: str
    customer_reference: str
    text: str


def records_of(text: str) -> list[Record]:
    """:raises FileRefused: bad_format, naming a line that is no record."""
    records: list[Record] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip(" \t\r\x1a")
        if not line:
            continue
        code, rest = line[:2], line[3:]
        if code not in _CODES or (len(line) > 2 and line[2] not in ",/") or (code == "88" and not records):
            raise FileRefused(Refusal.BAD_FORMAT, row=number, reason=line[:40])
        if code == "88":
            last = records[-1]
            records[-1] = Record(last.code, last.row_no, (*last.lines, rest))
        else:
            records.append(Record(code, number, (rest,)))
    return records


def transaction_of(record: Record) -> Transaction | None:
    """None where the record is too short to hold its own funds type."""
    fields, more = record.lines[0].removesuffix("/").split(","), list(record.lines[1:])
    while (head := _head(fields)) is None or len(fields) < head + 2:
        if not more:
            break
        fields += more.pop(0).removesuffix("/").split(",")
    fields += [""] * (3 - len(fields))  # a record may end with its last field that is not empty
    head = _head(fields)
    if head is None:
        return None
    funds = fields[2].strip().upper() if len(fields) > 2 else ""
    rest = [*fields[head:], "", ""]
    lines = (",".join(fields[head + 2 :]), *(line.removesuffix("/") for line in more))
    return Transaction(
        type_code=fields[0].strip(),
        amount=fields[1].strip() if len(fields) > 1 else "",
        valued=fields[3].strip() if funds == "V" else "",
        bank_reference=rest[0].strip(),
        customer_reference=rest[1].strip(),
        text=re.sub(r"\s+", " ", " ".join(lines)).strip(),
    )


def summaries_of(record: Record) -> list[tuple[str, str, str]]:
    """(type code, amount, item count) of each balance or sum of an account record."""
    fields, at, found = record.fields, 2, []
    while at < len(fields):
        if not fields[at].strip():  # a field too many at the end of a line: some banks write it, some do not
            at += 1
            continue
        part = [field.strip() for field in fields[at : at + 4]] + ["", "", ""]
        found.append((part[0], part[1], part[2]))
        after = _after_funds(fields, at + 3)
        at = len(fields) if after is None else after
    return found


def _head(fields: list[str]) -> int | None:
    """Where the references of a transaction begin; None when the line ends before that."""
    return _after_funds(fields, 2)


def _after_funds(fields: list[str], place: int) -> int | None:
    """The place after a funds type and the availability that follows it."""
    funds = fields[place].strip().upper() if place < len(fields) else ""
    if funds == "V":
        end = place + 3
    elif funds == "S":
        end = place + 1 + DISTRIBUTED
    elif funds == "D":
        count = fields[place + 1].strip() if place + 1 < len(fields) else ""
        if not count.isdecimal() or len(count) > 3:
            return None
        end = place + 2 + 2 * int(count)
    else:
        end = place + 1
    return end if end <= len(fields) else None


def sign_of(type_code: str) -> int:
    """1 for a credit, -1 for a debit, 0 for what is neither or not known."""
    if type_code in _KNOWN:
        return _KNOWN[type_code]
    if not re.fullmatch(r"[0-9]{3}", type_code):
        return 0
    number = int(type_code)
    if 100 <= number <= 399 or 920 <= number <= 959:  # the last is each bank's own
        return 1
    return -1 if 400 <= number <= 699 or 960 <= number <= 999 else 0


def day_of(written: str) -> date | None:
    """`YYMMDD`, the only way BAI2 writes a day, or the `YYYYMMDD` of its successor; None for no day."""
    for pattern, length in (("%y%m%d", 6), ("%Y%m%d", 8)):
        if len(written) == length and written.isdecimal():
            try:
                day = datetime.strptime(written, pattern).date()  # noqa: DTZ007 - a calendar day, no clock
            except ValueError:
                return None
            return day if 2000 <= day.year <= 2099 else None
    return None

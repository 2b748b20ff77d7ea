"""BAI2 cash management files of American and British banks. No Django here.

Amounts stand in the minor unit without a point; which way the money went is the type code. Control totals and record counts of
account, group and file (49, 98, 99), the sums and counts of the account record, and opening ledger (010) + movements = closing ledger
(015) are compared and a difference is shown. Reports of the running day (as-of modifier 1 or 3) are no final statements.
"""

from dataclasses import dataclass, field
from datetime import date

from apps.channels.banks.bai2_records import NUMBER, Record, day_of, records_of, sign_of, summaries_of, transaction_of
from apps.channels.banks.ofx_tree import decode
from apps.channels.banks.parts import Balance, first_told, frame_of, in_order, of_account
from apps.channels.contracts import FileRefused, ParsedBank, Refusal, Reject, Rejection, StatementFile, Total
from apps.core.money import MAX_MINOR

INTERIM = ("1", "3")
NOT_MONEY = "890"  # a message between bank and customer
SUMS = {"100": 1, "400": -1}  # total credits and total debits


@dataclass(slots=True)
class Account:
    """One 03 record with what follows it up to its 49; `day` is its group's as-of date."""

    row_no: int
    account: str
    currency: str
    day: date
    head: Record
    is_final: bool
    opening: Balance | None = None
    closing: Balance | None = None
    movements: list[Record] = field(default_factory=list)
    trailer: Record | None = None

    @property
    def records(self) -> list[Record]:
        return [self.head, *self.movements, *([self.trailer] if self.trailer else [])]


@dataclass(slots=True)
class Group:
    """One 02 record with its accounts up to its 98."""

    head: Record
    accounts: list[Account] = field(default_factory=list)
    trailer: Record | None = None


def text(data: bytes) -> str:
    """The text whose lines `row_no` counts."""
    return decode(data)


def parse(file: StatementFile) -> ParsedBank:
    """Reads one file. Other accounts and currencies in it are named in a note.

    :raises FileRefused: empty, bad_format, cut_short, other_report, other_account or other_currency.
    """
    if not file.data.strip():
        raise FileRefused(Refusal.EMPTY)
    records = records_of(decode(file.data))
    groups = _groups(records)
    accounts = [account for group in groups for account in group.accounts]
    if not accounts:
        raise FileRefused(Refusal.BAD_FORMAT, row=records[0].row_no, reason="no 03")
    chosen, notes = of_account(accounts, file.account, file.currency)
    chosen, breaks = in_order(chosen)
    lines, rejections, totals = [], [], []
    for account in chosen:
        read = [_movement(record, account) for record in account.movements]
        rejections += [found for found in read if isinstance(found, Rejection)]
        own = [found for found in read if isinstance(found, tuple)]
        lines += own
        totals += _account_totals(account, [line[4] for line in own])
    totals += _outer_totals(groups, records)
    days = [account.day for account in chosen]
    return ParsedBank(
        account=chosen[0].account,
        currency=chosen[0].currency,
        first_day=min(days),
        last_day=max(days),
        lines=frame_of(lines),
        opening=chosen[0].opening.minor if chosen[0].opening else None,
        closing=chosen[-1].closing.minor if chosen[-1].closing else None,
        rejections=tuple(rejections),
        totals=tuple(totals),
        rows_in=len(lines) + len(rejections),
        breaks=breaks,
        notes=notes,
        is_final=all(account.is_final for account in chosen),
    )


def _groups(records: list[Record]) -> list[Group]:
    """:raises FileRefused: bad_format for a record out of its place, cut_short without the trailers."""
    groups: list[Group] = []
    level = ""  # the record that stands open: "", file 01, group 02, account 03
    outer = {"01": "", "02": "01", "03": "02", "16": "03", "49": "03", "98": "02", "99": "01"}
    after = {"01": "01", "02": "02", "03": "03", "16": "03", "49": "02", "98": "01", "99": "end"}
    for record in records:
        if level != outer[record.code]:
            raise FileRefused(Refusal.BAD_FORMAT, row=record.row_no, reason=f"record {record.code}")
        level = after[record.code]
        if record.code == "02":
            _refuse_other_status(record)
            groups.append(Group(record))
        elif record.code == "03":
            groups[-1].accounts.append(_account(record, groups[-1].head))
        elif record.code == "16":
            groups[-1].accounts[-1].movements.append(record)
        elif record.code == "49":
            groups[-1].accounts[-1].trailer = record
        elif record.code == "98":
            groups[-1].trailer = record
    if level != "end":
        raise FileRefused(Refusal.CUT_SHORT, row=records[-1].row_no, wanted="99")
    return groups


def _refuse_other_status(record: Record) -> None:
    """Only an update (1) reports bookings; deletions and corrections speak of other files, and a test of nothing."""
    status = record.field(2)
    if status not in ("", "1"):
        raise FileRefused(Refusal.OTHER_REPORT, found=f"BAI2 02, group status {status}", wanted="BAI2, group status 1")


def _account(record: Record, group: Record) -> Account:
    """:raises FileRefused: bad_format, without account number or as-of date: it could be anybody's or any day's."""
    number, currency = record.field(0), (record.field(1) or group.field(5) or "USD").upper()
    day = day_of(group.field(3))
    if not number or day is None or len(currency) != 3:
        raise FileRefused(Refusal.BAD_FORMAT, row=record.row_no, reason="03, 02: account, currency, as-of date")
    account = Account(record.row_no, number, currency, day, record, group.field(6) not in INTERIM)
    for code, amount, _ in summaries_of(record):
        if code in ("010", "015") and NUMBER.fullmatch(amount):
            balance = Balance(record.row_no, day, currency, int(amount))
            if code == "010":
                account.opening = balance
            else:
                account.closing = balance
    return account


def _movement(record: Record, account: Account) -> tuple | Rejection | None:
    """One BANK_SCHEMA row, its last cell still the text to hash; why it cannot be read; None for a message without money."""
    found = transaction_of(record)
    shown = record.lines[0][:80]
    if found is None:
        return Rejection(record.row_no, Reject.COLUMN_COUNT, "16", shown)
    if found.type_code == NOT_MONEY and found.amount.strip("0") == "":
        return None
    if not found.amount:
        return Rejection(record.row_no, Reject.MISSING_VALUE, "16", shown)
    if not NUMBER.fullmatch(found.amount):
        return Rejection(record.row_no, Reject.BAD_AMOUNT, "16", found.amount[:80])
    amount = sign_of(found.type_code) * int(found.amount)
    if sign_of(found.type_code) == 0:
        return Rejection(record.row_no, Reject.UNKNOWN_TYPE, "16", found.type_code[:80])
    if abs(amount) > MAX_MINOR:
        return Rejection(record.row_no, Reject.TOO_LARGE, "16", found.amount[:80])
    valued = day_of(found.valued) if found.valued else account.day
    if valued is None:
        return Rejection(record.row_no, Reject.BAD_TIME, "16", found.valued[:80])
    return (
        record.row_no, account.day, valued, account.currency, amount, None,
        first_told(found.customer_reference, found.bank_reference), found.text,
        "\x1f".join((account.day.isoformat(), str(amount), found.type_code, found.bank_reference, found.customer_reference, found.text)),
    )  # fmt: skip


def _account_totals(account: Account, amounts: list[int]) -> list[Total]:
    """What the account states of itself: balances, sums of credits and debits, and its trailer."""
    totals = []
    if account.opening and account.closing:
        totals.append(Total(f"010 + 16 = 015 ({account.day})", account.closing.minor, account.opening.minor + sum(amounts)))
    for code, amount, count in summaries_of(account.head):
        if code in SUMS:
            own = [each for each in amounts if each * SUMS[code] > 0]
            if NUMBER.fullmatch(amount):
                totals.append(Total(f"03 {code} ({account.day})", SUMS[code] * int(amount), sum(own)))
            if NUMBER.fullmatch(count):
                totals.append(Total(f"03 {code} ({account.day}), count", int(count), len(own), "count"))
    if account.trailer:
        totals.append(Total("49", _number(account.trailer.field(0)), _control(account)))
        totals.append(Total("49, records", _number(account.trailer.field(1)), sum(each.count for each in account.records), "count"))
    return totals


def _outer_totals(groups: list[Group], records: list[Record]) -> list[Total]:
    """The trailers of groups and file, over all accounts in them."""
    totals = []
    for group in filter(lambda each: each.trailer, groups):
        inner = [group.head, *(record for account in group.accounts for record in account.records), group.trailer]
        told = [_number(group.trailer.field(place)) for place in range(3)]
        totals.append(Total("98", told[0], sum(map(_control, group.accounts))))
        totals.append(Total("98, accounts", told[1], len(group.accounts), "count"))
        totals.append(Total("98, records", told[2], sum(each.count for each in inner), "count"))
    told = [_number(records[-1].field(place)) for place in range(3)]
    totals.append(Total("99", told[0], sum(_control(account) for group in groups for account in group.accounts)))
    totals.append(Total("99, groups", told[1], len(groups), "count"))
    totals.append(Total("99, records", told[2], sum(each.count for each in records), "count"))
    return totals


def _control(account: Account) -> int:
    """The control total: all amounts of the account as they are written, balances and sums among them."""
    amounts = [amount for _, amount, _ in summaries_of(account.head)]
    amounts += [found.amount for record in account.movements if (found := transaction_of(record))]
    return sum(map(_number, amounts))


def _number(written: str) -> int:
    return int(written) if NUMBER.fullmatch(written) else 0

"""The simulator's statement of a day, written: what was paid and given back in its books, with the fees of the channel's own plan."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from apps.channels.contracts import LineKind
from apps.channels.fees import expected_fee, returned_fee, rule_for
from apps.channels.fetching import FetchAnswer, FetchedFile, FetchOutcome
from apps.channels.gateways import Account, Contract
from apps.channels.providers.simulator.books import Paid
from apps.channels.providers.simulator.payment_books import Held, PaymentBooks
from apps.channels.providers.simulator.statement import COLUMNS, END, MARK, NOT_REAL
from apps.core.money import plain


@dataclass(frozen=True, slots=True)
class Movement:
    """A row of a statement. Minor units, signed from the merchant's side; `at` carries the channel's zone."""

    kind: LineKind
    at: datetime
    payment: str
    merchant_ref: str
    refund: str
    refund_no: str
    method: str
    amount: int
    fee: int

    @property
    def net(self) -> int:
        return self.amount + self.fee


class Days:
    """The part of the simulator that reports."""

    account: Account
    books: PaymentBooks

    def fetch_statement(self, day: date) -> FetchAnswer:
        """See `StatementGateway`. Of the running day it is what happened so far."""
        contract = self.account.contract()
        rows = [one for one in self.movements(contract) if one.at.date() == day]
        raw = {"day": day.isoformat(), "rows": len(rows)}
        if not rows:
            return FetchAnswer(FetchOutcome.EMPTY, code="nothing", raw=raw)
        name = f"practice-{contract.provider}-{day}.csv"
        data = written(rows, contract, self.account.credentials["account"], day)
        return FetchAnswer(FetchOutcome.FETCHED, (FetchedFile(name, data),), code="ok", raw=raw)

    def movements(self, contract: Contract | None = None) -> list[Movement]:
        """Whatever moved money in the channel's currency, oldest first."""
        contract = contract or self.account.contract()
        paid = {held.merchant_ref: held for held in self.books.payments() if held.paid_at and held.currency == contract.currency}
        back = [one for one in self.books.truth() if one.outcome == "succeeded" and one.done_at and one.currency == contract.currency]
        found = [*(_sale(held, contract) for held in paid.values()), *(_refund(one, paid.get(one.merchant_ref), contract) for one in back)]
        return sorted(found, key=lambda one: (one.at, one.payment, one.refund))


def written(rows: list[Movement], contract: Contract, account: str, day: date) -> bytes:
    """The file of a day; see `statement` for what reads it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(_lines(rows, contract, account, day))
    return out.getvalue().encode()


def _lines(rows: list[Movement], contract: Contract, account: str, day: date) -> Iterator[list]:
    yield [MARK, NOT_REAL, contract.provider, account, day.isoformat()]
    yield list(COLUMNS)
    for row in rows:
        figures = [plain(minor, contract.currency) for minor in (row.amount, row.fee, row.net)]
        named = [row.payment, row.merchant_ref, row.refund, row.refund_no, row.method, contract.currency]
        yield [row.kind.value, row.at.isoformat(timespec="microseconds"), *named, *figures]
    sums = [sum(figures) for figures in zip(*((row.amount, row.fee, row.net) for row in rows), strict=True)]
    yield [END, "", len(rows), "", "", "", "", contract.currency, *(plain(minor, contract.currency) for minor in sums)]


def _sale(held: Held, contract: Contract) -> Movement:
    at = held.paid_at.astimezone(ZoneInfo(contract.timezone))
    fee = -_fee(held.method, held.paid, at.date(), contract)
    return Movement(LineKind.PAYMENT, at, held.ref, held.merchant_ref, "", "", held.method, held.paid, fee)


def _refund(one: Paid, held: Held | None, contract: Contract) -> Movement:
    """What of the fee comes back is by the plan of the day of the sale; nothing where these books do not know the sale."""
    at = one.done_at.astimezone(ZoneInfo(contract.timezone))
    back = 0
    if held:
        sold_on = held.paid_at.astimezone(ZoneInfo(contract.timezone)).date()
        terms = rule_for(contract.fees, held.method, sold_on)
        back = returned_fee(expected_fee(terms, held.paid), one.amount, held.paid, terms) if terms else 0
    method = held.method if held else ""
    return Movement(LineKind.REFUND, at, one.payment, one.merchant_ref, one.ref, one.refund_no, method, -one.amount, back)


def _fee(method: str, amount: int, day: date, contract: Contract) -> int:
    terms = rule_for(contract.fees, method, day)
    return expected_fee(terms, amount) if terms else 0

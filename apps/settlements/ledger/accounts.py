"""The accounts of the journal. No Django here.

An account is known by its key: what it is for, the channel or bank account it belongs to, and its currency, as in `receivable:c12:TWD`,
`bank:b3:TWD` or `written_off:c12:fee_mismatch:TWD`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """What an account is for."""

    UNLISTED = "unlisted"  # sold, and the provider has not listed it yet
    REFUNDS_UNLISTED = "refunds_unlisted"  # refunded by our books, and the provider has not listed it yet
    RECEIVABLE = "receivable"  # listed by the provider, and not paid out yet
    IN_TRANSIT = "in_transit"  # paid out by the provider, and not in the bank yet
    BANK = "bank"
    DISPUTES_HELD = "disputes_held"  # taken back for disputes that run, or that were won and not given back yet
    RESERVE_HELD = "reserve_held"
    CLAIMS = "claims"  # claimed from the provider by a decision
    FX_CLEARING = "fx_clearing"  # what one currency gave and another got
    SUSPENSE_PAYMENTS = "suspense_payments"  # lines without a booking of ours, and amounts that differ
    SUSPENSE_REFUNDS = "suspense_refunds"
    SUSPENSE_DISPUTES = "suspense_disputes"
    SUSPENSE_PAYOUTS = "suspense_payouts"  # announced payouts that are not the sum of their lines
    SUSPENSE_BANK = "suspense_bank"  # what the bank booked otherwise than was paid out
    SUSPENSE_DEPOSITS = "suspense_deposits"  # deposits that no payout explains
    SALES = "sales"
    REFUNDS = "refunds"
    FEES = "fees"
    DISPUTE_FEES = "dispute_fees"
    DISPUTES_LOST = "disputes_lost"
    ADJUSTMENTS = "adjustments"
    FX_RESULT = "fx_result"  # exchange gains and losses that people accepted
    TOLERANCE = "tolerance"  # differences within tolerance, by their kind
    WRITTEN_OFF = "written_off"  # differences that people gave up, by their kind


class Type(StrEnum):
    """Where an account stands in a balance sheet or an income statement."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


SUSPENSE = tuple(code for code in Code if code.startswith("suspense_"))
TYPES: dict[Code, Type] = {
    **dict.fromkeys((Code.UNLISTED, Code.REFUNDS_UNLISTED, Code.RECEIVABLE, Code.IN_TRANSIT, Code.BANK), Type.ASSET),
    **dict.fromkeys((Code.DISPUTES_HELD, Code.RESERVE_HELD, Code.CLAIMS), Type.ASSET),
    Code.FX_CLEARING: Type.EQUITY,
    **dict.fromkeys(SUSPENSE, Type.LIABILITY),
    **dict.fromkeys((Code.SALES, Code.REFUNDS, Code.FX_RESULT), Type.INCOME),
    **dict.fromkeys((Code.FEES, Code.DISPUTE_FEES, Code.DISPUTES_LOST, Code.ADJUSTMENTS), Type.EXPENSE),
    **dict.fromkeys((Code.TOLERANCE, Code.WRITTEN_OFF), Type.EXPENSE),
}
# Zero when everything has been listed, paid out, arrived and decided.
CLEARING = (Code.UNLISTED, Code.REFUNDS_UNLISTED, Code.RECEIVABLE, Code.IN_TRANSIT, *SUSPENSE)


@dataclass(frozen=True, slots=True)
class AccountKey:
    """The parts of an account's key; at most one of the two ids is given."""

    code: Code
    currency: str
    channel_id: int | None = None
    bank_account_id: int | None = None
    about: str = ""  # the kind of the differences that were written off or accepted

    def __str__(self) -> str:
        place = f"c{self.channel_id}" if self.channel_id else f"b{self.bank_account_id}" if self.bank_account_id else ""
        return ":".join(part for part in (self.code, place, self.about, self.currency) if part)

    @classmethod
    def parse(cls, text: str) -> "AccountKey":
        """The reverse of `str`. :raises ValueError: for what is no key."""
        code, *middle, currency = text.split(":")
        place = {part[0]: int(part[1:]) for part in middle if part[0] in "cb" and part[1:].isdigit()}
        about = next((part for part in middle if not part[1:].isdigit()), "")
        return cls(Code(code), currency, place.get("c"), place.get("b"), about)

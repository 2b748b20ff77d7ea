"""What a provider or bank format must deliver, in our words. No Django here: parsers are pure and total.

A statement parser turns bytes into a `ParsedStatement`: one frame of canonical lines, one list of rejections and the
totals the file states about itself. Every input row ends as a line or as a named rejection; nothing is dropped.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

import polars as pl


class LineKind(StrEnum):
    """What a statement line moves. Only payment, refund and dispute lines are paired with the books.

    `reserve` is money held back (negative) and released (positive). `conversion` is one side of an exchange inside the provider's
    account: two lines, one negative in the currency given and one positive in the currency got, which carry the same `line_ref`; where
    a sale or refund was exchanged, `provider_ref` is its number on both. The rate that was booked is the one net over the other.
    """

    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_REVERSAL = "dispute_reversal"
    FEE = "fee"
    TAX = "tax"
    RESERVE = "reserve"
    ADJUSTMENT = "adjustment"
    CONVERSION = "conversion"
    PAYOUT = "payout"


class Method(StrEnum):
    """How the customer paid; the codes of payments.csv and merchant.toml."""

    CREDIT_CARD = "credit_card"
    INSTALLMENT = "installment"
    LINE_PAY = "line_pay"
    JKOPAY = "jkopay"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"
    UNIONPAY = "unionpay"
    APPLE_PAY = "apple_pay"
    GOOGLE_PAY = "google_pay"
    PAYPAL = "paypal"
    ATM = "atm"
    CVS_CODE = "cvs_code"
    CVS_BARCODE = "cvs_barcode"
    BANK_TRANSFER = "bank_transfer"
    SEPA_DEBIT = "sepa_debit"
    UPI = "upi"
    PAYPAY = "paypay"
    TWQR = "twqr"
    BNPL = "bnpl"
    POINTS = "points"
    ON_ACCOUNT = "on_account"
    CASH = "cash"


class Lists(StrEnum):
    """What a statement is a list of. Only one of all trades proves by its silence that a payment is missing."""

    TRADES = "trades"
    ERRORS = "errors"  # chargebacks and corrections alone
    PAYOUTS = "payouts"  # what each payout came to, not what is in it
    MOVEMENTS = "movements"  # an account flow: whatever moved the balance kept for the shop


# One row a statement line. Amounts are signed minor units from the merchant's side: a sale's gross is positive, a charged
# fee negative; net = gross + fee + other, and net is what the file says. Text columns are never null (empty = not given).
LINE_SCHEMA: dict[str, pl.DataType] = {
    "row_no": pl.Int32(),  # 1-based line number in the file as a person sees it in an editor
    "kind": pl.String(),  # LineKind
    "provider_ref": pl.String(),  # the provider's id of the payment, cleaned of wrappers, case kept
    "merchant_ref": pl.String(),  # our reference of the payment
    # The provider's id of the refund or dispute; of a payout line that gives a failed payout back: the payout that failed, while
    # `payout_ref` names the one that pays it again (empty as long as none does).
    "provider_refund_ref": pl.String(),
    "refund_ref": pl.String(),  # our refund number
    "line_ref": pl.String(),  # the provider's id of this movement, where it has one; both lines of a conversion share theirs
    "method": pl.String(),  # Method, or empty where the file does not say
    "currency": pl.String(),
    "gross": pl.Int64(),
    "fee": pl.Int64(),
    "other": pl.Int64(),
    "net": pl.Int64(),
    "fee_residue": pl.Int64(),  # millionths of a minor unit lost when the fee was rounded half up; 0 mostly
    "occurred_at": pl.Datetime("us", "UTC"),
    "business_date": pl.Date(),  # in the channel's time zone, or the day of the file where rows carry none
    "payout_ref": pl.String(),  # the provider's name of the payout that carries this line, where it has one
    "payout_on": pl.Date(),  # the provider's own payout date; null where the file does not say
    "row_hash": pl.Int64(),  # `cells.row_hash`: equal cells, in any column order, are equal here
}

# What an account flow says of a line besides: the balance after it, and what kind of movement the provider calls it.
FLOW_SCHEMA: dict[str, pl.DataType] = {"row_no": pl.Int32(), "balance": pl.Int64(), "memo": pl.String()}

# One row a bank line. `amount` is signed: credit positive. Balance is the account's after this line, null where not given.
BANK_SCHEMA: dict[str, pl.DataType] = {
    "row_no": pl.Int32(),
    "booked_on": pl.Date(),
    "value_on": pl.Date(),
    "currency": pl.String(),
    "amount": pl.Int64(),
    "balance": pl.Int64(),
    "reference": pl.String(),
    "memo": pl.String(),
    "row_hash": pl.Int64(),
}


# The columns of a statement that the shop's own books make, for a channel that no provider stands behind.
OWN_COLUMNS = (
    "own_kind", "own_ref", "own_refund_no", "method", "currency", "gross", "other", "net", "at", "day", "payout_ref", "payout_on",
)  # fmt: skip


class Refusal(StrEnum):
    """Why a whole file was refused. `refusals.py` holds a sentence for each, in the reader's language."""

    EMPTY = "empty"  # no bytes, or nothing but blanks
    TOO_LARGE = "too_large"  # params: limit_mb
    ENCODING = "encoding"  # params: row, encodings
    BAD_ARCHIVE = "bad_archive"  # a ZIP that cannot be read, is encrypted, or unpacks too large
    NO_DETAIL = "no_detail"  # an archive or export that holds only a summary; params: found, wanted
    OTHER_PROVIDER = "other_provider"  # params: expected, found (provider codes)
    OTHER_REPORT = "other_report"  # this provider's, but another report; params: found, wanted
    OTHER_FORMAT = "other_format"  # a bank's file in another format than its account is set to; params: found, wanted
    UNREADABLE_FORMAT = "unreadable_format"  # a kind of file nobody reads here; params: found, reason, wanted
    OTHER_LAYOUT = "other_layout"  # params: missing, unknown, found (lists of column names)
    OTHER_ACCOUNT = "other_account"  # params: expected, found
    OTHER_CURRENCY = "other_currency"  # params: expected, found
    NO_DAY = "no_day"  # neither the file name nor the contents say which day it reports
    CUT_SHORT = "cut_short"  # the end of the file is missing; params: row, wanted
    LAYOUT_CHANGED = "layout_changed"  # read, but other columns than the files before; params: missing, unknown, found
    VALUES_CHANGED = "values_changed"  # read, but its figures are unlike those before; params: findings [{code, was, now}]
    BAD_ROWS = "bad_rows"  # at least one row could not be read; params: count, rejections
    BAD_FORMAT = "bad_format"  # structurally broken; params: row, reason
    UNKNOWN_FILE = "unknown_file"  # nobody recognises it; params: providers
    NO_CHANNEL = "no_channel"  # a known provider's file, but the merchant has no channel with it; params: found
    NO_ACCOUNT = "no_account"  # a bank's file in a format that no account of the merchant has; params: found
    PRACTICE = "practice"  # a statement of the simulator, brought to a shop whose money is real
    NO_MAPPING = "no_mapping"  # a mapped format without a column mapping; params: account


class FileRefused(Exception):
    """The file as a whole cannot be taken in; nothing of it is kept but its bytes."""

    def __init__(self, code: Refusal, **params):
        super().__init__(f"{code}: {params}")
        self.code = code
        self.params = params


class Reject(StrEnum):
    """Why one row was rejected. `refusals.py` holds a sentence for each."""

    BAD_AMOUNT = "bad_amount"
    EXCESS_DIGITS = "excess_digits"
    TOO_LARGE = "too_large"
    BAD_TIME = "bad_time"
    BAD_CURRENCY = "bad_currency"
    UNKNOWN_TYPE = "unknown_type"
    MISSING_VALUE = "missing_value"
    COLUMN_COUNT = "column_count"
    NET_DIFFERS = "net_differs"  # net is not gross + fee + other by the provider's own rule
    FORMULA = "formula"  # a cell that is a spreadsheet formula, not the plain text it should be
    WRONG_WIDTH = "wrong_width"  # a line of a fixed-width file that is not as many bytes long as its layout says


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that could not be read, and why. `value` is the offending cell as delivered, shortened to 80 characters."""

    row_no: int
    code: Reject
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """A figure the file states about its own rows. `unit` is "minor" or "count"; money is signed like the lines are."""

    name: str  # as the file calls it, e.g. 交易合计 商家实收
    stated: int
    computed: int
    unit: str = "minor"

    @property
    def agrees(self) -> bool:
        return self.stated == self.computed


class NoteCode(StrEnum):
    """What a bank file holds that was left out on purpose. `refusals.py` holds a sentence for each."""

    PENDING = "pending"  # bookings that the bank has not made yet
    OTHER_ACCOUNTS = "other_accounts"  # statements of other accounts or currencies


@dataclass(frozen=True, slots=True)
class Note:
    """Something left out of a bank file: how many, and their names where they have some."""

    code: NoteCode
    count: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file as delivered, with what the channel knows about it. `mapping` only for mapped formats."""

    name: str
    data: bytes
    timezone: str
    currency: str
    account: str = ""  # the merchant's id at the provider; empty when not yet known
    mapping: dict = field(default_factory=dict)
    practice_account: str = ""  # the channel's account at the simulator; empty in a real shop, which takes no file of it


@dataclass(frozen=True, slots=True)
class Flow:
    """What only an account flow has: the running balance. Its lines are never paired with the books. Money in minor units."""

    rows: pl.DataFrame  # FLOW_SCHEMA, one row a line
    opening: int | None  # null where the file has no rows
    closing: int | None
    breaks: tuple[int, ...] = ()  # row numbers at which the balance does not follow, whatever order is tried


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """A statement read without loss: `rows_in == lines.height + len(rejections)`."""

    layout: str  # a short code of the layout, e.g. trade_27
    account: str  # the merchant's id at the provider as the file says it, or empty
    first_day: date  # the business days the file reports, both included
    last_day: date
    lines: pl.DataFrame  # LINE_SCHEMA
    rejections: tuple[Rejection, ...] = ()
    totals: tuple[Total, ...] = ()
    rows_in: int = 0
    header: tuple[str, ...] = ()
    lists: Lists = Lists.TRADES
    flow: Flow | None = None  # of a list of movements
    is_practice: bool = False  # made by the simulator: no measure for the files of the provider


@dataclass(frozen=True, slots=True)
class ParsedBank:
    """A bank file read without loss; opening and closing are null where the file has none."""

    account: str
    currency: str
    first_day: date
    last_day: date
    lines: pl.DataFrame  # BANK_SCHEMA
    opening: int | None = None
    closing: int | None = None
    rejections: tuple[Rejection, ...] = ()
    totals: tuple[Total, ...] = ()
    rows_in: int = 0
    breaks: tuple[int, ...] = ()  # row numbers at which the running balance does not follow
    notes: tuple[Note, ...] = ()
    layout: str = ""  # a short code of the message and its version, where the format has several
    is_final: bool = True  # False for reports of the running day and notices of single bookings: the statement repeats them
    header: tuple[str, ...] = ()


class StatementParser(Protocol):
    """Each provider's `statement.py` offers these three functions at module level."""

    def recognise(self, name: str, data: bytes) -> str | None:
        """The layout code when the bytes look like this provider's, whether or not it can be imported; else None. Never raises."""

    def parse(self, file: StatementFile) -> ParsedStatement:
        """Reads the file. :raises FileRefused: when it cannot be taken in as a whole."""

    def text(self, name: str, data: bytes) -> str:
        """The decoded text whose line numbers `row_no` counts, for showing a raw row."""

"""Words of reconciliation. Codes are those of the blueprint and never change."""

from enum import StrEnum

from django.db import models
from django.utils.translation import gettext_lazy as _


class JobKind(StrEnum):
    """Long work of this app; `tasks.py` does it, views and commands ask for it by name."""

    RECONCILE = "settlements.reconcile"
    IMPORT = "settlements.import"
    JOURNAL = "settlements.journal"
    REPLAY = "settlements.replay"
    FETCH = "settlements.fetch_statement"
    LEARN = "settlements.learn"


class StatementLists(models.TextChoices):
    """What a provider's file is a list of; only trades count as the statement of a day."""

    TRADES = "trades", _("trades")
    ERRORS = "errors", _("disputes and corrections")
    PAYOUTS = "payouts", _("payouts")
    MOVEMENTS = "movements", _("account flow")


class StatementState(models.TextChoices):
    """received → parsed → posted → superseded | withdrawn; received → rejected."""

    RECEIVED = "received", _("received")
    PARSED = "parsed", _("read, not imported yet")
    POSTED = "posted", _("imported")
    SUPERSEDED = "superseded", _("replaced")
    WITHDRAWN = "withdrawn", _("withdrawn")
    REJECTED = "rejected", _("refused")


class Kind(models.TextChoices):
    """What differs; the label is the plain sentence people see."""

    MISSING_AT_PROVIDER = "missing_at_provider", _("The provider does not list this payment")
    MISSING_IN_BOOKS = "missing_in_books", _("The provider lists a payment we do not have")
    AMOUNT_MISMATCH = "amount_mismatch", _("Payment amounts differ")
    FEE_MISMATCH = "fee_mismatch", _("The fee is not as agreed")
    FX_VARIANCE = "fx_variance", _("The exchange rate differs")
    CURRENCY_MISMATCH = "currency_mismatch", _("Currencies differ")
    STATUS_MISMATCH = "status_mismatch", _("The provider settled it, our books say otherwise")
    DUPLICATE_LINE = "duplicate_line", _("The provider lists it twice")
    DUPLICATE_PAYMENT = "duplicate_payment", _("The order was paid twice")
    AMBIGUOUS_MATCH = "ambiguous_match", _("Several payments fit equally well")
    REFUND_MISSING_AT_PROVIDER = "refund_missing_at_provider", _("The provider does not list this refund")
    REFUND_MISSING_IN_BOOKS = "refund_missing_in_books", _("The provider refunded, our books did not")
    REFUND_AMOUNT_MISMATCH = "refund_amount_mismatch", _("Refund amounts differ")
    DISPUTE_MISSING_IN_BOOKS = "dispute_missing_in_books", _("A chargeback we have no case for")
    LATE_SETTLEMENT = "late_settlement", _("Settled later than agreed")
    PAYOUT_AMOUNT_MISMATCH = "payout_amount_mismatch", _("The payout differs from its lines")
    PAYOUT_MISSING_IN_BANK = "payout_missing_in_bank", _("The payout has not reached the bank")
    BANK_AMOUNT_MISMATCH = "bank_amount_mismatch", _("The bank received another amount")
    UNEXPECTED_BANK_LINE = "unexpected_bank_line", _("A deposit no payout explains")
    STATEMENT_GAP = "statement_gap", _("A day's statement is missing")
    STATEMENT_TOTAL_MISMATCH = "statement_total_mismatch", _("The statement's own totals do not add up")


class Subject(models.TextChoices):
    """What a discrepancy is about."""

    PAYMENT = "payment", _("payment")
    REFUND = "refund", _("refund")
    LINE = "line", _("statement line")
    PAYOUT = "payout", _("payout")
    BANK_LINE = "bank_line", _("bank line")
    STATEMENT = "statement", _("statement")
    CHANNEL_DAY = "channel_day", _("day")


class DiscrepancyState(models.TextChoices):
    """open → investigating → resolved | written_off; open → cleared when the missing side arrives by itself."""

    OPEN = "open", _("open")
    INVESTIGATING = "investigating", _("in work")
    RESOLVED = "resolved", _("resolved")
    WRITTEN_OFF = "written_off", _("written off")
    CLEARED = "cleared", _("cleared by itself")


class Severity(models.TextChoices):
    """How fast a person must look."""

    CRITICAL = "critical", _("critical")
    HIGH = "high", _("high")
    NORMAL = "normal", _("normal")


class Resolution(models.TextChoices):
    """How a person closed a discrepancy."""

    EXPLAINED = "explained", _("explained, nothing to book")
    BOOKS_CORRECTED = "books_corrected", _("our books were corrected")
    CLAIMED = "claimed", _("claimed from the provider")
    MATCHED = "matched", _("matched by hand")
    SET_ASIDE = "set_aside", _("set aside")
    WRITTEN_OFF = "written_off", _("difference written off")


class Change(models.TextChoices):
    """What other rules would do with what is there, as a replay tells it."""

    OPENS = "opens", _("would open")
    CLEARS = "clears", _("would clear")
    MOVES = "moves", _("would change their amount")
    NO_LONGER_ACCEPTED = "no_longer_accepted", _("would no longer be accepted")
    ACCEPTED = "accepted", _("would be accepted as small")
    UNPAIRS = "unpairs", _("pairs would be parted")
    PAIRS = "pairs", _("pairs would be made")
    UNTIES = "unties", _("payouts would lose their deposit")
    TIES = "ties", _("payouts would get their deposit")


class SignedAct(models.TextChoices):
    """What needs a second person above the merchant's limits."""

    WRITE_OFF = "write_off", _("write-off")
    MATCH = "match", _("match of different amounts")
    TIE = "tie", _("tie of different amounts")


class SignatureState(models.TextChoices):
    """pending → approved | rejected | withdrawn | lapsed; approved → undone."""

    PENDING = "pending", _("waits for a second person")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn")
    LAPSED = "lapsed", _("closed another way")
    UNDONE = "undone", _("undone")


class SuggestionKind(models.TextChoices):
    """What ours is; theirs is a statement line, for payouts a bank line."""

    PAYMENT = "payment", _("payment")
    REFUND = "refund", _("refund")
    PAYOUT = "payout", _("payout")


class SuggestionState(models.TextChoices):
    """open → confirmed | declined, and back when that is undone."""

    OPEN = "open", _("open")
    CONFIRMED = "confirmed", _("confirmed")
    DECLINED = "declined", _("declined")


class Sign(models.TextChoices):
    """By what a channel is known in the bank."""

    WORD = "word", _("word in the memo")
    GAP = "gap", _("difference of the amount")


class ModelKind(models.TextChoices):
    """What is learned from a shop's own past."""

    RISK_DAY = "risk_day", _("Days at risk")
    RISK_PAYMENT = "risk_payment", _("Payments at risk")
    MEMO_TYPE = "memo_type", _("What bank lines are")


class BankLineKind(models.TextChoices):
    """What a bank line is of; the values are those of `learning.memo_rules.LineType`."""

    PAYOUT = "payout", _("payout of a channel")
    REFUND = "refund", _("refund to a buyer")
    SALE = "sale", _("paid by a customer")
    BANK_FEE = "bank_fee", _("bank fee")
    INTEREST = "interest", _("interest")
    SALARY = "salary", _("salary")
    RENT = "rent", _("rent")
    PURCHASE = "purchase", _("purchase")
    TAX = "tax", _("tax")
    OWN_TRANSFER = "own_transfer", _("between own accounts")
    OTHER = "other", _("something else")


class Rule(models.TextChoices):
    """Which rule made a match."""

    PROVIDER_REF = "provider_ref", _("same provider number")
    MERCHANT_REF = "merchant_ref", _("same merchant number")
    REFUND_REF = "refund_ref", _("same refund number")
    PAYMENT_AMOUNT = "payment_amount", _("refund of the same payment with the same amount")
    PAYMENT_TIME = "payment_time", _("refund of the same payment, nearest in time")
    AMOUNT_TIME = "amount_time", _("only payment of this amount at that time")
    GROUP_SUM = "group_sum", _("several lines add up to the payment")
    MANUAL = "manual", _("matched by hand")
    PAYOUT_REF = "payout_ref", _("payout number in the bank memo")
    PAYOUT_SUM = "payout_sum", _("only these payouts add up to the deposit")
    DEPOSIT_SUM = "deposit_sum", _("only these deposits add up to the payout")
    DUE_AMOUNT = "due_amount", _("amount and date of the payout")
    DUE_DATE = "due_date", _("date of the payout, another amount")


class AccountCode(models.TextChoices):
    """What an account of the journal is for; the values are those of `ledger.accounts.Code`."""

    UNLISTED = "unlisted", _("Sales not listed yet")
    REFUNDS_UNLISTED = "refunds_unlisted", _("Refunds not listed yet")
    RECEIVABLE = "receivable", _("Receivable from the channel")
    IN_TRANSIT = "in_transit", _("Payouts in transit")
    BANK = "bank", _("Bank")
    DISPUTES_HELD = "disputes_held", _("Held for disputes")
    RESERVE_HELD = "reserve_held", _("Reserve held by the channel")
    CLAIMS = "claims", _("Claims on the channel")
    FX_CLEARING = "fx_clearing", _("Currency clearing")
    SUSPENSE_PAYMENTS = "suspense_payments", _("Suspense: payments")
    SUSPENSE_REFUNDS = "suspense_refunds", _("Suspense: refunds")
    SUSPENSE_DISPUTES = "suspense_disputes", _("Suspense: disputes")
    SUSPENSE_PAYOUTS = "suspense_payouts", _("Suspense: payouts")
    SUSPENSE_BANK = "suspense_bank", _("Suspense: bank amounts")
    SUSPENSE_DEPOSITS = "suspense_deposits", _("Suspense: deposits")
    SALES = "sales", _("Sales")
    REFUNDS = "refunds", _("Refunds")
    FEES = "fees", _("Fees")
    DISPUTE_FEES = "dispute_fees", _("Dispute fees")
    DISPUTES_LOST = "disputes_lost", _("Lost disputes")
    ADJUSTMENTS = "adjustments", _("Adjustments by the channel")
    FX_RESULT = "fx_result", _("Exchange gains and losses")
    TOLERANCE = "tolerance", _("Differences within tolerance")
    WRITTEN_OFF = "written_off", _("Differences written off")


class Source(models.TextChoices):
    """What an entry of the journal was derived from.

    The first three and what was accepted stand for all rows of a day, the others for one row each.
    """

    PAYMENTS = "payments", _("payments of a day")
    REFUNDS = "refunds", _("refunds of a day")
    LINES = "lines", _("statement lines of a day")
    PAYOUT = "payout", _("payout")
    ARRIVAL = "arrival", _("arrival at the bank")
    DEPOSIT = "deposit", _("unexpected deposit")
    TRANSFER = "transfer", _("refund by bank transfer")
    DISPUTE = "dispute", _("end of a dispute")
    ACCEPTED = "accepted", _("accepted within tolerance, of a day")
    DECISION = "decision", _("decision about a difference")

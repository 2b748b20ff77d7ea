"""The columns of each detail sheet, in the reader's language."""

from django.utils.translation import gettext as _

from apps.reports.month.sheets import COUNT, DATE, MONEY, TIME, Column


def _line_start() -> list[Column]:
    return [
        Column("channel", _("Channel"), width=12),
        Column("currency", _("Currency"), width=9),
        Column("business_date", _("Business date"), DATE, 12),
        Column("occurred_at", _("Time"), TIME, 19),
    ]


def _line_end() -> list[Column]:
    return [Column("file", _("File"), width=28), Column("row_no", _("Row"), COUNT, 8)]


def _amounts() -> list[Column]:
    return [
        Column("gross", _("Gross"), MONEY),
        Column("fee", _("Fee"), MONEY),
        Column("other", _("Other"), MONEY),
        Column("net", _("Net"), MONEY),
    ]


def _references() -> list[Column]:
    return [Column("merchant_ref", _("Our reference"), width=22), Column("provider_ref", _("Provider's reference"), width=30)]


def payment_columns() -> list[Column]:
    return [
        *_line_start(),
        Column("order_no", _("Order"), width=18),
        *_references(),
        Column("method", _("Method"), width=18),
        *_amounts(),
        Column("expected_fee", _("Fee by the plan"), MONEY),
        Column("fee_gap", _("Fee difference"), MONEY),
        *_line_end(),
    ]


def refund_columns() -> list[Column]:
    refs = [Column("provider_refund_ref", _("Provider's refund number"), width=24), Column("refund_ref", _("Our refund number"), width=20)]
    return [*_line_start(), *_references(), *refs, *_amounts(), *_line_end()]


def other_columns() -> list[Column]:
    terms = [
        Column("as_disputes", _("Counted as disputes"), MONEY),
        Column("as_fees", _("Counted as fees"), MONEY),
        Column("as_adjustments", _("Counted as adjustments"), MONEY),
    ]
    return [*_line_start(), Column("kind", _("Kind"), width=16), *_references(), *_amounts(), *terms, *_line_end()]


def receivable_columns() -> list[Column]:
    return [
        Column("channel", _("Channel"), width=12),
        Column("currency", _("Currency"), width=9),
        Column("ref", _("Payout"), width=30),
        Column("due_on", _("Due"), DATE, 12),
        Column("arrived_on", _("Arrived"), DATE, 12),
        Column("opening", _("Opening receivable"), MONEY),
        Column("closing", _("Closing receivable"), MONEY),
        Column("late", _("Came late for a closed month"), MONEY),
    ]


def payout_columns() -> list[Column]:
    return [
        Column("channel", _("Channel"), width=12),
        Column("currency", _("Currency"), width=9),
        Column("ref", _("Payout"), width=30),
        Column("due_on", _("Due"), DATE, 12),
        Column("line_count", _("Lines"), COUNT, 9),
        Column("lines_net", _("Sum of its lines"), MONEY),
        Column("announced", _("Announced"), MONEY),
        Column("arrived_on", _("Arrived"), DATE, 12),
        Column("arrived", _("In the bank"), MONEY),
        Column("arrived_in_month", _("In the bank this month"), MONEY),
        Column("gap_in_month", _("Bank difference this month"), MONEY),
    ]


def bank_columns() -> list[Column]:
    return [
        Column("account", _("Bank account"), width=16),
        Column("currency", _("Currency"), width=9),
        Column("booked_on", _("Booked"), DATE, 12),
        Column("value_on", _("Value date"), DATE, 12),
        Column("amount", _("Amount"), MONEY),
        Column("balance", _("Balance"), MONEY),
        Column("reference", _("Reference"), width=24),
        Column("memo", _("Memo"), width=40),
        *_line_end(),
    ]


def difference_columns() -> list[Column]:
    return [
        Column("channel", _("Channel"), width=12),
        Column("currency", _("Currency"), width=9),
        Column("business_date", _("Business date"), DATE, 12),
        Column("kind", _("Kind"), width=34),
        Column("order_no", _("Order"), width=18),
        *_references(),
        Column("expected", _("Expected"), MONEY),
        Column("actual", _("Actual"), MONEY),
        Column("difference", _("Difference"), MONEY),
        Column("state", _("State"), width=16),
        Column("severity", _("Severity"), width=10),
        Column("owner", _("Owner"), width=16),
        Column("due_at", _("Deadline"), TIME, 19),
        Column("resolution", _("Resolution"), width=24),
        Column("reason", _("Reason"), width=40),
        Column("closed_by", _("Closed by"), width=16),
        Column("closed_at", _("Closed"), TIME, 19),
        *_line_end(),
    ]

"""One difference of every kind, with the rows that its page tells about."""

from datetime import date

from apps.settlements.enums import Kind
from apps.settlements.models import BankMatch, Discrepancy, Match
from tests import cast

LINE_KINDS = {
    Kind.MISSING_IN_BOOKS: "payment",
    Kind.DUPLICATE_LINE: "payment",
    Kind.AMBIGUOUS_MATCH: "payment",
    Kind.REFUND_MISSING_IN_BOOKS: "refund",
    Kind.DISPUTE_MISSING_IN_BOOKS: "dispute",
}
REFUND_KINDS = {Kind.REFUND_MISSING_AT_PROVIDER, Kind.REFUND_AMOUNT_MISMATCH}
PAYOUT_KINDS = {Kind.PAYOUT_AMOUNT_MISMATCH, Kind.PAYOUT_MISSING_IN_BANK, Kind.BANK_AMOUNT_MISMATCH}


def make(channel, kind: str) -> Discrepancy:
    """A difference of this kind on a channel that has a fee rule."""
    if not channel.fee_rules.exists():
        cast.make_fee_rule(channel, percent_ppm=27500, minimum_minor=500, cap_minor=90000)
    if kind in LINE_KINDS:
        return _of_line(channel, kind)
    if kind in REFUND_KINDS:
        return _of_refund(channel, kind)
    if kind in PAYOUT_KINDS:
        return _of_payout(channel, kind)
    if kind == Kind.UNEXPECTED_BANK_LINE:
        line = cast.make_bank_line(cast.make_bank_statement(channel.bank_account), 129000)
        return _about(channel, kind, "bank_line", line, 0, 129000, bank_line=line)
    if kind == Kind.STATEMENT_GAP:
        return cast.make_discrepancy(channel, kind, expected_minor=0, actual_minor=0, subject_type="channel_day", subject_key="2026-11-16")
    if kind == Kind.STATEMENT_TOTAL_MISMATCH:
        totals = [
            {"name": "合計", "stated": 100, "computed": 200, "unit": "minor"},
            {"name": "筆數", "stated": 2, "computed": 3, "unit": "count"},
        ]
        statement = cast.make_statement(channel, totals=totals)
        return _about(channel, kind, "statement", statement, 200, 100, statement=statement)
    return _of_payment(channel, kind)


def _about(channel, kind: str, subject: str, row, expected: int, actual: int, **fields) -> Discrepancy:
    fields = {"expected_minor": expected, "actual_minor": actual, "subject_type": subject, "subject_key": str(row.pk), **fields}
    return cast.make_discrepancy(channel, kind, **fields)


def _of_payment(channel, kind: str) -> Discrepancy:
    state = "pending" if kind == Kind.STATUS_MISMATCH else "paid"
    payment = cast.make_payment(channel, state=state)
    line = None
    if kind != Kind.MISSING_AT_PROVIDER:
        currency = "USD" if kind == Kind.CURRENCY_MISMATCH else channel.currency
        statement = cast.make_statement(channel, day=date(2026, 11, 16))
        line = cast.make_line(statement, payment=payment, fee=-4700, currency=currency)
        Match.objects.create(
            merchant=channel.merchant, channel=channel, line=line, payment=payment, rule="provider_ref", amount_minor=line.gross
        )
    detail = {"due_on": "2026-11-25", "found_on": "2026-11-27"} if kind == Kind.LATE_SETTLEMENT else {}
    expected, actual = {
        Kind.MISSING_AT_PROVIDER: (128000, 0),
        Kind.FEE_MISMATCH: (-3500, -4700),
        Kind.STATUS_MISMATCH: (0, 128000),
        Kind.DUPLICATE_PAYMENT: (0, 128000),
        Kind.AMOUNT_MISMATCH: (128000, 108000),
        Kind.FX_VARIANCE: (128000, 127000),
    }.get(kind, (128000, 128000))
    return _about(channel, kind, "payment", payment, expected, actual, payment=payment, line=line, method="credit_card", detail=detail)


def _of_line(channel, kind: str) -> Discrepancy:
    statement = cast.make_statement(channel, day=date(2026, 11, 16))
    gross = 129000 if LINE_KINDS[kind] == "payment" else -129000
    first = cast.make_line(statement, kind=LINE_KINDS[kind], gross=gross, provider_ref="T26111601")
    line = cast.make_line(statement, kind=LINE_KINDS[kind], gross=gross, provider_ref="T26111601") if kind == Kind.DUPLICATE_LINE else first
    return _about(channel, kind, "line", line, 0, gross, line=line, provider_ref=line.provider_ref)


def _of_refund(channel, kind: str) -> Discrepancy:
    refund = cast.make_refund(cast.make_payment(channel), amount_minor=45000)
    actual, line = 0, None
    if kind == Kind.REFUND_AMOUNT_MISMATCH:
        line = cast.make_line(cast.make_statement(channel), kind="refund", gross=-54000, provider_refund_ref=refund.provider_refund_ref)
        Match.objects.create(merchant=channel.merchant, channel=channel, line=line, refund=refund, rule="refund_ref", amount_minor=-54000)
        actual = -54000
    return _about(
        channel,
        kind,
        "refund",
        refund,
        -45000,
        actual,
        refund=refund,
        payment=refund.payment,
        line=line,
        order_no=refund.payment.order.order_no,
    )


def _of_payout(channel, kind: str) -> Discrepancy:
    announced = 8641500 if kind == Kind.PAYOUT_AMOUNT_MISMATCH else None
    payout = cast.make_payout(channel, f"PO-{kind}", announced_minor=announced)
    actual, bank = {Kind.PAYOUT_AMOUNT_MISMATCH: 8641500, Kind.PAYOUT_MISSING_IN_BANK: 0}.get(kind, 8641500), None
    if kind == Kind.BANK_AMOUNT_MISMATCH:
        bank = cast.make_bank_line(cast.make_bank_statement(channel.bank_account), 8641500)
        BankMatch.objects.create(merchant=channel.merchant, payout=payout, bank_line=bank, amount_minor=8641500, rule="due_date")
    return _about(channel, kind, "payout", payout, 8642700, actual, payout=payout, bank_line=bank, provider_ref=payout.ref)

"""A hand-made October 2026 with figures that can be added up on paper; docs and tests use the same numbers.

ECPay (TWD, T+1, one payout a bank date)               gross      fee     other    payout
    30 Sep  A1 sale                                   100000    -2750             1 Oct, came 1 Oct
     5 Oct  A2 sale                                   200000    -5500             6 Oct, came 6 Oct with 100 too little
     5 Oct  R1 refund of A2                           -50000        0
    30 Oct  A3 sale, booked with 90000                 80000    -2200             2 Nov, not here yet
    30 Oct  dispute                                   -30000     -500
    30 Oct  adjustment                                  1200
Stripe (USD, named payout po_1 due 3 Nov)
    28 Oct  B1 sale                                     5000     -175
     1 Nov  B2 sale                                     7000     -230
In the books alone: A4 (31 Oct, 50000, no line yet) and A5 (2 Oct, 33300, missing at the provider, accepted).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from apps.channels.models import Channel
from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.settlements.models import Discrepancy, Match, ReconciliationRun
from tests import cast

OCTOBER = Month(date(2026, 10, 1))
NOW = datetime(2026, 11, 3, 8, 20, tzinfo=UTC)


@dataclass
class SmallMonth:
    shop: Merchant
    ecpay: Channel
    stripe: Channel
    accepted: Discrepancy


def moment(day: date) -> datetime:
    """Noon in Taipei."""
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)


def paid(channel, order_no, amount, day):
    return cast.make_payment(channel, order_no, amount, placed_at=moment(day), paid_at=moment(day))


def pair(line, payment) -> Match:
    return Match.objects.create(
        merchant=line.merchant, channel=line.channel, line=line, payment=payment, rule="merchant_ref", amount_minor=line.gross
    )


def line_of(channel, day, **fields):
    statement = channel.statement_files.filter(first_day=day).first() or cast.make_statement(channel, day=day)
    return cast.make_line(statement, **fields)


def make_small_month() -> SmallMonth:
    shop = cast.make_merchant(tax_no="12345675")
    ecpay = cast.make_channel(shop, settles="T+1")
    cast.make_fee_rule(ecpay, percent_ppm=27500)
    usd = cast.make_bank_account(shop, "mega-usd", currency="USD", bank="兆豐銀行")
    stripe = cast.make_channel(
        shop, "stripe", label="Stripe", currency="USD", settles="T+2", statements="per_payout", bank_account=usd, calendar="US"
    )
    _ecpay_lines(ecpay)
    _stripe_lines(stripe)
    accepted = _books_alone(ecpay)
    _bank(ecpay, stripe)
    ReconciliationRun.objects.create(merchant=shop, as_of=date(2026, 11, 2), started_at=NOW, finished_at=NOW)
    return SmallMonth(shop, ecpay, stripe, accepted)


def _ecpay_lines(ecpay) -> None:
    days = {"A1": date(2026, 9, 30), "A2": date(2026, 10, 5), "A3": date(2026, 10, 30)}
    booked = {"A1": 100000, "A2": 200000, "A3": 90000}
    stated = {"A1": (100000, -2750), "A2": (200000, -5500), "A3": (80000, -2200)}
    for name, day in days.items():
        gross, fee = stated[name]
        payment = paid(ecpay, name, booked[name], day)
        pair(line_of(ecpay, day, gross=gross, fee=fee, merchant_ref=name), payment)
        if name == "A2":
            cast.make_refund(payment, "R1", 50000, requested_at=moment(day), refunded_at=moment(day))
    line_of(ecpay, days["A2"], kind="refund", gross=-50000, merchant_ref="A2")
    line_of(ecpay, days["A3"], kind="dispute", gross=-30000, fee=-500)
    line_of(ecpay, days["A3"], kind="adjustment", gross=1200)
    cast.make_payout(
        ecpay, "2026-10-01", 97250, due_on=date(2026, 10, 1), is_named=False, arrived_on=date(2026, 10, 1), arrived_minor=97250
    )
    cast.make_payout(
        ecpay, "2026-10-06", 144500, due_on=date(2026, 10, 6), is_named=False, arrived_on=date(2026, 10, 6), arrived_minor=144400
    )
    cast.make_payout(ecpay, "2026-11-02", 48500, due_on=date(2026, 11, 2), is_named=False, covers_from=date(2026, 10, 30))


def _stripe_lines(stripe) -> None:
    for name, day, gross, fee in (("B1", date(2026, 10, 28), 5000, -175), ("B2", date(2026, 11, 1), 7000, -230)):
        pair(line_of(stripe, day, gross=gross, fee=fee, merchant_ref=name, payout_ref="po_1"), paid(stripe, name, gross, day))
    cast.make_payout(stripe, "po_1", 11595, due_on=date(2026, 11, 3), covers_from=date(2026, 10, 28))


def _books_alone(ecpay) -> Discrepancy:
    paid(ecpay, "A4", 50000, date(2026, 10, 31))
    missing = paid(ecpay, "A5", 33300, date(2026, 10, 2))
    return cast.make_discrepancy(
        ecpay,
        "missing_at_provider",
        expected_minor=33300,
        actual_minor=0,
        payment=missing,
        business_date=date(2026, 10, 2),
        state="resolved",
        resolution="explained",
        reason="=SUM(1) 測試交易",
        closed_at=NOW,
        closed_by=cast.owner(ecpay.merchant, name="王志明"),
    )


def _bank(ecpay, stripe) -> None:
    for account, amounts in ((ecpay.bank_account, {1: 97250, 6: 144400}), (stripe.bank_account, {})):
        statement = cast.make_bank_statement(account, day=date(2026, 10, 1), last_day=date(2026, 10, 31))
        for day, amount in amounts.items():
            cast.make_bank_line(statement, amount, booked_on=date(2026, 10, day))

"""Which lines a payout is made of, what they sum to, and what speaks for a bank line."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from apps.settlements.models import BankMatch
from apps.settlements.selectors import payouts
from apps.settlements.selectors.payout_account import account_of
from apps.settlements.services.candidates import deposits_for
from tests import cast
from tests.reports.small_month import pair

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
DAY = date(2026, 11, 11)


@pytest.fixture
def ecpay():
    with translation.override("en"):
        yield cast.make_channel(cast.make_merchant(), bank_keywords=["ECPAY"])


def unnamed(channel, net, **fields):
    return cast.make_payout(channel, "2026-11-20", net, is_named=False, covers_from=DAY, covers_to=DAY + timedelta(days=1), **fields)


def refs(lines) -> list[str]:
    return sorted(line.merchant_ref for line in lines)


def test_an_unnamed_payout_has_the_lines_of_its_days_and_no_others(ecpay):
    statement = cast.make_statement(ecpay, day=DAY)
    for name, fields in {
        "first": {},
        "second": {"business_date": DAY + timedelta(days=1)},
        "stated": {"payout_on": cast.TODAY},
        "before": {"business_date": DAY - timedelta(days=1)},
        "other day": {"payout_on": cast.TODAY + timedelta(days=1)},
        "named": {"payout_ref": "PO-9"},
        "dead": {"is_live": False},
        "dollars": {"currency": "USD"},
        "transfer": {"kind": "payout"},
    }.items():
        cast.make_line(statement, merchant_ref=name, **fields)
    cast.make_line(cast.make_statement(cast.make_channel(ecpay.merchant, "newebpay"), day=DAY), merchant_ref="other channel")

    assert refs(payouts.lines_of_payout(unnamed(ecpay, 384000))) == ["first", "second", "stated"]


def test_a_named_payout_has_the_lines_that_name_it(ecpay):
    statement = cast.make_statement(ecpay, day=DAY)
    for name, ref in (("mine", "PO-1"), ("theirs", "PO-2"), ("bare", "")):
        cast.make_line(statement, merchant_ref=name, payout_ref=ref)
    payout = cast.make_payout(ecpay, "PO-1", 128000, covers_from=DAY, covers_to=DAY)

    assert refs(payouts.lines_of_payout(payout)) == ["mine"]


def test_a_line_that_was_not_paid_out_belongs_to_no_payout_of_a_channel_that_reports_by_payout(ecpay):
    ecpay.statements = "per_payout"
    ecpay.save()
    statement = cast.make_statement(ecpay, day=DAY)
    cast.make_line(statement, merchant_ref="waits")
    cast.make_line(statement, merchant_ref="goes", payout_on=cast.TODAY)

    assert refs(payouts.lines_of_payout(unnamed(ecpay, 128000))) == ["goes"]


def test_an_account_sums_by_kind_and_method_and_unfolds_one(ecpay):
    statement = cast.make_statement(ecpay, day=DAY)
    payment = cast.make_payment(ecpay, "A1", 128000)
    line = cast.make_line(statement, payment=payment, fee=-3500)
    pair(line, payment)
    for number in range(6):
        cast.make_line(statement, gross=1000, method="cvs_code", fee=-30, merchant_ref=f"C{number}")
    cast.make_line(statement, kind="refund", gross=-2000, merchant_ref="R1")
    cast.make_line(statement, kind="adjustment", gross=0, other=-590, merchant_ref="X1")

    account = account_of(unnamed(ecpay, 127730), "payment:cvs_code", cast.TODAY)

    assert [
        (fold.label, fold.group.count, fold.group.gross, fold.group.fee, fold.group.other, fold.group.net) for fold in account.folds
    ] == [
        ("Payments · Credit card", 1, 128000, -3500, 0, 124500),
        ("Payments · Convenience store code", 6, 6000, -180, 0, 5820),
        ("Refunds", 1, -2000, 0, 0, -2000),
        ("Adjustments", 1, 0, 0, -590, -590),
    ]
    assert [(len(fold.lines), fold.rest) for fold in account.folds] == [(0, 1), (5, 1), (0, 1), (0, 1)]
    assert (account.total.count, account.total.net, account.stored_gap_minor, account.unexplained_minor) == (9, 127730, 0, None)
    first = account_of(unnamed_again(ecpay), "", cast.TODAY).folds[0]
    assert [order for _line, order in first.lines] == ["A1"]


def unnamed_again(channel):
    return channel.payouts.get()


def test_the_reasons_for_a_tie_name_what_fails(ecpay):
    payout = cast.make_payout(ecpay, "PO-1120", 8642700)
    statement = cast.make_bank_statement(ecpay.bank_account)
    fits = cast.make_bank_line(statement, 8642700, memo="ECPAY PO1120")
    off = cast.make_bank_line(statement, 8641500, memo="somebody", booked_on=cast.TODAY + timedelta(days=3))

    assert [(reason.holds, reason.text) for reason in payouts.reasons_of(payout, fits)] == [
        (False, "The memo does not name the payout"),
        (True, "The memo has “ECPAY”, a keyword of 綠界"),
        (True, "Booked on the day it was due"),
        (True, "The amounts are equal"),
    ]
    assert [(reason.holds, reason.text) for reason in payouts.reasons_of(payout, off)] == [
        (False, "The memo does not name the payout"),
        (False, "The memo has no keyword of 綠界"),
        (False, "Booked 3 days after it was due"),
        (False, "The bank booked NT$12 less"),
    ]


def test_candidates_are_free_lines_near_the_day_likeliest_first(ecpay):
    payout = cast.make_payout(ecpay, "PO-1120", 8642700)
    statement = cast.make_bank_statement(ecpay.bank_account)
    amounts = {"far": 5000000, "near": 8641500, "equal": 8642700, "out": -8642700}
    lines = {name: cast.make_bank_line(statement, amount, memo=name) for name, amount in amounts.items()}
    cast.make_bank_line(statement, 8642700, memo="early", booked_on=cast.TODAY - timedelta(days=8))
    cast.make_bank_line(statement, 8642700, memo="dead", is_live=False)
    taken = cast.make_bank_line(statement, 8642700, memo="taken")
    BankMatch.objects.create(
        merchant=ecpay.merchant, payout=cast.make_payout(ecpay, "PO-1"), bank_line=taken, amount_minor=8642700, rule="due_amount"
    )

    assert [one.pk for one in deposits_for(payout)] == [lines["equal"].pk, lines["near"].pk, lines["far"].pk]


def test_states_say_where_a_payout_stands_and_find_it_again(ecpay):
    rows = {
        "expected": {"due_on": cast.TODAY + timedelta(days=1)},
        "announced": {"due_on": cast.TODAY + timedelta(days=1), "announced_minor": 100},
        "due": {"due_on": cast.TODAY - timedelta(days=1)},
        "missing": {"due_on": cast.TODAY - timedelta(days=3)},
        "arrived": {"arrived_on": cast.TODAY, "arrived_minor": 100},
        "differs": {"arrived_on": cast.TODAY, "arrived_minor": 88},
        "empty": {"line_count": 0},
    }
    made = {name: cast.make_payout(ecpay, name, 100, **fields) for name, fields in rows.items()}
    cast.make_discrepancy(
        ecpay, "payout_missing_in_bank", expected_minor=100, actual_minor=0, payout=made["missing"], subject_type="payout"
    )
    every = payouts.payouts_of(ecpay.merchant)

    chips = {
        payout.ref: (payout_chip.text, payout_chip.tone) for payout in every for payout_chip in [payouts.state_chip(payout, cast.TODAY)]
    }

    assert chips == {
        "expected": ("expected", "outline"),
        "announced": ("announced", "neutral"),
        "due": ("due, bank statement awaited", "amber"),
        "missing": ("not in the bank", "red"),
        "arrived": ("arrived", "neutral"),
        "differs": ("arrived, NT$0.12 too little", "amber"),
    }
    found = {state: sorted(row.ref for row in payouts.in_state(every, state, cast.TODAY)) for state in ("waiting", "expected", "under_way")}
    assert found == {
        "waiting": ["announced", "due", "expected", "missing"],
        "expected": ["expected"],
        "under_way": ["announced", "due", "missing"],
    }
    assert {state: [row.ref for row in payouts.in_state(every, state, cast.TODAY)] for state in ("missing", "differs")} == {
        "missing": ["missing"],
        "differs": ["differs"],
    }

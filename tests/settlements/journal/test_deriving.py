"""The journal from frames: every kind of fact, and what people decided about differences."""

from datetime import date

import pytest

from apps.channels.contracts import LineKind
from apps.reports.figures.movements import GROSS_TERM
from apps.settlements.enums import AccountCode, Source
from apps.settlements.ledger.accounts import TYPES, AccountKey, Code
from apps.settlements.ledger.deriving import COUNTER
from tests.settlements.journal.facts import DAY, LATER, balances, decision, facts, line, payment, payout, postings


def test_a_sale_that_is_listed_paid_out_and_arrived_leaves_nothing_in_between():
    found = balances(
        payments=[payment(1, 1000)],
        lines=[line(1, "payment", 1000, fee=-28)],
        matches=[(1, 1, None)],
        payouts=[payout(1, 972, came_on=LATER, came=972)],
    )

    assert found == {"sales": -1000, "fees": 28, "bank:b4": 972}


def test_what_is_not_listed_not_paid_out_or_not_arrived_stands_where_it_is():
    found = balances(
        payments=[payment(1, 1000), payment(2, 300)],
        refunds=[(1, "TWD", 100, DAY)],
        lines=[line(1, "payment", 1000)],
        matches=[(1, 1, None)],
        payouts=[payout(1, 600, said=600, said_on=LATER)],
    )

    assert found == {"sales": -1300, "unlisted": 300, "receivable": 400, "in_transit": 600, "refunds": 100, "refunds_unlisted": -100}


def test_a_payout_that_neither_provider_nor_bank_shows_is_no_fact_yet():
    assert balances(lines=[line(1, "adjustment", 50)], payouts=[payout(1, 50)]) == {"receivable": 50, "adjustments": -50}


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        ("payment", "suspense_payments"),
        ("refund", "suspense_refunds"),
        ("dispute", "suspense_disputes"),
        ("fee", "fees"),
        ("tax", "fees"),
        ("reserve", "reserve_held"),
        ("adjustment", "adjustments"),
        ("conversion", "fx_clearing"),
        ("a_kind_of_tomorrow", "adjustments"),
    ],
)
def test_a_line_without_a_booking_of_ours_goes_to_the_account_of_its_kind(kind, account):
    assert balances(lines=[line(1, kind, -70)]) == {account: 70, "receivable": -70}


def test_a_line_that_says_more_than_we_booked_suspends_the_rest():
    found = balances(payments=[payment(1, 1000)], lines=[line(1, "payment", 1050)], matches=[(1, 1, None)])

    assert found == {"sales": -1000, "receivable": 1050, "suspense_payments": -50}


def test_the_last_of_several_lines_settles_what_the_others_left():
    lines = [line(1, "payment", 600), line(2, "payment", 450, day=LATER)]
    both = {"payments": [payment(1, 1000)], "matches": [(1, 1, None), (2, 1, None)]}

    assert postings(**both, lines=lines) == {
        ("payments::TWD:2026-10-05", "unlisted", "sales", 1000),
        ("lines:payment:TWD:2026-10-05", "receivable", "unlisted", 600),
        ("lines:payment:TWD:2026-10-12", "receivable", "unlisted", 400),
        ("lines:payment:TWD:2026-10-12", "receivable", "suspense_payments", 50),
    }


def test_one_line_settles_several_payments():
    found = balances(payments=[payment(1, 1000), payment(2, 500)], lines=[line(1, "payment", 1500)], matches=[(1, 1, None), (1, 2, None)])

    assert found == {"sales": -1500, "receivable": 1500}


def test_a_pair_in_two_currencies_that_became_a_difference_settles_nothing():
    dollars = {"payments": [payment(1, 1000, currency="USD")], "lines": [line(1, "payment", 31500)], "matches": [(1, 1, None)]}
    found = balances(**dollars, rates_told=[("payment", 1)])

    assert found == {"sales:USD": -1000, "unlisted:USD": 1000, "receivable": 31500, "suspense_payments": -31500}


def test_a_conversion_balances_in_each_currency_through_clearing():
    found = balances(lines=[line(1, "conversion", -1000, currency="USD"), line(2, "conversion", 31500)])

    assert found == {"receivable:USD": -1000, "fx_clearing:USD": 1000, "receivable": 31500, "fx_clearing": -31500}


def test_a_payout_that_the_bank_books_in_another_currency_goes_through_clearing():
    found = postings(payouts=[payout(1, 31500, came_on=LATER, came=1000, bank="USD")])

    assert found == {
        ("payout:1", "in_transit", "receivable", 31500),
        ("arrival:1", "fx_clearing", "in_transit", 31500),
        ("arrival:1", "bank:b4:USD", "fx_clearing:USD", 1000),
    }


def test_a_payout_that_differs_from_its_lines_and_again_in_the_bank():
    found = balances(lines=[line(1, "adjustment", 800)], payouts=[payout(1, 800, said=790, said_on=DAY, came_on=LATER, came=785)])

    assert found == {"adjustments": -800, "suspense_payouts": 10, "suspense_bank": 5, "bank:b4": 785}


def test_a_dispute_holds_money_and_loses_what_does_not_come_back():
    runs = {"lines": [line(1, "dispute", -300, fee=-15)], "dispute_lines": [(1, 8, "taken")]}
    assert balances(**runs) == {"disputes_held": 300, "dispute_fees": 15, "receivable": -315}

    ended = runs | {"disputes": [(8, "TWD", 100, date(2026, 11, 3))]}
    assert balances(**ended) == {"disputes_held": 100, "disputes_lost": 200, "dispute_fees": 15, "receivable": -315}

    back = ended | {"lines": [*runs["lines"], line(2, "dispute_reversal", 100)], "dispute_lines": [(1, 8, "taken"), (2, 8, "returned")]}
    assert balances(**back) == {"disputes_lost": 200, "dispute_fees": 15, "receivable": -215}


def test_a_won_dispute_loses_nothing_while_the_money_is_on_its_way():
    found = balances(lines=[line(1, "dispute", -300)], dispute_lines=[(1, 8, "taken")], disputes=[(8, "TWD", 300, LATER)])

    assert found == {"disputes_held": 300, "receivable": -300}


def test_a_refund_by_our_own_bank_never_touches_the_channel():
    assert balances(transfers=[(1, "TWD", 250, DAY, 4)]) == {"refunds": 250, "bank:b4": -250}


DIFFERENCES = {
    "missing_at_provider": ({"payments": [payment(1, 700)]}, ("payment", 1), "unlisted", 700),
    "missing_in_books": ({"lines": [line(1, "payment", 90)]}, ("line", 1), "suspense_payments", -90),
    "amount_mismatch": (
        {"payments": [payment(1, 1000)], "lines": [line(1, "payment", 900)], "matches": [(1, 1, None)]},
        ("payment", 1),
        "suspense_payments",
        100,
    ),
    "status_mismatch": ({"lines": [line(1, "payment", 90)], "matches": [(1, 1, None)]}, ("payment", 1), "suspense_payments", -90),
    "refund_missing_at_provider": ({"refunds": [(1, "TWD", 80, DAY)]}, ("refund", 1), "refunds_unlisted", -80),
    "refund_missing_in_books": ({"lines": [line(1, "refund", -60)]}, ("line", 1), "suspense_refunds", 60),
    "dispute_missing_in_books": ({"lines": [line(1, "dispute", -60)]}, ("line", 1), "suspense_disputes", 60),
    "payout_amount_mismatch": ({"payouts": [payout(1, 800, said=790, said_on=DAY)]}, ("payout", 1), "suspense_payouts", 10),
    "payout_missing_in_bank": ({"payouts": [payout(1, 800, said=800, said_on=DAY)]}, ("payout", 1), "in_transit", 800),
    "bank_amount_mismatch": ({"payouts": [payout(1, 800, came_on=DAY, came=785)]}, ("payout", 1), "suspense_bank", 15),
    "unexpected_bank_line": ({"deposits": [(1, "TWD", 40, DAY, 4)]}, ("bank_line", 1), "suspense_deposits", -40),
}


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_giving_a_difference_up_or_claiming_it_moves_what_stands_open(kind):
    known, subject, account, stands = DIFFERENCES[kind]
    before = balances(**known)
    assert before[account] == stands

    given_up = balances(**known, decisions=[decision(1, kind, subject)])
    claimed = balances(**known, decisions=[decision(1, kind, subject, how="claimed")])
    explained = balances(**known, decisions=[decision(1, kind, subject, how="explained")])

    rest = {name: amount for name, amount in before.items() if name != account}
    assert given_up == rest | {f"written_off:{kind}": stands}
    assert claimed == rest | {"claims": stands}
    assert explained == before


def test_a_fee_that_is_too_high_leaves_the_fees_when_it_is_claimed():
    known = {"lines": [line(1, "fee", -47)], "decisions": [decision(1, "fee_mismatch", ("payment", 1), how="claimed", difference=-12)]}

    assert balances(**known) == {"receivable": -47, "fees": 35, "claims": 12}


def test_a_difference_that_went_away_has_nothing_left_to_give_up():
    written_off = [decision(1, "missing_at_provider", ("payment", 1))]
    found = balances(payments=[payment(1, 700)], lines=[line(1, "payment", 700)], matches=[(1, 1, None)], decisions=written_off)

    assert found == {"sales": -700, "receivable": 700}


def test_two_decisions_about_one_subject_give_it_up_once():
    both = [
        decision(1, "missing_at_provider", ("payment", 1)),
        decision(2, "amount_mismatch", ("payment", 1), how="claimed", day=date(2026, 10, 13)),
    ]

    assert balances(payments=[payment(1, 700)], decisions=both) == {"sales": -700, "written_off:missing_at_provider": 700}


# One pair a kind: what is known, what was accepted of it, and what then stands open no more.
PAIR = {"payments": [payment(1, 1000)], "matches": [(1, 1, None)]}


def accepted(kind: str, difference: int, *, subject: str = "payment") -> dict:
    return {"accepted": [(kind, subject, 1, "TWD", difference, DAY)]}


def test_a_difference_within_tolerance_is_booked_to_its_reason():
    short = PAIR | {"lines": [line(1, "payment", 999)]}
    assert balances(**short, **accepted("amount_mismatch", -1)) == {"sales": -1000, "receivable": 999, "tolerance:amount_mismatch": 1}

    more = PAIR | {"lines": [line(1, "payment", 1002)]}
    assert balances(**more, **accepted("amount_mismatch", 2)) == {"sales": -1000, "receivable": 1002, "tolerance:amount_mismatch": -2}

    refund = {"refunds": [(1, "TWD", 80, DAY)], "lines": [line(1, "refund", -81)], "matches": [(1, None, 1)]}
    found = balances(**refund, **accepted("refund_amount_mismatch", -1, subject="refund"))
    assert found == {"refunds": 80, "receivable": -81, "tolerance:refund_amount_mismatch": 1}


def test_fees_are_what_was_agreed_when_the_rest_is_within_tolerance():
    found = balances(**PAIR, lines=[line(1, "payment", 1000, fee=-29)], **accepted("fee_mismatch", -1))

    assert found == {"sales": -1000, "receivable": 971, "fees": 28, "tolerance:fee_mismatch": 1}


def test_a_decision_about_the_same_pair_goes_before_the_tolerance():
    known = PAIR | {"lines": [line(1, "payment", 990)]} | accepted("amount_mismatch", -10)
    found = balances(**known, decisions=[decision(1, "amount_mismatch", ("payment", 1), how="claimed")])

    assert found == {"sales": -1000, "receivable": 990, "claims": 10}


def test_an_undone_pair_has_nothing_to_accept():
    found = balances(payments=[payment(1, 1000)], lines=[line(1, "payment", 999)], **accepted("amount_mismatch", -1))

    assert found == {"sales": -1000, "unlisted": 1000, "receivable": 999, "suspense_payments": -999}


def test_a_pair_at_its_booked_rate_goes_through_clearing_and_leaves_nothing_open():
    dollars = {"payments": [payment(1, 1000, currency="USD")], "lines": [line(1, "payment", 31500)], "matches": [(1, 1, None)]}
    assert balances(**dollars) == {"sales:USD": -1000, "fx_clearing:USD": 1000, "receivable": 31500, "fx_clearing": -31500}

    off = balances(**dollars, **accepted("fx_variance", 20))
    assert off == {"sales:USD": -1000, "fx_clearing:USD": 1000, "receivable": 31500, "fx_clearing": -31480, "fx_result": -20}


def test_a_refund_at_its_booked_rate_goes_through_clearing():
    known = {"refunds": [(1, "USD", 100, DAY)], "lines": [line(1, "refund", -3150)], "matches": [(1, None, 1)]}
    found = balances(**known, **accepted("refund_amount_mismatch", -5, subject="refund"))

    assert found == {"refunds:USD": 100, "fx_clearing:USD": -100, "receivable": -3150, "fx_clearing": 3145, "fx_result": 5}


def test_no_fact_is_no_entry():
    assert facts().is_empty
    assert postings() == set()


def test_keys_of_accounts_can_be_read_again():
    for key in (
        AccountKey(Code.BANK, "TWD", bank_account_id=3),
        AccountKey(Code.BANK, "TWD"),
        AccountKey(Code.FEES, "USD", channel_id=12),
        AccountKey(Code.WRITTEN_OFF, "JPY", channel_id=12, about="bank_amount_mismatch"),
    ):
        assert AccountKey.parse(str(key)) == key
    assert str(AccountKey(Code.WRITTEN_OFF, "JPY", channel_id=12, about="fee_mismatch")) == "written_off:c12:fee_mismatch:JPY"


def test_words_of_the_database_are_those_of_the_derivation():
    assert AccountCode.values == [code.value for code in Code]
    assert set(TYPES) == set(Code)
    assert max(len(source) for source in Source.values) <= 10


def test_every_kind_of_line_is_the_same_term_in_the_journal_and_in_the_certificate():
    """A kind that is new has to be told to both; `check_books` would otherwise find them apart."""
    terms = {
        Code.UNLISTED: "sales",
        Code.REFUNDS_UNLISTED: "refunds",
        Code.DISPUTES_HELD: "disputes",
        Code.FEES: "fees",
        Code.DISPUTE_FEES: "fees",
        Code.RESERVE_HELD: "reserves",
        Code.FX_CLEARING: "adjustments",
        Code.ADJUSTMENTS: "adjustments",
    }
    for kind in set(LineKind) - {LineKind.PAYOUT}:
        assert terms[COUNTER.get(kind.value, Code.ADJUSTMENTS)] == GROSS_TERM.get(kind, "adjustments"), kind

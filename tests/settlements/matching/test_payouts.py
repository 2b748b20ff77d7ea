"""Lines into payouts, payouts against the bank."""

from datetime import date

import polars as pl

from apps.settlements.matching.bank import bank_faults
from apps.settlements.matching.payouts import announced_otherwise, form_payouts
from apps.settlements.matching.ties import tie_to_bank
from tests.settlements.matching import build as b

TERMS = b.terms()
DUE = date(2026, 9, 2)
LATER = date(2026, 9, 9)


def formed(*rows, terms=TERMS, lists=()):
    made = form_payouts(b.lines(*rows), terms, pl.Series([*lists], dtype=pl.Int64))
    return made.with_columns(pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias("id"), pl.lit(1).cast(pl.Int64).alias("channel_id"))


def tied(payouts, bank):
    return sorted(tie_to_bank(payouts, bank, [TERMS]).select("payout_id", "bank_line_id", "rule").rows())


def told(payouts, bank, as_of=LATER, known=LATER):
    ties = tie_to_bank(payouts, bank, [TERMS])
    return b.told(bank_faults(payouts, ties, bank, [TERMS], {9: known} if known else {}, as_of))


def test_unnamed_lines_of_one_bank_date_are_one_payout_and_every_movement_counts():
    payouts = formed(
        {"gross": 10000},
        {"kind": "refund", "gross": -4000},
        {"kind": "fee", "gross": -50},
        {"day": date(2026, 9, 4)},
        {"day": date(2026, 9, 5)},
        {"gross": 0, "fee": 0},
    )

    assert payouts.select("ref", "due_on", "covers_from", "covers_to", "lines_net", "line_count", "is_named").rows() == [
        ("2026-09-02", DUE, b.DAY, b.DAY, 9800 - 4000 - 50, 4, False),
        ("2026-09-07", date(2026, 9, 7), date(2026, 9, 4), date(2026, 9, 5), 19600, 2, False),
    ]


def test_named_lines_follow_their_reference_and_the_provider_may_announce_otherwise():
    terms = b.terms(statements="per_payout")
    payouts = formed(
        {"po": "po_1", "po_on": DUE},
        {"po": "po_1", "po_on": DUE, "kind": "payout", "gross": -9700, "fee": 0},
        {"ref": "not paid out yet"},
        terms=terms,
    )

    assert payouts.select("ref", "lines_net", "announced", "line_count").rows() == [("po_1", 9800, 9700, 1)]
    assert b.told(announced_otherwise(payouts)) == [("payout_amount_mismatch", "1", 9800, 9700)]


def test_a_list_of_payouts_announces_the_only_payout_of_its_day_named_or_not():
    listed = {"kind": "payout", "fee": 0, "statement_id": 2}
    payouts = formed(
        {"po": "po_1", "po_on": DUE},
        {"po_on": LATER},
        {**listed, "gross": -9800, "po_on": DUE},
        {**listed, "gross": 9700, "po_on": LATER},  # some sign it the other way
        {**listed, "gross": -1, "po_on": date(2026, 9, 20)},
        terms=b.terms(statements="per_payout"),
        lists=[2],
    )

    assert payouts.select("ref", "lines_net", "announced").rows() == [("po_1", 9800, 9800), ("2026-09-09", 9800, 9700)]
    assert b.told(announced_otherwise(payouts)) == [("payout_amount_mismatch", "2", 9800, 9700)]


def test_a_list_of_payouts_says_nothing_of_two_payouts_in_a_day_and_less_than_the_payout_s_own_row():
    listed = {"kind": "payout", "fee": 0, "gross": -9700, "statement_id": 2}
    terms = b.terms(statements="per_payout")
    two = formed({"po": "po_1", "po_on": DUE}, {"po": "po_2", "po_on": DUE}, {**listed, "po_on": DUE}, terms=terms, lists=[2])
    own = formed(
        {"po": "po_1", "po_on": DUE}, {**listed, "po": "po_1", "po_on": DUE, "gross": -9800}, {**listed, "po_on": DUE}, terms=terms
    )

    assert two["announced"].to_list() == [None, None]
    assert own["announced"].to_list() == [9800]


def test_a_payout_row_without_a_reference_in_a_list_of_trades_announces_nothing():
    payouts = formed({"gross": 10000, "po_on": DUE}, {"kind": "payout", "fee": 0, "gross": -5000, "po_on": DUE}, lists=[2])

    assert payouts["announced"].to_list() == [None]


def test_a_payout_is_known_by_its_reference_in_the_memo_whatever_the_amount():
    payouts = formed({"po": "po_1Qx", "po_on": DUE})
    bank = b.bank({"amount": 9000, "memo": "STRIPE /REF/PO_1QX"}, {"amount": 9800, "memo": "someone else"})

    assert tied(payouts, bank) == [(1, 501, "payout_ref")]
    assert told(payouts, bank) == [("bank_amount_mismatch", "1", 9800, 9000)]


def test_equal_amount_on_the_day_or_an_open_day_later_is_the_payout():
    payouts = formed({"gross": 10000}, {"gross": 10000, "day": date(2026, 9, 2)})
    bank = b.bank({"amount": 9800, "on": date(2026, 9, 3)}, {"amount": 9800, "on": date(2026, 9, 4)})

    assert tied(payouts, bank) == [(1, 502, "due_amount"), (2, 501, "due_amount")]
    assert told(payouts, bank) == []


def test_another_amount_is_taken_when_the_memo_writes_out_the_day():
    payouts = formed({"gross": 6000})
    bank = b.bank({"amount": 55, "memo": "ACME 20260902"})

    assert told(payouts, bank) == [("bank_amount_mismatch", "1", 5880, 55)]


def test_a_near_amount_on_the_day_is_taken_only_when_it_is_alone():
    payouts = formed({})
    near, far = {"amount": 9700}, {"amount": 100}

    assert told(payouts, b.bank(near)) == [("bank_amount_mismatch", "1", 9800, 9700)]
    assert told(payouts, b.bank(far)) == [("payout_missing_in_bank", "1", 9800, 0), ("unexpected_bank_line", "501", 0, 100)]


def test_missing_only_after_grace_and_only_when_the_bank_statement_is_in():
    payouts = formed({})

    assert told(payouts, b.bank(), as_of=date(2026, 9, 3)) == []
    assert told(payouts, b.bank(), known=date(2026, 9, 1)) == []
    assert told(payouts, b.bank(), known=None) == []
    assert told(payouts, b.bank()) == [("payout_missing_in_bank", "1", 9800, 0)]


def test_only_credits_that_name_the_channel_are_unexpected():
    bank = b.bank({"amount": 500}, {"amount": -500}, {"amount": 700, "memo": "rent"}, {"amount": 300, "account": 8})

    assert told(formed(), bank) == [("unexpected_bank_line", "501", 0, 500)]


def test_a_payout_of_zero_needs_no_bank_line_and_a_negative_one_is_a_debit():
    payouts = formed({"kind": "refund", "gross": -4000}, {"day": date(2026, 9, 2), "gross": 100, "fee": -100})
    bank = b.bank({"amount": -4000})

    assert tied(payouts, bank) == [(1, 501, "due_amount")]
    assert told(payouts, bank) == []


def test_equal_deposits_on_one_day_are_twins_and_pair_off_once():
    payouts = formed({})
    bank = b.bank({"amount": 9800}, {"amount": 9800})

    assert told(payouts, bank) == [("unexpected_bank_line", "502", 0, 9800)]


def test_a_near_amount_with_a_reference_of_its_own_is_another_matter():
    payouts = formed({})
    bank = b.bank({"amount": 9700, "memo": "ACME adjustment ACMADJ3082668331"})

    assert told(payouts, bank) == [("payout_missing_in_bank", "1", 9800, 0), ("unexpected_bank_line", "501", 0, 9700)]

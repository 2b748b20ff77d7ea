"""Reconciliation of one channel, rule by rule, on hand-made frames with exact results."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.channels.calendar import Settlement
from apps.settlements.matching.comparing import paid_twice
from apps.settlements.matching.engine import reconcile_channel
from apps.settlements.matching.keys import with_captured
from tests.settlements.matching import build as b

LATER = date(2026, 9, 11)


def run(pay, back, rows, as_of=LATER, posted=None, rules=None, **hands):
    return reconcile_channel(b.books(pay, back, rows, posted, **hands), rules or b.terms(), as_of)


def test_pairs_by_provider_reference_before_merchant_reference():
    pay = b.payments({"ref": "A", "pref": "p-1"}, {"ref": "B", "pref": "p-2"})
    rows = b.lines({"ref": "B", "pref": "P-1 "}, {"ref": "A", "pref": "=p-2"})

    found = run(pay, b.refunds(), rows)

    assert b.linked(found.matches) == [(101, 1, None, "provider_ref", 10000), (102, 2, None, "provider_ref", 10000)]
    assert b.told(found.faults) == []


def test_compares_references_without_case_blanks_quotes_and_keeps_the_rest_apart():
    pay = b.payments({"ref": "qt-1"}, {"ref": "QT-11"}, {"ref": "QT-1-2"})
    rows = b.lines({"ref": "`QT-1\t"}, {"ref": " 'qt-11"}, {"ref": '="QT-1-2"'})

    found = run(pay, b.refunds(), rows)

    assert b.linked(found.matches) == [
        (101, 1, None, "merchant_ref", 10000),
        (102, 2, None, "merchant_ref", 10000),
        (103, 3, None, "merchant_ref", 10000),
    ]


def test_equal_twins_pair_off_one_to_one():
    pay = b.payments({"ref": "A"}, {"ref": "B"})
    rows = b.lines({"ref": "A"}, {"ref": "B"})

    assert run(pay, b.refunds(), rows).faults.is_empty()


def test_line_without_merchant_reference_takes_the_only_payment_of_its_amount_that_day():
    pay = b.payments({"ref": "A"}, {"ref": "B", "amount": 5000})
    rows = b.lines({"at": b.NOON + timedelta(hours=2)}, {"ref": "B", "gross": 5000})

    assert b.linked(run(pay, b.refunds(), rows).matches) == [(101, 1, None, "amount_time", 10000), (102, 2, None, "merchant_ref", 5000)]


def test_equally_good_candidates_are_ambiguous_and_never_first_come():
    pay = b.payments({"ref": "A"}, {"ref": "B"})

    found = run(pay, b.refunds(), b.lines({}), as_of=b.DAY)

    assert b.linked(found.matches) == []
    assert b.told(found.faults) == [("ambiguous_match", "101", 0, 10000)]


def test_an_amount_never_overrules_a_reference_that_contradicts():
    pay = b.payments({"ref": "A", "pref": "p-1"})

    found = run(pay, b.refunds(), b.lines({"ref": "Z", "pref": "p-9"}), as_of=b.DAY)

    assert b.told(found.faults) == [("missing_in_books", "101", 0, 10000)]


def test_several_captures_that_add_up_are_one_payment():
    pay = b.payments({"ref": "A", "pref": "p-1"})
    rows = b.lines({"pref": "p-1", "gross": 6000}, {"pref": "p-1", "gross": 4000, "at": b.NOON + timedelta(hours=1)})

    found = run(pay, b.refunds(), rows)

    assert b.linked(found.matches) == [(101, 1, None, "group_sum", 6000), (102, 1, None, "group_sum", 4000)]
    assert b.told(found.faults) == []


def test_one_line_for_two_payments_of_an_order_is_shared_out():
    pay = b.payments({"ref": "A-1", "order": "A", "amount": 6000}, {"ref": "A-2", "order": "A", "amount": 4000})

    found = run(pay, b.refunds(), b.lines({"ref": "A"}))

    assert b.linked(found.matches) == [(101, 1, None, "group_sum", 6000), (101, 2, None, "group_sum", 4000)]
    assert b.told(found.faults) == []


def test_the_same_provider_number_again_is_a_duplicate_line_once():
    pay = b.payments({"ref": "A", "pref": "p-1"})
    rows = b.lines({"pref": "p-1", "ref": "A"}, {"pref": "p-1", "ref": "A", "at": b.NOON + timedelta(seconds=1)})

    assert b.told(run(pay, b.refunds(), rows).faults) == [("duplicate_line", "102", 0, 10000)]


def test_duplicate_of_an_unknown_payment_is_not_also_missing_in_books():
    rows = b.lines({"pref": "p-1"}, {"pref": "p-1", "hash": 101, "ordinal": 1})

    assert b.told(run(b.payments(), b.refunds(), rows).faults) == [
        ("duplicate_line", "102", 0, 10000),
        ("missing_in_books", "101", 0, 10000),
    ]


def test_of_two_lines_of_one_moment_the_one_that_is_paid_out_later_is_the_repeat():
    pay, on_time = b.payments({"ref": "A", "pref": "p-1"}), {"pref": "p-1", "po_on": date(2026, 9, 2), "line_ref": "txn_2"}
    rows = b.lines({**on_time, "po_on": date(2026, 9, 9), "line_ref": "txn_1"}, on_time)

    assert b.told(run(pay, b.refunds(), rows).faults) == [("duplicate_line", "101", 0, 10000)]


def test_all_faults_of_a_row_are_told():
    pay = b.payments({"ref": "A", "state": "pending", "paid_at": None})
    rows = b.lines({"ref": "A", "gross": 20000, "fee": -900, "po_on": date(2026, 9, 9)})

    assert b.told(run(pay, b.refunds(), rows).faults) == [
        ("amount_mismatch", "1", 10000, 20000),
        ("fee_mismatch", "1", -400, -900),
        ("late_settlement", "1", 20000, 20000),
        ("status_mismatch", "1", 0, 20000),
    ]


@pytest.mark.parametrize(("fee", "faults"), [(-201, 0), (-199, 0), (-202, 1), (-198, 1)])
def test_fee_tolerance_is_inclusive(fee, faults):
    found = run(b.payments({"ref": "A"}), b.refunds(), b.lines({"ref": "A", "fee": fee}))

    assert found.faults.height == faults


def test_another_currency_is_told_alone():
    pay = b.payments({"ref": "A", "currency": "USD", "amount": 9000})

    assert b.told(run(pay, b.refunds(), b.lines({"ref": "A", "fee": -999})).faults) == [("currency_mismatch", "1", 9000, 10000)]


def test_a_line_that_moves_no_money_is_set_aside():
    assert run(b.payments(), b.refunds(), b.lines({"ref": "A", "gross": 0, "fee": 0})).faults.is_empty()


def test_missing_only_after_grace_and_only_when_its_statement_is_in():
    pay = b.payments({"ref": "A"})  # Tuesday 1st: statement due the 2nd, grace the 3rd, a fact from the 4th

    early = run(pay, b.refunds(), b.lines(), as_of=date(2026, 9, 3))
    late = run(pay, b.refunds(), b.lines(), as_of=date(2026, 9, 4), posted=b.statements(days=3))

    assert b.told(early.faults) == []
    assert b.told(late.faults) == [("missing_at_provider", "1", 10000, 0)]


def test_a_missing_statement_is_told_instead_of_its_payments():
    pay = b.payments({"ref": "A", "paid_at": datetime(2026, 9, 2, 12, tzinfo=UTC)})
    posted = b.statements(without=(date(2026, 9, 2),))

    assert b.told(run(pay, b.refunds(), b.lines(), posted=posted).faults) == [("statement_gap", "2026-09-02", 0, 0)]


def test_a_closed_day_without_a_file_is_no_gap():
    posted = b.statements(without=(date(2026, 9, 5), date(2026, 9, 6)))

    assert run(b.payments(), b.refunds(), b.lines(), posted=posted).faults.is_empty()


def test_every_missing_day_between_statements_is_a_gap_and_the_first_after_the_last():
    days = b.statements(days=1).vstack(b.statements(date(2026, 9, 7), 1))  # Tuesday 1st and Monday 7th

    found = run(b.payments(), b.refunds(), b.lines(), posted=days, as_of=date(2026, 9, 30))

    assert [key for _, key, _, _ in b.told(found.faults)] == ["2026-09-02", "2026-09-03", "2026-09-04", "2026-09-08"]


SATURDAY, SUNDAY = datetime(2026, 9, 5, 12, tzinfo=UTC), datetime(2026, 9, 6, 12, tzinfo=UTC)


def test_a_single_line_that_a_closed_day_without_a_file_lacks_is_missing_and_several_are_a_gap():
    posted = b.statements(without=(date(2026, 9, 5), date(2026, 9, 6)))
    pay = b.payments({"ref": "A", "paid_at": SATURDAY}, {"ref": "B", "paid_at": SUNDAY}, {"ref": "C", "paid_at": SUNDAY})

    found = run(pay, b.refunds(), b.lines(), posted=posted)
    unknown = run(pay, b.refunds(), b.lines(), posted=b.statements(days=4))  # nothing later is in: the weekend may still come

    assert b.told(found.faults) == [("missing_at_provider", "1", 10000, 0), ("statement_gap", "2026-09-06", 0, 0)]
    assert ("missing_at_provider", "1", 10000, 0) not in b.told(unknown.faults)


def test_the_day_before_the_first_statement_is_a_gap_only_when_the_books_wait_for_it():
    monday = b.statements(date(2026, 9, 7), 5)
    friday, earlier = datetime(2026, 9, 4, 12, tzinfo=UTC), datetime(2026, 9, 1, 12, tzinfo=UTC)

    both = b.payments({"ref": "A", "paid_at": friday}, {"ref": "B", "paid_at": earlier})

    assert b.told(run(both, b.refunds(), b.lines(), posted=monday).faults) == [("statement_gap", "2026-09-04", 0, 0)]
    assert run(b.payments({"ref": "B", "paid_at": earlier}), b.refunds(), b.lines(), posted=monday).faults.is_empty()


@pytest.mark.parametrize("state", ["pending", "authorized", "failed", "expired", "cancelled"])
def test_uncaptured_payments_expect_nothing(state):
    assert run(b.payments({"ref": "A", "state": state, "paid_at": None}), b.refunds(), b.lines()).faults.is_empty()


def test_per_payout_channel_misses_a_payment_once_its_payout_is_reported():
    rules = b.terms(statements="per_payout", settlement=Settlement.parse("T+2"))
    pay = b.payments({"ref": "A"}, {"ref": "B"})
    rows = b.lines({"ref": "B", "po": "po_1", "po_on": date(2026, 9, 3)})
    file = b.statements(date(2026, 9, 3), 1)

    assert b.told(run(pay, b.refunds(), rows, as_of=date(2026, 9, 4), posted=file, rules=rules).faults) == []
    assert b.told(run(pay, b.refunds(), rows, as_of=date(2026, 9, 7), posted=file, rules=rules).faults) == [
        ("missing_at_provider", "1", 10000, 0)
    ]


def test_refunds_pair_by_number_then_under_their_payment_equal_amount_first():
    pay = b.payments({"ref": "A", "pref": "p-1"}, {"ref": "B", "pref": "p-2"})
    back = b.refunds({"payment": 1, "no": "R1"}, {"payment": 2, "no": "R2", "amount": 1000}, {"payment": 2, "no": "R3", "amount": 3000})
    sold = ({"pref": "p-1"}, {"pref": "p-2"})
    rows = b.lines(
        *sold,
        {"kind": "refund", "gross": -4000, "no": "r1"},
        {"kind": "refund", "gross": -3000, "pref": "p-2"},
        {"kind": "refund", "gross": -900, "pref": "p-2"},
    )

    found = run(pay, back, rows)

    assert b.linked(found.matches.filter(pl.col("refund_id").is_not_null())) == [
        (103, None, 1, "refund_ref", -4000),
        (104, None, 3, "payment_amount", -3000),
        (105, None, 2, "payment_time", -900),
    ]
    assert b.told(found.faults) == [("refund_amount_mismatch", "2", -1000, -900)]


def test_refund_with_a_number_of_its_own_is_never_forced_onto_ours():
    pay = b.payments({"ref": "A", "pref": "p-1"})
    back = b.refunds({"payment": 1, "no": "R1"})
    rows = b.lines({"pref": "p-1"}, {"kind": "refund", "gross": -4000, "pref": "p-1", "no": "CONSOLE-1"})

    assert b.told(run(pay, back, rows).faults) == [
        ("refund_missing_at_provider", "1", -4000, 0),
        ("refund_missing_in_books", "102", 0, -4000),
    ]


@pytest.mark.parametrize("state", ["requested", "rejected", "withdrawn", "failed"])
def test_a_refund_that_did_not_succeed_expects_nothing(state):
    pay, back = b.payments({"ref": "A"}), b.refunds({"payment": 1, "state": state, "refunded_at": None})

    assert run(pay, back, b.lines({"ref": "A"})).faults.is_empty()


def test_every_chargeback_is_told():
    rows = b.lines({"kind": "dispute", "gross": -10000, "pref": "p-1", "fee": -1500})

    assert b.told(run(b.payments(), b.refunds(), rows).faults) == [("dispute_missing_in_books", "101", 0, -10000)]


def test_a_match_by_hand_stands_and_an_undone_one_stays_undone():
    pay = b.payments({"ref": "A"}, {"ref": "B", "amount": 500})
    rows = b.lines({"ref": "A"}, {"ref": "Z", "gross": 500})

    found = run(pay, b.refunds(), rows, made_by_hand=b.links((102, 2, None)), undone_by_hand=b.links((101, 1, None)), as_of=b.DAY)

    assert b.linked(found.matches) == [(102, 2, None, "manual", 500)]
    assert b.told(found.faults) == [("missing_in_books", "101", 0, 10000)]


def test_each_further_full_payment_of_an_order_is_a_duplicate_payment():
    later = b.NOON + timedelta(minutes=5)
    pay = b.payments(
        {"order_id": 7, "paid_at": later},
        {"order_id": 7},
        {"order_id": 7, "paid_at": later + timedelta(hours=1)},
        {"order_id": 8, "amount": 500, "order_total": 1000},
        {"order_id": 8, "amount": 500, "order_total": 1000},
        {"order_id": 9, "state": "failed"},
        {"order_id": 9},
    )

    assert b.told(paid_twice(with_captured(pay))) == [("duplicate_payment", "1", 0, 10000), ("duplicate_payment", "3", 0, 10000)]


@settings(max_examples=60, deadline=None)
@given(st.permutations(range(6)), st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(line_order, payment_order):
    pay = b.payments({"ref": "A"}, {"ref": "B"}, {"ref": "C", "amount": 5}, {"ref": "D"}, {"ref": "E"}, {"ref": "F", "state": "failed"})
    rows = b.lines(
        {"ref": "A"}, {"ref": "A", "at": b.NOON + timedelta(hours=1)}, {"pref": "x"}, {"pref": "x"}, {"gross": 5}, {"ref": "D", "fee": -7}
    )

    plain = run(pay, b.refunds(), rows)
    mixed = run(pay[list(payment_order)], b.refunds(), rows[list(line_order)])

    assert b.linked(mixed.matches) == b.linked(plain.matches)
    assert b.told(mixed.faults) == b.told(plain.faults)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=6, max_size=6), st.permutations(range(6)))
def test_any_split_of_the_rows_over_files_changes_nothing(files, order):
    pay = b.payments({"ref": "A"}, {"ref": "B"}, {"ref": "C", "amount": 5}, {"ref": "D"}, {"ref": "E"}, {"ref": "F", "state": "failed"})
    rows = b.lines(
        {"ref": "A"}, {"ref": "A", "at": b.NOON + timedelta(hours=1)}, {"pref": "x"}, {"pref": "x"}, {"gross": 5}, {"ref": "D", "fee": -7}
    )
    several = pl.concat([b.statements(), *(b.statements(days=1).with_columns(pl.lit(100 + n).cast(pl.Int64).alias("id")) for n in files)])

    plain = run(pay, b.refunds(), rows)
    split = run(pay, b.refunds(), rows.with_columns(pl.Series("statement_id", files))[list(order)], posted=several)

    assert b.linked(split.matches) == b.linked(plain.matches)
    assert b.told(split.faults) == b.told(plain.faults)
    assert split.payouts.equals(plain.payouts)

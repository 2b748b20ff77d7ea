"""Several payouts in one deposit, one payout in several, money that came back: what is proved is tied, the rest is left to people."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.settlements.matching.bank import bank_faults
from apps.settlements.matching.payouts import announced_otherwise, form_payouts
from apps.settlements.matching.sums import POOL, only_subset, shares
from apps.settlements.matching.ties import tie_to_bank
from tests.settlements.matching import build as b

SEPTEMBER = {day: date(2026, 9, day) for day in range(1, 31)}
LATER = SEPTEMBER[30]
NONE: list = []


def tied(payouts, bank, terms=None, undone=None):
    found = tie_to_bank(payouts, bank, terms or [b.terms()], undone)
    return sorted(found.select("payout_id", "bank_line_id", "amount", "slot", "line_slot", "rule").rows())


def told(payouts, bank, terms=None, as_of=LATER):
    terms = terms or [b.terms()]
    return b.told(bank_faults(payouts, tie_to_bank(payouts, bank, terms), bank, terms, {9: LATER}, as_of))


CASES = {
    "two references in one memo": (
        [{"net": 9800, "ref": "po_1Qx01"}, {"net": 4900, "ref": "po_1Qx02"}],
        [{"amount": 14700, "memo": "ACME po_1Qx01 po_1Qx02"}],
        [(1, 501, 9800, 0, 0, "payout_ref"), (2, 501, 4900, 0, 1, "payout_ref")],
        NONE,
    ),
    "two references, and the bank kept something: one fault, of the largest": (
        [{"net": 9800, "ref": "po_1Qx01"}, {"net": 4900, "ref": "po_1Qx02"}],
        [{"amount": 14500, "memo": "ACME po_1Qx01 po_1Qx02"}],
        [(1, 501, 9600, 0, 0, "payout_ref"), (2, 501, 4900, 0, 1, "payout_ref")],
        [("bank_amount_mismatch", "1", 9800, 9600)],
    ),
    "a second reference is only mentioned": (
        [{"net": 9800, "ref": "po_1Qx01"}, {"net": 4900, "ref": "po_1Qx02"}],
        [{"amount": 4900, "memo": "ACME po_1Qx02 after po_1Qx01"}, {"amount": 9800, "memo": "ACME po_1Qx01"}],
        [(1, 502, 9800, 0, 0, "payout_ref"), (2, 501, 4900, 0, 0, "payout_ref")],
        NONE,
    ),
    "one payout in two deposits that name it": (
        [{"net": 9800, "ref": "po_1Qx01"}],
        [{"amount": 9000, "memo": "po_1Qx01 1/2"}, {"amount": 800, "memo": "po_1Qx01 2/2", "on": SEPTEMBER[4]}],
        [(1, 501, 9000, 0, 0, "payout_ref"), (1, 502, 800, 1, 0, "payout_ref")],
        NONE,
    ),
    "the first of two deposits alone is another amount": (
        [{"net": 9800, "ref": "po_1Qx01"}],
        [{"amount": 9000, "memo": "po_1Qx01 1/2"}],
        [(1, 501, 9000, 0, 0, "payout_ref")],
        [("bank_amount_mismatch", "1", 9800, 9000)],
    ),
    "a payout that the bank booked twice: the second is unexplained": (
        [{"net": 9800, "ref": "po_1Qx01"}],
        [{"amount": 9800, "memo": "ACME po_1Qx01"}, {"amount": 9800, "memo": "ACME po_1Qx01", "on": SEPTEMBER[3]}],
        [(1, 501, 9800, 0, 0, "payout_ref")],
        [("unexpected_bank_line", "502", 0, 9800)],
    ),
    "one reference, and the rest is the only other payout that adds up": (
        [{"net": 9800, "ref": "po_1Qx01"}, {"net": 4900, "ref": "po_1Qx02"}],
        [{"amount": 14700, "memo": "ACME po_1Qx01"}],
        [(1, 501, 9800, 0, 0, "payout_sum"), (2, 501, 4900, 0, 1, "payout_sum")],
        NONE,
    ),
    "three days in one deposit": (
        [{"net": 100, "due": SEPTEMBER[2]}, {"net": 250, "due": SEPTEMBER[3]}, {"net": 330, "due": SEPTEMBER[4]}],
        [{"amount": 680, "on": SEPTEMBER[4]}],
        [(1, 501, 100, 0, 0, "payout_sum"), (2, 501, 250, 0, 1, "payout_sum"), (3, 501, 330, 0, 2, "payout_sum")],
        NONE,
    ),
    "a negative balance is carried over and set off": (
        [{"net": -4000, "due": SEPTEMBER[2]}, {"net": 9800, "due": SEPTEMBER[3]}],
        [{"amount": 5800, "on": SEPTEMBER[3]}],
        [(1, 501, -4000, 0, 0, "payout_sum"), (2, 501, 9800, 0, 1, "payout_sum")],
        NONE,
    ),
    "two ways to add up prove nothing": (
        [{"net": 100}, {"net": 200, "due": SEPTEMBER[3]}, {"net": 100, "due": SEPTEMBER[4]}],
        [{"amount": 300, "on": SEPTEMBER[4]}],
        NONE,
        [
            ("payout_missing_in_bank", "1", 100, 0), ("payout_missing_in_bank", "2", 200, 0), ("payout_missing_in_bank", "3", 100, 0),
            ("unexpected_bank_line", "501", 0, 300),
        ],
    ),
    "two deposits that the same payouts add up to prove nothing": (
        [{"net": 100}, {"net": 200, "due": SEPTEMBER[3]}],
        [{"amount": 300, "on": SEPTEMBER[3]}, {"amount": 300, "on": SEPTEMBER[4]}],
        NONE,
        [
            ("payout_missing_in_bank", "1", 100, 0), ("payout_missing_in_bank", "2", 200, 0),
            ("unexpected_bank_line", "501", 0, 300), ("unexpected_bank_line", "502", 0, 300),
        ],
    ),
    "too long ago to be in this deposit": (
        [{"net": 100}, {"net": 250, "due": SEPTEMBER[11]}],
        [{"amount": 350, "on": SEPTEMBER[11]}],
        NONE,
        [
            ("payout_missing_in_bank", "1", 100, 0), ("payout_missing_in_bank", "2", 250, 0),
            ("unexpected_bank_line", "501", 0, 350),
        ],
    ),
    "a deposit with a reference of its own is about something else": (
        [{"net": 100}, {"net": 250, "due": SEPTEMBER[3]}],
        [{"amount": 350, "on": SEPTEMBER[3], "memo": "ACME adjustment ADJ3082668331"}],
        NONE,
        [
            ("payout_missing_in_bank", "1", 100, 0), ("payout_missing_in_bank", "2", 250, 0),
            ("unexpected_bank_line", "501", 0, 350),
        ],
    ),
    "a day in the memo must be the day of one of them": (
        [{"net": 100}, {"net": 250, "due": SEPTEMBER[3]}],
        [{"amount": 350, "on": SEPTEMBER[3], "memo": "ACME 20260903"}],
        [(1, 501, 100, 0, 0, "payout_sum"), (2, 501, 250, 0, 1, "payout_sum")],
        NONE,
    ),
    "one day in three deposits": (
        [{"net": 1000}],
        [{"amount": 500}, {"amount": 300, "on": SEPTEMBER[3]}, {"amount": 200, "on": SEPTEMBER[3]}],
        [(1, 501, 500, 0, 0, "deposit_sum"), (1, 502, 300, 1, 0, "deposit_sum"), (1, 503, 200, 2, 0, "deposit_sum")],
        NONE,
    ),
    "two equal payouts, either of which may be the one in parts: only one choice explains every deposit": (
        [{"net": 900}, {"net": 250, "due": SEPTEMBER[3]}, {"net": 900, "due": SEPTEMBER[4]}],
        [{"amount": 1150, "on": SEPTEMBER[3]}, {"amount": 500, "on": SEPTEMBER[4]}, {"amount": 400, "on": SEPTEMBER[4]}],
        [
            (1, 501, 900, 0, 0, "payout_sum"), (2, 501, 250, 0, 1, "payout_sum"),
            (3, 502, 500, 0, 0, "deposit_sum"), (3, 503, 400, 1, 0, "deposit_sum"),
        ],
        NONE,
    ),
    "two equal payouts and one of them in parts: nothing says which": (
        [{"net": 900}, {"net": 900}],
        [{"amount": 500}, {"amount": 400}],
        NONE,
        [
            ("payout_missing_in_bank", "1", 900, 0), ("payout_missing_in_bank", "2", 900, 0),
            ("unexpected_bank_line", "501", 0, 500), ("unexpected_bank_line", "502", 0, 400),
        ],
    ),
    "a payout that the bank sent back is not there": (
        [{"net": 9800, "ref": "po_1Qx01"}],
        [{"amount": 9800, "memo": "ACME po_1Qx01"}, {"amount": -9800, "memo": "ACME return po_1Qx01", "on": SEPTEMBER[4]}],
        [(1, 501, 9800, 0, 0, "payout_ref"), (1, 502, -9800, 1, 0, "payout_ref")],
        [("bank_amount_mismatch", "1", 9800, 0)],
    ),
    "it failed, the bank sent it back, and it is paid again under another reference": (
        [{"net": 9800, "ref": "po_1Qx01", "returned_on": SEPTEMBER[4], "carried_by": "po_1Qx02", "due": SEPTEMBER[7]}],
        [
            {"amount": 9800, "memo": "ACME po_1Qx01"},
            {"amount": -9800, "memo": "ACME return po_1Qx01", "on": SEPTEMBER[4]},
            {"amount": 9800, "memo": "ACME po_1Qx02", "on": SEPTEMBER[7]},
        ],
        [(1, 501, 9800, 0, 0, "payout_ref"), (1, 502, -9800, 1, 0, "payout_ref"), (1, 503, 9800, 2, 0, "payout_ref")],
        NONE,
    ),
    "paid again together with the sales of later days": (
        [
            {"net": 9800, "ref": "po_1Qx01", "returned_on": SEPTEMBER[4], "carried_by": "po_1Qx02", "due": SEPTEMBER[7]},
            {"net": 5000, "ref": "po_1Qx02", "due": SEPTEMBER[7]},
        ],
        [
            {"amount": 9800, "memo": "ACME po_1Qx01"},
            {"amount": -9800, "memo": "ACME return po_1Qx01", "on": SEPTEMBER[4]},
            {"amount": 14800, "memo": "ACME po_1Qx02", "on": SEPTEMBER[7]},
        ],
        [
            (1, 501, 9800, 0, 0, "payout_ref"), (1, 502, -9800, 1, 0, "payout_ref"), (1, 503, 9800, 2, 0, "payout_ref"),
            (2, 503, 5000, 0, 1, "payout_ref"),
        ],
        NONE,
    ),
    "it came back and waits to be paid again": (
        [{"net": 9800, "ref": "po_1Qx01", "returned_on": SEPTEMBER[4]}],
        [{"amount": 9800, "memo": "ACME po_1Qx01"}, {"amount": -9800, "memo": "ACME return po_1Qx01", "on": SEPTEMBER[4]}],
        [(1, 501, 9800, 0, 0, "payout_ref"), (1, 502, -9800, 1, 0, "payout_ref")],
        NONE,
    ),
    "it was to be paid again and never was": (
        [{"net": 9800, "ref": "po_1Qx01", "returned_on": SEPTEMBER[4], "carried_by": "po_1Qx02", "due": SEPTEMBER[7]}],
        NONE,
        NONE,
        [("payout_missing_in_bank", "1", 9800, 0)],
    ),
    "an instant payout comes before the business day ends": (
        [{"net": 9800, "ref": "po_1Qx01", "due": SEPTEMBER[1]}],
        [{"amount": 9800, "memo": "ACME po_1Qx01", "on": SEPTEMBER[1]}],
        [(1, 501, 9800, 0, 0, "payout_ref")],
        NONE,
    ),
    "a payout of zero needs nothing and explains nothing": (
        [{"net": 0}, {"net": 100, "due": SEPTEMBER[3]}],
        [{"amount": 100, "on": SEPTEMBER[3]}],
        [(2, 501, 100, 0, 0, "due_amount")],
        NONE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_a_deposit_carries(case):
    payouts, bank, ties, faults = CASES[case]

    assert tied(b.payouts(*payouts), b.bank(*bank)) == ties
    assert told(b.payouts(*payouts), b.bank(*bank)) == faults


def test_payouts_of_two_channels_come_together_when_the_deposit_names_both():
    terms = [b.terms(), b.terms(channel_id=2)]
    payouts = b.payouts({"net": 100}, {"net": 250, "channel": 2})

    assert tied(payouts, b.bank({"amount": 350}), terms) == [(1, 501, 100, 0, 0, "payout_sum"), (2, 501, 250, 0, 1, "payout_sum")]
    assert told(payouts, b.bank({"amount": 350}), terms) == []


def test_a_pair_that_a_person_undid_is_in_no_group_and_the_next_best_is_taken():
    undone = pl.DataFrame({"payout_id": [1], "bank_line_id": [501]}, schema={"payout_id": pl.Int64, "bank_line_id": pl.Int64})
    together = b.payouts({"net": 100}, {"net": 250, "due": SEPTEMBER[3]})

    assert tied(together, b.bank({"amount": 350, "on": SEPTEMBER[3]}), undone=undone) == []
    assert tied(b.payouts({"net": 100}), b.bank({"amount": 100}, {"amount": 100, "on": SEPTEMBER[3]}), undone=undone) == [
        (1, 502, 100, 0, 0, "due_amount")
    ]


def test_a_payout_that_came_back_is_due_with_the_one_that_carries_it():
    terms = b.terms(statements="per_payout")
    rows = b.lines(
        {"po": "po_1Qx01", "po_on": SEPTEMBER[2]},
        {"po": "po_1Qx01", "po_on": SEPTEMBER[2], "kind": "payout", "gross": -9800, "fee": 0},
        {"po": "po_1Qx02", "po_on": SEPTEMBER[7], "gross": 5000, "fee": 0, "day": SEPTEMBER[3]},
        {"po": "po_1Qx02", "po_on": SEPTEMBER[7], "kind": "payout", "gross": 9800, "rref": "PO_1QX01", "day": SEPTEMBER[4]},
        {"po": "po_1Qx02", "po_on": SEPTEMBER[7], "kind": "payout", "gross": -14800, "fee": 0},
    )

    made = form_payouts(rows, terms)

    assert made.select("ref", "due_on", "lines_net", "announced", "returned_on", "carried_by").rows() == [
        ("po_1Qx01", SEPTEMBER[7], 9800, 9800, SEPTEMBER[4], "po_1Qx02"),
        ("po_1Qx02", SEPTEMBER[7], 5000, 5000, None, ""),
    ]
    assert announced_otherwise(made.with_columns(pl.lit(1).alias("id"))).is_empty()


def test_reserves_held_and_released_are_movements_of_their_payouts():
    made = form_payouts(
        b.lines({"gross": 10000}, {"kind": "reserve", "gross": -1000}, {"kind": "reserve", "gross": 1000, "day": SEPTEMBER[2]}), b.terms()
    )

    assert made.select("due_on", "lines_net", "line_count").rows() == [(SEPTEMBER[2], 8800, 2), (SEPTEMBER[3], 1000, 1)]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(-30, 60).filter(bool), min_size=2, max_size=9), st.integers(-60, 120))
def test_the_only_subset_is_the_only_one_there_is(amounts, target):
    masks = [mask for mask in range(1 << len(amounts)) if 2 <= mask.bit_count() <= 5]
    every = [at for at in masks if sum(one for place, one in enumerate(amounts) if at >> place & 1) == target]

    found = only_subset(amounts, target)

    assert (found is not None) == (len(every) == 1)
    assert found is None or sum(1 << place for place in found) == every[0]


def test_more_amounts_than_the_pool_holds_are_not_searched():
    assert only_subset([2**place for place in range(POOL)], 3) == (0, 1)
    assert only_subset([2**place for place in range(POOL + 1)], 3) is None


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=6), st.integers(-(10**9), 10**9))
def test_shares_add_up_to_the_whole(amounts, whole):
    parts = shares(amounts, whole)

    assert sum(parts) == whole
    assert sum(one != other for one, other in zip(parts, amounts, strict=True)) <= 1


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_order_of_payouts_and_deposits_changes_nothing(data):
    case = data.draw(st.sampled_from(sorted(CASES)))
    payouts, bank = b.payouts(*CASES[case][0]), b.bank(*CASES[case][1])
    mixed_payouts = payouts[data.draw(st.permutations(range(payouts.height)))] if payouts.height else payouts
    mixed_bank = bank[data.draw(st.permutations(range(bank.height)))] if bank.height else bank

    assert tied(mixed_payouts, mixed_bank) == CASES[case][2]

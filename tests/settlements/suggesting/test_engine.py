"""What is suggested for a few open items, with exact reasons."""

import polars as pl
import pytest

from apps.settlements.matching.suggesting import SIGNS, Knowledge, rank, suggest
from apps.settlements.matching.suggesting.weights import BANK, LINES
from tests.settlements.suggesting.build import deposit, frame, item, payout

NOTHING = Knowledge()


def told(one) -> list[tuple]:
    return [(part.part, part.grade, part.n) for part in one.evidence]


def test_a_mistyped_number_with_the_same_amount_a_day_later():
    theirs = frame(item(1, 1280, 17, ref="A10239"))
    ours = frame(item(7, 1280, 16, ref="A10293"), item(8, 1280, 16, ref="B99001"))

    found = suggest(theirs, ours, NOTHING, LINES)

    assert [(one.theirs, one.ours, one.is_ambiguous) for one in found] == [((1,), (7,), False)]
    assert told(found[0]) == [("reference", "typo", 1), ("amount", "same", 0), ("day", "late_1", 1)]


@pytest.mark.parametrize(
    ("written", "grade", "n"),
    [
        ({"ref": "10293777"}, "cut", 2),
        ({"ref": "NY1029377"}, "typo", 1),
        ({"ref": "NYI0293777"}, "look_alike", 0),
        ({"ref": "NY-10293777"}, "look_alike", 0),
        ({"ref": "NY10923777"}, "typo", 1),
        ({"ref": "NY10923717"}, "two_typos", 2),
        ({"memo": "訂單NY10293777王小姐"}, "same", 0),
        ({"memo": "REFNY10293777CHEN"}, "buried", 0),
        ({"memo": "order NY10293777 chen"}, "same", 0),
        ({"memo": "order 10293777/chen"}, "cut", 2),
        ({"ref": "NY55501248"}, "other", 0),
        ({}, "blank", 0),
    ],
)
def test_what_can_happen_to_a_number_has_a_grade(written, grade, n):
    found = rank(frame(item(1, 500, **written)), frame(item(7, 500, ref="NY10293777")), NOTHING, LINES)

    said = {part.part: (part.grade, part.n) for part in found[0].evidence}
    assert said.get("reference", ("blank", 0)) == (grade, n)


@pytest.mark.parametrize(
    ("amount", "grade"),
    [(12800, "same"), (12448, "net"), (12785, "fixed_fee"), (12700, "percent_fee"), (12900, "near"), (11000, "far"), (6000, "other")],
)
def test_amounts_have_grades_of_their_own(amount, grade):
    found = rank(frame(item(1, amount, ref="NY1")), frame(item(7, 12800, net=1244800, ref="NY1")), NOTHING, LINES, band=60)

    assert next(part.grade for part in found[0].evidence if part.part == "amount") == grade


def test_equal_best_are_ambiguous_and_never_first_come():
    theirs = frame(item(1, 990))
    ours = frame(item(7, 990), item(8, 990))

    assert {one.is_ambiguous for one in suggest(theirs, ours, NOTHING, LINES)} == {True}
    assert [(one.ours, one.is_ambiguous) for one in rank(theirs, ours, NOTHING, LINES)] == [((7,), True), ((8,), True)]
    assert [one.is_ambiguous for one in suggest(theirs, frame(item(7, 990)), NOTHING, LINES)] == [False]


def test_two_do_not_claim_the_same_best():
    theirs = frame(item(1, 990, ref="NY100201"), item(2, 990))
    ours = frame(item(7, 990, ref="NY10020"), item(8, 990))

    found = {one.theirs: one.ours for one in suggest(theirs, ours, NOTHING, LINES)}

    assert found == {(1,): (7,), (2,): (8,)}


def test_a_deposit_for_three_payouts_and_a_payout_in_two_deposits():
    ours = frame(payout(7, 12345, 12), payout(8, 23456, 13), payout(9, 34567, 16), payout(10, 98765, 20))
    theirs = frame(deposit(1, 70368, 16), deposit(2, 60000, 20), deposit(3, 38765, 20))

    found = {(one.theirs, one.ours) for one in suggest(theirs, ours, NOTHING, BANK)}

    assert found == {((1,), (7, 8, 9)), ((2, 3), (10,))}


def test_a_line_for_two_payments_of_one_customer():
    ours = frame(item(7, 1234, bundle="c1"), item(8, 777, bundle="c1"), item(9, 1111, bundle="c2"))

    found = suggest(frame(item(1, 2011)), ours, NOTHING, LINES)

    assert [(one.theirs, one.ours) for one in found] == [((1,), (7, 8))]
    assert told(found[0])[:2] == [("sum", "same", 0), ("parts", "whole", 2)]


def test_what_was_declined_is_never_suggested_again():
    theirs, ours = frame(item(1, 1280, ref="A10239")), frame(item(7, 1280, ref="A10293"))
    parts = frame(payout(7, 12345, 15), payout(8, 23456, 16))
    pair = Knowledge(declined=frozenset({(frozenset({1}), frozenset({7}))}))
    batch = Knowledge(declined=frozenset({(frozenset({1}), frozenset({7, 8}))}))

    assert suggest(theirs, ours, pair, LINES) == []
    assert rank(theirs, ours, pair, LINES) == []
    assert suggest(frame(deposit(1, 35801)), parts, batch, BANK) == []


def test_a_learned_word_changes_who_comes_first():
    theirs = frame(deposit(1, 5000, memo="SINOPAC EC"))
    ours = frame(payout(7, 5000, owner=1), payout(8, 5000, owner=2))
    learned = Knowledge(pl.DataFrame([(2, "word", "sinopac", "learned")], schema=SIGNS, orient="row"))

    before, after = suggest(theirs, ours, NOTHING, BANK), suggest(theirs, ours, learned, BANK)

    assert before[0].is_ambiguous
    assert [(one.ours, one.is_ambiguous) for one in after] == [((8,), False)]
    assert ("sign", "learned", "sinopac") in [(part.part, part.grade, part.text) for part in after[0].evidence]


def test_a_gap_people_confirmed_before_is_known_again():
    theirs, ours = frame(deposit(1, 4800)), frame(payout(7, 5000))
    learned = Knowledge(pl.DataFrame([(1, "gap", "-20000", "learned")], schema=SIGNS, orient="row"))

    before, after = (rank(theirs, ours, knowledge, BANK)[0].score for knowledge in (NOTHING, learned))

    assert before < 0.5 < after


def test_nothing_open_suggests_nothing():
    assert suggest(frame(), frame(), NOTHING, LINES) == []
    assert suggest(frame(item(1, 5)), frame(), NOTHING, LINES) == []
    assert suggest(frame(item(1, 5)), frame(item(2, 5, pool=2)), NOTHING, LINES) == []
    assert suggest(frame(item(1, -5)), frame(item(2, 5)), NOTHING, LINES) == []

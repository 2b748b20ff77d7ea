"""Models of risk on pasts whose truth is known: a habit is found, and where there is none nothing may be switched on."""

import json

import numpy as np
import polars as pl
import pytest

from apps.settlements.learning.days import DAYS
from apps.settlements.learning.evaluating import plain_scores
from apps.settlements.learning.measuring import Held, average_precision, chance_of, first_looks, log_loss
from apps.settlements.learning.payments import spacing
from apps.settlements.learning.scorecards import Reason, Scorecard
from apps.settlements.learning.teaching import teach
from apps.settlements.learning.worth import Past, worth_of
from tests.settlements.learning.past import past_days


def held(*positive: int, weight=None, day=None) -> Held:
    count = len(positive)
    return Held(
        np.array(positive, dtype=bool),
        np.array(weight or [1.0] * count),
        np.array(day if day is not None else range(count)),
        np.zeros(count),
    )


@pytest.fixture(scope="module")
def habit():
    return Past(past_days(1, 400, habit=True), task=DAYS)


@pytest.fixture(scope="module")
def learned(habit):
    return teach(habit)


def test_a_planted_habit_is_found_told_and_may_be_switched_on(habit, learned):
    assert [check.name for check in learned.checks if not check.holds] == []
    assert learned.passes
    assert learned.scores[0] >= 2 * learned.scores[1]
    assert learned.model.strongest(1)[0].facet == "channel_weekday"
    friday = DAYS.cut(habit.rows, learned.model.cuts).filter((pl.col("channel") == "1") & (pl.col("weekday") == "4")).row(0, named=True)
    assert learned.model.reasons(friday, most=1, least_points=0.1)[0].value == "1:4"


@pytest.mark.parametrize("seed", [11, 12, 13, 14])
def test_differences_without_a_habit_keep_the_model_off(seed):
    found = teach(Past(past_days(seed, 400, habit=False), task=DAYS))

    assert not found.passes
    assert found.figures["held"]["positives"] >= 10  # it was not for want of cases


def test_the_same_past_teaches_the_same_model(habit, learned):
    again = teach(Past(habit.rows.sample(fraction=1, shuffle=True, seed=3).sort("channel_id", "business_date"), task=DAYS))

    assert json.dumps(again.model.as_json()) == json.dumps(learned.model.as_json())
    assert (again.figures, again.checks) == (learned.figures, learned.checks)


def test_a_kept_model_scores_as_it_did_when_it_was_measured(habit, learned):
    kept = Scorecard.from_json(json.loads(json.dumps(learned.model.as_json())))

    assert worth_of(kept, habit).figures == learned.figures


def test_a_model_is_never_measured_on_days_it_was_trained_on(learned):
    assert learned.figures["trained"]["last"] < learned.figures["held"]["first"]


def test_too_few_days_or_no_difference_teach_nothing(habit):
    assert teach(Past(habit.rows.head(19), task=DAYS)) is None
    assert teach(Past(habit.rows.with_columns(is_positive=pl.lit(False)), task=DAYS)) is None


def test_a_score_is_the_sum_of_its_points_and_each_is_a_reason():
    card = Scorecard(-2.0, {"weekday": {"4": 2.0}, "opening": {"after_holiday": 1.0, "usual": -0.1}}, {})
    rows = pl.DataFrame({"weekday": ["4", "1"], "opening": ["after_holiday", "holiday"]})

    assert card.scores(rows).round(6).to_list() == [0.731059, 0.119203]  # log odds of 1 and, for what it never saw, of -2
    assert card.reasons(rows.row(0, named=True), most=3, least_points=0.15) == [
        Reason("weekday", "4", 2.0),
        Reason("opening", "after_holiday", 1.0),
    ]
    assert card.reasons(rows.row(1, named=True), most=3, least_points=0.15) == []


def test_figures_are_what_they_are_by_hand():
    scores = np.array([0.9, 0.8, 0.7, 0.6])

    assert average_precision(scores, held(1, 0, 1, 0)) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(np.full(4, 0.5), held(1, 0, 1, 0)) == 0.5  # all the same: the rate
    assert average_precision(scores, held(1, 0, 1, 0, weight=[1.0, 4.0, 1.0, 4.0])) == pytest.approx((1 + 2 / 6) / 2)
    assert first_looks(scores, held(1, 0, 1, 0)) == 1.0
    assert first_looks(np.full(4, 0.5), held(1, 0, 1, 0)) == 1.0  # two looks at random find one of two
    assert log_loss(np.array([0.5, 0.5]), held(1, 0)) == pytest.approx(0.693147, abs=1e-6)
    assert average_precision(scores, held(0, 0, 0, 0)) == 0.0


def test_chance_is_rare_for_a_perfect_order_and_usual_for_a_useless_one():
    truth = held(*[1] * 10, *[0] * 90)

    assert chance_of(np.linspace(1, 0, 100), truth, seed=1) == 0.001
    assert chance_of(np.full(100, 0.3), truth, seed=1) == 1.0


def test_the_plain_guess_is_the_rate_so_far_drawn_to_the_whole_where_rows_are_few():
    rows = pl.DataFrame({"channel": ["1"] * 10 + ["2"] * 10, "is_positive": [True] * 5 + [False] * 15, "weight": [1.0] * 20})

    guessed = plain_scores(rows, pl.DataFrame({"channel": ["1", "2", "3"]}), DAYS)

    assert guessed.to_list() == pytest.approx([(5 + 10 * 0.25) / 20, (0 + 10 * 0.25) / 20, 0.25])


def test_of_a_million_every_so_manieth_is_read():
    assert [spacing(count, 60_000) for count in (0, 60_000, 60_001, 1_000_000, 1_140_000)] == [0, 1, 2, 17, 19]

"""The lost-reference set, and how well suggestions read it. Seed 100 is none of those the weights were fitted on."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.reports.practice.lost.making import labelled_set
from apps.reports.practice.lost.measuring import measure


@pytest.fixture(scope="module")
def report():
    return measure(labelled_set(100, 1_000))


def test_the_same_arguments_make_the_same_set():
    one, again, other = labelled_set(3, 40), labelled_set(3, 40), labelled_set(4, 40)

    assert one.lines.theirs.equals(again.lines.theirs)
    assert one.bank.ours.equals(again.bank.ours)
    assert one.lines.key == again.lines.key
    assert not one.lines.theirs.equals(other.lines.theirs)


def test_the_set_holds_every_kind_of_loss_and_strays_on_both_sides():
    made = labelled_set(1, 400)

    assert set(made.lines.key.values()) == {"cut", "mistyped", "memo", "blank", "net", "short", "blank_net", "batch"}
    assert set(made.bank.key.values()) == {"cut", "mistyped", "word", "blank", "fee", "batch", "split"}
    for hop in (made.lines, made.bank):
        assert set(hop.theirs["id"]) > {pk for theirs, _ours in hop.key for pk in theirs}
        assert set(hop.ours["id"]) > {pk for _theirs, ours in hop.key for pk in ours}


def test_suggestions_reach_the_goal_and_post_nothing_wrong(report):
    assert report["all"]["f1"] >= 0.95
    assert report["all"]["precision"] >= 0.98
    assert report["all"]["wrong_if_posted"] == 0
    assert report["top_3"] >= report["top_1"] >= 0.95


def test_simple_ways_do_far_worse(report):
    assert max(one["f1"] for one in report["baselines"].values()) < 0.6


def test_the_command_prints_one_line_of_json():
    out = StringIO()

    call_command("evaluate_suggestions", "--seed", "5", "--size", "60", "--json", stdout=out)

    assert json.loads(out.getvalue())["size"] == 60


def test_the_command_refuses_a_size_beyond_reason():
    with pytest.raises(CommandError):
        call_command("evaluate_suggestions", "--size", "3")

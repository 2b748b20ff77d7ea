"""Every file of the practice worlds is taken in, in any order: the guard stops none of them."""

import random

import pytest

from apps.settlements.models import BankStatement, Statement
from tests.settlements.worlds.test_worlds import WORLDS, load_shuffled

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not (WORLDS / "score.py").exists(), reason="the practice worlds are not beside this checkout (HEZHANG_SHARED)"),
]


@pytest.mark.parametrize(("world", "seed"), [("clean", 1), ("basic", 2)])
def test_no_file_of_a_world_is_stopped(world, seed):
    load_shuffled(WORLDS / world / "drop", random.Random(seed).randrange(1_000))

    for model in (Statement, BankStatement):
        assert set(model.objects.values_list("state", "refusal")) == {("posted", "")}
        assert all(profile["rows"] >= 0 for profile in model.objects.values_list("profile", flat=True))

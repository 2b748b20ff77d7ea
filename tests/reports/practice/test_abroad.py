"""Worlds with PayPal and Adyen: whatever the seed, what is planted is found, and nothing else."""

import pytest

from apps.reports.practice.world import Plan, make_world
from tests.reports.practice.test_world import AS_OF, _brought_in, _found, _planted


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [3, 8])
def test_everything_planted_abroad_is_found_and_nothing_else(tmp_path, seed):
    world = make_world(tmp_path, Plan(slug=f"abroad-{seed}", days=24, per_day=16, seed=seed, faults=36, abroad=True), as_of=AS_OF)

    merchant = _brought_in(world)

    assert {"paypal", "adyen"} <= {row.channel for row in world.truth}
    assert len(world.truth) >= 20
    assert _found(merchant) == _planted(world)

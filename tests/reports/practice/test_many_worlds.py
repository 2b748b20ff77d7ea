"""Many small worlds, each with its own answer key: other seeds, heavier mixes, deposits in parts. All is found exactly, and no more."""

from datetime import date

import pytest

from apps.reports.practice.world import MIX, Plan, make_world
from apps.settlements.models import BankMatch
from tests.reports.practice.test_world import _brought_in, _found, _planted

AS_OF = date(2026, 11, 20)
KINDS = sorted({item.split()[0] for item in MIX.split(",")})
HEAVY = ", ".join(f"{kind} {code}" for kind in KINDS for code in ("alipay", "ecpay", "stripe"))  # as much of each as of any other


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(101, 107))
def test_every_seed_is_scored_perfectly(tmp_path, seed):
    world = make_world(tmp_path, Plan(slug="many", days=20, per_day=9, seed=seed, faults=72, mix=HEAVY, parts=True), as_of=AS_OF)

    merchant = _brought_in(world)

    assert len(world.truth) >= 20
    assert _found(merchant) == _planted(world)
    together = world.facts["controls_by_kind"]["two_payouts_in_one_deposit"]  # a short month may have no two in a row
    assert BankMatch.objects.filter(voided_at=None, line_slot=1).count() == together

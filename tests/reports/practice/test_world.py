"""The practice world keeps its promises: what it plants is what the product finds, and the same seed is the same bytes."""

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from apps.core.clock import start_of_day
from apps.merchants.models import Merchant
from apps.reports.practice.throwaway import delete_merchant
from apps.reports.practice.world import Plan, make_world
from apps.settlements.models import Discrepancy, StatementLine
from apps.settlements.services.drop import load_drop
from apps.settlements.services.reconcile import reconcile

AS_OF = date(2026, 11, 20)
NOW = start_of_day(AS_OF, "Asia/Taipei", hour=10)
NO_AMOUNTS = {"currency_mismatch", "late_settlement", "statement_gap"}
SMALL = Plan(slug="small", days=24, per_day=14, seed=3, faults=48)


def _hashes(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def _planted(world) -> Counter:
    return Counter(
        (row.kind, row.channel, row.order_no, row.day, *((None, None) if row.kind in NO_AMOUNTS else (row.expected, row.actual)))
        for row in world.truth
    )


def _found(merchant: Merchant) -> Counter:
    rows = Discrepancy.objects.for_merchant(merchant).select_related("channel")
    return Counter(
        (
            row.kind,
            row.channel.code,
            row.order_no,
            row.business_date,
            *((None, None) if row.kind in NO_AMOUNTS else (row.expected_minor, row.actual_minor)),
        )
        for row in rows
    )


def _brought_in(world) -> Merchant:
    report = load_drop(folder=world.drop, by=None, now=NOW)
    assert report.refused == []
    reconcile(merchant=report.merchant, as_of=AS_OF, now=NOW)
    return report.merchant


MAPPED = Plan(slug="mapped", days=18, per_day=9, seed=2, faults=30, consoles=True)


@pytest.mark.django_db
@pytest.mark.parametrize("plan", [SMALL, MAPPED], ids=lambda plan: plan.slug)
def test_everything_planted_is_found_and_nothing_else(tmp_path, plan):
    world = make_world(tmp_path, plan, as_of=AS_OF)

    merchant = _brought_in(world)

    assert len(world.truth) >= 20
    assert _found(merchant) == _planted(world)


@pytest.mark.django_db
def test_world_without_faults_raises_nothing_although_controls_look_wrong(tmp_path):
    world = make_world(tmp_path, Plan(slug="calm", days=10, per_day=10, seed=5, faults=0), as_of=AS_OF)

    merchant = _brought_in(world)

    assert world.truth == []
    assert {"true_twins", "split_tender", "same_file_delivered_twice", "zero_amount_line"} <= set(world.facts["controls_by_kind"])
    assert _found(merchant) == Counter()


def test_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    plan, other = Plan(days=9, per_day=6, seed=11, faults=4), Plan(days=9, per_day=6, seed=12, faults=4)

    make_world(tmp_path / "one", plan, as_of=AS_OF)
    make_world(tmp_path / "two", plan, as_of=AS_OF)
    make_world(tmp_path / "three", other, as_of=AS_OF)

    assert _hashes(tmp_path / "one") == _hashes(tmp_path / "two")
    assert _hashes(tmp_path / "one")["drop/payments.csv"] != _hashes(tmp_path / "three")["drop/payments.csv"]


def test_with_habits_faults_fall_where_the_shop_goes_wrong_and_else_anywhere(tmp_path):
    shares = {}
    for habits in (True, False):
        plan = Plan(days=60, per_day=14, seed=5, faults=40, mix="missing_at_provider ecpay", habits=habits)
        world = make_world(tmp_path / str(habits), plan, as_of=AS_OF)
        shares[habits] = sum(row.day.weekday() == 4 for row in world.truth) / len(world.truth)

    assert shares[True] >= 0.7
    assert shares[False] <= 0.4


def test_money_is_in_transit_and_the_newest_days_wait_for_their_statements(tmp_path):
    world = make_world(tmp_path, Plan(days=20, per_day=8, seed=2, faults=0), as_of=AS_OF)

    ecpay = sorted(path.name for path in (world.drop / "statements" / "ecpay").iterdir() if "(" not in path.name)
    books = (world.drop / "payments.csv").read_text(encoding="utf-8-sig")

    assert ecpay[-1] == "TradeNoAio_20261118.csv"  # Thursday the 19th comes on Friday, which is not over
    assert "2026-11-19T" in books
    assert "2026-11-20T" not in books.replace("+08:00", "")


@pytest.mark.django_db
def test_delete_merchant_leaves_other_merchants_alone(tmp_path):
    gone = _brought_in(make_world(tmp_path / "a", Plan(slug="gone", days=6, per_day=4, faults=2), as_of=AS_OF))
    kept = _brought_in(make_world(tmp_path / "b", Plan(slug="kept", days=6, per_day=4, faults=2), as_of=AS_OF))
    lines = StatementLine.objects.for_merchant(kept).count()

    delete_merchant(gone)

    assert list(Merchant.objects.values_list("slug", flat=True)) == ["kept"]
    assert StatementLine.objects.count() == lines > 0

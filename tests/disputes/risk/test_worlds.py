"""Each preset fires on its pattern, and on nothing in a clean world, whatever the seed."""

import json
from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.channels.models import Channel
from apps.core.clock import start_of_day
from apps.disputes.rules.engine import find
from apps.disputes.rules.frames import Span
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.settings import preset
from apps.disputes.selectors.risk.counts import frame_for
from apps.reports.practice.world import Plan, make_world
from apps.settlements.services.drop import load_drop
from apps.settlements.services.reconcile import reconcile

AS_OF = date(2026, 11, 20)
CURRENCIES = ("TWD", "CNY", "USD")
NO_AMOUNTS = {"currency_mismatch", "late_settlement", "statement_gap"}
BY_CURRENCY = {"refund_rate", "refund_surge"}
LASTS = {"refund_rate": 13, "fee_ratio": 12}  # days on which a window still holds the pattern
SEEDS = [3, pytest.param(19, marks=pytest.mark.postgres_only)]  # a world on each database; bench/presets.py takes any number
MAY = {"the same refunds, too many for the week's sales"}  # depends on how much was sold


def brought_in(drop, as_of):
    now = start_of_day(as_of, "Asia/Taipei", hour=10)
    report = load_drop(folder=drop, by=None, now=now)
    assert report.refused == []
    reconcile(merchant=report.merchant, as_of=as_of, now=now)
    return report.merchant, now


def found_by_presets(merchant, now, days=30):
    """Findings of all presets by kind; those of amounts in every currency."""
    span = Span(now - timedelta(days=days), now, merchant.timezone)
    found = []
    for kind in Kind:
        for currency in CURRENCIES if kind in ("large_amount", "card_testing") else ("TWD",):
            settings = preset(kind, currency)
            found += [(kind.value, one) for one in find(settings, frame_for(merchant, settings, span), span)]
    return found


@pytest.mark.django_db
def test_no_preset_fires_in_a_clean_generated_world(tmp_path):
    world = make_world(tmp_path, Plan(slug="calm", days=92, seed=3, faults=0), as_of=AS_OF)
    merchant, now = brought_in(world.drop, AS_OF)

    assert found_by_presets(merchant, now, days=60) == []


@pytest.mark.django_db
def test_no_preset_fires_in_the_clean_world(shared_folder):
    world = shared_folder / "worlds" / "clean"
    as_of = date.fromisoformat(json.loads((world / "facts.json").read_text())["as_of"])
    merchant, now = brought_in(world / "drop", as_of)

    assert found_by_presets(merchant, now, days=60) == []


@pytest.mark.django_db
@pytest.mark.parametrize("seed", SEEDS)
def test_each_preset_fires_on_its_pattern_and_on_nothing_else(tmp_path, seed):
    world = make_world(tmp_path, Plan(slug="watched", days=92, seed=seed, faults=12, risks=True), as_of=AS_OF)
    merchant, now = brought_in(world.drop, AS_OF)
    codes = dict(Channel.objects.for_merchant(merchant).values_list("pk", "code"))

    found = found_by_presets(merchant, now)

    # Every finding of a planted kind is a planted pattern, and every pattern is found.
    keyed = dict.fromkeys(world.risks, 0)
    for kind, one in found:
        if kind in ("single_difference", "payout_late"):
            continue
        matching = [row for row in world.risks if is_of(row, kind, one, codes)]
        assert matching, (kind, one)
        for row in matching:
            keyed[row] += 1
    assert {row.note: seen for row, seen in keyed.items() if not seen and row.note not in MAY} == {}
    assert {kind for kind, _one in found} == {kind.value for kind in Kind}  # none of the eleven presets sleeps
    # The differences are those of the answer key.
    large = [row for row in world.truth if row.kind not in NO_AMOUNTS and abs(row.actual - row.expected) >= 50_000]
    assert Counter(one.amount_minor for kind, one in found if kind == "single_difference") == Counter(
        abs(row.actual - row.expected) for row in large
    )
    missing = [row for row in world.truth if row.kind == "payout_missing_in_bank"]
    assert [(one.amount_minor, one.facts["due"]) for kind, one in found if kind == "payout_late"] == [
        (row.expected, row.day.isoformat()) for row in missing
    ]


def is_of(row, kind, one, codes):
    """Whether the finding is this row of the key: the same thing on its days."""
    facts = one.facts
    who = {facts.get(name, "") for name in ("ip", "buyer", "country", "method")}
    day = one.at.astimezone(ZoneInfo("Asia/Taipei")).date()
    channel = {"", facts.get("channel") and codes[int(facts["channel"])]}
    return (
        (row.kind, row.currency) == (kind, one.currency)
        and (not row.who or row.who in who)
        and (kind in BY_CURRENCY or row.channel in channel or row.who)
        and row.day <= day <= row.day + timedelta(days=LASTS.get(kind, 0))
    )

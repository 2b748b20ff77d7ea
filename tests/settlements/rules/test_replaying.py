"""What other rules would change, to the cent; that looking changes nothing; and that only what was seen can be saved."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.channels.models import RuleSet
from apps.channels.services.match_rules import set_rules
from apps.core.models import Job
from apps.settlements.enums import Resolution
from apps.settlements.errors import ReplayFirst, ReplayStale, ReplayUsed, SameRules
from apps.settlements.models import AcceptedDifference, Discrepancy, Match, Payout, RuleReplay
from apps.settlements.selectors.facts_mark import facts_mark
from apps.settlements.selectors.rules import in_force
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.replaying import ask_replay, run_replay, save_replay
from apps.settlements.services.resolve import resolve
from tests import cast
from tests.settlements.rules.world import MONDAY, everything, make_world, replayed, sums

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def ecpay():
    return make_world()


def save(channel, replay, *, now=cast.NOW, by=None):
    return save_replay(merchant=channel.merchant, replay_id=replay.pk, reason="rounding", by=by, now=now)


def test_the_world_stands_as_it_says(ecpay):
    assert list(Discrepancy.objects.values_list("kind", "order_no", "expected_minor", "actual_minor")) == [
        ("amount_mismatch", "A1", 128_000, 128_100)
    ]
    assert sorted(Match.objects.values_list("rule", flat=True)) == ["amount_time", "provider_ref"]


def test_a_wider_tolerance_clears_a_small_difference_and_counts_it_as_accepted(ecpay):
    replay = replayed(ecpay, amount_minor=100)

    assert sums(replay) == [("clears", "amount_mismatch", "TWD", 1, 100), ("accepted", "amount_mismatch", "TWD", 1, 100)]
    [row] = replay.rows
    assert (row["order_no"], row["discrepancy"], row["before"]) == ("A1", Discrepancy.objects.get().pk, 100)
    assert sums(replayed(ecpay, amount_minor=99)) == []
    assert sums(replayed(ecpay, amount_minor=100, amount_ppm=700)) == []  # the smaller wins: 0.07 % of 1,280.00 is 0.89


def test_a_shorter_window_drops_a_pair_by_amount_and_time(ecpay):
    replay = replayed(ecpay, pairing_hours=12)

    assert sums(replay) == [
        ("opens", "missing_in_books", "TWD", 1, 50_000),
        ("opens", "missing_at_provider", "TWD", 1, 50_000),
        ("unpairs", "amount_time", "TWD", 1, 50_000),
    ]
    assert [(row["what"], row["order_no"], row["expected"], row["actual"]) for row in replay.rows] == [
        ("opens", "", 0, 50_000), ("opens", "A2", 50_000, 0), ("unpairs", "A2", None, None),
    ]  # fmt: skip
    assert sums(replayed(ecpay, pairing_hours=20)) == []


def test_less_grace_opens_what_is_missing(ecpay):
    assert sums(replayed(ecpay, grace_days=0)) == [("opens", "missing_at_provider", "TWD", 1, 70_000)]
    assert sums(replayed(ecpay, grace_days=2)) == []


def test_a_shorter_bank_window_parts_a_payout_from_its_deposit():
    ecpay = make_world(settles="T+1", bank_keywords=["ECPAY"])
    statement = cast.make_bank_statement(ecpay.bank_account, day=MONDAY + timedelta(days=3))
    cast.make_bank_line(statement, 178_100)
    reconcile(merchant=ecpay.merchant, now=cast.NOW)
    assert Payout.objects.get().arrived_on == date(2026, 11, 19)

    replay = replayed(ecpay, bank_days=1)

    assert ("unties", "due_amount", "TWD", 1, 178_100) in sums(replay)
    assert replay.rows[-1]["payout_id"] == Payout.objects.get().pk


def test_what_a_person_closed_stays_closed(ecpay):
    item = Discrepancy.objects.get()
    lin = cast.accountant(ecpay.merchant)
    resolve(merchant=ecpay.merchant, ids=[item.pk], resolution=Resolution.EXPLAINED, reason="known", by=lin, now=cast.NOW)

    assert sums(replayed(ecpay, amount_minor=100)) == [("accepted", "amount_mismatch", "TWD", 1, 100)]


def test_a_narrower_tolerance_tells_the_reverse_and_a_pass_agrees_with_it(ecpay):
    save(ecpay, replayed(ecpay, amount_minor=100))
    reconcile(merchant=ecpay.merchant, now=cast.NOW)
    assert (Discrepancy.objects.get().state, AcceptedDifference.objects.get().rules_version) == ("cleared", 1)

    back = replayed(ecpay, amount_minor=0)

    assert sums(back) == [("opens", "amount_mismatch", "TWD", 1, 100), ("no_longer_accepted", "amount_mismatch", "TWD", 1, 100)]


def test_a_replay_writes_its_own_row_and_nothing_else(ecpay):
    before = everything()

    replayed(ecpay, amount_minor=100, pairing_hours=12, grace_days=0, bank_days=0)

    assert everything() == before
    assert RuleReplay.objects.count() == 1


def test_a_replay_asks_the_same_number_of_questions_whatever_it_finds(ecpay):
    replayed(ecpay, pairing_hours=12)
    with CaptureQueriesContext(connection) as few:
        replayed(ecpay, pairing_hours=12, grace_days=0)
    first = cast.make_statement(ecpay, day=MONDAY, name="again.csv")
    for number in range(20, 40):
        cast.make_payment(ecpay, f"B{number}", 1_000 + number, placed_at=cast.NOW - timedelta(days=4), provider_ref="")
        cast.make_line(first, gross=1_000 + number, merchant_ref="", occurred_at=cast.NOW - timedelta(days=4, hours=-20))
    with CaptureQueriesContext(connection) as many:
        found = replayed(ecpay, pairing_hours=12, grace_days=0)

    assert len(many) == len(few)
    assert found.row_count == 4 + 3 * 20


def test_saving_puts_the_rules_in_force_by_name_and_asks_for_a_pass(ecpay):
    lin = cast.owner(ecpay.merchant)
    replay = replayed(ecpay, amount_minor=100, grace_days=0)

    saved = save(ecpay, replay, by=lin)

    ecpay.refresh_from_db()
    replay.refresh_from_db()
    assert (saved.version, saved.amount_minor, saved.created_by, saved.reason, ecpay.grace_days) == (1, 100, lin, "rounding", 0)
    assert replay.rule_set == saved
    event = AuditEvent.objects.get(action="rules.changed")
    assert (event.reason, event.before["amount_minor"], event.after["amount_minor"]) == ("rounding", 0, 100)
    assert event.after["replay"] == replay.pk
    assert AuditEvent.objects.get(action="channel.changed").after == {"grace_days": 0}
    assert Job.objects.filter(kind="settlements.reconcile", state="queued").count() == 1
    with pytest.raises(ReplayUsed):
        save(ecpay, replay)
    assert RuleSet.objects.count() == 1


def _new_line(channel):
    cast.make_line(cast.make_statement(channel, day=MONDAY, name="late.csv"), gross=1_000)


def _new_payment(channel):
    cast.make_payment(channel, "A9", 5_000)


def _person_closed(channel):
    Discrepancy.objects.update(state="resolved", reason="x", resolution="explained", closed_at=cast.NOW)


def _other_version(channel):
    set_rules(channel=channel, reason="r", by=None, now=cast.NOW, bank_days=6)


def _parted(channel):
    Match.objects.filter(rule="amount_time").update(voided_at=cast.NOW, voided_by=cast.accountant(channel.merchant))


@pytest.mark.parametrize("happens", [_new_line, _new_payment, _person_closed, _other_version, _parted])
def test_a_replay_of_other_facts_is_refused(ecpay, happens):
    replay = replayed(ecpay, amount_minor=100)
    happens(ecpay)
    versions, before = RuleSet.objects.count(), in_force(ecpay)

    with pytest.raises(ReplayStale):
        save(ecpay, replay)

    assert (RuleSet.objects.count(), in_force(ecpay), RuleReplay.objects.get().rule_set) == (versions, before, None)


def test_a_replay_of_yesterday_or_one_that_has_not_ended_is_refused(ecpay):
    seen = replayed(ecpay, amount_minor=100)
    asked, _job = ask_replay(channel=ecpay, rules=in_force(ecpay) | {"grace_days": 3}, by=None, now=cast.NOW)

    with pytest.raises(ReplayStale):
        save(ecpay, seen, now=cast.NOW + timedelta(days=1))
    with pytest.raises(ReplayFirst):
        save(ecpay, asked)
    with pytest.raises(SameRules):
        ask_replay(channel=ecpay, rules=in_force(ecpay), by=None, now=cast.NOW)

    assert (RuleSet.objects.count(), RuleReplay.objects.count()) == (0, 2)


def test_another_shop_neither_counts_nor_is_reached(ecpay):
    mark, other = facts_mark(ecpay, cast.TODAY), make_world("other")

    assert facts_mark(ecpay, cast.TODAY) == mark
    assert sums(replayed(ecpay, amount_minor=100))[0] == ("clears", "amount_mismatch", "TWD", 1, 100)
    with pytest.raises(RuleReplay.DoesNotExist):
        run_replay(merchant=other.merchant, replay_id=RuleReplay.objects.get().pk, now=cast.NOW)
    with pytest.raises(RuleReplay.DoesNotExist):
        save_replay(merchant=other.merchant, replay_id=RuleReplay.objects.get().pk, reason="r", by=None, now=cast.NOW)


def test_rules_of_a_replay_that_never_looked_are_refused_by_the_table(ecpay):
    asked, _job = ask_replay(channel=ecpay, rules=in_force(ecpay) | {"grace_days": 3}, by=None, now=cast.NOW)
    version = set_rules(channel=ecpay, reason="r", by=None, now=cast.NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        RuleReplay.objects.filter(pk=asked.pk).update(rule_set=version)

"""Rules at work: tried before they are on, looked with again and again, grouped, handled, held back at night."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.disputes.enums import AlertState
from apps.disputes.errors import AlertMoved, DryRunFirst, DryRunStale, ReasonMissing, SnoozeWrong
from apps.disputes.models import Alert, DryRun, Finding, RiskRule
from apps.disputes.selectors.risk.evidence import rows_behind
from apps.disputes.selectors.risk.quiet import moment_to_tell
from apps.disputes.selectors.risk.rule_settings import kept
from apps.disputes.selectors.risk.words import channel_labels, sentence
from apps.disputes.services.risk.handling import acknowledge, close, snooze
from apps.disputes.services.risk.looking import GATHERED, MOST_ALERTS, look
from apps.disputes.services.risk.ruling import add_presets, add_rule, ask_dry_run, run_dry, snooze_rule, switch_off, switch_on, use_dry_run
from apps.disputes.states import ALERT_MOVES
from tests import cast
from tests.disputes.risk import things

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = cast.NOW
HOUR = timedelta(hours=1)


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def boss(shop):
    return cast.owner(shop)


def tried(shop, rule, by, now=NOW, **changes):
    dry, _job = ask_dry_run(merchant=shop, rule_id=rule.pk, settings={**kept(rule), **changes}, by=by, now=now)
    return run_dry(merchant=shop, dry_run_id=dry.pk, now=now)


def on(shop, kind, by, now=NOW, looks_from=NOW - timedelta(days=10), **changes):
    rule = add_rule(merchant=shop, kind=kind, by=by, now=now)
    dry = tried(shop, rule, by, now, **changes)
    return use_dry_run(merchant=shop, rule_id=rule.pk, dry_run_id=dry.pk, by=by, now=now, looks_from=looks_from)


def burst(channel, ip, count=8, start=NOW - 5 * HOUR):
    for number in range(count):
        moment = start + timedelta(minutes=number)
        cast.make_payment(channel, amount_minor=1000, placed_at=moment, paid_at=moment, payer_ip=ip)


def state():
    """Everything that a second look must leave as it is."""
    return list(Alert.objects.order_by("pk").values()), list(Finding.objects.order_by("pk").values())


def test_presets_are_off_and_come_once(shop, boss):
    cast.make_channel(shop)
    cast.make_channel(shop, "stripe", currency="USD")

    added = add_presets(merchant=shop, by=boss, now=NOW)
    again = add_presets(merchant=shop, by=boss, now=NOW)

    assert (len(added), again) == (13, [])  # eleven kinds, two of them in two currencies
    assert not RiskRule.objects.filter(is_on=True).exists()
    limits = RiskRule.objects.filter(kind="large_amount").order_by("currency").values_list("currency", "threshold")
    assert list(limits) == [("TWD", 5_000_000), ("USD", 150_000)]


def test_a_dry_run_says_what_when_and_how_much_and_changes_nothing(shop, boss):
    channel = cast.make_channel(shop)
    burst(channel, "198.51.100.23")
    burst(channel, "198.51.100.24", start=NOW - timedelta(days=20))
    burst(channel, "198.51.100.25", start=NOW - timedelta(days=31))
    rule = add_rule(merchant=shop, kind="ip_velocity", by=boss, now=NOW)
    before = RiskRule.objects.filter(pk=rule.pk).values().get()

    dry = tried(shop, rule, boss)

    assert (dry.found, dry.alerts, dry.money) == (2, 2, {"TWD": 16000})
    assert [row["facts"]["ip"] for row in dry.rows] == ["198.51.100.23", "198.51.100.24"]  # the newest first
    assert (dry.since, dry.until, dry.finished_at) == (NOW - timedelta(days=30), NOW, NOW)
    assert RiskRule.objects.filter(pk=rule.pk).values().get() == before
    assert (Alert.objects.count(), Finding.objects.count()) == (0, 0)


def test_no_rule_is_on_untried(shop, boss):
    rule = add_rule(merchant=shop, kind="ip_velocity", by=boss, now=NOW)
    other = add_rule(merchant=shop, kind="buyer_velocity", by=boss, now=NOW)
    theirs, _job = ask_dry_run(merchant=shop, rule_id=other.pk, settings=kept(other), by=boss, now=NOW)
    unfinished, _job = ask_dry_run(merchant=shop, rule_id=rule.pk, settings=kept(rule), by=boss, now=NOW)
    run_dry(merchant=shop, dry_run_id=theirs.pk, now=NOW)

    with pytest.raises(DryRunFirst):
        switch_on(merchant=shop, rule_id=rule.pk, by=boss, now=NOW)
    for wrong in (theirs, unfinished):
        with pytest.raises(DryRunStale):
            use_dry_run(merchant=shop, rule_id=rule.pk, dry_run_id=wrong.pk, by=boss, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        RiskRule.objects.filter(pk=rule.pk).update(is_on=True)
    assert not RiskRule.objects.filter(is_on=True).exists()


def test_switching_on_takes_the_settings_that_were_tried_and_is_written_down(shop, boss):
    rule = on(shop, "ip_velocity", boss, threshold=5, quiet_from="21:30")

    rule.refresh_from_db()
    assert (rule.is_on, rule.threshold, rule.quiet_from) == (True, 5, time(21, 30))
    event = AuditEvent.objects.filter(action="risk.rule_on").get()
    assert (event.before["threshold"], event.after["threshold"], event.after["is_on"]) == (8, 5, True)
    switch_off(merchant=shop, rule_id=rule.pk, by=boss, now=NOW)
    again = switch_on(merchant=shop, rule_id=rule.pk, by=boss, now=NOW + HOUR)
    assert (again.is_on, again.threshold, again.looks_from) == (True, 5, NOW + HOUR)


def test_looking_again_changes_nothing(shop, boss):
    channel = cast.make_channel(shop)
    rule = on(shop, "ip_velocity", boss)
    burst(channel, "198.51.100.23")

    assert look(merchant=shop, now=NOW) == {"new": 1, "grown": 0, "alerts": 1}
    first = state()
    assert look(merchant=shop, now=NOW + HOUR) == {"new": 0, "grown": 0, "alerts": 0}
    assert state() == first
    alert = Alert.objects.get()
    assert (alert.rule, alert.found, alert.rows, alert.amount_minor, alert.state) == (rule, 1, 8, 8000, "open")
    figures = {"at": NOW, "amount_minor": 1, "currency": "TWD", "count": 1, "found_at": NOW}
    with pytest.raises(IntegrityError), transaction.atomic():
        Finding.objects.create(merchant=shop, rule=rule, alert=alert, key=Finding.objects.get().key, **figures)


def test_late_books_let_a_finding_grow_and_the_alert_with_it(shop, boss):
    channel = cast.make_channel(shop)
    on(shop, "ip_velocity", boss)
    burst(channel, "198.51.100.23")
    look(merchant=shop, now=NOW)
    burst(channel, "198.51.100.23", count=3, start=NOW - 5 * HOUR + timedelta(minutes=20))

    assert look(merchant=shop, now=NOW + HOUR) == {"new": 0, "grown": 1, "alerts": 0}
    assert Alert.objects.values_list("found", "rows", "amount_minor").get() == (1, 11, 11000)
    assert Finding.objects.values_list("count", "amount_minor").get() == (11, 11000)


def test_findings_of_a_group_are_one_alert_until_it_is_closed(shop, boss):
    channel = cast.make_channel(shop)
    on(shop, "ip_velocity", boss)
    burst(channel, "198.51.100.23", start=NOW - 9 * HOUR)
    burst(channel, "198.51.100.23", start=NOW - 5 * HOUR)
    look(merchant=shop, now=NOW)
    alert = Alert.objects.get()
    assert (alert.found, alert.rows) == (2, 16)
    close(merchant=shop, ids=[alert.pk], reason="Staff purchase", by=boss, now=NOW)

    assert look(merchant=shop, now=NOW + HOUR) == {"new": 0, "grown": 0, "alerts": 0}
    burst(channel, "198.51.100.23", start=NOW - 2 * HOUR)
    assert look(merchant=shop, now=NOW + HOUR) == {"new": 1, "grown": 0, "alerts": 1}
    assert list(Alert.objects.order_by("pk").values_list("state", "found")) == [("closed", 2), ("open", 1)]


def test_a_flood_is_gathered(shop, boss):
    channel = cast.make_channel(shop)
    on(shop, "buyer_velocity", boss)
    for buyer in range(MOST_ALERTS + 8):
        for minute in range(5):
            moment = NOW - 5 * HOUR + timedelta(minutes=minute)
            cast.make_payment(channel, amount_minor=100, placed_at=moment, paid_at=moment, customer_ref=f"C{buyer:03d}")

    assert look(merchant=shop, now=NOW) == {"new": 20, "grown": 0, "alerts": MOST_ALERTS + 1}
    assert Alert.objects.get(group_key=GATHERED).found == 8


def test_nothing_before_the_rule_was_on_makes_an_alert(shop, boss):
    burst(cast.make_channel(shop), "198.51.100.23")
    on(shop, "ip_velocity", boss, looks_from=NOW - HOUR)

    assert look(merchant=shop, now=NOW)["new"] == 0


def test_rules_that_rest_or_are_off_do_not_look(shop, boss):
    channel = cast.make_channel(shop)
    rule = on(shop, "ip_velocity", boss)
    burst(channel, "198.51.100.23")
    with pytest.raises(SnoozeWrong):
        snooze_rule(merchant=shop, rule_id=rule.pk, until=NOW, by=boss, now=NOW)
    snooze_rule(merchant=shop, rule_id=rule.pk, until=NOW + 2 * HOUR, by=boss, now=NOW)

    assert look(merchant=shop, now=NOW + HOUR)["new"] == 0
    switch_off(merchant=shop, rule_id=rule.pk, by=boss, now=NOW)
    assert look(merchant=shop, now=NOW + 3 * HOUR)["new"] == 0
    switch_on(merchant=shop, rule_id=rule.pk, by=boss, now=NOW)
    RiskRule.objects.update(looks_from=NOW - timedelta(days=1))
    assert look(merchant=shop, now=NOW + 3 * HOUR)["new"] == 1


def test_handling_an_alert_and_what_is_refused(shop, boss):
    channel = cast.make_channel(shop)
    on(shop, "ip_velocity", boss)
    burst(channel, "198.51.100.23")
    look(merchant=shop, now=NOW)
    alert = Alert.objects.get()

    acknowledge(merchant=shop, ids=[alert.pk], by=boss, now=NOW)
    with pytest.raises(AlertMoved):
        acknowledge(merchant=shop, ids=[alert.pk], by=boss, now=NOW)
    with pytest.raises(SnoozeWrong):
        snooze(merchant=shop, ids=[alert.pk], until=NOW + timedelta(days=31), by=boss, now=NOW)
    snooze(merchant=shop, ids=[alert.pk], until=NOW + timedelta(days=3), by=boss, now=NOW)
    alert.refresh_from_db()
    assert (alert.state, alert.snoozed_until, alert.tell_at) == ("acknowledged", NOW + timedelta(days=3), NOW + timedelta(days=3))
    with pytest.raises(ReasonMissing):
        close(merchant=shop, ids=[alert.pk], reason="  ", by=boss, now=NOW)
    close(merchant=shop, ids=[alert.pk], reason="Known wholesaler", by=boss, now=NOW)
    closed = Alert.objects.values().get()
    for act in (
        lambda: close(merchant=shop, ids=[alert.pk], reason="Again", by=boss, now=NOW),
        lambda: acknowledge(merchant=shop, ids=[alert.pk], by=boss, now=NOW),
        lambda: snooze(merchant=shop, ids=[alert.pk], until=NOW + HOUR, by=boss, now=NOW),
    ):
        with pytest.raises(AlertMoved):
            act()
    assert Alert.objects.values().get() == closed
    assert (closed["state"], closed["reason"], closed["tell_at"]) == ("closed", "Known wholesaler", None)
    assert set(AuditEvent.objects.filter(action__startswith="risk.alert").values_list("action", flat=True)) == {
        "risk.alert_acknowledged", "risk.alert_snoozed", "risk.alert_closed",
    }  # fmt: skip


def test_another_merchants_alert_is_not_touched(shop, boss):
    on(shop, "ip_velocity", boss)
    burst(cast.make_channel(shop), "198.51.100.23")
    look(merchant=shop, now=NOW)
    other = cast.make_merchant("other")

    assert close(merchant=other, ids=[Alert.objects.get().pk], reason="x", by=None, now=NOW) == []
    assert look(merchant=other, now=NOW) == {"new": 0, "grown": 0, "alerts": 0}
    assert Alert.objects.get().state == "open"


@pytest.mark.parametrize(
    ("hour", "severity", "told"),
    [(15, "high", 15), (23, "high", 32), (3, "normal", 8), (8, "high", 8), (22, "normal", 32), (23, "critical", 23)],
)
def test_quiet_hours_hold_back_all_but_critical(shop, hour, severity, told):
    rule = RiskRule(quiet_from=time(22), quiet_until=time(8))
    midnight = datetime(2026, 11, 19, 16, tzinfo=UTC)  # in Taipei

    assert moment_to_tell(rule, severity, midnight + hour * HOUR, "Asia/Taipei") == midnight + told * HOUR


def test_quiet_hours_within_a_day_and_none(shop):
    midnight = datetime(2026, 11, 19, 16, tzinfo=UTC)
    nap = RiskRule(quiet_from=time(12), quiet_until=time(14))

    assert moment_to_tell(nap, "high", midnight + 13 * HOUR, "Asia/Taipei") == midnight + 14 * HOUR
    assert moment_to_tell(nap, "high", midnight + 15 * HOUR, "Asia/Taipei") == midnight + 15 * HOUR
    assert moment_to_tell(RiskRule(), "high", midnight, "Asia/Taipei") == midnight


def test_each_finding_opens_its_rows_and_says_itself_in_words(shop, boss):
    channel = cast.make_channel(shop, label="ECPay")
    on(shop, "ip_velocity", boss)
    burst(channel, "198.51.100.23")
    cast.make_payment(channel, placed_at=NOW - 5 * HOUR, payer_ip="203.0.113.1")
    look(merchant=shop, now=NOW)
    finding = Finding.objects.get()

    rows = rows_behind(shop, finding)

    assert (len(rows), sum(row.amount_minor for row in rows)) == (8, 8000)
    with translation.override("en"):
        words = sentence("ip_velocity", finding.facts, "TWD", channel_labels(shop))
    assert words == "8 payments from the address 198.51.100.23 within 60 minutes"


def test_a_dry_run_row_survives_nothing_it_is_used_by(shop, boss):
    rule = on(shop, "ip_velocity", boss)

    with pytest.raises(IntegrityError), transaction.atomic():
        DryRun.objects.filter(pk=rule.dry_run_id).delete()
    assert RiskRule.objects.get(pk=rule.pk).dry_run_id == rule.dry_run_id


@pytest.mark.parametrize("start", list(AlertState))
@pytest.mark.parametrize("to", [AlertState.ACKNOWLEDGED, AlertState.CLOSED])
def test_every_move_of_an_alert_is_allowed_or_refused_as_the_table_says(shop, boss, start, to):
    fields = {"acknowledged_at": NOW} if start == "acknowledged" else {"closed_at": NOW, "reason": "x"} if start == "closed" else {}
    alert = things.make_alert(things.make_rule(shop), state=start, **fields)
    before = Alert.objects.values().get()

    def act():
        more = {"reason": "Known"} if to == AlertState.CLOSED else {}
        (close if to == AlertState.CLOSED else acknowledge)(merchant=shop, ids=[alert.pk], by=boss, now=NOW, **more)

    if to in ALERT_MOVES[start]:
        act()
        assert Alert.objects.get().state == to
    else:
        with pytest.raises(AlertMoved):
            act()
        assert Alert.objects.values().get() == before


def test_nothing_leads_back_to_open():
    assert not any(AlertState.OPEN in moves for moves in ALERT_MOVES.values())
    assert set(ALERT_MOVES) == set(AlertState)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_eight_looks_at_once_find_each_thing_once():
    shop = cast.make_merchant()
    person = cast.owner(shop)
    on(shop, "ip_velocity", person)
    channel = cast.make_channel(shop)
    for number in range(5):
        burst(channel, f"198.51.100.{number}")
    counts, start = [], threading.Barrier(8)

    def one():
        try:
            start.wait()
            counts.append(look(merchant=shop, now=NOW)["new"])
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == [0] * 7 + [5]
    assert (Alert.objects.count(), Finding.objects.count()) == (5, 5)

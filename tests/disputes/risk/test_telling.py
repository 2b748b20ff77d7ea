"""Who is told of an alert, when, how often, and what the clock rings for."""

from datetime import timedelta

import pytest

from apps.core.models import Job
from apps.disputes import tasks
from apps.disputes.models import Alert, RiskRule
from apps.disputes.selectors.risk.due import merchants_to_look
from apps.disputes.services.risk.looking import look
from apps.disputes.services.risk.telling import tell_due
from apps.merchants.models import Notification
from apps.orders.models import BookImport
from tests import cast
from tests.disputes.risk import things
from tests.disputes.risk.test_looking import burst, on

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = cast.NOW  # 15:46 in Taipei
HOUR = timedelta(hours=1)
NIGHT = NOW + 8 * HOUR  # 23:46
MORNING = NOW + timedelta(hours=16, minutes=14)  # 8:00


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def people(shop):
    return {"owner": cast.owner(shop, language="en"), "accountant": cast.accountant(shop), "viewer": cast.viewer(shop)}


def heard(merchant):
    return sorted(Notification.objects.filter(merchant=merchant).values_list("user__memberships__role", "count"))


def test_the_roles_and_people_of_the_rule_are_told_once(shop, people):
    channel = cast.make_channel(shop)
    on(shop, "ip_velocity", people["owner"], tell_roles=["owner"], tell_people=[people["viewer"].pk, cast.outsider().pk])
    burst(channel, "198.51.100.23")
    look(merchant=shop, now=NOW)

    assert tell_due(merchant=shop, now=NOW) == 1
    assert tell_due(merchant=shop, now=NOW) == 0
    assert heard(shop) == [("owner", 1), ("viewer", 1)]
    row = Notification.objects.get(user=people["owner"])
    alert = Alert.objects.get()
    assert (row.title, row.body) == ("Many payments from one IP address", "8 payments from the address 198.51.100.23 within 60 minutes")
    assert (row.href, row.severity) == (f"/m/qingtian/alerts/{alert.pk}/", "high")
    assert (alert.told_at, alert.tell_at) == (NOW, None)


def test_more_of_the_same_is_told_after_a_day_and_no_sooner(shop, people):
    channel = cast.make_channel(shop)
    on(shop, "ip_velocity", people["owner"], tell_roles=["owner"], quiet_from="", quiet_until="")
    burst(channel, "198.51.100.23", start=NOW - 9 * HOUR)
    look(merchant=shop, now=NOW)
    tell_due(merchant=shop, now=NOW)
    burst(channel, "198.51.100.23", start=NOW - 3 * HOUR)
    look(merchant=shop, now=NOW + HOUR)
    assert tell_due(merchant=shop, now=NOW + HOUR) == 0
    burst(channel, "198.51.100.23", start=NOW + 20 * HOUR)
    look(merchant=shop, now=NOW + 25 * HOUR)

    assert tell_due(merchant=shop, now=NOW + 25 * HOUR) == 1
    assert heard(shop) == [("owner", 2)]


@pytest.mark.parametrize(("severity", "at"), [("high", MORNING), ("critical", NIGHT)])
def test_quiet_hours_hold_back_until_morning_all_but_critical(shop, people, severity, at):
    channel = cast.make_channel(shop)
    on(shop, "ip_velocity", people["owner"], severity=severity)
    burst(channel, "198.51.100.23", start=NIGHT - HOUR)
    look(merchant=shop, now=NIGHT)

    assert Alert.objects.get().tell_at == at
    assert tell_due(merchant=shop, now=NIGHT) == (severity == "critical")
    assert tell_due(merchant=shop, now=MORNING) == (severity != "critical")


def test_nobody_is_told_of_what_was_closed_meanwhile(shop, people):
    rule = things.make_rule(shop)
    things.make_alert(rule, state="closed", closed_at=NOW, reason="Known")
    things.make_alert(rule, "198.51.100.24", tell_at=NOW + HOUR)

    assert tell_due(merchant=shop, now=NOW) == 0
    assert Notification.objects.count() == 0


def test_the_clock_rings_for_new_books_an_hour_gone_and_the_end_of_quiet_hours(shop, people):
    rule = on(shop, "ip_velocity", people["owner"])
    assert merchants_to_look(NOW) == [shop.pk]  # it never looked
    look(merchant=shop, now=NOW)
    assert merchants_to_look(NOW + timedelta(minutes=59)) == []
    assert merchants_to_look(NOW + HOUR) == [shop.pk]
    BookImport.objects.create(merchant=shop, kind="payments", name="p.csv", sha256="0" * 64, created_at=NOW + timedelta(minutes=5))
    assert merchants_to_look(NOW + timedelta(minutes=6)) == [shop.pk]
    RiskRule.objects.update(snoozed_until=NOW + 2 * HOUR)
    assert merchants_to_look(NOW + HOUR) == []
    things.make_alert(rule, tell_at=NOW)
    assert merchants_to_look(NOW) == [shop.pk]


def test_the_job_looks_and_tells(shop, people, run_jobs, monkeypatch):
    monkeypatch.setattr(tasks.clock, "now", lambda: NOW)
    on(shop, "ip_velocity", people["owner"])
    burst(cast.make_channel(shop), "198.51.100.23")
    Job.objects.all().delete()

    tasks.watch_risk()
    tasks.watch_risk()

    assert Job.objects.filter(kind="disputes.look").count() == 1
    (job,) = [one for one in run_jobs() if one.kind == "disputes.look"]
    assert (job.state, job.result) == ("done", {"new": 1, "grown": 0, "alerts": 1, "told": 1})

"""The pages of alerts, rules and the watch-list, as people use them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.core import clock
from apps.disputes.models import Alert, Dispute, DryRun, RiskRule, WatchlistEntry
from tests import cast
from tests.disputes.risk import things

pytestmark = pytest.mark.django_db
KEPT = ("threshold", "window", "floor", "currency", "tell_roles", "severity")


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def boss(client, shop):
    person = cast.owner(shop, language="en")
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    return person


def url(shop, name, *args):
    return reverse(f"disputes:{name}", args=[shop.slug, *args])


def typed(**changes):
    return {
        "threshold": "8", "window": "60", "severity": "high", "channel": "", "method": "", "storefront": "", "currency": "",
        "tell_roles": ["owner"], "quiet_from": "22:00", "quiet_until": "08:00", **changes,
    }  # fmt: skip


def test_the_list_shows_open_alerts_and_its_tabs_count(client, shop, boss, django_assert_max_num_queries):
    rule = things.make_rule(shop)
    things.make_alert(rule)
    things.make_alert(rule, "198.51.100.24", state="acknowledged", acknowledged_at=cast.NOW)
    things.make_alert(rule, "198.51.100.25", snoozed_until=cast.NOW + timedelta(days=1))
    things.make_alert(rule, "198.51.100.26", state="closed", closed_at=cast.NOW, reason="Known")

    page = client.get(url(shop, "alerts"))

    assert [alert.group_key for alert in page.context["page"]] == ["ip:198.51.100.23"]
    tabs = [(tab.label, tab.count) for tab in page.context["tabs"]]
    assert tabs == [("Open", "1"), ("Acknowledged", "1"), ("Snoozed", "1"), ("Ended", "")]
    assert "9 payments from the address 198.51.100.23 within 60 minutes" in page.content.decode()
    for view, last in (("acknowledged", "24"), ("snoozed", "25"), ("closed", "26")):
        assert [one.group_key[-2:] for one in client.get(url(shop, "alerts"), {"view": view}).context["page"]] == [last]
    assert [*client.get(url(shop, "alerts"), {"kind": "payout_late"}).context["page"]] == []


def test_the_list_asks_the_same_number_of_questions_whatever_its_length(client, shop, boss, django_assert_num_queries):
    rule = things.make_rule(shop)
    things.make_alert(rule)
    client.get(url(shop, "alerts"))
    with CaptureQueriesContext(connection) as one:
        client.get(url(shop, "alerts"))
    for number in range(30, 50):
        things.make_alert(rule, f"198.51.100.{number}")
    with django_assert_num_queries(len(one)):
        client.get(url(shop, "alerts"))


def test_an_alert_opens_the_rows_behind_it(client, shop, boss):
    alert = things.make_alert(things.make_rule(shop))
    moment = cast.NOW - timedelta(minutes=90)
    payment = cast.make_payment(cast.make_channel(shop), "A777", placed_at=moment, payer_ip="198.51.100.23")

    page = client.get(url(shop, "alert", alert.pk))

    assert [row.title for row in page.context["rows"]] == ["A777"]
    assert f"/m/qingtian/orders/{payment.order.order_no}/story" in page.content.decode()


def test_acknowledge_snooze_and_close(client, shop, boss):
    alert = things.make_alert(things.make_rule(shop))

    client.post(url(shop, "alerts_acknowledge"), {"ids": [alert.pk]})
    client.post(url(shop, "alerts_snooze"), {"ids": [alert.pk], "days": "3"})
    alert.refresh_from_db()
    assert (alert.state, alert.snoozed_until) == ("acknowledged", cast.NOW + timedelta(days=3))
    client.post(url(shop, "alerts_snooze"), {"ids": [alert.pk], "days": "0"}, follow=True)
    refused = client.post(url(shop, "alerts_close"), {"ids": [alert.pk], "reason": " ", "stay": alert.pk}, follow=True)
    assert [str(message) for message in refused.context["messages"]] == ["Give a reason."]
    assert Alert.objects.get().state == "acknowledged"
    answer = client.post(url(shop, "alerts_close"), {"ids": [alert.pk], "reason": "Staff order", "stay": alert.pk}, follow=True)
    assert answer.request["PATH_INFO"] == url(shop, "alert", alert.pk)
    again = client.post(url(shop, "alerts_close"), {"ids": [alert.pk], "reason": "Again"}, follow=True)
    assert [str(message) for message in again.context["messages"]] == ["This alert is “closed” already."]
    assert Alert.objects.values_list("state", "reason").get() == ("closed", "Staff order")


def test_a_rule_is_tried_by_job_and_then_switched_on(client, shop, boss, run_jobs, django_capture_on_commit_callbacks):
    channel = cast.make_channel(shop)
    for minute in range(6):
        moment = cast.NOW - timedelta(hours=3, minutes=minute)
        cast.make_payment(channel, amount_minor=1000, placed_at=moment, paid_at=moment, payer_ip="198.51.100.23")
    client.post(url(shop, "risk_presets"))
    rule = RiskRule.objects.get(kind="ip_velocity")

    tried = client.post(url(shop, "risk_rule_try", rule.pk), typed(threshold="5"))
    dry = DryRun.objects.get()
    assert tried.headers["Location"] == f"{url(shop, 'risk_rule', rule.pk)}?dry_run={dry.pk}#tried"
    waiting = client.get(url(shop, "risk_rule", rule.pk), {"dry_run": dry.pk})
    assert waiting.context["job"].state == "queued"
    assert "hx-get" in client.get(url(shop, "risk_rule_job", rule.pk, dry.pk)).content.decode()
    refused = client.post(url(shop, "risk_rule_use", rule.pk, dry.pk), follow=True)
    assert [str(message) for message in refused.context["messages"]] == ["This dry run is of another rule or has not ended yet."]
    run_jobs()

    page = client.get(url(shop, "risk_rule", rule.pk), {"dry_run": dry.pk})
    text = page.content.decode()
    assert "It would have raised 1 alert, from 1 findings." in text
    assert "6 payments from the address 198.51.100.23 within 60 minutes" in text
    assert page.context["form"]["threshold"].value() == 5
    assert RiskRule.objects.get(pk=rule.pk).threshold == 8
    client.post(url(shop, "risk_rule_use", rule.pk, dry.pk))
    rule.refresh_from_db()
    assert (rule.is_on, rule.threshold, rule.dry_run) == (True, 5, dry)
    client.post(url(shop, "risk_rule_switch", rule.pk), {"to": "off"})
    assert RiskRule.objects.get(pk=rule.pk).is_on is False


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"threshold": "0"}, "threshold"),
        ({"window": "99999"}, "window"),
        ({"quiet_until": ""}, "__all__"),
        ({"channel": "999"}, "channel"),
        ({"severity": "x"}, "severity"),
    ],
)
def test_settings_that_make_no_sense_are_not_tried(client, shop, boss, changes, field):
    rule = things.make_rule(shop)

    page = client.post(url(shop, "risk_rule_try", rule.pk), typed(**changes))

    assert (page.status_code, list(page.context["form"].errors)) == (422, [field])
    assert DryRun.objects.count() == 0


@pytest.mark.parametrize("kind", RiskRule._meta.get_field("kind").choices)
def test_every_kind_has_a_page_that_can_be_tried_as_it_is(client, shop, boss, run_jobs, kind):
    client.post(url(shop, "risk_presets"))
    rule = RiskRule.objects.filter(kind=kind[0]).first()
    form = client.get(url(shop, "risk_rule", rule.pk)).context["form"]
    data = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}

    client.post(url(shop, "risk_rule_try", rule.pk), data)
    dry = DryRun.objects.get()
    run_jobs()

    dry.refresh_from_db()
    assert dry.finished_at is not None
    assert {name: dry.settings[name] for name in KEPT} == {name: getattr(rule, name) for name in KEPT}


def test_who_may_only_look_cannot_type(client, shop):
    rule = things.make_rule(shop)
    client.force_login(cast.viewer(shop), backend="django.contrib.auth.backends.ModelBackend")

    page = client.get(url(shop, "risk_rule", rule.pk))

    assert all(field.disabled for field in page.context["form"].fields.values())
    assert client.post(url(shop, "risk_rule_try", rule.pk), typed()).status_code == 403


def test_watching_a_buyer_and_taking_it_off(client, shop, boss):
    channel = cast.make_channel(shop)
    cast.make_payment(channel, "A778", customer_ref="C77041")

    client.post(url(shop, "watch_add"), {"kind": "customer", "value": "C77041", "reason": "Three chargebacks", "expires_on": "2026-12-31"})
    entry = WatchlistEntry.objects.get()
    assert entry.expires_at.isoformat() == "2026-12-31T16:00:00+00:00"  # the end of that day in Taipei
    twice = client.post(url(shop, "watch_add"), {"kind": "customer", "value": "c77041", "reason": "Again"})
    assert (twice.status_code, twice.context["form"].non_field_errors()) == (422, ["This buyer is on the watch-list already."])
    page = client.get(url(shop, "watched", entry.pk))
    assert [payment.order.order_no for payment in page.context["payments"]] == ["A778"]
    client.post(url(shop, "watch_appeal", entry.pk), {"reason": "It was my brother"})
    refused = client.post(url(shop, "watch_remove", entry.pk), {"reason": ""})
    assert (refused.status_code, list(refused.context["remove_form"].errors)) == (422, ["reason"])
    client.post(url(shop, "watch_remove", entry.pk), {"reason": "Cleared up"})
    entry.refresh_from_db()
    assert (entry.appeal, entry.removed_reason) == ("It was my brother", "Cleared up")
    assert [*client.get(url(shop, "watchlist")).context["page"]] == []
    assert [*client.get(url(shop, "watchlist"), {"view": "past"}).context["page"]] == [entry]


def test_the_order_story_carries_the_signs(client, shop, boss):
    payment = cast.make_payment(cast.make_channel(shop), "A779", customer_ref="C77041", payer_ip="198.51.100.23")
    things.make_alert(things.make_rule(shop))
    things.make_watched(shop)

    story = client.get(reverse("reports:order_story", args=[shop.slug, payment.order.order_no]))

    assert [sign.text for sign in story.context["signs"]] == ["On the watch-list: C77041", "Many payments from one IP address"]


def test_the_buyer_of_a_dispute_is_put_on_the_list_from_its_page(client, shop, boss):
    payment = cast.make_payment(cast.make_channel(shop), "A780", customer_ref="C77041", payer_ip="198.51.100.23")
    dispute = Dispute.objects.create(
        merchant=shop, channel=payment.channel, payment=payment, dispute_no="D1", dispute_no_key="d1", kind="chargeback", amount_minor=1000,
        currency="TWD", opened_at=cast.NOW, state="needs_response", origin="hand", created_at=cast.NOW,
    )  # fmt: skip

    assert "Put the buyer on the watch-list" in client.get(url(shop, "case", dispute.public_id)).content.decode()
    client.post(url(shop, "watch_dispute", dispute.public_id), {"reason": ""})
    assert WatchlistEntry.objects.count() == 0
    client.post(url(shop, "watch_dispute", dispute.public_id), {"reason": "Chargeback"})

    found = list(WatchlistEntry.objects.order_by("pk").values_list("kind", "value", "source", "source_label"))
    assert found == [("customer", "C77041", "dispute", "D1"), ("ip", "198.51.100.23", "dispute", "D1")]

"""Settings → Tolerances, as people use it: try, look, save."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.channels.models import RuleSet
from apps.core import clock
from apps.settlements.models import Discrepancy, RuleReplay
from tests import cast
from tests.settlements.rules.world import make_world, replayed

pytestmark = pytest.mark.django_db
TYPED = {
    "amount_minor": "1",
    "amount_ppm": "",
    "fee_ppm": "",
    "fx_minor": "",
    "fx_ppm": "0.5",
    "pairing_hours": "24",
    "grace_days": "1",
    "bank_days": "5",
}


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)


@pytest.fixture
def ecpay():
    return make_world()


def enter(client, person):
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"


def url(channel, name="channel_rules", *args):
    return reverse(f"settlements:{name}", args=[channel.merchant.slug, channel.code, *args])


def test_rules_are_replayed_by_job_looked_at_and_saved(client, ecpay, run_jobs):
    enter(client, cast.owner(ecpay.merchant, language="en"))
    asked = client.post(url(ecpay, "rules_replay"), TYPED)
    replay = RuleReplay.objects.get()
    assert asked.headers["Location"] == f"{url(ecpay)}?replay={replay.pk}#replay"
    assert "hx-get" in client.get(url(ecpay, "rules_job", replay.pk)).content.decode()
    run_jobs()

    page = client.get(url(ecpay), {"replay": replay.pk})

    text = page.content.decode()
    assert "Differences: 0 would open, 1 would clear, 0 would change their amount." in text
    assert [(row.title, row.href) for row in page.context["told"].rows] == [
        ("A1", reverse("settlements:discrepancy", args=["qingtian", Discrepancy.objects.get().pk]))
    ]
    nameless = client.post(url(ecpay, "rules_save", replay.pk), {"reason": " "}, follow=True)
    assert [str(message) for message in nameless.context["messages"]] == ["Give a reason."]
    assert RuleSet.objects.count() == 0
    saved = client.post(url(ecpay, "rules_save", replay.pk), {"reason": "rounding"}, follow=True)
    assert [str(message) for message in saved.context["messages"]] == ["Version 1 is in force. Reconciliation follows."]
    run_jobs()
    assert Discrepancy.objects.get().state == "cleared"
    again = client.post(url(ecpay, "rules_save", replay.pk), {"reason": "rounding"}, follow=True)
    assert [str(message) for message in again.context["messages"]] == ["These rules are saved already."]
    assert "rounding" in client.get(url(ecpay)).content.decode()


def test_a_stale_replay_says_so_and_offers_no_button(client, ecpay):
    enter(client, cast.owner(ecpay.merchant, language="en"))
    replay = replayed(ecpay, amount_minor=100)
    cast.make_payment(ecpay, "A9", 5_000)

    text = client.get(url(ecpay), {"replay": replay.pk}).content.decode()

    assert "Replay again, then save." in text
    assert url(ecpay, "rules_save", replay.pk) not in text
    refused = client.post(url(ecpay, "rules_save", replay.pk), {"reason": "x"}, follow=True)
    assert "changed since this replay" in str(next(iter(refused.context["messages"])))
    assert RuleSet.objects.count() == 0


def test_an_accountant_replays_and_an_owner_saves(client, ecpay):
    enter(client, cast.accountant(ecpay.merchant, language="en"))
    replay = replayed(ecpay, amount_minor=100)

    text = client.get(url(ecpay), {"replay": replay.pk}).content.decode()

    assert "An owner can save these rules." in text
    assert client.post(url(ecpay, "rules_save", replay.pk), {"reason": "x"}).status_code == 403
    enter(client, cast.viewer(ecpay.merchant, language="en"))
    assert "Replay the past" not in client.get(url(ecpay)).content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("amount_minor", "-1", "This may not be below"),
        ("amount_ppm", "101", "Type a percent from 0 to 100."),
        ("pairing_hours", "0", "greater than or equal to 1"),
        ("bank_days", "21", "less than or equal to 20"),
        ("amount_minor", "0", "These are the rules in force."),
    ],
)
def test_what_makes_no_sense_comes_back_with_a_sentence(client, ecpay, field, typed, error):
    enter(client, cast.owner(ecpay.merchant, language="en"))

    answer = client.post(url(ecpay, "rules_replay"), {**TYPED, field: typed})

    assert (answer.status_code, RuleReplay.objects.count()) == (422, 0)
    assert error in answer.content.decode()


def test_the_list_asks_the_same_number_of_questions_whatever_its_length(client, ecpay, django_assert_num_queries):
    enter(client, cast.owner(ecpay.merchant, language="en"))
    address = reverse("settlements:rules", args=["qingtian"])
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(5):
        cast.make_channel(ecpay.merchant, f"other-{number}", provider="ecpay")
    with django_assert_num_queries(len(one)):
        page = client.get(address)
    assert [(row.version, row.amount, row.fx) for row in page.context["rows"]] == [(0, "none", "0.5 %")] * 6

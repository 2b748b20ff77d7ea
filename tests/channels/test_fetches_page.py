"""How fetching stands is on the page of a channel's statements: when they come, and for each day what came or why not."""

from datetime import timedelta

import pytest
import time_machine

from apps.channels.models import StatementFetch
from apps.channels.selectors.fetches import fetching_of
from apps.channels.services.gateway import enter_credentials
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
TODAY = cast.NOW.date()


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(), "stripe", label="Stripe")


def test_each_day_says_what_came_or_when_it_is_asked_again(client, channel):
    owner = cast.owner(channel.merchant, language="en")
    enter_credentials(channel=channel, values={"secret_key": "sk_1", "webhook_secret": "whsec_1"}, is_live=False, by=owner, now=cast.NOW)
    for back, fields in enumerate([
        {"state": "waiting", "ask_at": cast.NOW + timedelta(hours=1), "code": "not_ready"},
        {"state": "refused", "ask_at": cast.NOW + timedelta(days=1), "message": "No such report."},
        {"state": "empty", "ended_at": cast.NOW},
        {"state": "fetched", "ended_at": cast.NOW, "files": 1},
    ]):  # fmt: skip
        StatementFetch.objects.create(merchant=channel.merchant, channel=channel, day=TODAY - timedelta(days=back), **fields)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/m/qingtian/channels/stripe/statements/")

    found = page.context["fetching"]
    assert found.sentence == "Each day's statement is asked for from 12:00 of the next day on (UTC)."
    assert [(row.chip.text, row.chip.tone) for row in found.rows] == [
        ("to be fetched", "outline"), ("cannot be fetched", "red"), ("nothing that day", "neutral"), ("fetched", "neutral"),
    ]  # fmt: skip
    assert found.rows[1].note.startswith("No such report. · asked again ")
    assert "Fetched by itself" in page.content.decode()


def test_who_is_not_asked_says_why(channel):
    other = cast.make_channel(channel.merchant, "linepay", label="LINE Pay")
    practice = cast.make_channel(cast.make_merchant("rehearsal", is_practice=True))

    assert fetching_of(channel).sentence == "They would come by themselves once the credentials are entered."
    assert fetching_of(other) is None
    assert fetching_of(practice).sentence == "In practice the simulator's statements are fetched on the page of practice payments."

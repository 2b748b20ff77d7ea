"""How a channel does: calls counted into hours, and a drop told with its likely cause."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from apps.channels.health import Cause, Finding, Hour, judge
from apps.channels.models import CallHour, ProviderCall
from apps.channels.selectors.calls import code_sentence, health_of
from apps.channels.services.health import count_hours, watch_channels
from apps.merchants.models import Notification
from tests import cast

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def hour(at: int, method="credit_card", calls=20, well=19, declined=1, config=0, unanswered=0) -> Hour:
    return Hour(NOON - timedelta(hours=at), method, calls, well, declined, config, unanswered)


PAST = [hour(at, method) for at in range(1, 49) for method in ("credit_card", "atm")]


@pytest.mark.parametrize(
    ("latest", "found"),
    [
        ([hour(0)], None),
        ([hour(0, calls=4, well=0, declined=4)], None),
        ([hour(0, well=13, declined=0, unanswered=7)], Cause.PROVIDER_DOWN),
        ([hour(0, well=9, declined=0, config=11)], Cause.CREDENTIALS),
        ([hour(0, well=10, declined=10), hour(0, "atm")], Cause.ONE_METHOD),
        ([hour(0, well=10, declined=10), hour(0, "atm", well=10, declined=10)], Cause.DECLINES),
        ([hour(0, well=17, declined=3)], None),
    ],
)
def test_the_last_hour_is_judged_against_its_own_past(latest, found):
    finding = judge(latest, PAST)

    assert (finding.cause if finding else None) == found


def test_a_young_channel_has_no_usual_but_silence_is_told_all_the_same():
    assert judge([hour(0, well=5, declined=15)], PAST[:10]) is None
    assert judge([hour(0, well=0, declined=0, unanswered=20)], []) == Finding(Cause.PROVIDER_DOWN, "", 0.0, None, 20)


def make_calls(channel, at, outcome, times, code_class="", ms=200):
    rows = [
        ProviderCall(
            merchant=channel.merchant, channel=channel, operation="create_payment", method="credit_card", key=f"pay_{number}",
            started_at=at, ended_at=at, outcome=outcome, code_class=code_class, ms=ms,
        )
        for number in range(times)
    ]  # fmt: skip
    ProviderCall.objects.bulk_create(rows)


@pytest.fixture
def channel(db):
    shop = cast.make_merchant()
    cast.owner(shop, language="en")
    return cast.make_channel(shop, provider="stripe")


@pytest.mark.postgres
def test_calls_are_counted_once_however_often_they_are_counted(channel):
    make_calls(channel, NOON + timedelta(minutes=5), "paid", 3)
    make_calls(channel, NOON + timedelta(minutes=6), "declined", 2)
    make_calls(channel, NOON + timedelta(minutes=7), "declined", 1, code_class="config")
    make_calls(channel, NOON + timedelta(minutes=8), "unknown", 4, ms=20_000)

    counted = [count_hours(now=NOON + timedelta(minutes=30)) for _time in range(2)]

    figures = CallHour.objects.values_list("hour", "calls", "well", "declined", "config", "unanswered", "ms_total", "ms_slowest")
    assert (counted, list(figures)) == ([1, 1], [(NOON, 10, 3, 2, 1, 4, 81_200, 20_000)])


@pytest.mark.postgres
def test_a_provider_that_went_down_is_told_once_with_the_cause(channel, in_english):
    make_calls(channel, NOON + timedelta(minutes=5), "unknown", 6)

    found = [watch_channels(now=NOON + timedelta(minutes=at)) for at in (10, 15)]

    assert [[one.cause for one in row] for row in found] == [[Cause.PROVIDER_DOWN], [Cause.PROVIDER_DOWN]]
    told = Notification.objects.get()
    assert (told.kind, told.count, "only 0 % of 6 calls" in told.title, "provider is down" in told.body) == (
        "channel.dropped",
        2,
        True,
        True,
    )


def test_a_quiet_day_is_no_trouble_and_an_hour_of_silence_is(channel, django_assert_num_queries):
    assert health_of(channel, NOON).state == "quiet"

    make_calls(channel, NOON + timedelta(minutes=5), "unknown", 6)
    count_hours(now=NOON + timedelta(minutes=30))
    with django_assert_num_queries(2):
        health = health_of(channel, NOON + timedelta(minutes=30))

    assert (health.state, health.calls, health.share_ppm, health.ms, health.hours[-1].tone) == ("trouble", 6, 0, 200, "red")


def test_a_code_without_a_sentence_of_its_own_is_told_in_the_reader_s_language(channel):
    told = []
    for language in ("en", "zh-hant"):
        with translation.override(language):
            told.append(code_sentence(channel, "pending"))

    assert told == ["Accepted, and not yet done.", "已受理，尚未完成。"]

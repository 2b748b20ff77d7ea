"""What anybody on the internet may send to the address of notices: it costs little and fills nothing."""

import pytest

from apps.channels.models import NoticeState, WebhookEvent
from apps.orders.services.notices import forged
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(is_practice=True))


def forge(client, channel, body="{}") -> int:
    address = f"/notices/{channel.public_id}/"
    return client.post(address, data=body, content_type="application/json", headers={"x-simulator-signature": "wrong"}).status_code


@pytest.mark.parametrize("length", ["abc", "-1", "1e3", "\u0661", "12 34"])
def test_a_length_that_is_no_number_is_refused_in_words(client, channel, length):
    address = f"/notices/{channel.public_id}/"

    answer = client.generic("POST", address, b"{}", content_type="application/json", CONTENT_LENGTH=length)

    assert (answer.status_code, WebhookEvent.objects.count()) == (400, 0)


def test_a_length_beyond_the_limit_is_refused(client, channel):
    address = f"/notices/{channel.public_id}/"

    lengths = (str(256 * 1024 + 1), "9" * 5000)
    assert [client.generic("POST", address, b"{}", CONTENT_LENGTH=length).status_code for length in lengths] == [413, 413]


def test_the_newest_forged_notices_of_each_channel_are_kept_and_all_are_counted(client, channel, monkeypatch):
    other = cast.make_channel(channel.merchant, "linepay", provider="simulator")
    kept = WebhookEvent.objects.create(
        merchant=channel.merchant, channel=channel, event_id="evt-1", state=NoticeState.RECEIVED, received_at=cast.NOW
    )
    elsewhere = WebhookEvent.objects.create(merchant=channel.merchant, channel=other, state=NoticeState.FORGED, received_at=cast.NOW)
    assert forged.FORGED_KEPT == 200
    monkeypatch.setattr(forged, "FORGED_KEPT", 3)

    assert [forge(client, channel, str(number)) for number in range(5)] == [401] * 5

    rows = WebhookEvent.objects.filter(channel=channel, state=NoticeState.FORGED).order_by("pk")
    assert [(row.body, row.result) for row in rows] == [("2", ""), ("3", "dropped 1"), ("4", "dropped 2")]
    assert set(WebhookEvent.objects.exclude(pk__in=rows)) == {kept, elsewhere}

"""A notice that is read again long after it came: its proof is judged as of the moment it arrived."""

import json
from datetime import timedelta

import pytest
import time_machine

from apps.channels.models import WebhookEvent
from apps.core import clock
from apps.orders.services.notices.replaying import NothingToReplay, replay_notice
from tests import cast
from tests.channels.fakes.server import running
from tests.channels.fakes.wechat import FakeWechat
from tests.contract.scenes.wechat import CALL, credentials

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def channel():
    """Of WeChat Pay, with a mistake in the key that opens its notices."""
    channel = cast.make_channel(cast.make_merchant(), "wechat", provider="wechat", currency="CNY", timezone="Asia/Shanghai")
    enter(channel, api_v3_key="k" * 32)
    return channel


@pytest.fixture
def sent():
    """The notice that `CALL` was paid, as WeChat Pay sends it now."""
    with running(FakeWechat()) as fake:
        fake.books.open(CALL.merchant_ref, CALL.amount_minor, CALL.currency, CALL.method, number="4200001")
        fake.books.move(CALL.merchant_ref, "paid")
        yield fake.notice(CALL.merchant_ref)


def enter(channel, **other: str) -> None:
    channel.credentials = json.dumps(credentials(**other))
    channel.save(update_fields=["credentials"])


def post(client, channel, sent) -> int:
    headers, body = sent
    return client.post(f"/notices/{channel.public_id}/", data=body, content_type="application/json", headers=headers).status_code


def test_a_notice_that_our_key_did_not_open_is_read_an_hour_later_and_is_too_old_for_the_door(client, channel, sent):
    fields = {"state": "pending", "paid_at": None, "business_date": None, "provider_ref": ""}
    payment = cast.make_payment(channel, CALL.merchant_ref, CALL.amount_minor, **fields)
    person = cast.owner(channel.merchant)
    assert post(client, channel, sent) == 400
    event = WebhookEvent.objects.get()
    assert event.state == "unreadable"

    with time_machine.travel(event.received_at + timedelta(hours=1)):
        enter(channel)
        assert post(client, channel, sent) == 401
        forged = WebhookEvent.objects.get(state="forged")
        with pytest.raises(NothingToReplay):
            replay_notice(merchant=channel.merchant, notice_id=forged.pk, by=person, now=clock.now())
        event = replay_notice(merchant=channel.merchant, notice_id=event.pk, by=person, now=clock.now())

    payment.refresh_from_db()
    assert (event.state, event.result, payment.state) == ("ignored", "read_again 1", "paid")
    assert WebhookEvent.objects.get(state="processed").result == f"moved {payment.merchant_ref}"

"""The door of notices: what it remembers of a channel, and the bell behind it."""

import hashlib
import hmac
import threading

import pytest

from apps.channels import registry
from apps.channels.models import Channel, WebhookEvent
from apps.channels.services import addresses
from apps.orders.services.notices.bell import Bell
from apps.orders.services.notices.keeping import proving
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
SIGNATURE = "x-razorpay-signature"


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(), "razorpay", provider="razorpay")


def enter(channel, secret: str) -> None:
    channel.credentials = f'{{"key_id": "k", "key_secret": "s", "webhook_secret": "{secret}"}}'
    channel.save(update_fields=["credentials"])


def post(client, channel, secret: str) -> int:
    body = b'{"event": "other"}'
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    address = f"/notices/{channel.public_id}/"
    return client.post(address, data=body, content_type="application/json", headers={SIGNATURE: signature}).status_code


def test_a_new_key_counts_at_once_and_a_replaced_one_no_longer_than_is_remembered(client, channel, monkeypatch):
    enter(channel, "first")
    proven = post(client, channel, "first")
    assert proven != 401
    enter(channel, "second")

    assert [post(client, channel, key) for key in ("first", "second", "first")] == [proven, proven, 401]

    enter(channel, "third")
    monkeypatch.setattr(addresses, "REMEMBERED", 0.0)
    assert [post(client, channel, key) for key in ("second", "third")] == [401, proven]


def test_a_channel_that_is_called_no_more_is_found_no_more(client, channel, monkeypatch):
    enter(channel, "first")
    assert post(client, channel, "wrong") == 401
    Channel.objects.update(credentials="")
    assert (post(client, channel, "wrong"), WebhookEvent.objects.count()) == (404, 1)


def test_the_bell_rings_once_for_all_who_pulled_it_meanwhile():
    rings, rang, may_end = [], threading.Semaphore(0), threading.Event()

    def ring() -> None:
        rings.append(1)
        rang.release()
        may_end.wait(5)

    bell = Bell(ring, pause=0)
    bell.pull()
    assert rang.acquire(timeout=5)
    for _n in range(100):
        bell.pull()
    may_end.set()

    assert rang.acquire(timeout=5)
    assert not rang.acquire(timeout=0.05)
    assert len(rings) == 2


def test_what_the_provider_is_proved_by_is_kept_whole_and_nothing_else_but_what_people_want_to_know():
    razorpay, lakala = (registry.get(code).gateway for code in ("razorpay", "lakala"))
    sent = {
        "cookie": "c", "authorization": "LKLAPI-SHA256withRSA s", "x-razorpay-signature": "s" * 684, "x-razorpay-event-id": "e" * 2000,
        "x-signature": "s", "accept": "*/*", "user-agent": "a", "content-type": "t",
    }  # fmt: skip
    known = {"user-agent": "a", "content-type": "t"}

    assert proving(razorpay, sent) == {**known, "x-razorpay-signature": "s" * 684, "x-razorpay-event-id": "e" * 1000}
    assert proving(lakala, sent) == {**known, "authorization": "LKLAPI-SHA256withRSA s"}
    assert [proving(lakala, {"authorization": password}) for password in ("basic dTpw", "Bearer t")] == [{}, {}]
    assert proving(None, sent) == known

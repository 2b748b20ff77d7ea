"""Credentials of a channel: written, used, never shown again by any page, record or log."""

import json
import logging

import pytest
import time_machine
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.channels.gateways import RefundCall
from apps.channels.models import Channel, ProviderCall
from apps.channels.selectors.details import history_of
from apps.channels.services.gateway import (
    NothingToEnter,
    can_be_called,
    credentials_of,
    end_call,
    enter_credentials,
    forget_credentials,
    gateway_for,
    start_call,
)
from apps.merchants.enums import Role
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys.shots import shoot

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.usefixtures("in_english")]

ADDRESS = "/m/qingtian/channels/ecpay/credentials/"
PLANTED = {"merchant_id": "PLANTED-3002607", "hash_key": "PLANTED-pwFHCqoQZGmho4w6", "hash_iv": "PLANTED-EkRm7iFT261dpevs"}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def channel(shop):
    channel = cast.make_channel(shop)
    cast.approve_papers(channel)
    return channel


@pytest.fixture
def owner(client, shop):
    user = cast.owner(shop, language="en")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user


def stored(channel) -> tuple:
    channel.refresh_from_db()
    return credentials_of(channel), channel.is_live, AuditEvent.objects.count()


def test_what_is_entered_lets_the_channel_be_called(client, owner, channel):
    assert not can_be_called(channel)
    answer = client.post(ADDRESS, {"system": "test", **PLANTED})

    assert (answer.status_code, answer.headers["Location"]) == (302, ADDRESS)
    assert stored(channel)[:2] == (PLANTED, False)
    assert can_be_called(channel)
    event = AuditEvent.objects.get(action="channel.credentials_entered")
    assert (event.actor_id, event.before, event.after) == (
        str(owner.pk), {"is_live": False}, {"entered": ["hash_iv", "hash_key", "merchant_id"], "is_live": False},
    )  # fmt: skip


def test_an_empty_field_keeps_what_is_there_and_the_same_again_is_no_change(client, owner, channel):
    client.post(ADDRESS, {"system": "test", **PLANTED})
    client.post(ADDRESS, {"system": "live", "hash_iv": "another"})
    before = stored(channel)
    assert before[:2] == ({**PLANTED, "hash_iv": "another"}, True)
    assert AuditEvent.objects.latest("pk").after == {"entered": ["hash_iv"], "is_live": True}

    client.post(ADDRESS, {"system": "live", "hash_iv": "another", "hash_key": "", "webhook_secret": "of another provider"})

    assert stored(channel) == before


@pytest.mark.parametrize("fields", [{}, {"hash_key": " "}, {"hash_key": "x" * 501}, {"system": "both"}])
def test_what_is_missing_is_said_and_nothing_is_written(client, owner, channel, fields):
    before = stored(channel)

    answer = client.post(ADDRESS, {"system": "test", "merchant_id": PLANTED["merchant_id"], "hash_iv": PLANTED["hash_iv"], **fields})

    assert answer.status_code == 422
    assert "PLANTED" not in answer.content.decode()
    assert stored(channel) == before


def test_they_can_be_removed(client, owner, channel):
    client.post(ADDRESS, {"system": "live", **PLANTED})

    client.post(ADDRESS, {"act": "forget"})
    client.post(ADDRESS, {"act": "forget"})

    assert stored(channel)[:2] == ({}, True)
    assert not can_be_called(channel)
    with translation.override("en"):  # a request leaves its own language behind
        said = [change.what for change in history_of(channel)]
    assert said == [["credentials removed"], ["credentials entered: HashIV, HashKey, Merchant ID", "calls go to the live system"]]


def test_only_who_may_edit_channels_reaches_the_page(client, shop, channel):
    codes = {}
    for role in Role:
        client.force_login(cast.member(shop, role), backend="django.contrib.auth.backends.ModelBackend")
        before = stored(channel)
        codes[role] = client.get(ADDRESS).status_code, client.post(ADDRESS, {"system": "live"}).status_code
        assert stored(channel) == before
    assert codes.pop(Role.OWNER) == (200, 422)
    assert set(codes.values()) == {(403, 403)}


def test_a_channel_of_another_shop_or_without_a_gateway_has_no_page(client, owner, shop):
    cast.make_channel(cast.make_merchant("second", name="Second"), "theirs", provider="ecpay")
    cast.make_channel(shop, "91app")

    assert client.get("/m/qingtian/channels/theirs/credentials/").status_code == 404
    assert client.get("/m/qingtian/channels/91app/credentials/").status_code == 404


def test_the_address_for_notices_is_shown_where_the_provider_sends_any(client, owner, shop, channel, settings):
    settings.SITE_URL = "https://books.example.com"
    stripe = cast.make_channel(shop, "stripe")

    page = client.get("/m/qingtian/channels/stripe/credentials/").content.decode()

    assert f'readonly value="https://books.example.com/notices/{stripe.public_id}/"' in page
    assert "/notices/" not in client.get(ADDRESS).content.decode()


def test_in_practice_there_is_nothing_to_enter(client, owner, shop, channel):
    shop.is_practice = True
    shop.save(update_fields=["is_practice"])
    before = stored(channel)

    page = client.get(ADDRESS).content.decode()
    assert "the simulator answers" in page
    assert 'type="password"' not in page
    client.post(ADDRESS, {"system": "live", **PLANTED})
    with pytest.raises(NothingToEnter):
        enter_credentials(channel=channel, values=PLANTED, is_live=True, by=owner, now=cast.NOW)

    assert stored(channel) == before


def test_a_planted_secret_is_nowhere_but_in_its_column(client, owner, channel, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("apps"), "propagate", True)
    caplog.set_level(logging.DEBUG)
    answers = [client.post(ADDRESS, {"system": "test", **PLANTED}, follow=True)]
    for page in ("", "ecpay/", "ecpay/credentials/", "ecpay/edit/", "ecpay/statements/", "-/file/merchant.toml"):
        answers.append(client.get(f"/m/qingtian/channels/{page}"))
    answers.append(client.get("/m/qingtian/settings/audit/"))
    channel.refresh_from_db()
    call = start_call(channel=channel, operation="refund", key="rf_1", now=cast.NOW)
    end_call(call, gateway_for(channel).query_refund(refund_call()), cast.NOW)
    forget_credentials(channel=channel, by=owner, now=cast.NOW)

    assert {answer.status_code for answer in answers[:-1]} == {200}
    shown = "".join(b"".join(answer).decode() if answer.streaming else answer.content.decode() for answer in answers)
    written = json.dumps([list(AuditEvent.objects.values("before", "after", "reason", "subject_label"))], default=str)
    calls = json.dumps(list(ProviderCall.objects.values("raw", "message", "code")))
    assert ProviderCall.objects.get().raw
    for place in (shown, written, calls, caplog.text):
        assert "PLANTED" not in place


def refund_call() -> RefundCall:
    return RefundCall("rf_1", "rf_1", "P1", "A1", 100, 200, 0, "TWD", "credit_card")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_is_free_of_access_faults(page, sign_in, shop, channel):
    lin = cast.owner(shop, language="en", name="Lin")
    sign_in(lin)
    page.goto(ADDRESS)
    page.get_by_label("HashKey", exact=True).fill(PLANTED["hash_key"])
    page.get_by_label("HashIV", exact=True).fill(PLANTED["hash_iv"])
    page.get_by_label("Merchant ID").fill(PLANTED["merchant_id"])
    page.get_by_role("button", name="Save").click()
    page.get_by_label("HashKey (entered)").wait_for()
    assert page.get_by_label("HashKey (entered)").input_value() == ""
    assert Channel.objects.get().is_live is False

    assert_no_axe_violations(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    shoot(page, ADDRESS, "channel-credentials", user=lin)
    shoot(page, "/m/qingtian/channels/ecpay/", "channel", user=lin)
    forget_credentials(channel=channel, by=lin, now=cast.NOW)
    shoot(page, ADDRESS, "channel-credentials-none", user=lin, languages=("zh-hant",))

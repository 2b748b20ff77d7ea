"""Credentials that a provider renews: one worker at a time, and never over what a person has entered since."""

from datetime import timedelta

import pytest
import time_machine

from apps.channels.services.gateway import credentials_of, enter_credentials, forget_credentials, gateway_for
from apps.channels.services.renewal import CLAIM, ChannelVault
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
ENTERED = {"terminal_sn": "100000000000000001", "terminal_key": "first", "device_id": "hezhang-1"}


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def channel(shop):
    made = cast.make_channel(shop, "sqb", provider="shouqianba")
    enter_credentials(channel=made, values=ENTERED, is_live=False, by=cast.owner(shop), now=cast.NOW)
    return made


def kept(channel) -> dict[str, str]:
    channel.refresh_from_db()
    return credentials_of(channel)


def test_one_claims_and_another_waits_until_it_was_stored_or_a_minute_is_over(channel):
    one, other = ChannelVault(channel.pk), ChannelVault(channel.pk)
    with time_machine.travel(cast.NOW, tick=False) as travel:
        assert (one.claim(), other.claim()) == (ENTERED, None)
        one.store({"terminal_key": "second", "terminal_key_day": "2026-11-20"})
        assert other.claim() == ENTERED | {"terminal_key": "second", "terminal_key_day": "2026-11-20"}
        travel.shift(CLAIM - timedelta(seconds=1))
        assert one.claim() is None
        travel.shift(timedelta(seconds=1))
        assert one.claim() is not None

    channel.refresh_from_db()
    assert gateway_for(channel).api.vault.channel_id == channel.pk


def test_what_a_person_entered_in_the_meantime_stands(shop, channel):
    vault = ChannelVault(channel.pk)
    vault.claim()
    enter_credentials(channel=channel, values={"terminal_key": "by hand"}, is_live=False, by=cast.owner(shop), now=cast.NOW)

    vault.store({"terminal_key": "renewed"})

    assert kept(channel) == ENTERED | {"terminal_key": "by hand"}


def test_what_was_forgotten_stays_forgotten(shop, channel):
    vault = ChannelVault(channel.pk)
    vault.claim()
    forget_credentials(channel=channel, by=cast.owner(shop), now=cast.NOW)

    vault.store({"terminal_key": "renewed"})

    assert (kept(channel), vault.claim()) == ({}, None)

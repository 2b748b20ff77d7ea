"""Certificates that end: found in what was entered, on the card, told at each mark once."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.channels import registry
from apps.channels.models import Channel
from apps.channels.selectors.cards import cards_of
from apps.channels.services.expiry import earliest_end, remind_of_certificates
from apps.channels.services.gateway import enter_credentials, forget_credentials
from apps.merchants.models import Notification
from tests import cast
from tests.contract.scenes.unionpay import credentials

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def test_the_first_end_among_certificates_is_kept_and_forgotten_with_them():
    shop = cast.make_merchant()
    owner, channel = cast.owner(shop), cast.make_channel(shop, provider="unionpay", currency="CNY")
    ends_at = earliest_end(registry.get("unionpay").gateway, credentials())

    enter_credentials(channel=channel, values=credentials(), is_live=False, by=owner, now=cast.NOW)
    assert Channel.objects.get(pk=channel.pk).certificate_ends_at == ends_at
    assert ends_at.tzinfo is not None

    channel.refresh_from_db()
    forget_credentials(channel=channel, by=owner, now=cast.NOW)
    assert Channel.objects.get(pk=channel.pk).certificate_ends_at is None


def test_what_is_no_certificate_has_no_end():
    assert earliest_end(registry.get("unionpay").gateway, {"certificate": "-----BEGIN CERTIFICATE-----\nrubbish\n"}) is None
    assert earliest_end(registry.get("ecpay").gateway, {"hash_key": "x"}) is None


def test_it_is_told_at_each_mark_once_and_stands_on_the_card():
    shop, ends_at = cast.make_merchant(), datetime(2030, 1, 1, tzinfo=UTC)
    cast.owner(shop, language="en")
    channel = cast.make_channel(shop, provider="ecpay")
    Channel.objects.update(certificate_ends_at=ends_at)

    told = [remind_of_certificates(now=ends_at - timedelta(days=days)) for days in (32, 30, 29, 7, 7, 1, -1, -2)]

    assert told == [0, 1, 0, 1, 0, 1, 1, 0]
    assert Notification.objects.get().title == f"{channel.label}: a certificate has ended (2030-01-01)"
    notes = [cards_of(shop, ends_at - timedelta(days=days))[0].note for days in (31, 10, -1)]
    assert [note.startswith("A certificate") for note in notes] == [False, True, True]
    assert notes[2].endswith("calls fail")

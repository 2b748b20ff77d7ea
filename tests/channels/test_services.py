"""Fee versions, channels and calendars: what a change leaves behind, and what is refused without a trace."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.channels.errors import (
    CalendarInUse,
    ChannelCodeTaken,
    FeeVersionHasBegun,
    FeeVersionsOverlap,
    FeeVersionTaken,
    PastKeepsItsTerms,
)
from apps.channels.models import Channel, FeeRule, HolidayCalendar
from apps.channels.services.calendars import forget_calendar, save_calendar
from apps.channels.services.channels import add_channel, change_channel, switch_channel
from apps.channels.services.fee_versions import add_fee_version, withdraw_fee_version
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

TERMS = {"percent_ppm": 25000, "fixed_minor": 0, "minimum_minor": None, "cap_minor": None}
TERMS |= {"refund_fee": "keep", "tolerance_minor": 0, "rounding": "half_up", "unit_minor": 100}


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def ecpay(shop):
    return cast.make_channel(shop)


@pytest.fixture
def lin(shop):
    return cast.owner(shop, name="Lin")


def version(channel, by, valid_from, methods=("credit_card",), **terms):
    return add_fee_version(channel=channel, methods=list(methods), valid_from=valid_from, by=by, now=cast.NOW, **{**TERMS, **terms})


def refused(error, channel, by, valid_from, **options) -> str:
    before = (FeeRule.objects.count(), AuditEvent.objects.count())
    with pytest.raises(error) as refusal:
        version(channel, by, valid_from, **options)
    assert (FeeRule.objects.count(), AuditEvent.objects.count()) == before
    return str(refusal.value)


# Fee versions


def test_a_new_version_stands_beside_the_old_one(ecpay, lin):
    old = cast.make_fee_rule(ecpay, methods=("credit_card",))

    new = version(ecpay, lin, date(2026, 12, 1))

    assert list(ecpay.fee_rules.order_by("valid_from").values_list("pk", "percent_ppm", "valid_from")) == [
        (old.pk, 27500, date(2026, 1, 1)),
        (new.pk, 25000, date(2026, 12, 1)),
    ]
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_label, event.subject_id) == ("feerule.created", "Lin", str(new.pk))
    assert (event.after["channel"], event.after["valid_from"], event.after["percent_ppm"]) == ("ecpay", "2026-12-01", 25000)


def test_terms_that_have_applied_cannot_be_changed(ecpay, lin):
    cast.make_fee_rule(ecpay, methods=("credit_card",))

    sentence = refused(PastKeepsItsTerms, ecpay, lin, date(2026, 11, 19))

    assert sentence == (
        "Terms that have already applied cannot be changed: fees of past payments are checked against them. "
        "The earliest day for a new version is 2026-11-20."
    )


def test_a_new_version_comes_after_the_latest_one(ecpay, lin):
    cast.make_fee_rule(ecpay, methods=("credit_card",), valid_from=date(2027, 1, 1))

    assert refused(PastKeepsItsTerms, ecpay, lin, date(2026, 12, 1)).endswith("The earliest day for a new version is 2027-01-02.")


def test_the_past_of_a_method_without_terms_is_free(ecpay, lin):
    cast.make_fee_rule(ecpay, methods=("credit_card",))

    assert version(ecpay, lin, date(2026, 3, 1), methods=("atm",)).valid_from == date(2026, 3, 1)


def test_naming_a_method_that_the_general_terms_covered_changes_its_past(ecpay, lin):
    cast.make_fee_rule(ecpay, methods=("*",))

    refused(PastKeepsItsTerms, ecpay, lin, date(2026, 11, 19), methods=("atm",))

    assert version(ecpay, lin, cast.TODAY, methods=("atm",)).methods == ["atm"]


def test_two_versions_from_one_day_are_refused_by_service_and_database(ecpay, lin):
    cast.make_fee_rule(ecpay, methods=("atm", "credit_card"), valid_from=date(2026, 12, 1))

    assert refused(FeeVersionTaken, ecpay, lin, date(2026, 12, 1), methods=("credit_card", "atm")) == (
        "There is already a version for ATM, Credit card from 2026-12-01. Choose a later day."
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        cast.make_fee_rule(ecpay, methods=("atm", "credit_card"), valid_from=date(2026, 12, 1))
    assert FeeRule.objects.count() == 1


def test_a_method_named_twice_from_one_day_is_refused(ecpay, lin):
    cast.make_fee_rule(ecpay, methods=("credit_card",), valid_from=date(2026, 12, 1))

    assert refused(FeeVersionsOverlap, ecpay, lin, date(2026, 12, 1), methods=("atm", "credit_card")).startswith("Credit card already has")


def test_a_version_that_has_not_begun_can_be_withdrawn(ecpay, lin):
    rule = version(ecpay, lin, date(2026, 11, 21))

    withdraw_fee_version(rule=rule, by=lin, now=cast.NOW)

    assert not FeeRule.objects.exists()
    event = AuditEvent.objects.get(action="feerule.withdrawn")
    assert (event.before["valid_from"], event.before["percent_ppm"]) == ("2026-11-21", 25000)


def test_a_version_that_applies_today_stays(ecpay, lin):
    rule = cast.make_fee_rule(ecpay, valid_from=cast.TODAY)

    with pytest.raises(FeeVersionHasBegun, match="has applied since 2026-11-20"):
        withdraw_fee_version(rule=rule, by=lin, now=cast.NOW)

    assert list(FeeRule.objects.all()) == [rule]
    assert not AuditEvent.objects.exists()


# Channels


def test_a_change_is_recorded_once_and_saving_again_is_silent(ecpay, lin):
    pairs = change_channel(channel=ecpay, by=lin, now=cast.NOW, settles="T+3", bank_keywords=["ECPAY"])

    assert pairs == {"settles": ("T+7", "T+3"), "bank_keywords": ([], ["ECPAY"])}
    event = AuditEvent.objects.get()
    assert (event.action, event.before, event.after) == (
        "channel.changed",
        {"settles": "T+7", "bank_keywords": []},
        {"settles": "T+3", "bank_keywords": ["ECPAY"]},
    )
    assert change_channel(channel=ecpay, by=lin, now=cast.NOW, settles="T+3") == {}
    assert AuditEvent.objects.count() == 1


def test_the_switch_is_recorded(ecpay, lin):
    switch_channel(channel=ecpay, is_on=False, by=lin, now=cast.NOW)
    switch_channel(channel=ecpay, is_on=False, by=lin, now=cast.NOW)

    assert Channel.objects.get().is_on is False
    assert list(AuditEvent.objects.values_list("before", "after")) == [({"is_on": True}, {"is_on": False})]


def test_a_code_names_one_channel_of_a_shop(ecpay, lin, shop):
    values = {"code": "ecpay", "provider": "ecpay", "label": "x", "currency": "TWD", "timezone": "UTC", "calendar": "TW", "settles": "T+1"}

    with pytest.raises(ChannelCodeTaken, match="already has a channel with the code ecpay"):
        add_channel(merchant=shop, by=lin, now=cast.NOW, **values)

    assert list(Channel.objects.all()) == [ecpay]
    assert not AuditEvent.objects.exists()


def test_a_channel_of_the_shop_s_own_books_has_no_day_that_lacks_a_file(lin, shop):
    values = {
        "code": "by-hand", "provider": "internal", "label": "x", "currency": "TWD", "timezone": "UTC", "calendar": "TW", "settles": "T+1",
    }  # fmt: skip

    channel = add_channel(merchant=shop, by=lin, now=cast.NOW, statements="daily", **values)

    channel.refresh_from_db()
    assert (channel.statements, AuditEvent.objects.get().after["statements"]) == ("per_payout", "per_payout")
    assert change_channel(channel=channel, by=lin, now=cast.NOW, statements="daily") == {}
    assert Channel.objects.get().statements == "per_payout"


# Calendars


def test_a_calendar_is_made_changed_and_forgotten(ecpay, lin, shop):
    days = {"weekend": ["sat", "sun"], "holidays": ["2026-09-28", "2026-09-25"], "workdays": []}

    save_calendar(merchant=shop, code="TW", by=lin, now=cast.NOW, **days)
    pairs = save_calendar(merchant=shop, code="TW", by=lin, now=cast.NOW, **{**days, "workdays": ["2026-09-26"]})
    row = HolidayCalendar.objects.get()

    assert (row.holidays, row.workdays) == (["2026-09-25", "2026-09-28"], ["2026-09-26"])
    assert pairs == {"workdays": ([], ["2026-09-26"])}
    forget_calendar(calendar=row, by=lin, now=cast.NOW)
    assert not HolidayCalendar.objects.exists()
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == [
        "holidaycalendar.created",
        "holidaycalendar.changed",
        "holidaycalendar.removed",
    ]


def test_a_calendar_that_is_no_country_stays_while_channels_count_by_it(lin, shop):
    row = HolidayCalendar.objects.create(merchant=shop, code="BANK", weekend=["sun"])
    cast.make_channel(shop, calendar="BANK")

    with pytest.raises(CalendarInUse, match="BANK is no country"):
        forget_calendar(calendar=row, by=lin, now=cast.NOW)

    assert HolidayCalendar.objects.count() == 1
    assert not AuditEvent.objects.exists()

"""Tolerances by version, booked rates by day, and the arithmetic of both."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.models import AuditEvent
from apps.channels.errors import RateNotUsable
from apps.channels.models import BookedRate, RuleSet
from apps.channels.services.match_rules import book_rate, set_rules
from apps.channels.terms import rates_for, rules_for
from apps.channels.tolerances import PICO, MatchRules, Rate, Tolerance, converted
from tests import cast

DAY = date(2026, 9, 1)


@pytest.fixture
def ecpay():
    return cast.make_channel(cast.make_merchant())


@pytest.mark.django_db
@pytest.mark.postgres
def test_a_change_is_a_new_version_and_keeps_what_it_does_not_name(ecpay):
    lin = cast.accountant(ecpay.merchant)
    assert rules_for(ecpay) == MatchRules(0, Tolerance(0, None), None, Tolerance(None, 5_000), 24, 5)

    set_rules(channel=ecpay, reason="rounding", by=lin, now=cast.NOW, amount_minor=100, amount_ppm=1_000)
    set_rules(channel=ecpay, reason="slow bank", by=lin, now=cast.NOW, bank_days=8, fee_ppm=20_000)

    assert rules_for(ecpay) == MatchRules(2, Tolerance(100, 1_000), 20_000, Tolerance(None, 5_000), 24, 8)
    assert list(RuleSet.objects.order_by("version").values_list("version", "bank_days", "created_by")) == [(1, 5, lin.pk), (2, 8, lin.pk)]
    event = AuditEvent.objects.filter(action="rules.changed").latest("pk")
    assert (event.reason, event.before["bank_days"], event.after["bank_days"]) == ("slow bank", 5, 8)


@pytest.mark.django_db
@pytest.mark.postgres
@pytest.mark.parametrize(
    "limits", [{"amount_minor": -1}, {"fx_minor": -1}, {"amount_ppm": 1_000_001}, {"fee_ppm": -1}, {"pairing_hours": 0}, {"bank_days": 21}]
)
def test_limits_that_make_no_sense_are_refused_by_the_table(ecpay, limits):
    with pytest.raises(IntegrityError), transaction.atomic():
        set_rules(channel=ecpay, reason="r", by=None, now=cast.NOW, **limits)

    assert rules_for(ecpay).version == 0


@pytest.mark.django_db
@pytest.mark.postgres
def test_a_rate_counts_from_its_day_and_the_same_day_replaces_it(ecpay):
    for day, rate in ((1, "31.9"), (15, "32.05"), (15, "32.1")):
        book_rate(channel=ecpay, base="USD", quote="TWD", valid_from=DAY.replace(day=day), rate=Decimal(rate), by=None, now=cast.NOW)

    assert rates_for(ecpay) == (
        Rate("USD", "TWD", DAY.replace(day=15), 32_100_000_000_000),
        Rate("USD", "TWD", DAY, 31_900_000_000_000),
    )
    assert AuditEvent.objects.filter(action="rate.booked").count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity", "0.0000000000001", "10000000"])
def test_what_is_no_rate_is_refused(ecpay, rate):
    with pytest.raises(RateNotUsable):
        book_rate(channel=ecpay, base="USD", quote="TWD", valid_from=DAY, rate=Decimal(rate), by=None, now=cast.NOW)
    with pytest.raises(RateNotUsable):
        book_rate(channel=ecpay, base="TWD", quote="TWD", valid_from=DAY, rate=Decimal(1), by=None, now=cast.NOW)

    assert BookedRate.objects.count() == 0


@pytest.mark.django_db
def test_rates_come_in_by_file_all_or_nothing(ecpay, tmp_path):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("valid_from,base,quote,rate\n2026-09-01,usd,TWD,31.9\n2026-09-02,JPY,TWD,0.2154\n", "utf-8-sig")
    bad.write_text("valid_from,base,quote,rate\n2026-09-03,USD,TWD,32\n2026-09-04,USD,TWD,much\n")

    call_command("book_rates", str(good), merchant="qingtian", channel="ecpay", verbosity=0)
    with pytest.raises(CommandError, match="row 3"):
        call_command("book_rates", str(bad), merchant="qingtian", channel="ecpay")
    with pytest.raises(CommandError, match="no channel"):
        call_command("book_rates", str(good), merchant="qingtian", channel="none")

    assert list(BookedRate.objects.order_by("valid_from").values_list("base", "rate_pico")) == [
        ("USD", 31_900_000_000_000),
        ("JPY", 215_400_000_000),
    ]


@pytest.mark.parametrize(
    ("minor", "rate", "digits", "expected"),
    [
        (10000, "32.1", (2, 2), 321000),  # 100.00 dollars
        (10000, "149.555", (2, 0), 14956),  # in yen, half up
        (149555, "0.0066", (0, 2), 98706),
        (-10000, "149.555", (2, 0), -14956),
        (1, "0.004", (2, 2), 0),
        (12345, "0.3075", (2, 3), 37961),
    ],
)
def test_conversion_is_exact_and_rounds_once(minor, rate, digits, expected):
    assert converted(minor, int(Decimal(rate) * PICO), *digits) == expected


@given(st.integers(0, 10**15), st.integers(0, 1_000_000), st.integers(0, 10**9))
def test_the_share_of_a_limit_is_exact_for_any_amount(expected, ppm, absolute):
    frame = pl.DataFrame({"expected": [expected]}).select(
        share=Tolerance(None, ppm).limit(pl.col("expected")), both=Tolerance(absolute, ppm).limit(-pl.col("expected"))
    )

    share = expected * ppm // 1_000_000
    assert frame.rows() == [(share, min(share, absolute))]

"""merchant.toml: what it makes, what it leaves alone, and how each mistake is named."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.channels.errors import UnableToLoadMerchantFile
from apps.channels.models import Channel, FeeRule, HolidayCalendar
from apps.channels.services.merchant_dump import dump_merchant_file
from apps.channels.services.merchant_file import load_merchant_file, preview_merchant_file
from apps.merchants.models import BankAccount, Merchant
from tests import cast
from tests.channels.merchant_files import counts, load, small

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


# What it makes


def test_a_new_shop_has_every_row_of_the_file():
    loaded = load()

    assert dict(loaded.created) == {"merchant": 1, "calendars": 1, "bank_accounts": 1, "channels": 2, "fees": 1}
    assert loaded.changed == []
    assert not loaded.unchanged
    merchant = Merchant.objects.get()
    assert (merchant.slug, merchant.name, merchant.currency, merchant.timezone) == ("qingtian", "晴天選物", "TWD", "Asia/Taipei")
    calendar = HolidayCalendar.objects.get()
    assert (calendar.code, calendar.weekend, calendar.holidays, calendar.workdays) == (
        "TW",
        ["sat", "sun"],
        ["2026-09-25", "2026-09-28"],
        [],
    )
    account = BankAccount.objects.get()
    assert (account.code, account.bank, account.account_no, account.format) == ("cathay-twd", "國泰世華", "****1234", "csv")
    assert account.mapping == {
        "encoding": "big5",
        "delimiter": ",",
        "skip_rows": 2,
        "date": "交易日期",
        "date_format": "%Y/%m/%d",
        "debit": "支出金額",
        "credit": "存入金額",
        "balance": "餘額",
        "memo": ["摘要", "備註"],
        "reference": "交易序號",
        "footer_starts": "合計",
    }


def test_channels_and_fees_hold_exact_terms():
    load()

    ecpay = Channel.objects.get(code="ecpay")
    assert (ecpay.provider, ecpay.settles, ecpay.statements, ecpay.calendar, ecpay.grace_days) == ("ecpay", "T+7", "daily", "TW", 1)
    assert (ecpay.bank_account.code, ecpay.bank_keywords, ecpay.is_on, ecpay.mapping) == ("cathay-twd", ["綠界", "ECPAY"], True, {})
    rule = FeeRule.objects.get()
    assert (rule.methods, rule.methods_key, rule.percent_ppm, rule.fixed_minor) == (["credit_card"], "credit_card", 27500, 0)
    assert (rule.minimum_minor, rule.cap_minor, rule.tolerance_minor, rule.unit_minor) == (500, None, 100, 100)
    assert (rule.refund_fee, rule.rounding, rule.valid_from) == ("keep", "half_up", date(2026, 1, 1))
    till = Channel.objects.get(code="till")
    assert (till.bank_account, till.bank_keywords, till.grace_days, till.statements) == (None, [], 1, "daily")
    assert till.mapping["types"] == {"付款": "payment", "退款": "refund"}


@pytest.mark.parametrize(("currency", "threshold"), [("TWD", 50000), ("JPY", 500), ("KWD", 500000)])
def test_the_difference_threshold_is_five_hundred_of_the_currency(currency, threshold):
    assert load(('currency = "TWD"', f'currency = "{currency}"')).merchant.difference_threshold_minor == threshold


def refund_limits(merchant) -> tuple:
    return (
        merchant.refund_second_approver_above_minor,
        merchant.refund_owner_above_minor,
        merchant.refund_mfa_above_minor,
        merchant.refund_due_hours,
    )


def test_limits_of_refunds_are_in_the_currency_and_may_be_never():
    assert refund_limits(load(('slug = "qingtian"', 'slug = "yen"'), ('currency = "TWD"', 'currency = "JPY"')).merchant) == (
        10_000, 50_000, 10_000, 24,
    )  # fmt: skip

    stated = 'refund_second_approver_above = "3000"\nrefund_owner_above = ""\nrefund_mfa_above = "0"\nrefund_due_hours = 4\n'
    loaded = load(('currency = "TWD"', f'currency = "TWD"\n{stated}')).merchant
    assert refund_limits(loaded) == (300_000, None, 0, 4)
    assert load_merchant_file(dump_merchant_file(loaded).encode(), by=None, now=cast.NOW).unchanged
    with pytest.raises(UnableToLoadMerchantFile, match="refund_due_hours"):
        load(('currency = "TWD"', 'currency = "TWD"\nrefund_due_hours = 0'))


def test_every_new_row_leaves_one_event():
    load()

    events = sorted(AuditEvent.objects.values_list("action", "actor_label"))
    assert events == [
        ("bankaccount.created", "Hezhang"),
        ("channel.created", "Hezhang"),
        ("channel.created", "Hezhang"),
        ("feerule.created", "Hezhang"),
        ("holidaycalendar.created", "Hezhang"),
        ("merchant.created", "Hezhang"),
    ]


# Loading again


@pytest.mark.parametrize(("provider", "rhythm"), [("ecpay", "daily"), ("internal", "per_payout")])
def test_loading_twice_writes_nothing(provider, rhythm):
    change = ('provider = "ecpay"', f'provider = "{provider}"')
    load(change)
    before = counts()
    assert Channel.objects.get(code="ecpay").statements == rhythm

    with CaptureQueriesContext(connection) as queries:
        loaded = load(change)

    assert loaded.unchanged
    assert counts() == before
    assert [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_another_grace_is_a_new_version_of_the_rules():
    load()

    loaded = load(("grace_days = 1", "grace_days = 3"))
    load(("grace_days = 1", "grace_days = 3"))

    ecpay = Channel.objects.get(code="ecpay")
    assert loaded.changed == ["ecpay: grace in open days 1 → 3"]
    assert (ecpay.grace_days, list(ecpay.rule_sets.values_list("version", "grace_days", "reason"))) == (3, [(1, 3, "merchant.toml")])


def test_a_changed_attribute_is_updated_and_recorded():
    load()
    before = counts()

    loaded = load(('settles = "T+7"', 'settles = "T+5"'), ('label = "綠界"', 'label = "綠界 信用卡"'))

    assert loaded.changed == ["ecpay: label 綠界 → 綠界 信用卡", "ecpay: settles T+7 → T+5"]
    assert Channel.objects.get(code="ecpay").settles == "T+5"
    event = AuditEvent.objects.get(action="channel.changed")
    assert (event.before, event.after) == ({"label": "綠界", "settles": "T+7"}, {"label": "綠界 信用卡", "settles": "T+5"})
    assert counts() == {**before, "AuditEvent": before["AuditEvent"] + 1}


def test_fee_numbers_of_the_same_rule_are_corrected_by_the_file():
    load()

    loaded = load(('percent = "2.75"', 'percent = "2.8"'), ('minimum = "5"', 'minimum = ""'))

    assert loaded.changed == [
        "ecpay credit_card 2026-01-01: percent 2.75 % → 2.8 %",
        "ecpay credit_card 2026-01-01: minimum 5.00 → none",
    ]
    event = AuditEvent.objects.get(action="feerule.changed")
    assert (event.before, event.after) == ({"percent_ppm": 27500, "minimum_minor": 500}, {"percent_ppm": 28000, "minimum_minor": None})


def test_a_rule_with_another_day_is_a_new_version_and_the_old_one_stays():
    load()

    loaded = load(("valid_from = 2026-01-01", "valid_from = 2026-09-16"), ('percent = "2.75"', 'percent = "2.5"'))

    assert dict(loaded.created) == {"fees": 1}
    assert list(FeeRule.objects.order_by("valid_from").values_list("valid_from", "percent_ppm")) == [
        (date(2026, 1, 1), 27500),
        (date(2026, 9, 16), 25000),
    ]


def test_the_switch_and_the_learned_account_survive_loading():
    load()
    Channel.objects.filter(code="ecpay").update(is_on=False, provider_account="2000132")

    assert load().unchanged

    ecpay = Channel.objects.get(code="ecpay")
    assert (ecpay.is_on, ecpay.provider_account) == (False, "2000132")


def test_a_preview_says_what_loading_would_do_and_keeps_nothing():
    merchant = load().merchant
    before = counts()

    preview = preview_merchant_file(small(('settles = "T+7"', 'settles = "T+3"')), by=None, now=cast.NOW, merchant=merchant)

    assert preview.changed == ["ecpay: settles T+7 → T+3"]
    assert counts() == before
    assert Channel.objects.get(code="ecpay").settles == "T+7"


def test_a_file_about_another_shop_is_refused_where_one_shop_is_meant():
    other = cast.make_merchant("other")
    before = counts()

    with pytest.raises(UnableToLoadMerchantFile, match=r'\[merchant\]: slug = "qingtian" is another shop; this one is "other"'):
        load(merchant=other)

    assert counts() == before


# Round trip


def test_a_dump_loads_without_a_change():
    merchant = load(
        ('percent = "2.75"', 'percent = "0.0001"'), ('fixed = "0"', 'fixed = "0.30"'), ('label = "綠界"', 'label = "綠\\"界\\\\ "')
    ).merchant

    text = dump_merchant_file(merchant)

    assert load_merchant_file(text.encode(), by=None, now=cast.NOW).unchanged
    assert 'percent = "0.0001"' in text
    assert 'fixed = "0.30"' in text


@pytest.mark.parametrize("world", ["clean", "basic", "rich"])
def test_worlds_load_twice_and_round_trip(shared_folder, world):
    file = shared_folder / "worlds" / world / "drop" / "merchant.toml"
    if not file.exists():
        pytest.skip("this world is not here")
    loaded = load_merchant_file(file, by=None, now=cast.NOW)

    size = {"clean": (3, 3, 4, 13), "basic": (3, 3, 4, 13), "rich": (4, 4, 6, 19)}[world]
    assert tuple(loaded.created[kind] for kind in ("calendars", "bank_accounts", "channels", "fees")) == size
    assert load_merchant_file(file, by=None, now=cast.NOW).unchanged
    assert load_merchant_file(dump_merchant_file(loaded.merchant).encode(), by=None, now=cast.NOW).unchanged

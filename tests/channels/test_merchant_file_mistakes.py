"""Each mistake in a merchant.toml is named with its place and what was expected; nothing of the file is kept."""
# ruff: noqa: E501  the sentences are compared whole, and a table reads by rows

import pytest

from apps.channels import registry
from tests.channels.merchant_files import faults_of, load, small

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

ECPAY = "[[channels]] 1 ecpay"
FEE = f"{ECPAY} [[channels.fees]] 1"
MISTAKES = [
    ('settles = "T+7"', 'settles = "T+x"', f'{ECPAY}: settles = "T+x" is not usable: "T+7", "weekly:fri" or "monthly:10" is expected'),
    ('settles = "T+7"', "settle = 7", f"{ECPAY}: settles is missing"),
    ('currency = "TWD"', 'currency = "TWX"', '[merchant]: currency = "TWX" is not usable: a three-letter currency code like TWD is expected'),
    ('timezone = "Asia/Taipei"', 'timezone = "Taipei"', '[merchant]: timezone = "Taipei" is not usable: a time zone like Asia/Taipei is expected'),
    ('slug = "qingtian"', 'slug = "qing tian"', '[merchant]: slug = "qing tian" is not usable: letters and digits are expected, then also - and _'),
    ('name = "晴天選物"', "name = 7", "[merchant]: name = 7 is not usable: text in quotes is expected"),
    ('name = "晴天選物"', 'name = " "', '[merchant]: name = " " is not usable: it may not be empty'),
    ('weekend = ["sat", "sun"]', 'weekend = ["sunday"]', "[[calendars]] 1 TW: weekend = ['sunday'] is not usable: some of mon, tue, wed, thu, fri, sat, sun are expected, not all seven"),
    ("workdays = []", "workdays = [2026-09-25]", "[[calendars]] 1 TW: 2026-09-25 is both a holiday and a working day"),
    ("workdays = []", 'workdays = ["2026-09-25"]', "[[calendars]] 1 TW: workdays = ['2026-09-25'] is not usable: a list of days like 2026-09-28 is expected"),
    ('calendar = "TW"', 'calendar = "XX"', f'{ECPAY}: calendar = "XX" is not usable: no [[calendars]] has this code, and it is no country code like TW'),
    ('bank_account = "cathay-twd"', 'bank_account = "cathy"', f'{ECPAY}: bank_account = "cathy" is not usable: no [[bank_accounts]] has this code'),
    ('format = "csv"', 'format = "pdf"', '[[bank_accounts]] 1 cathay-twd: format = "pdf" is not usable: one of csv, mt940, camt053, ofx, bai2 is expected'),
    ('format = "csv"', 'format = "mt940"', '[[bank_accounts]] 1 cathay-twd: [bank_accounts.csv] is only for format = "csv"'),
    ('debit = "支出金額"', 'amount = "金額"', "[[bank_accounts]] 1 cathay-twd [bank_accounts.csv]: either amount, or debit and credit are expected"),
    ('encoding = "big5"', 'encoding = "big6"', '[[bank_accounts]] 1 cathay-twd [bank_accounts.csv]: encoding = "big6" is not usable: an encoding like utf-8, big5 or gb18030 is expected'),
    ('date_format = "%Y/%m/%d"', 'date_format = "%Y/%m"', '[[bank_accounts]] 1 cathay-twd [bank_accounts.csv]: date_format = "%Y/%m" is not usable: a format like "%Y/%m/%d" is expected'),
    ("grace_days = 1", "grace_days = 99", f"{ECPAY}: grace_days = 99 is not usable: a whole number from 0 to 60 is expected"),
    ("grace_days = 1", 'grace_days = "1"', f'{ECPAY}: grace_days = "1" is not usable: a whole number from 0 to 60 is expected'),
    ("grace_days = 1", "grace = 1", f"{ECPAY}: grace is unknown here; known are code, currency, provider, label, timezone, calendar, settles, statements, bank_account, bank_keywords, grace_days, fees, csv"),
    ('statements = "daily"', 'statements = "hourly"', f'{ECPAY}: statements = "hourly" is not usable: one of daily, per_payout is expected'),
    ('percent = "2.75"', 'percent = "2.75001"', f'{FEE}: percent = "2.75001" is not usable: at most 4 digits after the point are expected'),
    ('percent = "2.75"', "percent = 2.75", f"{FEE}: percent = 2.75 is not usable: text in quotes is expected"),
    ('percent = "2.75"', 'percent = "101"', f'{FEE}: percent = "101" is not usable: a percent from 0 to 100 is expected'),
    ('percent = "2.75"', 'percent = "2,75 %"', f'{FEE}: percent = "2,75 %" is not usable: a plain number in quotes like "2.75" is expected'),
    ('fixed = "0"', 'fixed = "0.001"', f'{FEE}: fixed = "0.001" is not usable: TWD has 2 digits after the point'),
    ('fixed = "0"', 'fixed = "-1"', f'{FEE}: fixed = "-1" is not usable: it may not be below zero'),
    ('fixed = "0"', 'fixed = "1e3"', f'{FEE}: fixed = "1e3" is not usable: a plain amount in quotes like "30" is expected'),
    ('unit = "1"', 'unit = "0"', f'{FEE}: unit = "0" is not usable: it must be above zero'),
    ('unit = "1"', 'unit = "10001"', f'{FEE}: unit = "10001" is not usable: the amount is too large'),
    ('cap = ""', 'cap = "4"', f"{FEE}: minimum is above cap"),
    ('rounding = "half_up"', 'rounding = "half"', f'{FEE}: rounding = "half" is not usable: one of half_up, half_even, up, down is expected'),
    ("valid_from = 2026-01-01", 'valid_from = "2026-01-01"', f'{FEE}: valid_from = "2026-01-01" is not usable: a day like 2026-09-28 without quotes is expected'),
    ('types = { "付款" = "payment"', 'types = { "付款" = "sale"', "[[channels]] 2 till [channels.csv]: types = {'付款': 'sale', '退款': 'refund'} is not usable: sale is none of payment, refund, dispute, fee, payout, adjustment"),
    ('delimiter = "tab"', 'delimiter = "||"', '[[channels]] 2 till [channels.csv]: delimiter = "||" is not usable: one character or "tab" is expected'),
    ('provider_ref = "交易序號"', "", "[[channels]] 2 till [channels.csv]: provider_ref or merchant_ref is needed, or no line can be paired"),
    ("[channels.csv]", "[channels.cvs]", "[[channels]] 2 till: provider is generic, so [channels.csv] must name the columns"),
    ('code = "till"', 'code = "ecpay"', "[[channels]] 2 ecpay: the code is already used by number 1"),
    ("[[calendars]]", "[[calendar]]", "merchant.toml: calendar is unknown here; known are merchant, calendars, bank_accounts, channels"),
    ("[merchant]", "[shop]", "merchant.toml: merchant is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "sentence"), MISTAKES, ids=[after[:40] or "removed" for _before, after, _sentence in MISTAKES])
def test_a_mistake_is_named_with_its_place(before, after, sentence):
    assert sentence in faults_of(small((before, after)))


def test_an_unknown_provider_is_named_with_those_that_are_known():
    known = ", ".join(registry.codes())

    assert faults_of(small(('provider = "ecpay"', 'provider = "acme"'))) == [
        f'{ECPAY}: provider = "acme" is not usable: one of {known} is expected'
    ]


def test_all_mistakes_are_reported_at_once_in_file_order():
    found = faults_of(
        small(('settles = "T+7"', 'settles = "T+x"'), ('percent = "2.75"', 'percent = "x"'), ('currency = "TWD"', 'currency = "twd"'))
    )

    assert [fault.split(" = ")[0] for fault in found] == ["[merchant]: currency", f"{ECPAY}: settles", f"{FEE}: percent"]


def test_two_rules_for_one_method_from_one_day_are_refused():
    extra = '\n[[channels.fees]]\nmethods = ["installment", "credit_card"]\npercent = "3"\nvalid_from = 2026-01-01\n\n[[channels]]\ncode = "till"'

    assert faults_of(small(('\n[[channels]]\ncode = "till"', extra))) == [
        f"{ECPAY}: [[channels.fees]] 1 and 2 both name credit_card from 2026-01-01"
    ]


def test_a_rule_that_overlaps_one_in_the_books_is_refused():
    load()

    assert faults_of(small(('methods = ["credit_card"]', 'methods = ["credit_card", "installment"]'))) == [
        f"{FEE}: credit_card already has terms from 2026-01-01 in another rule"
    ]


def test_a_currency_never_changes():
    load()
    text = small().decode().replace('currency = "TWD"', 'currency = "JPY"').replace('currency = "JPY"', 'currency = "TWD"', 1)

    assert faults_of(text.encode()) == [
        "[[bank_accounts]] cathay-twd: the currency cannot change from TWD to JPY; use a new code",
        "[[channels]] ecpay: the currency cannot change from TWD to JPY; use a new code",
        "[[channels]] till: the currency cannot change from TWD to JPY; use a new code",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"[merchant\n", "merchant.toml: not readable as TOML: Expected ']' at the end of a table declaration (at line 1, column 10)"),
        ("[merchant]\nname = \"晴\"".encode("big5"), "merchant.toml: line 2 is not UTF-8 text"),
        (b"", "merchant.toml: merchant is missing"),
    ],
)  # fmt: skip
def test_bytes_that_are_no_toml(data, sentence):
    assert faults_of(data) == [sentence]

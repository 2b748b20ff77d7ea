"""A small merchant.toml that tests bend, and what they ask of loading it."""

import pytest

from apps.audit.models import AuditEvent
from apps.channels.errors import UnableToLoadMerchantFile
from apps.channels.models import Channel, FeeRule, HolidayCalendar
from apps.channels.services.merchant_file import LoadedMerchant, load_merchant_file
from apps.merchants.models import BankAccount, Merchant
from tests import cast

SMALL = """
[merchant]
slug = "qingtian"
name = "晴天選物"
currency = "TWD"
timezone = "Asia/Taipei"

[[calendars]]
code = "TW"
weekend = ["sat", "sun"]
holidays = [2026-09-28, 2026-09-25]
workdays = []

[[bank_accounts]]
code = "cathay-twd"
bank = "國泰世華"
currency = "TWD"
account_no = "****1234"
format = "csv"

[bank_accounts.csv]
encoding = "big5"
delimiter = ","
skip_rows = 2
date = "交易日期"
date_format = "%Y/%m/%d"
debit = "支出金額"
credit = "存入金額"
balance = "餘額"
memo = ["摘要", "備註"]
reference = "交易序號"
footer_starts = "合計"

[[channels]]
code = "ecpay"
provider = "ecpay"
label = "綠界"
currency = "TWD"
timezone = "Asia/Taipei"
calendar = "TW"
settles = "T+7"
statements = "daily"
bank_account = "cathay-twd"
bank_keywords = ["綠界", "ECPAY"]
grace_days = 1

[[channels.fees]]
methods = ["credit_card"]
percent = "2.75"
fixed = "0"
minimum = "5"
cap = ""
refund_fee = "keep"
tolerance = "1"
rounding = "half_up"
unit = "1"
valid_from = 2026-01-01

[[channels]]
code = "till"
provider = "generic"
label = "門市刷卡機"
currency = "TWD"
timezone = "Asia/Taipei"
calendar = "TW"
settles = "weekly:fri"

[channels.csv]
encoding = "utf-8"
delimiter = "tab"
time = "交易時間"
time_format = "%Y/%m/%d %H:%M:%S"
type = "交易類型"
types = { "付款" = "payment", "退款" = "refund" }
provider_ref = "交易序號"
gross = "金額"
fee = "手續費"
"""


def small(*changes: tuple[str, str]) -> bytes:
    """SMALL with each (before, after) replaced; each `before` must be there."""
    text = SMALL
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text.encode()


def load(*changes: tuple[str, str], **options) -> LoadedMerchant:
    return load_merchant_file(small(*changes), by=None, now=cast.NOW, **options)


def counts() -> dict[str, int]:
    """Rows of every table that loading may write."""
    return {model.__name__: model.objects.count() for model in (Merchant, HolidayCalendar, BankAccount, Channel, FeeRule, AuditEvent)}


def faults_of(data: bytes) -> list[str]:
    """The mistakes a refused file is told; proves that refusing wrote nothing."""
    before = counts()
    with pytest.raises(UnableToLoadMerchantFile) as refused:
        load_merchant_file(data, by=None, now=cast.NOW)
    assert counts() == before
    return [str(fault) for fault in refused.value.faults]

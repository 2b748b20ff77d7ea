"""The form with which a payer opens a payment at ECPay (AioCheckOut V5). Nothing is sent from here: the payer's browser posts it.

https://developers.ecpay.com.tw/?p=2862 and the pages of each method beside it.
"""

import math
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.channels.contracts import Method
from apps.channels.paying import PaymentCall
from apps.channels.providers.ecpay.signing import CHECK, check_value

PATH = "/Cashier/AioCheckOut/V5"
TAIPEI = ZoneInfo("Asia/Taipei")
TIME = "%Y/%m/%d %H:%M:%S"
WHOLE = 100  # minor units of a whole New Taiwan dollar
NUMBER = re.compile(r"[A-Za-z0-9]{1,20}")
CHOICES: dict[str, dict[str, str]] = {
    Method.CREDIT_CARD: {"ChoosePayment": "Credit", "UnionPay": "2"},
    Method.INSTALLMENT: {"ChoosePayment": "Credit", "UnionPay": "2"},
    Method.UNIONPAY: {"ChoosePayment": "Credit", "UnionPay": "1"},
    Method.APPLE_PAY: {"ChoosePayment": "ApplePay"},
    Method.ATM: {"ChoosePayment": "ATM"},
    Method.CVS_CODE: {"ChoosePayment": "CVS"},
    Method.CVS_BARCODE: {"ChoosePayment": "BARCODE"},
    Method.TWQR: {"ChoosePayment": "TWQR"},
    Method.BNPL: {"ChoosePayment": "BNPL"},
    Method.WECHAT_PAY: {"ChoosePayment": "WeiXin"},
    Method.JKOPAY: {"ChoosePayment": "DigitalPayment", "ChooseSubPayment": "Jkopay"},
}
OFFLINE = (Method.ATM, Method.CVS_CODE, Method.CVS_BARCODE)
INSTALMENTS = (3, 6, 12, 18, 24)
BNPL_FROM = 3_000  # whole dollars
DAYS = {Method.ATM: 60, Method.CVS_BARCODE: 30}
CVS_MINUTES = 43_200
LANGUAGES = {"en": "ENG", "ko": "KOR", "ja": "JPN"}  # else Chinese, the page's own
_ODD = re.compile(r"[^\w .,()+-]+")
GOODS = 200  # characters: ECPay cuts longer names in the middle of a letter, and then its check value is wrong


def refusal(call: PaymentCall, now: datetime) -> str:
    """Why ECPay would not open this, as one of `own_codes`; empty where nothing speaks against it."""
    if call.currency != "TWD":
        return "other_currency"
    if call.amount_minor % WHOLE or call.amount_minor <= 0:
        return "not_whole"
    if not NUMBER.fullmatch(call.merchant_ref):
        return "bad_number"
    if call.method not in CHOICES:
        return "other_method"
    if not call.captures_at_once:
        return "no_holding"
    if (call.instalments not in INSTALMENTS) if call.method == Method.INSTALLMENT else call.instalments > 1:
        return "no_instalments"
    if call.method == Method.BNPL and call.amount_minor < BNPL_FROM * WHOLE:
        return "too_small"
    if not call.notice_url:
        return "no_address"
    return "too_late" if call.expires_at and call.expires_at <= now else ""


def form_of(call: PaymentCall, merchant_id: str, keys: tuple[str, str], now: datetime) -> dict[str, str]:
    """The signed fields. Two calls for one payment differ in their moment alone; ECPay opens a number once."""
    goods = _plain(call.description) or call.merchant_ref
    fields = {
        "MerchantID": merchant_id,
        "MerchantTradeNo": call.merchant_ref,
        "MerchantTradeDate": now.astimezone(TAIPEI).strftime(TIME),
        "PaymentType": "aio",
        "TotalAmount": str(call.amount_minor // WHOLE),
        "TradeDesc": goods,
        "ItemName": goods,
        "ReturnURL": call.notice_url,
        "EncryptType": "1",
        **CHOICES[call.method],
        **_until(call, now),
    }
    if call.method in (*OFFLINE, Method.BNPL):
        fields["PaymentInfoURL"] = call.notice_url
    if call.method == Method.INSTALLMENT:
        fields["CreditInstallment"] = str(call.instalments)
    if call.return_url:
        fields["ClientBackURL"] = call.return_url  # a plain link; OrderResultURL would post to the shop from another site
    language = LANGUAGES.get(call.language.split("-")[0].lower())
    if language:
        fields["Language"] = language
    return {**fields, CHECK: check_value(fields, *keys)}


def _until(call: PaymentCall, now: datetime) -> dict[str, str]:
    """How long an account or a code stands, never longer than asked where ECPay's unit allows: whole days, or minutes for store codes."""
    if call.expires_at is None or call.method not in OFFLINE:
        return {}
    if call.method == Method.CVS_CODE:
        minutes = math.floor((call.expires_at - now) / timedelta(minutes=1))
        return {"StoreExpireDate": str(min(max(minutes, 1), CVS_MINUTES))}
    days = (call.expires_at.astimezone(TAIPEI).date() - now.astimezone(TAIPEI).date()).days
    name = "ExpireDate" if call.method == Method.ATM else "StoreExpireDate"
    return {name: str(min(max(days, 1), DAYS[call.method]))}


def _plain(text: str) -> str:
    """Without what ECPay's fire-wall or its list of goods (`#`) would read as its own."""
    return " ".join(_ODD.sub(" ", text).split())[:GOODS].strip()

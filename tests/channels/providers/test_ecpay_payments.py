"""Paying through ECPay: the form, notices and how an account, a code or a barcode that was issued is told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import stamina
import time_machine

from apps.channels import registry
from apps.channels.contracts import StatementFile
from apps.channels.fetching import FetchOutcome, Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable
from apps.channels.paying import PaymentOutcome
from apps.channels.providers.ecpay.signing import CHECK, is_genuine
from tests.channels.fakes.ecpay import signed
from tests.channels.fakes.server import Answered
from tests.channels.hearing import hear
from tests.channels.providers.fake_ecpay import CREDENTIALS, HASH_IV, HASH_KEY
from tests.contract.scenes.ecpay import CALL, scene

KEYS = (HASH_KEY, HASH_IV)
NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # ten in the morning in Taipei
ABOUT = {
    "MerchantID": "3002607",
    "MerchantTradeNo": "A10293",
    "TradeNo": "2611201000123456",
    "TradeAmt": "1280",
    "TradeDate": "2026/11/20 10:00:00",
}


@pytest.fixture(autouse=True)
def _now():
    with stamina.set_testing(True, attempts=1), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def gateway():
    return registry.get("ecpay").gateway.make(Account(CREDENTIALS))


def form(gateway, **other) -> dict[str, str]:
    answer = gateway.create_payment(replace(CALL, **other))
    assert (answer.outcome, is_genuine(answer.action.fields, *KEYS)) == (PaymentOutcome.PENDING, True)
    return answer.action.fields


def refused(gateway, **other) -> str:
    answer = gateway.create_payment(replace(CALL, **other))
    assert (answer.outcome, answer.action) == (PaymentOutcome.DECLINED, None)
    return answer.code


def test_the_form_of_a_card_payment(gateway):
    answer = gateway.create_payment(CALL)

    assert answer.action.url == "https://payment-stage.ecpay.com.tw/Cashier/AioCheckOut/V5"
    assert {name: value for name, value in answer.action.fields.items() if name != CHECK} == {
        "MerchantID": "3002607", "MerchantTradeNo": "A10293", "MerchantTradeDate": "2026/11/20 10:00:00", "PaymentType": "aio",
        "TotalAmount": "1280", "TradeDesc": "手工皂 3 入", "ItemName": "手工皂 3 入", "ReturnURL": "https://shop.example/notices",
        "EncryptType": "1", "ChoosePayment": "Credit", "UnionPay": "2", "ClientBackURL": "https://shop.example/back",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "fields"),
    [
        ("unionpay", {"ChoosePayment": "Credit", "UnionPay": "1"}),
        ("apple_pay", {"ChoosePayment": "ApplePay"}),
        ("twqr", {"ChoosePayment": "TWQR"}),
        ("wechat_pay", {"ChoosePayment": "WeiXin"}),
        ("jkopay", {"ChoosePayment": "DigitalPayment", "ChooseSubPayment": "Jkopay"}),
        ("atm", {"ChoosePayment": "ATM", "PaymentInfoURL": "https://shop.example/notices"}),
    ],
)
def test_each_method_has_its_choice(gateway, method, fields):
    made = form(gateway, method=method)

    assert {name: made[name] for name in fields} == fields


def test_instalments_and_buying_now_to_pay_later(gateway):
    assert form(gateway, method="installment", instalments=6)["CreditInstallment"] == "6"
    assert form(gateway, method="bnpl", amount_minor=300000)["PaymentInfoURL"] == "https://shop.example/notices"
    assert refused(gateway, method="installment", instalments=7) == "no_instalments"
    assert refused(gateway, instalments=3) == "no_instalments"
    assert refused(gateway, method="bnpl", amount_minor=299900) == "too_small"


@pytest.mark.parametrize(
    ("method", "minutes", "fields"),
    [
        ("atm", 60 * 24 * 7, {"ExpireDate": "7"}),
        ("atm", 5, {"ExpireDate": "1"}),
        ("atm", 60 * 24 * 90, {"ExpireDate": "60"}),
        ("cvs_code", 90, {"StoreExpireDate": "90"}),
        ("cvs_code", 60 * 24 * 90, {"StoreExpireDate": "43200"}),
        ("cvs_barcode", 60 * 24 * 5, {"StoreExpireDate": "5"}),
        ("cvs_barcode", 60 * 24 * 90, {"StoreExpireDate": "30"}),
        ("credit_card", 30, {}),
    ],
)
def test_the_time_to_pay_is_told_in_the_unit_of_each_method(gateway, method, minutes, fields):
    made = form(gateway, method=method, expires_at=NOW + timedelta(minutes=minutes))

    assert {name: value for name, value in made.items() if "Expire" in name} == fields


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"currency": "JPY"}, "other_currency"),
        ({"amount_minor": 128050}, "not_whole"),
        ({"merchant_ref": "A-10293"}, "bad_number"),
        ({"merchant_ref": "A" * 21}, "bad_number"),
        ({"method": "google_pay"}, "other_method"),
        ({"captures_at_once": False}, "no_holding"),
        ({"notice_url": ""}, "no_address"),
        ({"expires_at": NOW}, "too_late"),
    ],
)
def test_what_ecpay_would_refuse_is_no_form(gateway, other, code):
    assert refused(gateway, **other) == code


def test_names_of_goods_hold_nothing_that_ecpay_reads_as_its_own(gateway):
    assert form(gateway, description="皂#2 <b>&amp;; drop|`x`")["ItemName"] == "皂 2 b amp drop x"
    assert len(form(gateway, description="長" * 500)["ItemName"]) == 200
    assert form(gateway, description="###")["ItemName"] == "A10293"


ACCOUNT = {"RtnCode": "2", "BankCode": "812", "vAccount": "9103522175887271", "ExpireDate": "2026/11/27"}
CODE = {"RtnCode": "10100073", "PaymentNo": "GW261120123456", "Barcode1": "", "Barcode2": "", "Barcode3": ""}
SEGMENTS = ("151127K6A", "3453010539100180", "1127AB000001280")
BARCODE = {"RtnCode": "10100073", "PaymentNo": "", **{f"Barcode{at}": text for at, text in enumerate(SEGMENTS, 1)}}
IN_A_WEEK = {"ExpireDate": "2026/11/27 10:00:00"}


@pytest.mark.parametrize(
    ("told", "details", "until"),
    [
        (ACCOUNT, {"bank_code": "812", "account_no": "9103522175887271"}, "2026-11-27T23:59:59+08:00"),
        ({**CODE, **IN_A_WEEK}, {"code": "GW261120123456"}, "2026-11-27T10:00:00+08:00"),
        ({**BARCODE, **IN_A_WEEK}, {f"barcode_{at}": text for at, text in enumerate(SEGMENTS, 1)}, "2026-11-27T10:00:00+08:00"),
    ],
)
def test_a_number_that_was_issued_is_told_with_its_end(gateway, told, details, until):
    (notice,) = hear(gateway, {}, signed({**ABOUT, **told}).encode())

    assert (notice.outcome, notice.amount_minor, notice.event_id) == (PaymentOutcome.PENDING, 128000, f"2611201000123456:{told['RtnCode']}")
    assert (notice.action.details, notice.action.expires_at.isoformat()) == (details, until)


def test_an_instalment_plan_applied_for_leaves_nothing_to_do(gateway):
    (notice,) = hear(gateway, {}, signed({**ABOUT, "RtnCode": "2", "BNPLTradeNo": "1", "BNPLInstallment": "6"}).encode())

    assert (notice.outcome, notice.action) == (PaymentOutcome.PENDING, None)


def test_a_payment_that_the_console_pretended_is_no_payment(gateway):
    paid = {**ABOUT, "RtnCode": "1", "PaymentDate": "2026/11/20 10:05:00"}

    assert hear(gateway, {}, signed({**paid, "SimulatePaid": "1"}).encode()) == []
    assert [one.outcome for one in hear(gateway, {}, signed({**paid, "SimulatePaid": "0"}).encode())] == [PaymentOutcome.PAID]


@pytest.mark.parametrize(
    ("told", "outcome"),
    [
        ({"RtnCode": "10200058"}, PaymentOutcome.DECLINED),
        ({"RtnCode": "10100058"}, PaymentOutcome.EXPIRED),
        ({"RtnCode": "10200115"}, PaymentOutcome.UNKNOWN),
        ({"RtnCode": "77777777", "RtnMsg": "something new"}, PaymentOutcome.UNKNOWN),
    ],
)
def test_other_notices_are_what_their_code_says(gateway, told, outcome):
    (notice,) = hear(gateway, {}, signed({**ABOUT, **told}).encode())

    assert (notice.outcome, notice.code, notice.occurred_at) == (outcome, told["RtnCode"], None)
    assert notice.message


@pytest.mark.parametrize(
    "fields",
    [
        {**ABOUT, "RtnCode": ""},
        {**ABOUT, "RtnCode": "1", "PaymentDate": ""},
        {**ABOUT, "RtnCode": "1", "PaymentDate": "2026/11/20 10:00:00", "TradeAmt": "12.8"},
        {**ABOUT, "RtnCode": "2"},
        {**ABOUT, "RtnCode": "2", "vAccount": "9103522175887271", "BankCode": ""},
        {**ABOUT, "MerchantID": "2000132", "RtnCode": "1"},
    ],
)
def test_a_genuine_notice_that_lacks_something_is_unreadable(gateway, fields):
    with pytest.raises(NoticeUnreadable):
        hear(gateway, {}, signed(fields).encode())
    with pytest.raises(NoticeForged):
        hear(gateway, {}, signed(fields).encode() + b"&More=1")


@pytest.mark.parametrize(("method", "days", "outcome"), [
    ("atm", 1.9, PaymentOutcome.PENDING), ("atm", 2.1, PaymentOutcome.EXPIRED),
    ("cvs_barcode", 3.9, PaymentOutcome.PENDING), ("cvs_barcode", 4.1, PaymentOutcome.EXPIRED),
    ("credit_card", 0.02, PaymentOutcome.PENDING), ("credit_card", 0.03, PaymentOutcome.EXPIRED),
])  # fmt: skip
def test_an_account_has_expired_when_a_late_transfer_would_have_been_told(method, days, outcome):
    with scene() as made:
        call = replace(CALL, method=method, expires_at=NOW - timedelta(days=days))
        made.fake.post(made.gateway.create_payment(CALL).action.fields)

        assert made.gateway.query_payment(call).outcome == outcome
        made.fake.books.move(CALL.merchant_ref, "paid")
        assert made.gateway.query_payment(call).outcome == PaymentOutcome.PAID


def test_a_sandbox_account_asks_the_stage_and_a_live_one_the_real_thing():
    make = registry.get("ecpay").gateway.make
    hosts = [(one.pay_at, one.ask_at, one.statement_at) for one in (make(Account(CREDENTIALS)), make(Account(CREDENTIALS, is_live=True)))]

    assert [host.split("//")[1].split(".")[0] for host in hosts[0]] == ["payment-stage", "ecpayment-stage", "vendor-stage"]
    assert [host.split("//")[1].split(".")[0] for host in hosts[1]] == ["payment", "ecpayment", "vendor"]


def test_the_statement_is_read_by_the_parser_and_a_refusal_names_its_cause():
    with scene() as made:
        made.pays(CALL.merchant_ref)
        got = made.gateway.fetch_statement(date(2026, 11, 20))
        read = registry.parse_statement("ecpay", StatementFile(got.files[0].name, got.files[0].data, "Asia/Taipei", "TWD"))

        assert read.lines.select("merchant_ref", "gross", "fee", "net").rows() == [("A10293", 128000, -3500, 124500)]
        assert (read.first_day, read.last_day) == (date(2026, 11, 20), date(2026, 11, 20))
        made.fake._statement = lambda _form: "IP not allowed"
        refused = made.gateway.fetch_statement(date(2026, 11, 20))
        assert (refused.outcome, refused.code) == (FetchOutcome.FAILED, "no_statement")


def test_a_wrong_key_is_told_from_a_busy_ecpay():
    with scene() as made:
        assert (made.wrong.test_connection().verdict, made.wrong.test_connection().field_name) == (Verdict.WRONG_CREDENTIALS, "hash_key")
        made.fake.answer = lambda _asked: Answered("slow down", 403)
        assert (made.gateway.test_connection().verdict, made.gateway.query_payment(CALL).code) == (Verdict.UNCLEAR, "too_fast")

"""ECPay as a gateway: published check values, and what each answer means."""

from dataclasses import replace

import pytest
import stamina

from apps.channels import registry
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome, RefundCall
from apps.channels.providers.ecpay.closing import TradeUnreadable, refunded_of
from apps.channels.providers.ecpay.signing import CHECK, check_value, conceal, is_genuine, reveal
from tests.channels.providers import fake_ecpay
from tests.channels.providers.fake_ecpay import HASH_IV, HASH_KEY

KEYS = (HASH_KEY, HASH_IV)
CALL = RefundCall("rf_1", "rf_1", "2611201104338", "A10293", 30000, 128000, 0, "TWD", "credit_card")


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def fake():
    with fake_ecpay.running() as server:
        server.trades["A10293"] = [1280]
        yield server


@pytest.fixture
def gateway(fake):
    return registry.get("ecpay").gateway.make(Account(fake_ecpay.CREDENTIALS, base_url=fake.base_url))


# ECPay's own vectors: github.com/ECPay/ECPay-API-Skill, test-vectors
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {
                "MerchantID": "3002607", "MerchantTradeNo": "Test1234567890", "MerchantTradeDate": "2025/01/01 12:00:00",
                "PaymentType": "aio", "TotalAmount": "100", "TradeDesc": "測試", "ItemName": "測試商品",
                "ReturnURL": "https://example.com/notify", "ChoosePayment": "ALL", "EncryptType": "1",
            },
            "291CBA324D31FB5A4BBBFDF2CFE5D32598524753AFD4959C3BF590C5B2F57FB2",
        ),
        (
            {"MerchantID": "3002607", "ItemName": "Tom's Shop", "TotalAmount": "100"},
            "CF0A3D4901D99459D8641516EC57210700E8A5C9AB26B1D021301E9CB93EF78D",
        ),
        (
            {"MerchantID": "3002607", "ItemName": "Test~Product", "TotalAmount": "200"},
            "CEEAE01D2F9A8E74D4AC0DCE7735B046D73F35A5EC99558A31A2EE03159DA1C9",
        ),
        (
            {"MerchantID": "3002607", "ItemName": "My Test Product", "TotalAmount": "300"},
            "7712A5E6EDC3B57086063C88568084C66CE882A21D40E74DE5ACA3B478C6F316",
        ),
    ],
)  # fmt: skip
def test_check_values_as_published(fields, expected):
    assert check_value(fields, *KEYS) == expected
    assert is_genuine({**fields, CHECK: expected.lower()}, *KEYS)
    assert not is_genuine({**fields, "TotalAmount": "1", CHECK: expected}, *KEYS)
    assert not is_genuine(fields, *KEYS)


def test_what_is_concealed_is_revealed_with_the_same_keys_alone():
    data = {"MerchantID": "3002607", "Text": "測試 a+b&c=d~"}

    assert reveal(conceal(data, *KEYS), *KEYS) == data
    for wrong in (conceal(data, "x" * 16, HASH_IV), conceal(data, *KEYS)[:-8], "no base64!", ""):
        with pytest.raises(ValueError):
            reveal(wrong, *KEYS)


def test_what_is_sent_and_that_it_is_sent_once(gateway, fake):
    answer = gateway.refund(CALL)

    assert (answer.outcome, answer.code) == (Outcome.SUCCEEDED, "1")
    (form,) = fake.actions
    assert {name: form[name] for name in form if name != CHECK} == {
        "MerchantID": "3002607", "MerchantTradeNo": "A10293", "TradeNo": "2611201104338", "Action": "R", "TotalAmount": "300",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        (("10200073", "CheckMacValue Error"), Outcome.DECLINED),
        (("10200047", "no such trade"), Outcome.DECLINED),
        (("0", "error_overDate"), Outcome.DECLINED),
        (("0", "error_Stop"), Outcome.DECLINED),
        (("0", "error"), Outcome.UNKNOWN),
        (("99999999", "something new"), Outcome.UNKNOWN),
        (("", ""), Outcome.UNKNOWN),
        ("silent_before", Outcome.UNKNOWN),
        ("silent_after", Outcome.UNKNOWN),
    ],
)
def test_only_what_is_plainly_a_refusal_is_one(gateway, fake, mood, outcome):
    fake.mood = mood

    assert gateway.refund(CALL).outcome == outcome
    assert len(fake.actions) == 1


@pytest.mark.parametrize(("mood", "found"), [("silent_before", Outcome.NOT_FOUND), ("silent_after", Outcome.SUCCEEDED)])
def test_after_silence_the_trade_says_what_happened(gateway, fake, mood, found):
    fake.mood = mood
    gateway.refund(CALL)

    assert gateway.query_refund(CALL).outcome == found


def test_another_sum_than_ours_proves_nothing(gateway, fake):
    fake.trades["A10293"] = [1280, -500]

    answer = gateway.query_refund(CALL)

    assert (answer.outcome, answer.code) == (Outcome.UNKNOWN, "other_sum")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 30050}, "not_whole"),
        ({"currency": "USD"}, "not_whole"),
        ({"method": "installment"}, "installment"),
    ],
)
def test_what_ecpay_cannot_do_is_never_sent(gateway, fake, change, code):
    answer = gateway.refund(replace(CALL, **change))

    assert (answer.outcome, answer.code, fake.actions) == (Outcome.DECLINED, code, [])


@pytest.mark.parametrize(
    ("trade", "back"),
    [
        ({"clsamt": 1000, "close_data": [{"status": "已關帳", "amount": "1000"}]}, 0),
        ({"ClsAmt": 700, "CloseData": [{"Status": "已關帳", "Amount": 1000}, {"Status": "要關帳", "Amount": "-300"}]}, 300),
        ({"ClsAmt": 1000, "CloseData": [{"Status": "已關帳", "Amount": 1000}, {"Status": "已取消", "Amount": -300}]}, 0),
        ({"Status": "已授權", "CloseData": []}, 0),
        ({"ClsAmt": 400, "CloseData": [{"Status": "已關帳", "Amount": 1000}]}, None),
        ({"CloseData": [{"Status": "新狀態", "Amount": 1000}]}, None),
        ({"CloseData": [{"Status": "已關帳", "Amount": "many"}]}, None),
        ({"CloseData": "rows"}, None),
    ],
)
def test_closing_rows(trade, back):
    if back is not None:
        assert refunded_of(trade) == back
        return
    with pytest.raises(TradeUnreadable):
        refunded_of(trade)


def test_a_payment_notice_is_checked_and_tells_nothing_of_refunds(gateway):
    form = {"MerchantID": "3002607", "MerchantTradeNo": "A10293", "RtnCode": "1"}
    body = "MerchantID=3002607&MerchantTradeNo=A10293&RtnCode=1&CheckMacValue=" + check_value(form, *KEYS)

    assert gateway.read_notices({}, body.encode()) == []
    assert gateway.acknowledgement().body == b"1|OK"
    with pytest.raises(NoticeForged):
        gateway.read_notices({}, body.replace("RtnCode=1", "RtnCode=0").encode())
    other = {**form, "MerchantID": "2000132"}
    with pytest.raises(NoticeUnreadable):
        gateway.read_notices({}, ("&".join(f"{k}={v}" for k, v in other.items()) + f"&{CHECK}={check_value(other, *KEYS)}").encode())

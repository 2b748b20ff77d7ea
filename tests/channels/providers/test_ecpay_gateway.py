"""ECPay as a gateway: published check values, and what each answer means."""

import json
import logging
from dataclasses import replace

import httpx
import pytest
import stamina

from apps.channels import registry
from apps.channels.capabilities import METHODS_WITHOUT_REFUND
from apps.channels.gateways import Account, Outcome, RefundCall
from apps.channels.providers.ecpay import client, codes
from apps.channels.providers.ecpay.closing import TradeUnreadable, read_trade
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


# The same, aes-encryption.json: names in the order written, UTF-8 as it is.
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"MerchantID": "2000132", "BarCode": "/1234567"},
            "XeEOdHpTRvxKEqs/JD9RSd16s7VtpyWVCN6AV44pKTW3DVa6yI7vKmjBRp2eulDhXoru/qBqFDBH3fEqlkMn3bbJfJBfGAq+v+SvttutYnc=",
        ),
        (
            {"Name": "test!*'()~value"},
            "uvI4yrErM37XNQkXGAgRgBuDOiJoVs72Xn/rum9Ejl1DSna4HyLSoY7764PmhTR7JXb9jJWLSjCGcZEDeFiABg==",
        ),
        ({"N": "1234567890"}, "gVwWJnIpl1m3ZDypcRAjiCctilYnQhHn4h8OzJP5IxQPov7HuysXX+jPONvrHS7Z"),
        (
            {"MerchantID": "2000132", "ItemName": "綠界科技測試商品"},
            "XeEOdHpTRvxKEqs/JD9RSd16s7VtpyWVCN6AV44pKTVKsXddZRgV+Cle9oeB2PqsEC2O0oDi4kObiCtdGznG9aAX69Kj0//VjGXhieBYZ3RuGW9v20xQyBev"
            "aBwtOvg1lYjlDw6jsgfToGMUvlGsIJ2DO6/tbXjNZumnRgj2GCSj7LLDRBU3KlkUWji16nO1",
        ),
    ],
)
def test_aes_as_published(data, expected):
    keys = ("ejCk326UnaZWKisg", "q9jcZX8Ib9LM8wYk")

    assert conceal(data, *keys) == expected
    assert reveal(expected, *keys) == data


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
    ("mood", "outcome", "code"),
    [
        (("10200073", "CheckMacValue Error"), Outcome.DECLINED, "10200073"),
        (("10200047", "no such trade"), Outcome.DECLINED, "10200047"),
        (("0", "error_overDate"), Outcome.DECLINED, "0"),
        (("0", "error_Stop"), Outcome.DECLINED, "0"),
        (("0", "error"), Outcome.UNKNOWN, "0"),
        (("99999999", "something new"), Outcome.UNKNOWN, "99999999"),
        (("", ""), Outcome.UNKNOWN, "http_200"),
        ("garbage", Outcome.UNKNOWN, "http_200"),
        (403, Outcome.UNKNOWN, "http_403"),
        (503, Outcome.UNKNOWN, "http_503"),
        ("silent_before", Outcome.UNKNOWN, "no_answer"),
        ("silent_after", Outcome.UNKNOWN, "no_answer"),
    ],
)
def test_only_what_is_plainly_a_refusal_is_one(gateway, fake, mood, outcome, code):
    fake.mood = mood

    answer = gateway.refund(CALL)

    assert (answer.outcome, answer.code, len(fake.actions)) == (outcome, code, 1)


def test_a_code_nobody_has_seen_is_logged_without_the_secrets(gateway, fake, caplog):
    fake.mood = ("99999999", "something new")

    with caplog.at_level(logging.WARNING):
        gateway.refund(CALL)

    assert [record.getMessage() for record in caplog.records] == ["provider.unknown_code provider=ecpay key=rf_1 http=200 code=99999999"]


def test_each_code_has_an_end_and_each_refusal_a_sentence():
    known = {**codes.RTN_CODES, **codes.RTN_WORDS}

    assert {outcome for outcome, _ in known.values()} == {Outcome.SUCCEEDED, Outcome.DECLINED}
    assert all(sentence for outcome, sentence in known.values() if outcome == Outcome.DECLINED)


def test_an_answer_about_another_trade_is_no_answer(gateway, monkeypatch):
    def post(self, url, **sent):
        if url.endswith("QueryTrade"):
            return usual(self, url, **sent)
        return httpx.Response(200, text="MerchantTradeNo=A99999&RtnCode=1&RtnMsg=OK")

    usual = httpx.Client.post
    monkeypatch.setattr(httpx.Client, "post", post)

    assert (gateway.refund(CALL).outcome, gateway.query_refund(CALL).outcome) == (Outcome.UNKNOWN, Outcome.NOT_FOUND)


@pytest.mark.parametrize(("mood", "found"), [("silent_before", Outcome.NOT_FOUND), ("silent_after", Outcome.SUCCEEDED)])
def test_after_silence_the_trade_says_what_happened(gateway, fake, mood, found):
    fake.mood = mood
    gateway.refund(CALL)

    assert gateway.query_refund(CALL).outcome == found


def test_an_answer_that_comes_too_late_is_none(gateway, fake, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", httpx.Timeout(0.3))
    fake.mood = "slow_after"

    answer = gateway.refund(CALL)

    assert (answer.outcome, answer.code, answer.message) == (Outcome.UNKNOWN, "no_answer", "ReadTimeout")
    assert gateway.query_refund(CALL).outcome == Outcome.SUCCEEDED
    assert fake.trades["A10293"] == [1280, -300]


def test_another_sum_than_ours_proves_nothing_and_nothing_is_sent(gateway, fake):
    fake.trades["A10293"] = [1280, -500]

    assert (gateway.query_refund(CALL).outcome, gateway.query_refund(CALL).code) == (Outcome.UNKNOWN, "other_sum")
    assert (gateway.refund(CALL).outcome, gateway.refund(CALL).code) == (Outcome.DECLINED, "books_differ")
    assert (fake.trades["A10293"], fake.actions) == ([1280, -500], [])


def test_a_refund_that_was_made_is_not_made_again_by_a_second_call(gateway, fake):
    first, again = gateway.refund(CALL), gateway.refund(CALL)

    assert (first.outcome, again.outcome, again.code) == (Outcome.SUCCEEDED, Outcome.DECLINED, "books_differ")
    assert fake.trades["A10293"] == [1280, -300]


@pytest.mark.parametrize("asked", ["silent", "garbage", 403, 500])
def test_without_knowing_how_the_trade_stands_nothing_is_sent_and_nothing_concluded(gateway, fake, asked):
    fake.asked = asked

    refunded, found = gateway.refund(CALL), gateway.query_refund(CALL)

    assert (refunded.outcome, refunded.code, found.outcome, fake.actions) == (Outcome.DECLINED, "not_sent", Outcome.UNKNOWN, [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_minor": 30050}, "not_whole"),
        ({"currency": "USD"}, "not_whole"),
        ({"method": "installment"}, "installment"),
        ({"method": "cvs_code"}, "not_card"),
        ({"method": "jkopay"}, "not_card"),
        ({"provider_ref": ""}, "no_numbers"),
        ({"amount_minor": 100000, "refunded_minor": 30000}, "too_much"),
    ],
)
def test_what_ecpay_cannot_do_is_never_sent(gateway, fake, change, code):
    answer = gateway.refund(replace(CALL, **change))

    assert (answer.outcome, answer.code, fake.actions) == (Outcome.DECLINED, code, [])
    assert answer.message


WHOLE_CALL = replace(CALL, amount_minor=128000)


@pytest.mark.parametrize(
    ("stage", "call", "actions", "outcome", "code"),
    [
        (fake_ecpay.CAPTURED, WHOLE_CALL, ["R"], Outcome.SUCCEEDED, "1"),
        (fake_ecpay.TO_CAPTURE, CALL, ["R"], Outcome.SUCCEEDED, "1"),
        (fake_ecpay.TO_CAPTURE, WHOLE_CALL, ["E", "N"], Outcome.SUCCEEDED, "1"),
        (fake_ecpay.TO_CAPTURE, replace(WHOLE_CALL, method="unionpay"), [], Outcome.DECLINED, "unionpay_closing"),
        (fake_ecpay.AUTHORIZED, WHOLE_CALL, ["N"], Outcome.SUCCEEDED, "1"),
        (fake_ecpay.UNDONE, WHOLE_CALL, ["N"], Outcome.SUCCEEDED, "1"),
        (fake_ecpay.AUTHORIZED, CALL, [], Outcome.DECLINED, "not_captured"),
        (fake_ecpay.RELEASED, WHOLE_CALL, [], Outcome.DECLINED, "books_differ"),
    ],
)
def test_what_is_done_depends_on_where_the_trade_stands(gateway, fake, stage, call, actions, outcome, code):
    fake.stages["A10293"] = stage

    answer = gateway.refund(call)

    assert (answer.outcome, answer.code, [form["Action"] for form in fake.actions]) == (outcome, code, actions)
    if outcome == Outcome.SUCCEEDED:
        assert gateway.query_refund(call).outcome == Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("moods", "outcome", "code", "found"),
    [
        (["silent_before"], Outcome.UNKNOWN, "no_answer", Outcome.NOT_FOUND),
        ([("0", "error_overDate")], Outcome.DECLINED, "0", Outcome.NOT_FOUND),
        (["ok", ("10200047", "")], Outcome.UNKNOWN, "capture_undone", Outcome.NOT_FOUND),
        (["ok", "silent_before"], Outcome.UNKNOWN, "no_answer", Outcome.NOT_FOUND),
        (["ok", "silent_after"], Outcome.UNKNOWN, "no_answer", Outcome.SUCCEEDED),
    ],
)
def test_half_a_release_is_no_refund(gateway, fake, moods, outcome, code, found):
    fake.stages["A10293"], fake.mood = fake_ecpay.TO_CAPTURE, moods

    answer = gateway.refund(WHOLE_CALL)

    assert (answer.outcome, answer.code, gateway.query_refund(WHOLE_CALL).outcome) == (outcome, code, found)


def test_parts_before_and_after_the_capture(gateway, fake):
    fake.stages["A10293"] = fake_ecpay.TO_CAPTURE
    gateway.refund(CALL)
    fake.trades["A10293"], fake.stages["A10293"] = [1280, -300], fake_ecpay.CAPTURED
    second = replace(CALL, key="rf_2", amount_minor=98000, refunded_minor=30000)

    assert gateway.query_refund(second).outcome == Outcome.NOT_FOUND
    assert gateway.refund(second).outcome == Outcome.SUCCEEDED
    assert fake.trades["A10293"] == [1280, -300, -980]


def row(status: str, amount: object) -> dict:
    return {"status": status, "amount": amount}


@pytest.mark.parametrize(
    ("value", "rows", "back"),
    [
        ({"status": "已關帳", "clsamt": 1000}, [row("已關帳", "1000")], 0),
        ({"status": "Captured", "clsamt": 1000}, [row("Captured", "1000")], 0),
        ({"status": "已關帳", "clsamt": 700}, [row("已關帳", 1000), row("要關帳", "-300")], 300),
        ({"status": "已關帳", "clsamt": 1000}, [row("已關帳", 1000), row("要關帳", "-300")], 300),
        ({"status": "已關帳", "clsamt": 1000}, [row("已關帳", 1000), row("已取消", -300)], 0),
        ({"status": "已關帳", "clsamt": 700}, [row("已關帳", 700)], 300),
        ({"status": "要關帳", "clsamt": 0}, [row("要關帳", 1000)], 0),
        ({"status": "已授權"}, [], 0),
        ({"status": "操作取消", "clsamt": 0}, [row("操作取消", 1000)], 0),
        ({"status": "已取消"}, "", 1000),
        ({"status": "已關帳", "clsamt": 400}, [row("已關帳", 1000)], None),
        ({"status": "已關帳", "clsamt": 1300}, [row("已關帳", 1300)], None),
        ({"status": "已關帳"}, [], None),
        ({"status": "未授權"}, [], None),
        ({"status": "新狀態"}, [row("已關帳", 1000)], None),
        ({"status": "已關帳"}, [row("新狀態", 1000)], None),
        ({"status": "已關帳"}, [row("已關帳", "many")], None),
        ({"status": "已關帳"}, "rows", None),
    ],
)
def test_closing_rows(value, rows, back):
    beside = {"RtnMsg": "", "RtnValue": {"amount": 1000, **value}, "CloseData": rows}
    inside = {"RtnCode": 1, "RtnMsg": "Success", "RtnValue": {"Amount": "1000", **value, "close_data": rows}}

    for data in (beside, inside):
        if back is not None:
            assert read_trade(data).went_back(1000) == back
            continue
        with pytest.raises(TradeUnreadable):
            read_trade(data).went_back(1000)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"RtnMsg": "error_nopay", "RtnValue": ""},
        {"RtnMsg": "", "RtnValue": ""},
        {"RtnCode": 0, "RtnMsg": "", "RtnValue": {"amount": 1000, "status": "已授權"}},
    ],
)
def test_an_answer_that_is_no_success_says_nothing(data):
    with pytest.raises(TradeUnreadable):
        read_trade(data)


def test_books_that_speak_of_more_than_the_trade_are_not_believed(gateway, fake):
    call = replace(CALL, payment_amount_minor=200000)

    assert (gateway.query_refund(call).outcome, gateway.refund(call).code, fake.actions) == (Outcome.UNKNOWN, "not_sent", [])


def test_what_is_offered_for_refund_is_what_the_gateway_takes():
    known = registry.get("ecpay").capabilities

    assert [method for method in known.methods if method not in known.methods_without_refund] == [
        "credit_card", "installment", "apple_pay", "unionpay",
    ]  # fmt: skip
    assert not set(METHODS_WITHOUT_REFUND) - set(known.methods_without_refund)


def test_ecpay_wants_to_read_its_own_word(gateway):
    assert gateway.acknowledgement().body == b"1|OK"


def test_what_is_logged_says_what_was_asked_and_holds_no_secret(gateway, fake):
    raw = json.dumps([gateway.refund(CALL).raw, gateway.query_refund(CALL).raw])

    assert '"Action": "R"' in raw
    assert not any(secret in raw for secret in (*KEYS, CHECK))

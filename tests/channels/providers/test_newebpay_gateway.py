"""NewebPay as a gateway: the published example, forms and their limits, notices, cards held, released, captured and refunded."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
import stamina
import time_machine

from apps.channels import registry
from apps.channels.fetching import Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome
from apps.channels.paying import PaymentOutcome
from apps.channels.providers.newebpay.signing import conceal, reveal, trade_sha
from apps.channels.providers.newebpay.trade import moment
from tests.channels.fakes.books import Mood
from tests.channels.fakes.newebpay import CREDENTIALS, KEYS, said, sealed
from tests.channels.hearing import hear
from tests.contract.scenes.newebpay import CALL, scene

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # ten in the morning in Taipei


@pytest.fixture(autouse=True)
def _now():
    with stamina.set_testing(True, attempts=1), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def made():
    with scene() as it:
        yield it


@pytest.fixture
def gateway():
    return registry.get("newebpay").gateway.make(Account(CREDENTIALS))


def plain(gateway, **other) -> dict[str, str]:
    fields = gateway.create_payment(replace(CALL, **other)).action.fields
    assert fields["TradeSha"] == trade_sha(fields["TradeInfo"], *KEYS)
    return dict(parse_qsl(reveal(fields["TradeInfo"], *KEYS)))


def test_the_example_of_the_manual():
    text = "MerchantID=3430112&RespondType=JSON&TimeStamp=1485232229&Version=1.4&MerchantOrderNo=S_1485232229&Amt=40&ItemDesc=UnitTest"
    info = (
        "ff91c8aa01379e4de621a44e5f11f72e4d25bdb1a18242db6cef9ef07d80b0165e476fd1d9acaa53170272c82d122961e1a0700a7427cfa1cf90db7f6d6593bb"
        "c93102a4d4b9b66d9974c13c31a7ab4bba1d4e0790f0cbbbd7ad64c6d3c8012a601ceaa808bff70f94a8efa5a4f984b9d41304ffd879612177c622f75f4214fa"
    )

    assert (conceal(text, *KEYS), reveal(info, *KEYS)) == (info, text)
    assert trade_sha(info, *KEYS) == "EA0A6CC37F40C1EA5692E7CBB8AE097653DF3E91365E6A9CD7E91312413C7BB8"


def test_the_form_of_a_card_payment(gateway):
    action = gateway.create_payment(CALL).action

    assert (action.url, action.fields["Version"]) == ("https://ccore.newebpay.com/MPG/mpg_gateway", "2.0")
    assert plain(gateway) == {
        "MerchantID": "MS3430112", "RespondType": "JSON", "TimeStamp": str(int(NOW.timestamp())), "Version": "2.0",
        "MerchantOrderNo": "A10293", "Amt": "1280", "ItemDesc": "手工皂 3 入", "NotifyURL": "https://shop.example/notices", "CREDIT": "1",
        "ClientBackURL": "https://shop.example/back",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "field"),
    [
        ("apple_pay", "APPLEPAY"), ("google_pay", "ANDROIDPAY"), ("line_pay", "LINEPAY"), ("atm", "VACC"), ("cvs_code", "CVS"),
        ("cvs_barcode", "BARCODE"),
    ],
)  # fmt: skip
def test_each_method_has_its_field_and_only_what_is_paid_later_a_last_day(gateway, method, field):
    sent = plain(gateway, method=method, expires_at=NOW + timedelta(days=7))

    assert (sent[field], "CREDIT" in sent) == ("1", False)
    assert sent.get("ExpireDate") == ("20261127" if method in ("atm", "cvs_code", "cvs_barcode") else None)


def test_an_account_stands_180_days_at_most(gateway):
    assert plain(gateway, method="atm", expires_at=NOW + timedelta(days=400))["ExpireDate"] == "20270519"
    assert plain(gateway, method="installment", instalments=6)["InstFlag"] == "6"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"currency": "JPY"}, "other_currency"), ({"amount_minor": 128050}, "not_whole"), ({"merchant_ref": "A-10293"}, "bad_number"),
        ({"merchant_ref": "A" * 31}, "bad_number"), ({"method": "unionpay"}, "other_method"), ({"notice_url": ""}, "no_address"),
        ({"method": "atm", "captures_at_once": False}, "no_holding"), ({"method": "installment"}, "no_instalments"),
        ({"method": "atm", "amount_minor": 5000000}, "too_large"), ({"method": "cvs_code", "amount_minor": 2900}, "too_small"),
        ({"method": "cvs_barcode", "amount_minor": 4000100}, "too_large"), ({"expires_at": NOW}, "too_late"),
    ],
)  # fmt: skip
def test_what_newebpay_would_refuse_is_no_form(gateway, other, code):
    answer = gateway.create_payment(replace(CALL, **other))

    assert (answer.outcome, answer.code, answer.action) == (PaymentOutcome.DECLINED, code, None)


def test_a_lost_blank_in_a_time_does_no_harm():
    assert moment("2023-06-1510:20:30") == moment("2023-06-15 10:20:30") == datetime(2023, 6, 15, 2, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reply", "outcome", "code"),
    [
        (said("TRA10001", message="查無此筆交易"), PaymentOutcome.NOT_FOUND, "TRA10001"),
        (said("TRA10001", message="商店資料不存在"), PaymentOutcome.UNKNOWN, "TRA10001"),
        (said("TRA10002"), PaymentOutcome.UNKNOWN, "TRA10002"),
        (said("SUCCESS", {"TradeNo": "1"}), PaymentOutcome.UNKNOWN, "unreadable"),
    ],
)
def test_only_a_sentence_about_the_trade_proves_that_there_is_none(made, monkeypatch, reply, outcome, code):
    monkeypatch.setattr(made.fake, "_query", lambda _form: reply)
    answer = made.gateway.query_payment(CALL)

    assert (answer.outcome, answer.code) == (outcome, code)


def test_an_answer_without_its_check_code_counts_for_nothing(made, monkeypatch):
    made.pays("A10293")
    told = {
        **made.fake._about(made.fake.books.payments["A10293"]),
        "TradeStatus": "1",
        "PayTime": "2026-11-20 10:00:00",
        "CheckCode": "0" * 64,
    }
    monkeypatch.setattr(made.fake, "_query", lambda _form: said("SUCCESS", told))

    assert made.gateway.query_payment(CALL).code == "bad_signature"
    assert made.gateway.test_connection().verdict == Verdict.WRONG_CREDENTIALS


@pytest.mark.parametrize(("method", "days", "outcome"), [
    ("atm", 1.9, PaymentOutcome.PENDING), ("atm", 2.1, PaymentOutcome.EXPIRED), ("cvs_barcode", 3.9, PaymentOutcome.PENDING),
    ("credit_card", 0.1, PaymentOutcome.EXPIRED),
])  # fmt: skip
def test_an_account_has_expired_when_a_late_transfer_would_have_been_told(made, method, days, outcome):
    made.fake.post(made.gateway.create_payment(CALL).action.fields)

    assert made.gateway.query_payment(replace(CALL, method=method, expires_at=NOW - timedelta(days=days))).outcome == outcome


def test_a_refusal_is_one_only_where_the_bank_says_it(made):
    made.pays("A10293")
    bank = hear(made.gateway, *made.fake.notice("A10293", "MPG03009", RespondCode="05"))
    form = hear(made.gateway, *made.fake.notice("A10293", "MPG03009", RespondCode=""))

    assert [one.outcome for one in bank + form] == [PaymentOutcome.DECLINED, PaymentOutcome.UNKNOWN]
    assert (bank[0].occurred_at, bank[0].amount_minor) == (None, 128000)


def test_a_sealed_notice_may_still_be_unreadable_and_one_of_another_seal_is_forged(gateway):
    result = {"MerchantID": "MS3430112", "Amt": "1280", "TradeNo": "1", "MerchantOrderNo": "A1", "PayTime": "2026-11-20 10:00:00"}
    for wrong in ({"MerchantID": "MS0"}, {"Amt": "12.8"}, {"PayTime": ""}):
        with pytest.raises(NoticeUnreadable):
            hear(gateway, {}, sealed({"Status": "SUCCESS", "Result": {**result, **wrong}}))
    for body in (b"", b"\xff", sealed({"Status": "SUCCESS", "Result": result}, ("y" * 32, "y" * 16))):
        with pytest.raises(NoticeForged):
            hear(gateway, {}, body)


def held(made):
    call = replace(CALL, captures_at_once=False)
    made.pays("A10293")
    made.fake.books.move("A10293", "authorized")
    return call


def test_a_card_is_captured_as_a_whole_or_released(made):
    call = held(made)
    part = made.gateway.capture_payment(call, 100000)
    off = made.gateway.cancel_payment(call)

    assert [(part.outcome, part.code), (off.outcome, off.code)] == [
        (PaymentOutcome.AUTHORIZED, "whole_only"),
        (PaymentOutcome.CANCELLED, "3"),
    ]


def test_a_refused_capture_leaves_the_card_as_it_is(made, monkeypatch):
    call = held(made)
    monkeypatch.setattr(made.fake, "_capture", lambda *_: said("CRE10002"))
    answer = made.gateway.capture_payment(call, call.amount_minor)

    assert (answer.outcome, answer.code) == (PaymentOutcome.AUTHORIZED, "CRE10002")


def test_an_order_nobody_paid_cannot_be_called_off(made):
    made.fake.post(made.gateway.create_payment(CALL).action.fields)

    assert (made.gateway.cancel_payment(CALL).outcome, made.gateway.cancel_payment(CALL).code) == (
        PaymentOutcome.UNKNOWN,
        "nothing_to_cancel",
    )


def refundable(made, **other):
    made.pays("A10293")
    made.fake.books.payments["A10293"].more.update(other)
    return made.refund_call(30000, made.fake.books.payments["A10293"].number)


def test_a_refund_is_accepted_and_done_when_newebpay_says_so(made):
    call = refundable(made)
    made.fake.books.script("refund", Mood.LATER)
    before, asked, waits = made.gateway.query_refund(call), made.gateway.refund(call), made.gateway.query_refund(call)
    made.fake.books.payments["A10293"].backs["R2"].state = "succeeded"
    done = made.gateway.query_refund(call)

    assert [before.outcome, asked.outcome, waits.outcome, done.outcome] == [
        Outcome.NOT_FOUND,
        Outcome.PENDING,
        Outcome.PENDING,
        Outcome.SUCCEEDED,
    ]
    assert made.gateway.query_refund(replace(call, refunded_minor=20000)).code == "other_sum"


@pytest.mark.parametrize(
    ("close", "other", "code"),
    [
        ("3", {"method": "line_pay"}, "not_card"), ("3", {"refunded_minor": 100}, "books_differ"),
        ("3", {"amount_minor": 30050}, "not_whole"),
        ("3", {"amount_minor": 128100}, "too_much"), ("0", {}, "not_captured"), ("1", {}, "capturing"), ("2", {}, "capturing"),
    ],
)  # fmt: skip
def test_what_cannot_be_refunded_is_not_sent(made, close, other, code):
    call = refundable(made, close=close)
    answer = made.gateway.refund(replace(call, **other))

    assert (answer.outcome, answer.code, made.fake.books.payments["A10293"].refunded) == (Outcome.DECLINED, code, 0)
    assert made.unreachable.refund(call).code == "not_sent"


def test_what_was_not_captured_is_released_as_a_whole(made):
    call = replace(refundable(made, close="0"), amount_minor=128000)

    assert [made.gateway.refund(call).outcome, made.gateway.query_refund(call).outcome] == [Outcome.SUCCEEDED, Outcome.SUCCEEDED]
    assert made.fake.books.payments["A10293"].state == "cancelled"


@pytest.mark.parametrize(("code", "outcome"), [("CRE10004", Outcome.DECLINED), ("CRE10002", Outcome.UNKNOWN), ("ZZZ", Outcome.UNKNOWN)])
def test_what_a_refund_may_answer(made, monkeypatch, code, outcome):
    call = refundable(made)
    monkeypatch.setattr(made.fake, "_refund", lambda *_: said(code))

    assert (made.gateway.refund(call).outcome, made.gateway.refund(call).code) == (outcome, code)

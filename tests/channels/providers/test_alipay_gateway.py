"""Alipay as a gateway: what is signed, how amounts are written, and what each answer means."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
import stamina

from apps.channels import registry, rsa
from apps.channels.fetching import FetchOutcome, Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome
from apps.channels.paying import ActionKind, PaymentOutcome, Surface
from apps.channels.providers.alipay import signing
from apps.channels.providers.alipay.amounts import fen, yuan
from tests.channels.fakes import keys
from tests.channels.fakes.alipay import changed
from tests.channels.hearing import hear
from tests.contract.scenes.alipay import CALL, credentials, scene


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def made():
    with scene() as one:
        yield one


@pytest.fixture
def paid(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    return made.gateway.query_payment(CALL)


def sent(made) -> dict:
    return json.loads(made.fake.requests[-1].form["biz_content"])


def test_what_is_signed_is_sorted_raw_and_without_empty_values():
    fields = {"sign": "x", "sign_type": "RSA2", "b": "一 & 二", "a": "1", "empty": ""}

    assert signing.joined(fields, without=("sign",)) == "a=1&b=一 & 二&sign_type=RSA2".encode()
    assert signing.joined(fields, without=("sign", "sign_type")) == "a=1&b=一 & 二".encode()


@pytest.mark.parametrize("tail", [',"sign":"S"}', ', "alipay_cert_sn":"e9","sign":"S"}'])
def test_an_answer_is_taken_as_the_text_that_came(tail):
    text = r'{"code":"10000", "qr_code":"https:\/\/qr.alipay.com\/a", "note":"\"sign\":{}"}'

    said, exact, signature = signing.answer_of('{"alipay_trade_precreate_response": ' + text + tail, "alipay_trade_precreate_response")

    assert (exact, said["qr_code"], signature) == (text, "https://qr.alipay.com/a", "S")


@pytest.mark.parametrize(("minor", "text"), [(1, "0.01"), (10, "0.10"), (12_800, "128.00"), (10_000_000_000, "100000000.00")])
def test_fen_and_yuan(minor, text):
    assert (yuan(minor), fen(text)) == (text, minor)


@pytest.mark.parametrize("text", ["1.005", "-1.00", "1e3", "", None, "1,000.00", "٣.00"])
def test_what_is_no_amount_of_whole_fen(text):
    assert fen(text) is None


@pytest.mark.parametrize(
    ("surface", "method", "product"),
    [
        (Surface.DESKTOP, "alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
        (Surface.PHONE, "alipay.trade.wap.pay", "QUICK_WAP_WAY"),
    ],
)
def test_a_browser_gets_a_signed_form_and_nothing_is_sent_from_here(made, surface, method, product):
    end = datetime.now(UTC) + timedelta(minutes=30, seconds=30)
    call = replace(CALL, surface=surface, return_url="https://shop.example/done?a=1", expires_at=end)

    action = made.gateway.create_payment(call).action

    asked = json.loads(action.fields["biz_content"])
    assert (action.kind, made.fake.requests) == (ActionKind.FORM, [])
    assert action.url == f"{made.fake.base_url}/gateway.do?charset=utf-8"
    assert (action.fields["method"], action.fields["notify_url"]) == (method, CALL.notice_url)
    assert action.fields["return_url"] == "https://shop.example/done?a=1"
    assert asked == {
        "out_trade_no": "QT20261130A1", "total_amount": "128.00", "subject": "青瓷茶杯 & 一對", "timeout_express": "30m",
        "product_code": product,
    }  # fmt: skip
    made.fake.submit(action.fields)
    made.pays(CALL.merchant_ref)
    assert made.gateway.query_payment(call).outcome == PaymentOutcome.PAID


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "wechat_pay"}, "other_method"),
        ({"currency": "HKD"}, "other_currency"),
        ({"merchant_ref": "QT-1"}, "bad_number"),
        ({"instalments": 3}, "no_instalments"),
        ({"captures_at_once": False}, "no_holding"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "too_late"),
    ],
)
def test_what_alipay_cannot_take_is_never_sent(made, changes, code):
    answer = made.gateway.create_payment(replace(CALL, **changes))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


def test_a_code_that_nobody_scanned_is_no_trade_and_cannot_be_called_off(made):
    made.fake.scans_at_once = False
    made.gateway.create_payment(CALL)

    assert made.gateway.query_payment(CALL).outcome == PaymentOutcome.NOT_FOUND
    off = made.gateway.cancel_payment(CALL)
    assert (off.outcome, off.code) == (PaymentOutcome.UNKNOWN, "ACQ.TRADE_NOT_EXIST")


def test_a_number_that_was_paid_is_told_as_paid(made, paid):
    assert made.gateway.create_payment(CALL).outcome == PaymentOutcome.PAID


def test_a_finished_trade_and_one_given_back_as_a_whole_are_paid(made, paid):
    made.fake.books.move(CALL.merchant_ref, "finished")
    assert made.gateway.query_payment(CALL).code == "TRADE_FINISHED"
    assert made.gateway.query_payment(CALL).outcome == PaymentOutcome.PAID

    made.fake.books.move(CALL.merchant_ref, "paid")
    made.gateway.refund(made.refund_call(12_800, paid.provider_ref))
    closed = made.gateway.query_payment(CALL)
    assert (closed.code, closed.outcome, closed.amount_minor) == ("TRADE_CLOSED", PaymentOutcome.PAID, 12_800)


def test_an_answer_with_another_sum_than_was_signed_counts_for_nothing(made, paid):
    real = made.fake._signed

    def swapped(method, said):
        answered = real(method, said)
        return replace(answered, body=answered.body.replace("128.00", "1.28"))

    made.fake._signed = swapped
    told = made.gateway.query_payment(CALL)

    assert (told.outcome, told.code, told.amount_minor) == (PaymentOutcome.UNKNOWN, "bad_signature", None)


def test_a_second_part_is_told_with_its_own_sum_although_the_notice_has_the_whole(made, paid):
    made.gateway.refund(made.refund_call(3_000, paid.provider_ref))
    made.gateway.refund(made.refund_call(1_100, paid.provider_ref, key="rf_2", before=3_000))
    headers, body = made.fake.refund_notice("rf_2")

    (told,) = hear(made.gateway, headers, body)

    assert dict(parse_qsl(body.decode()))["refund_fee"] == "41.00"
    assert (told.key, told.amount_minor, told.outcome) == ("rf_2", 1_100, Outcome.SUCCEEDED)
    assert told.occurred_at is not None


def test_a_refund_under_a_used_number_with_another_sum_is_unknown(made, paid):
    call = made.refund_call(3_000, paid.provider_ref)
    made.gateway.refund(call)

    other = made.gateway.refund(replace(call, amount_minor=4_000))

    assert (other.outcome, other.code) == (Outcome.UNKNOWN, "answer_differs")


@pytest.mark.parametrize("fields", [{"total_amount": "0.01"}, {"trade_status": "TRADE_FINISHED"}, {"sign": ""}, {"added": "x"}])
def test_a_changed_notice_is_forged(made, paid, fields):
    headers, body = made.fake.notice(CALL.merchant_ref)

    with pytest.raises(NoticeForged):
        hear(made.gateway, headers, changed(body, **fields))


def test_a_genuine_notice_of_another_application_is_not_read(made, paid):
    other = registry.get("alipay").gateway.make(Account(credentials(app_id="2021000000000009"), base_url=made.fake.base_url))

    with pytest.raises(NoticeUnreadable):
        hear(other, *made.fake.notice(CALL.merchant_ref))
    assert made.gateway.acknowledgement().body == b"success"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"app_id": "2021000000000009"}, "app_id"),
        ({"private_key": keys.private_pem("stranger")}, "private_key"),
        ({"private_key": "nonsense"}, "private_key"),
        ({"alipay_public_key": keys.public_pem("stranger")}, "alipay_public_key"),
        ({"alipay_public_key": "nonsense"}, "alipay_public_key"),
    ],
)
def test_the_wrong_credential_is_named(made, changes, field):
    told = registry.get("alipay").gateway.make(Account(credentials(**changes), base_url=made.fake.base_url)).test_connection()

    assert (told.verdict, told.field_name) == (Verdict.WRONG_CREDENTIALS, field)


def test_a_key_pasted_without_its_frame_or_its_lines_is_read():
    bare = "".join(keys.private_pem("alipay-app").splitlines()[1:-1])
    joined = keys.public_pem("alipay").replace("\n", "")

    assert rsa.is_signed(rsa.public_key(joined), b"x", rsa.signature(keys.key("alipay"), b"x"))
    assert rsa.private_key(bare).private_numbers() == keys.key("alipay-app").private_numbers()
    with pytest.raises(rsa.KeyUnusable):
        rsa.private_key(joined)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"code": "10000", "bill_file_code": "EMPTY_DATA_WITH_BILL_FILE", "bill_download_url": "http://x/"}, FetchOutcome.EMPTY),
        ({"code": "40004", "sub_code": "isp.BILL_NOT_EXIST"}, FetchOutcome.NOT_READY),
        ({"code": "10000", "bill_download_url": "http://elsewhere.example/a"}, FetchOutcome.UNKNOWN),
        ({"code": "40004", "sub_code": "TYPE_NOT_SUPPORTED"}, FetchOutcome.FAILED),
    ],
)
def test_what_comes_instead_of_a_statement(made, said, outcome):
    made.fake._bill = lambda asked: said

    assert made.gateway.fetch_statement(made.statement_day).outcome == outcome

"""PayPay as a gateway: the published signature, codes, cancels before and after the payer, holds, and refunds under our number."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import stamina

from apps.channels.fetching import Verdict
from apps.channels.gateways import Outcome
from apps.channels.paying import ActionKind, PaymentOutcome
from apps.channels.providers.paypay.order import read_order, read_refund
from apps.channels.providers.paypay.signing import authorization, body_hash
from tests.channels.fakes.books import Mood
from tests.channels.fakes.paypay import said
from tests.channels.hearing import hear
from tests.contract.scenes.paypay import CALL, scene

BODY = b'{"sampleRequestBodyKey1":"sampleRequestBodyValue1","sampleRequestBodyKey2":"sampleRequestBodyValue2"}'
KIND = "application/json;charset=UTF-8;"


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def made():
    with scene() as it:
        yield it


def opened(made, **other):
    call = replace(CALL, **other)
    return replace(call, provider_ref=made.gateway.create_payment(call).provider_ref)


def refundable(made):
    opened(made)
    made.pays("A10293")
    return made.refund_call(3000, made.fake.books.payments["A10293"].number)


def test_the_published_signature():
    signed = authorization(
        "APIKeyGenerated", "APIKeySecretGenerated", method="POST", path="/v2/codes", nonce="acd028", epoch="1579843452", content_type=KIND,
        body=BODY,
    )  # fmt: skip

    assert body_hash(KIND, BODY) == "1j0FnY4flNp5CtIKa7x9MQ=="
    assert signed == (
        "hmac OPA-Auth:APIKeyGenerated:NW1jKIMnzR7tEhMWtcJcaef+nFVBt7jjAGcVuxHhchc=:acd028:1579843452:1j0FnY4flNp5CtIKa7x9MQ=="
    )


def test_without_a_body_its_type_and_hash_are_the_word_empty():
    signed = authorization("k", "s", method="GET", path="/v2/x", nonce="n", epoch="1", content_type=KIND, body=b"")

    assert (body_hash(KIND, b""), signed.endswith(":n:1:empty")) == ("empty", True)


def test_answers_as_the_official_mocks_show_them():
    # paypay/paypayopa-sdk-php, mock/mappings
    paid = {
        "paymentId": "P1", "status": "COMPLETED", "acceptedAt": 1597893369, "refunds": {"data": []}, "merchantPaymentId": "M1",
        "amount": {"amount": 20, "currency": "JPY"}, "requestedAt": 1597893369,
    }  # fmt: skip
    back = {
        "status": "CREATED", "acceptedAt": 1597893536, "merchantRefundId": "R1", "paymentId": "P1",
        "amount": {"amount": 1, "currency": "JPY"}, "requestedAt": 1597893535,
    }  # fmt: skip

    order, gone = read_order(paid), read_refund(back)
    assert (order.number, order.state, order.amount, order.went_back) == ("P1", "COMPLETED", 20, 0)
    assert order.at == datetime(2020, 8, 20, 3, 16, 9, tzinfo=UTC)
    assert (gone.outcome, gone.key, gone.amount) == (Outcome.PENDING, "R1", 1)


def test_the_payer_opens_or_scans_the_code(made):
    answer = made.gateway.create_payment(CALL)
    wanted = json.loads(made.fake.requests[0].body)

    assert (answer.action.kind, answer.action.url, answer.action.text) == (
        ActionKind.REDIRECT,
        *[f"{made.fake.base_url}/04-0000000001"] * 2,
    )
    assert (answer.provider_ref, answer.action.expires_at is not None) == ("04-0000000001", True)
    assert {name: wanted[name] for name in wanted if name != "requestedAt"} == {
        "merchantPaymentId": "A10293", "codeType": "ORDER_QR", "amount": {"amount": 12800, "currency": "JPY"},
        "orderDescription": "手作り石けん 3 個", "isAuthorization": False, "redirectUrl": "https://shop.example/back",
        "redirectType": "WEB_LINK",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"currency": "TWD"}, "other_currency"), ({"amount_minor": 0}, "not_whole"), ({"merchant_ref": "A/1"}, "bad_number"),
        ({"merchant_ref": "A" * 65}, "bad_number"), ({"instalments": 3}, "no_instalments"),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, "too_late"),
    ],
)  # fmt: skip
def test_what_paypay_would_refuse_is_not_sent(made, other, code):
    answer = made.gateway.create_payment(replace(CALL, **other))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("OP_OUT_OF_SCOPE", PaymentOutcome.DECLINED), ("DUPLICATE_DYNAMIC_QR_REQUEST", PaymentOutcome.UNKNOWN),
        ("RATE_LIMIT", PaymentOutcome.UNKNOWN), ("SOMETHING_NEW", PaymentOutcome.UNKNOWN),
    ],
)  # fmt: skip
def test_only_what_leaves_no_code_behind_is_declined(made, monkeypatch, code, outcome):
    monkeypatch.setattr(made.fake, "_open", lambda *_: said(code))

    assert (made.gateway.create_payment(CALL).outcome, made.gateway.create_payment(CALL).code) == (outcome, code)


def test_once_paid_the_number_is_the_payments(made):
    call = opened(made)
    made.pays("A10293")

    assert made.gateway.query_payment(call).provider_ref == made.fake.books.payments["A10293"].number


def test_a_payer_who_is_quicker_than_the_cancel_has_paid(made, monkeypatch):
    call = opened(made)
    monkeypatch.setattr(made.fake, "_delete", lambda _code: (made.pays("A10293"), said("SUCCESS"))[1])

    assert made.gateway.cancel_payment(call).outcome == PaymentOutcome.PAID


def test_a_code_whose_number_we_do_not_know_cannot_be_deleted(made):
    opened(made)

    assert made.gateway.cancel_payment(CALL).outcome == PaymentOutcome.PENDING
    assert [asked.method for asked in made.fake.requests].count("DELETE") == 0


def test_an_authorization_is_given_back_or_captured_as_a_whole(made):
    call = opened(made, captures_at_once=False)
    made.fake.books.move("A10293", "authorized")
    part, off = made.gateway.capture_payment(call, 100), made.gateway.cancel_payment(call)

    assert [(part.outcome, part.code), (off.outcome, off.code)] == [
        (PaymentOutcome.AUTHORIZED, "whole_only"),
        (PaymentOutcome.CANCELLED, "CANCELED"),
    ]
    assert json.loads(made.fake.requests[0].body)["isAuthorization"] is True


def test_a_refused_capture_leaves_the_payment_as_it_is(made, monkeypatch):
    call = opened(made, captures_at_once=False)
    made.fake.books.move("A10293", "authorized")
    monkeypatch.setattr(made.fake, "_capture", lambda _wanted: said("LIMIT_EXCEEDED"))
    answer = made.gateway.capture_payment(call, call.amount_minor)

    assert (answer.outcome, answer.code) == (PaymentOutcome.AUTHORIZED, "LIMIT_EXCEEDED")


def test_a_refund_is_accepted_then_done_and_never_made_twice(made):
    call = refundable(made)
    made.fake.books.script("refund", Mood.LATER)
    before, asked = made.gateway.query_refund(call), made.gateway.refund(call)
    first, second, again = made.gateway.query_refund(call), made.gateway.query_refund(call), made.gateway.refund(call)

    outcomes = [one.outcome for one in (before, asked, first, second, again)]
    assert outcomes == [Outcome.NOT_FOUND, Outcome.PENDING, Outcome.PENDING, Outcome.SUCCEEDED, Outcome.SUCCEEDED]
    assert (made.fake.books.payments["A10293"].refunded, second.done_at is not None) == (3000, True)
    assert made.gateway.query_refund(replace(call, amount_minor=2000)).code == "answer_differs"


def test_not_found_needs_the_list_of_the_payment(made, monkeypatch):
    call = refundable(made)
    monkeypatch.setattr(made.fake, "_about", lambda _one: said("DYNAMIC_QR_NOT_FOUND", status=404))

    assert made.gateway.query_refund(call).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"refunded_minor": 100}, "books_differ"), ({"amount_minor": 12801}, "too_much"), ({"currency": "TWD"}, "other_currency"),
        ({"merchant_ref": ""}, "no_numbers"), ({"merchant_ref": "A2"}, "not_sent"),
    ],
)  # fmt: skip
def test_what_cannot_be_refunded_is_not_sent(made, other, code):
    answer = made.gateway.refund(replace(refundable(made), **other))

    assert (answer.outcome, answer.code, made.fake.books.payments["A10293"].refunded) == (Outcome.DECLINED, code, 0)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("REFUND_WINDOW_EXCEED", Outcome.DECLINED), ("CANCELED_USER", Outcome.DECLINED), ("DUPLICATE_REFUND_REQUEST", Outcome.UNKNOWN),
        ("INTERNAL_SERVER_ERROR", Outcome.UNKNOWN),
    ],
)  # fmt: skip
def test_what_a_refund_may_answer(made, monkeypatch, code, outcome):
    call = refundable(made)
    monkeypatch.setattr(made.fake, "_refund", lambda *_: said(code))

    assert (made.gateway.refund(call).outcome, made.gateway.refund(call).code) == (outcome, code)


def test_a_notice_that_nobody_signed_tells_nothing(made):
    body = b'{"notification_type": "Transaction", "merchant_order_id": "A10293", "state": "COMPLETED", "order_amount": 12800}'

    assert hear(made.gateway, {}, body) == []


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("UNAUTHORIZED", Verdict.WRONG_CREDENTIALS), ("OP_OUT_OF_SCOPE", Verdict.NOT_PERMITTED), ("MAINTENANCE_MODE", Verdict.UNCLEAR),
        ("DYNAMIC_QR_NOT_FOUND", Verdict.WORKS),
    ],
)  # fmt: skip
def test_what_a_test_of_the_connection_shows(made, monkeypatch, code, verdict):
    monkeypatch.setattr(made.fake, "answer", lambda _asked: said(code))

    assert made.gateway.test_connection().verdict == verdict

"""JKOPAY as a gateway: the published digest, what is sent, order states and refunds without a key in its list."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import stamina

from apps.channels.fetching import Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome
from apps.channels.paying import PaymentOutcome
from apps.channels.providers.jkopay.client import JkopayGateway, own_address
from apps.channels.providers.jkopay.told import digest
from tests.channels.fakes.books import Mood
from tests.channels.fakes.jkopay import CREDENTIALS, SECRET, said
from tests.channels.fakes.server import Answered
from tests.channels.hearing import hear
from tests.contract.scenes.jkopay import CALL, scene


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def made():
    with scene() as it:
        yield it


def refundable(made):
    made.gateway.create_payment(CALL)
    made.pays("A10293")
    return made.refund_call(30000, made.gateway.query_payment(CALL).provider_ref)


def test_the_published_digest():
    # https://open-doc.jkos.com: the blank after "currency": is signed like any other byte.
    body = (
        '{"platform_order_id":"demo-order-001","store_id":"35f12dff-1581-11e9-a054-00505684fd45","currency": "TWD","total_price":10,'
        '"final_price":10,"unredeem":10,"result_display_url":"https://display.com","result_url":"https://result-callback.xxx/xxx"}'
    )
    secret = "r0odDC1e9LHXDmxuvmOv9bgaWLf2CXB2c4gMheoFucVKNMi1K0Id9zwRHJF1r-kdtAKriKgb11VDlo7Kb8R-FQ"

    assert digest(secret, body.encode()) == "3577609b058ab85c2d0a00a5421a991979ed6b9f549476e9a82476dc1b70d876"


def test_what_is_sent(made):
    until = datetime(2099, 11, 20, 2, 30, tzinfo=UTC)
    answer = made.gateway.create_payment(replace(CALL, expires_at=until))
    (sent,) = made.fake.requests

    assert json.loads(sent.body) == {
        "platform_order_id": "A10293", "store_id": CREDENTIALS["store_id"], "currency": "TWD", "total_price": 1280, "final_price": 1280,
        "result_url": "https://shop.example/notices", "result_display_url": "https://shop.example/back", "valid_time": "2099-11-20 10:30",
    }  # fmt: skip
    assert (answer.action.url.startswith(f"{made.fake.base_url}/pay/J"), answer.action.expires_at) == (True, until)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"currency": "JPY"}, "other_currency"), ({"amount_minor": 128050}, "not_whole"), ({"merchant_ref": "A&10293"}, "bad_number"),
        ({"captures_at_once": False}, "no_holding"), ({"notice_url": ""}, "no_address"), ({"instalments": 3}, "no_instalments"),
        ({"expires_at": datetime(2026, 1, 1, tzinfo=UTC)}, "too_late"),
    ],
)  # fmt: skip
def test_what_jkopay_would_refuse_is_not_sent(made, other, code):
    answer = made.gateway.create_payment(replace(CALL, **other))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (said("200", message="Store not found"), PaymentOutcome.DECLINED),
        (said("200", message="Order has been used as entry but they do not match with each others"), PaymentOutcome.UNKNOWN),
        (said("101", message="Order is paid"), PaymentOutcome.UNKNOWN),
        (said("999"), PaymentOutcome.UNKNOWN),
        (said("000", {}), PaymentOutcome.UNKNOWN),
    ],
)
def test_only_what_leaves_no_order_behind_is_declined(made, monkeypatch, reply, outcome):
    monkeypatch.setattr(made.fake, "_entry", lambda *_: reply)

    assert made.gateway.create_payment(CALL).outcome == outcome


def test_coins_and_money_are_one_sum_and_an_order_lapses_by_the_clock(made):
    made.gateway.create_payment(CALL)
    now = datetime.now(UTC)
    waits = [made.gateway.query_payment(replace(CALL, expires_at=now - timedelta(minutes=one))).outcome for one in (9, 11)]
    made.pays("A10293")
    answer = made.gateway.query_payment(CALL)

    assert waits == [PaymentOutcome.PENDING, PaymentOutcome.EXPIRED]
    assert (answer.outcome, answer.amount_minor, answer.currency) == (PaymentOutcome.PAID, 128000, "TWD")


def test_an_answer_about_another_order_counts_for_nothing(made, monkeypatch):
    monkeypatch.setattr(made.fake, "_inquiry", lambda _: said("000", {"transactions": [{"platform_order_id": "A2", "status": 0}]}))
    assert made.gateway.query_payment(CALL).code == "unreadable"

    monkeypatch.setattr(made.fake, "_inquiry", lambda _: said("000", {"transactions": [{"platform_order_id": "A2", "status": 101}]}))
    assert made.gateway.query_payment(CALL).code == "answer_differs"


def test_a_refund_carries_our_number_and_is_known_by_theirs_or_by_the_sum(made):
    call = refundable(made)
    before, done = made.gateway.query_refund(call), made.gateway.refund(call)
    named = made.gateway.query_refund(replace(call, provider_refund_ref=done.provider_refund_ref))

    assert [before.outcome, done.outcome, named.outcome] == [Outcome.NOT_FOUND, Outcome.SUCCEEDED, Outcome.SUCCEEDED]
    assert json.loads(made.fake.requests[-2].body) == {"platform_order_id": "A10293", "refund_order_id": "rf_1", "refund_amount": 300}
    assert made.gateway.query_refund(call).code == "sum_fits"
    assert made.gateway.query_refund(replace(call, refunded_minor=20000)).code == "other_sum"


def test_nothing_is_sent_where_the_books_or_jkopay_do_not_know(made):
    call = refundable(made)

    assert made.gateway.refund(replace(call, refunded_minor=10000)).code == "books_differ"
    assert made.gateway.refund(replace(call, amount_minor=30050)).code == "not_whole"
    assert made.gateway.refund(replace(call, amount_minor=128100)).code == "too_much"
    assert made.gateway.refund(replace(call, merchant_ref="")).code == "no_numbers"
    assert made.unreachable.refund(call).code == "not_sent"
    assert made.fake.books.payments["A10293"].refunded == 0


@pytest.mark.parametrize(("code", "outcome"), [("113", Outcome.DECLINED), ("105", Outcome.UNKNOWN), ("999", Outcome.UNKNOWN)])
def test_what_a_refund_may_answer(made, monkeypatch, code, outcome):
    call = refundable(made)
    monkeypatch.setattr(made.fake, "_refund", lambda *_: said(code))

    assert (made.gateway.refund(call).outcome, made.gateway.refund(call).code) == (outcome, code)


def test_another_sum_than_asked_for_is_no_success(made):
    call = refundable(made)
    made.fake._refund = lambda *_: said("000", {"refund_tradeNo": "R1", "debit_amount": "200", "redeem_amount": "0"})

    assert (made.gateway.refund(call).outcome, made.gateway.refund(call).code) == (Outcome.UNKNOWN, "answer_differs")


def test_a_result_without_its_digest_is_forged_and_one_of_nothing_paid_tells_nothing(made):
    made.gateway.create_payment(CALL)
    headers, body = made.fake.notice("A10293")
    odd = b'{"transaction": {"platform_order_id": "A10293", "status": 0}}'

    assert hear(made.gateway, headers, body) == []
    with pytest.raises(NoticeForged):
        hear(made.gateway, {}, body)
    with pytest.raises(NoticeUnreadable):
        hear(made.gateway, {"digest": digest(SECRET, odd)}, odd)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Answered("no", 401), Verdict.WRONG_CREDENTIALS), (said("100"), Verdict.WORKS), (said("999"), Verdict.UNCLEAR),
        (Answered("<html>", 502), Verdict.UNCLEAR),
    ],
)  # fmt: skip
def test_what_a_test_of_the_connection_shows(made, monkeypatch, reply, verdict):
    monkeypatch.setattr(made.fake, "answer", lambda _asked: reply)

    assert made.gateway.test_connection().verdict == verdict


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://shop-7.jkopay.com/", "https://shop-7.jkopay.com"), ("https://shop.jkopay.app/v1", "https://shop.jkopay.app/v1"),
        ("http://shop-7.jkopay.com", ""), ("https://jkopay.com.evil.example", ""), ("https://x@shop.jkopay.com", ""),
        ("https://127.0.0.1", ""), ("https://[", ""), ("", ""),
    ],
)  # fmt: skip
def test_only_an_address_of_jkopay_is_called(text, address):
    assert own_address(text) == address
    usual = "https://uat-onlinepay.jkopay.app"
    assert JkopayGateway(Account({**CREDENTIALS, "address": text})).base_url == (address or usual)


def test_a_lost_entry_is_found_by_our_number(made):
    made.fake.books.script("create_payment", Mood.SILENT_AFTER)

    assert made.gateway.create_payment(CALL).outcome == PaymentOutcome.UNKNOWN
    assert made.gateway.query_payment(CALL).outcome == PaymentOutcome.PENDING

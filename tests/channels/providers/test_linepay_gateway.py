"""LINE Pay as a gateway: signatures, both versions, confirming once and for all, voids and refunds."""

import json
from dataclasses import replace

import pytest
import stamina

from apps.channels import registry
from apps.channels.fetching import Verdict
from apps.channels.gateways import Account, NoticeForged, Outcome
from apps.channels.paying import ActionKind, PaymentOutcome
from apps.channels.providers.linepay.signing import signature
from tests.channels.fakes.books import Mood
from tests.channels.fakes.linepay import CREDENTIALS, said
from tests.channels.fakes.server import running
from tests.channels.hearing import hear
from tests.contract.scenes.linepay import CALL, FakeLinePay, scene

NONCE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def made():
    with scene() as it:
        yield it


def approved(made, **other):
    call = replace(CALL, **other)
    call = replace(call, provider_ref=made.gateway.create_payment(call).provider_ref)
    made.pays(call.merchant_ref)
    return call


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("/v3/payments/request", '{"amount":100,"currency":"TWD","orderId":"20211216003"}', "Cd8/ImDUTIEAhSDf0W/gZiMFFgpdd1km1RWrQxMcICY="),
        ("/v3/payments", "orderId=20211216004&transactionId=2021113000697317600", "aaW8H46EdQYODjcSVWjwNFrNNRlGyg8Gv64rIIixtsQ="),
    ],
)
def test_signatures_by_the_documented_rule(path, text, expected):
    assert signature("channelSecretKey", path, text, NONCE) == expected


def test_the_payer_is_sent_to_line_and_comes_back_to_the_shop(made):
    answer = made.gateway.create_payment(CALL)
    (sent,) = made.fake.requests

    assert (answer.action.kind, answer.action.url) == (ActionKind.REDIRECT, f"{made.fake.base_url}/pay/{answer.provider_ref}")
    assert answer.provider_ref == "2026113000000000001"
    wanted = json.loads(sent.body)
    assert (wanted["amount"], wanted["currency"], wanted["orderId"]) == (1280, "TWD", "A10293")
    assert wanted["redirectUrls"] == {"confirmUrl": "https://shop.example/back", "cancelUrl": "https://shop.example/back"}
    assert wanted["options"] == {"payment": {"capture": True}, "display": {"locale": "zh_TW"}}


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"currency": "EUR"}, "other_currency"), ({"amount_minor": 128050}, "not_whole"), ({"merchant_ref": "A" * 101}, "bad_number"),
        ({"return_url": ""}, "no_address"), ({"instalments": 3}, "no_instalments"),
    ],
)  # fmt: skip
def test_what_line_would_refuse_is_not_sent(made, other, code):
    answer = made.gateway.create_payment(replace(CALL, **other))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


def test_yen_are_counted_whole_and_baht_with_two_digits(made):
    call = approved(made, currency="JPY", amount_minor=1280)
    assert made.gateway.finish_payment(call).amount_minor == 1280

    call = approved(made, merchant_ref="A2", currency="THB", amount_minor=12350)
    assert made.gateway.finish_payment(call).amount_minor == 12350
    assert [one["amount"] for one in made.fake.confirmed] == [1280, 123.5]


def test_a_confirmation_that_was_lost_is_found_and_made_once(made):
    call = approved(made)
    made.fake.books.script("finish_payment", Mood.SILENT_AFTER)

    lost, again = made.gateway.finish_payment(call), made.gateway.finish_payment(call)

    assert (lost.outcome, lost.code) == (PaymentOutcome.UNKNOWN, "no_answer")
    assert (again.outcome, again.amount_minor, again.provider_ref) == (PaymentOutcome.PAID, 128000, call.provider_ref)
    assert made.fake.books.payments["A10293"].captured == 128000


def test_without_lines_number_nothing_is_confirmed(made):
    answer = made.gateway.finish_payment(replace(approved(made), provider_ref=""))

    assert (answer.outcome, answer.code, made.fake.confirmed) == (PaymentOutcome.UNKNOWN, "no_numbers", [])


def test_another_sum_than_was_requested_takes_nothing(made):
    answer = made.gateway.finish_payment(replace(approved(made), amount_minor=128100))

    assert (answer.outcome, answer.code, made.fake.books.payments["A10293"].state) == (PaymentOutcome.UNKNOWN, "1153", "approved")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("1142", PaymentOutcome.DECLINED),
        ("1283", PaymentOutcome.DECLINED),
        ("1198", PaymentOutcome.UNKNOWN),
        ("7777", PaymentOutcome.UNKNOWN),
    ],
)
def test_what_a_confirmation_may_answer(made, monkeypatch, code, outcome):
    call = approved(made)
    monkeypatch.setattr(made.fake, "_take", lambda *_: said(code))

    answer = made.gateway.finish_payment(call)

    assert (answer.outcome, answer.code) == (outcome, code)


def test_a_payment_of_another_number_is_not_ours(made):
    call = approved(made)
    made.gateway.finish_payment(call)

    assert made.gateway.query_payment(replace(call, merchant_ref="A2")).code == "answer_differs"


def test_an_authorization_is_given_back_and_a_request_lapses_by_itself(made):
    call = approved(made, captures_at_once=False)
    early = made.gateway.cancel_payment(call)
    held = made.gateway.finish_payment(call)
    back = made.gateway.cancel_payment(call)

    assert (early.outcome, early.code) == (PaymentOutcome.UNKNOWN, "nothing_to_void")
    assert [held.outcome, back.outcome] == [PaymentOutcome.AUTHORIZED, PaymentOutcome.CANCELLED]


def test_a_part_of_an_authorization_is_captured(made):
    call = approved(made, captures_at_once=False)
    made.gateway.finish_payment(call)

    taken = made.gateway.capture_payment(call, 100000)

    assert (taken.outcome, taken.amount_minor) == (PaymentOutcome.PAID, 100000)


def refundable(made):
    made.gateway.finish_payment(approved(made))
    return made.refund_call(30000, made.fake.books.payments["A10293"].number)


def test_a_refund_is_known_by_its_number_and_without_it_by_the_sum(made):
    call = refundable(made)
    before, done = made.gateway.query_refund(call), made.gateway.refund(call)
    named = made.gateway.query_refund(replace(call, provider_refund_ref=done.provider_refund_ref))

    assert [before.outcome, done.outcome, named.outcome] == [Outcome.NOT_FOUND, Outcome.SUCCEEDED, Outcome.SUCCEEDED]
    assert (named.provider_refund_ref, named.done_at) == (done.provider_refund_ref, done.done_at)
    assert made.gateway.query_refund(call).code == "sum_fits"
    assert made.gateway.query_refund(replace(call, refunded_minor=20000)).code == "other_sum"


def test_nothing_is_sent_where_the_books_or_line_do_not_know(made):
    call = refundable(made)

    assert made.gateway.refund(replace(call, refunded_minor=10000)).code == "books_differ"
    assert made.gateway.refund(replace(call, amount_minor=30050)).code == "not_whole"
    assert made.gateway.refund(replace(call, provider_ref="")).code == "no_numbers"
    assert made.unreachable.refund(call).code == "not_sent"
    assert made.fake.books.payments["A10293"].refunded == 0


@pytest.mark.parametrize(("code", "outcome"), [("1163", Outcome.DECLINED), ("1165", Outcome.UNKNOWN), ("1198", Outcome.UNKNOWN)])
def test_what_a_refund_may_answer(made, monkeypatch, code, outcome):
    call = refundable(made)
    monkeypatch.setattr(made.fake, "_refund", lambda *_: said(code))

    assert (made.gateway.refund(call).outcome, made.gateway.refund(call).code) == (outcome, code)


def test_no_notice_is_from_line(made):
    with pytest.raises(NoticeForged):
        hear(made.gateway, {}, b"{}")


@pytest.mark.parametrize(
    ("code", "verdict", "field"),
    [
        ("1104", Verdict.WRONG_CREDENTIALS, "channel_id"), ("1106", Verdict.WRONG_CREDENTIALS, "channel_secret"),
        ("1105", Verdict.NOT_PERMITTED, ""), ("9000", Verdict.UNCLEAR, ""),
    ],
)  # fmt: skip
def test_which_credential_is_wrong(made, monkeypatch, code, verdict, field):
    monkeypatch.setattr(made.fake, "answer", lambda _asked: said(code))
    answer = made.gateway.test_connection()

    assert (answer.verdict, answer.field_name, answer.code) == (verdict, field, code)


def test_the_fourth_version_has_the_same_calls_under_its_own_path():
    fake = FakeLinePay()
    fake.version = "v4"
    with running(fake):
        gateway = registry.get("linepay").gateway.make(Account({**CREDENTIALS, "api_version": "V4"}, base_url=fake.base_url))
        call = replace(CALL, provider_ref=gateway.create_payment(CALL).provider_ref)
        fake.books.move("A10293", "approved")

        assert gateway.finish_payment(call).outcome == PaymentOutcome.PAID
        assert {asked.path.split("/")[1] for asked in fake.requests} == {"v4"}

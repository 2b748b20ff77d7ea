"""UnionPay as a gateway: its signature and whose certificate proves it, its forms, and what each answer means."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import stamina

from apps.channels import registry, rsa
from apps.channels.fetching import Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome
from apps.channels.paying import ActionKind, PaymentOutcome, Surface
from apps.channels.providers.unionpay import signing
from apps.channels.providers.unionpay.client import refund_number
from tests.channels.fakes import keys
from tests.channels.fakes.books import Mood
from tests.channels.fakes.unionpay import MER_ID, certificate_pem, chain
from tests.channels.hearing import hear
from tests.contract.scenes.unionpay import CALL, credentials, scene

CHAIN = rsa.certificates("".join(chain().values()))


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
    made.pays(CALL.merchant_ref)
    return made.gateway.query_payment(CALL)


def test_the_signature_is_over_the_hex_digest_of_sorted_fields_that_have_values():
    fields = {"txnAmt": "100", "merId": "7", "empty": "", "signature": "x"}
    hexed = hashlib.sha256(b"merId=7&txnAmt=100").hexdigest()

    assert signing.digest(fields) == hexed.encode()
    assert rsa.is_signed(keys.key("a").public_key(), hexed.encode(), signing.signed(fields, keys.key("a"))["signature"])


def test_an_answer_is_read_although_values_hold_what_separates_them():
    text = "a=1&reserved={b=2&c=[d=3&e=4]}&cert=-----BEGIN\r\nMII=+\r\n-----END&empty=&last=x"

    assert signing.read(text) == {
        "a": "1", "reserved": "{b=2&c=[d=3&e=4]}", "cert": "-----BEGIN\r\nMII=+\r\n-----END", "empty": "", "last": "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "issuer", "is_live", "genuine"),
    [
        ("041@Z12@中国银联股份有限公司@00016495", "unionpay-middle", True, True),
        ("041@Z12@00040000:SIGN@00000001", "unionpay-middle", False, True),
        ("041@Z12@00040000:SIGN@00000001", "unionpay-middle", True, False),
        ("041@Z12@某某商户@00016495", "unionpay-middle", True, False),
        ("041@Z12@中国银联股份有限公司@00016495", "stranger", True, False),
        ("041@Z12@中国银联股份有限公司@00016495", "", True, False),
    ],
)
def test_only_unionpays_own_certificate_from_its_own_chain_proves_anything(owner, issuer, is_live, genuine):
    fields = signing.signed({"respCode": "00", "signPubKeyCert": certificate_pem(owner, issuer)}, keys.key("unionpay"))

    now = datetime.now(UTC)
    assert signing.is_genuine(fields, CHAIN, now, is_live=is_live) is genuine
    assert signing.is_genuine({**fields, "respCode": "01"}, CHAIN, now, is_live=is_live) is False
    for of_another_time in (timedelta(days=-4000), timedelta(days=40000)):
        assert signing.is_genuine(fields, CHAIN, now + of_another_time, is_live=is_live) is False


@pytest.mark.parametrize(("surface", "channel_type"), [("", "07"), (Surface.PHONE, "08")])
def test_the_form_says_who_what_and_when_in_shanghai(made, surface, channel_type):
    action = made.gateway.create_payment(replace(CALL, surface=surface)).action

    told = {name: action.fields[name] for name in ("merId", "orderId", "txnTime", "txnAmt", "currencyCode", "channelType", "txnType")}
    assert (action.kind, action.url) == (ActionKind.FORM, f"{made.fake.base_url}/gateway/api/frontTransReq.do")
    assert told == {
        "merId": MER_ID, "orderId": "QT20261130A1", "txnTime": "20261130200000", "txnAmt": "12800", "currencyCode": "156",
        "channelType": channel_type, "txnType": "01",
    }  # fmt: skip
    assert action.fields["certId"] == str(keys.certificate("unionpay-merchant").serial_number)
    assert made.fake.requests == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "alipay"}, "other_method"),
        ({"currency": "TWD"}, "other_currency"),
        ({"merchant_ref": "QT-20261130"}, "bad_number"),
        ({"merchant_ref": "QT1"}, "bad_number"),
        ({"captures_at_once": False}, "no_holding"),
        ({"notice_url": ""}, "no_address"),
        ({"opened_at": None}, "no_time"),
    ],
)
def test_what_unionpay_cannot_take_gets_no_form(made, changes, code):
    answer = made.gateway.create_payment(replace(CALL, **changes))

    assert (answer.outcome, answer.code, answer.action) == (PaymentOutcome.DECLINED, code, None)


def test_a_deal_is_known_by_its_time_too(made, paid):
    other = replace(CALL, opened_at=datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC))

    assert (paid.outcome, made.gateway.query_payment(other).outcome) == (PaymentOutcome.PAID, PaymentOutcome.NOT_FOUND)
    assert made.gateway.query_payment(replace(CALL, opened_at=None)).code == "no_time"


def test_a_refund_is_accepted_then_done(made, paid):
    call = made.refund_call(3_000, paid.provider_ref)
    made.fake.books.script("refund", Mood.LATER)

    outcomes = [made.gateway.refund(call).outcome, made.gateway.query_refund(call).outcome, made.gateway.query_refund(call).outcome]

    assert outcomes == [Outcome.PENDING, Outcome.PENDING, Outcome.SUCCEEDED]
    assert refund_number("rf_Ab-12") == "00rfAb12"


def test_a_refund_without_unionpays_number_is_never_sent(made, paid):
    made.fake.requests.clear()

    answer = made.gateway.refund(made.refund_call(3_000, ""))

    assert (answer.outcome, answer.code, made.fake.requests) == (Outcome.DECLINED, "no_number", [])


def test_a_notice_is_confirmed_before_it_is_believed(made, paid):
    headers, body = made.fake.notice(CALL.merchant_ref)
    made.fake.books.move(CALL.merchant_ref, "declined")

    (told,) = hear(made.gateway, headers, body)

    assert (told.outcome, told.code) == (PaymentOutcome.DECLINED, "61")


def test_notices_that_are_not_for_us(made, paid):
    refund = made.fake.told({"merId": MER_ID, "txnType": "04", "orderId": "000000rf", "respCode": "00"})
    other = made.fake.told({"merId": "777290058167151", "txnType": "01", "orderId": "A"})

    assert hear(made.gateway, *refund) == []
    with pytest.raises(NoticeUnreadable):
        hear(made.gateway, *other)
    made.fake.own_certificate = certificate_pem("041@Z12@某某商户@1")
    with pytest.raises(NoticeForged):
        hear(made.gateway, *made.fake.notice(CALL.merchant_ref))


@pytest.mark.parametrize(
    ("changes", "verdict", "field"),
    [
        ({"private_key": "nonsense"}, Verdict.WRONG_CREDENTIALS, "private_key"),
        ({"root_certificate": keys.certificate_pem("stranger", is_ca=True)}, Verdict.WRONG_CREDENTIALS, "middle_certificate"),
        ({"private_key": keys.private_pem("stranger")}, Verdict.UNCLEAR, ""),
    ],
)
def test_the_wrong_credential_is_named_where_unionpay_tells(made, changes, verdict, field):
    told = registry.get("unionpay").gateway.make(Account(credentials(**changes), base_url=made.fake.base_url)).test_connection()

    assert (told.verdict, told.field_name) == (verdict, field)

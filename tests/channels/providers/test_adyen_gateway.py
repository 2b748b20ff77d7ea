"""Adyen as a gateway: published signatures, what each event means, and what is asked for."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import stamina

from apps.channels.fetching import Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome, RefundCall
from apps.channels.paying import PaymentCall, PaymentOutcome
from apps.channels.providers.adyen.api import AdyenApi
from apps.channels.providers.adyen.client import AdyenGateway
from apps.channels.providers.adyen.hmac_items import signature_of, verify
from tests.channels.fakes.adyen import ACCOUNT, API_KEY, HMAC, FakeAdyen
from tests.channels.fakes.server import running
from tests.channels.hearing import hear

CALL = PaymentCall("pay_1", "A10293", 12800, "EUR", "credit_card", "Tea", "https://shop.example/back")
REFUND = RefundCall("rf_1", "RF-1", "PSP1", "A10293", 3000, 12800, 0, "EUR", "credit_card")
KNOWN = {"merchant_account": ACCOUNT, "api_key": API_KEY, "hmac_key": HMAC}


@pytest.fixture
def fake():
    with stamina.set_testing(True, attempts=2), running(FakeAdyen()) as fake:
        yield fake


@pytest.fixture
def gateway(fake):
    return AdyenGateway(Account(KNOWN, base_url=fake.base_url))


@pytest.fixture
def sold(gateway, fake):
    """The payment in the provider's books, paid."""
    gateway.create_payment(CALL)
    return fake.books.move("A10293", "paid")


# By Adyen's own libraries for Python (test/UtilTest.py) and for Node (hmacValidator.spec.ts).
@pytest.mark.parametrize(
    ("key", "fields", "signature"),
    [
        (
            "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
            ("7914073381342284", "", "TestMerchant", "TestPayment-1407325143704", 1130, "EUR", "AUTHORISATION", "true"),
            "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=",
        ),
        (
            "DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00",
            ("pspReference", "originalReference", "merchantAccount", "reference", 1000, "EUR", "REPORT_AVAILABLE", "true"),
            "ZNBPtI+oDyyRrLyD1XirkKnQgIAlFc07Vj27TeHsDRE=",
        ),
    ],
)
def test_the_published_signatures(key, fields, signature):
    psp, original, account, reference, value, currency, event, success = fields
    item = {"pspReference": psp, "originalReference": original, "merchantAccountCode": account, "merchantReference": reference,
            "amount": {"value": value, "currency": currency}, "eventCode": event, "success": success}  # fmt: skip

    assert signature_of(item, key) == signature
    verify({**item, "additionalData": {"hmacSignature": signature}}, key)
    for changed in ({"success": "false"}, {"amount": {"value": value + 1, "currency": currency}}, {"success": True}):
        with pytest.raises(NoticeForged):
            verify({**item, **changed, "additionalData": {"hmacSignature": signature}}, key)


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("colon_notification.json", "2EQYm7YJpKO4EtHSPu55SQTyWf8dkW5u2nD1tJFpViA="),
        ("mixed_notification.json", "CZErGCNQaSsxbaQfZaJlakqo7KPP+mIa8a+wx3yNs9A="),
    ],
)
def test_references_with_colons_and_backslashes_are_signed_as_they_are(shared_folder, name, signature):
    item = json.loads((shared_folder / "samples/adyen" / name).read_text())

    assert signature_of(item, "74F490DD33F7327BAECC88B2947C011FC02D014A473AAA33A8EC93E4DC069174") == signature


@pytest.mark.parametrize("key", ["", "no hexadecimal", "00"])
def test_without_the_right_key_nothing_is_genuine(fake, sold, key):
    other = AdyenGateway(Account({**KNOWN, "hmac_key": key}, base_url=fake.base_url))

    with pytest.raises(NoticeForged):
        hear(other, *fake.notice("A10293"))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"notificationItems": []}', b'{"notificationItems": [{"NotificationRequestItem": 1}]}', b"\xff"]
)
def test_what_is_no_signed_notice_is_forged(gateway, body):
    with pytest.raises(NoticeForged):
        hear(gateway, {}, body)


def test_one_item_without_a_signature_makes_the_whole_body_forged(gateway, fake, sold):
    _headers, body = fake.notice("A10293")
    event = json.loads(body)
    event["notificationItems"].append({"NotificationRequestItem": fake.item("AUTHORISATION", sold, psp="PSP9")})

    with pytest.raises(NoticeForged):
        hear(gateway, {}, json.dumps(event).encode())


def test_what_is_asked_for(gateway, fake):
    until = datetime(2026, 12, 1, 10, tzinfo=UTC)
    made = gateway.create_payment(replace(CALL, expires_at=until))

    (sent,) = fake.requests
    assert sent.headers["idempotency-key"] == "pay_1"
    assert json.loads(sent.body) == {
        "merchantAccount": ACCOUNT, "reference": "A10293", "amount": {"value": 12800, "currency": "EUR"},
        "allowedPaymentMethods": ["scheme"], "manualCapture": False, "shopperLocale": "zh-TW", "returnUrl": "https://shop.example/back",
        "description": "Tea", "expiresAt": "2026-12-01T10:00:00+00:00",
    }  # fmt: skip
    assert (made.provider_ref, made.action.url) == ("PL1", "https://test.adyen.link/PL1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "line_pay"}, "method_unknown"),
        ({"method": "sepa_debit", "currency": "USD"}, "wrong_currency"),
        ({"currency": "ISK"}, "wrong_currency"),
        ({"captures_at_once": False}, "no_manual_capture"),
    ],
)
def test_what_adyen_cannot_take_is_never_sent(gateway, fake, change, code):
    answer = gateway.create_payment(replace(CALL, **change))

    assert (answer.outcome, answer.code, fake.requests) == (PaymentOutcome.DECLINED, code, [])


@pytest.mark.parametrize(
    ("kind", "success", "outcome", "ref"),
    [
        ("AUTHORISATION", True, PaymentOutcome.PAID, "PSP9"),
        ("AUTHORISATION", False, PaymentOutcome.PENDING, ""),  # the page lets the shopper try another card
        ("CAPTURE", True, PaymentOutcome.PAID, "PSP1"),
        ("CAPTURE_FAILED", True, PaymentOutcome.DECLINED, "PSP1"),
        ("CANCELLATION", True, PaymentOutcome.CANCELLED, "PSP1"),
        ("EXPIRE", True, PaymentOutcome.EXPIRED, "PSP1"),
    ],
)
def test_events_of_payments(gateway, fake, sold, kind, success, outcome, ref):
    (told,) = hear(gateway, *fake.items([fake.item(kind, sold, psp="PSP9", success=success, original="PSP1")]))

    assert (told.outcome, told.provider_ref, told.merchant_ref, told.amount_minor, told.currency) == (outcome, ref, "A10293", 12800, "EUR")
    assert told.event_id == f"PSP9:{kind}:{'true' if success else 'false'}"


def test_why_a_card_was_refused_is_told_by_its_number(gateway, fake, sold):
    refused = [
        fake.item("AUTHORISATION", sold, psp=f"PSP{at}", success=False, reason=reason)
        for at, reason in enumerate(("Expired Card", "FRAUD"))
    ]

    assert [one.code for one in hear(gateway, *fake.items(refused))] == ["6", "20"]


@pytest.mark.parametrize(
    ("kind", "success", "outcome"),
    [
        ("REFUND", True, Outcome.SUCCEEDED),
        ("REFUND", False, Outcome.DECLINED),
        ("REFUND_FAILED", True, Outcome.DECLINED),
        ("REFUNDED_REVERSED", True, Outcome.DECLINED),
    ],
)
def test_events_of_refunds(gateway, fake, sold, kind, success, outcome):
    (told,) = hear(gateway, *fake.items([fake.item(kind, sold, psp="REF2", success=success, original="PSP1", value=3000)]))

    assert (told.outcome, told.amount_minor, told.provider_ref, told.provider_refund_ref) == (outcome, 3000, "PSP1", "REF2")


@pytest.mark.parametrize(
    ("kind", "more", "told"),
    [
        ("NOTIFICATION_OF_CHARGEBACK", {}, ("inquiry", "inquiry")),
        ("CHARGEBACK", {}, ("chargeback", "needs_response")),
        ("CHARGEBACK", {"autoDefended": "true"}, ("chargeback", "under_review")),
        ("CHARGEBACK_REVERSED", {}, ("chargeback", "won")),
        ("SECOND_CHARGEBACK", {}, ("chargeback", "lost")),
    ],
)
def test_events_of_disputes(gateway, fake, sold, kind, more, told):
    more = {"chargebackReasonCode": " 4853", "defensePeriodEndsAt": "2026-12-31T03:03:08+02:00", **more}
    (one,) = hear(gateway, *fake.items([fake.item(kind, sold, psp="DIS1", original="PSP1", additionalData=more)]))

    dispute = one.dispute
    assert (dispute.kind, dispute.state) == told
    assert (dispute.provider_dispute_ref, dispute.provider_ref, dispute.reason_code) == ("DIS1", "PSP1", "4853")
    assert dispute.evidence_due_at == datetime(2026, 12, 31, 1, 3, 8, tzinfo=UTC)


def test_what_does_not_concern_us_says_nothing(gateway, fake, sold):
    report = fake.item("REPORT_AVAILABLE", sold, psp="settlement_detail_report")
    foreign = {**fake.item("AUTHORISATION", sold, psp="PSP9"), "merchantAccountCode": "AnotherECOM"}
    kroner = {**fake.item("AUTHORISATION", sold, psp="PSP9"), "amount": {"currency": "ISK", "value": 100}}

    assert hear(gateway, *fake.items([report, foreign])) == []
    with pytest.raises(NoticeUnreadable):
        hear(gateway, *fake.items([kroner]))


def test_a_refund_is_accepted_once_and_its_notice_tells_the_end(gateway, fake, sold):
    first, again = gateway.refund(REFUND), gateway.refund(REFUND)

    assert [(one.outcome, one.provider_refund_ref) for one in (first, again)] == [(Outcome.PENDING, "REF2")] * 2
    assert gateway.query_refund(replace(REFUND, provider_refund_ref="REF2")).outcome == Outcome.PENDING
    assert gateway.query_refund(REFUND).outcome == Outcome.UNKNOWN
    assert json.loads(fake.requests[-1].body) == {
        "merchantAccount": ACCOUNT,
        "amount": {"value": 3000, "currency": "EUR"},
        "reference": "RF-1",
    }
    assert hear(gateway, *fake.refund_notice("rf_1"))[0].outcome == Outcome.SUCCEEDED


def test_an_answer_about_another_refund_leaves_ours_open(gateway, fake, sold):
    gateway.refund(REFUND)
    other = gateway.refund(replace(REFUND, amount_minor=2000))  # under the same key, so Adyen answers with the first

    assert (other.outcome, other.code) == (Outcome.UNKNOWN, "answer_differs")
    assert [back.amount for back in fake.books.payments["A10293"].backs.values()] == [REFUND.amount_minor]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"provider_ref": "PL1"}, "no_payment_id"), ({"refunded_minor": 9801}, "too_much"), ({"currency": "IDR"}, "wrong_currency")],
)
def test_what_cannot_go_back_is_never_sent(gateway, fake, change, code):
    answer = gateway.refund(replace(REFUND, **change))

    assert (answer.outcome, answer.code, fake.requests) == (Outcome.DECLINED, code, [])


@pytest.mark.parametrize(
    ("prefix", "address"),
    [
        ("1797a841fbb37ca7-TeaHouse", "https://1797a841fbb37ca7-TeaHouse-checkout-live.adyenpayments.com/checkout/v72"),
        ("evil.example/", ""),
        ("", ""),
    ],
)
def test_a_live_account_has_an_address_of_its_own(prefix, address):
    live = Account({**KNOWN, "live_prefix": prefix}, is_live=True)

    assert AdyenApi(live).base_url == address
    if not address:
        answer = AdyenGateway(live).test_connection()
        assert (answer.verdict, answer.field_name) == (Verdict.WRONG_CREDENTIALS, "live_prefix")

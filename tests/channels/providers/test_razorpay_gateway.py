"""Razorpay as a gateway: published signatures, what each event means, what is asked for, and the settlement of a day."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import stamina

from apps.channels import registry
from apps.channels.contracts import StatementFile
from apps.channels.fetching import FetchOutcome
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome, RefundCall
from apps.channels.paying import PaymentCall, PaymentOutcome
from apps.channels.providers.razorpay.client import RazorpayGateway
from apps.channels.providers.razorpay.told import is_genuine
from tests.channels.fakes.books import Mood
from tests.channels.fakes.razorpay import HOOK, INDIA, KEY_ID, SECRET, FakeRazorpay
from tests.channels.fakes.server import running
from tests.channels.hearing import hear

CALL = PaymentCall("pay_1", "A10293", 128000, "INR", "upi", "Tea", "https://shop.example/back")
REFUND = RefundCall("rf_1", "RF-1", "pay_1", "A10293", 30000, 128000, 0, "INR", "upi")
DISPUTE = {"id": "disp_1", "payment_id": "pay_1", "amount": 128000, "currency": "INR", "reason_code": "1064", "respond_by": 1796500000,
           "status": "open", "phase": "chargeback", "created_at": 1795578540}  # fmt: skip


@pytest.fixture
def fake():
    with stamina.set_testing(True, attempts=2), running(FakeRazorpay()) as fake:
        yield fake


@pytest.fixture
def gateway(fake):
    return RazorpayGateway(Account({"key_id": KEY_ID, "key_secret": SECRET, "webhook_secret": HOOK}, base_url=fake.base_url))


@pytest.fixture
def sold(gateway, fake):
    """The payment in the provider's books, paid."""
    gateway.create_payment(CALL)
    return fake.books.move("A10293", "paid")


# By razorpay-python, tests/test_client_utility.py: the return from the checkout, and from a payment link.
@pytest.mark.parametrize(
    ("secret", "text", "signature"),
    [
        ("key_secret", b"fake_order_id|fake_payment_id", "b2335e3b0801106b84a7faff035df56ecffde06918c9ddd1f0fafbb37a51cc89"),
        (
            "EnLs21M47BllR3X8PSFtjtbd",
            b"plink_IH3cNucfVEgV68|TSsd1989|paid|pay_IH3d0ara9bSsjQ",
            "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b",
        ),
    ],
)
def test_the_published_signatures(secret, text, signature):
    assert is_genuine(signature, secret, text)
    assert not is_genuine(signature, secret, text + b"x")
    assert not is_genuine(signature, "", text)


def test_the_published_notice(shared_folder):
    body = (shared_folder / "samples/razorpay/fake_payment_authorized_webhook.json").read_bytes()
    gateway = RazorpayGateway(Account({"key_id": "k", "key_secret": "key_secret", "webhook_secret": "key_secret"}))
    headers = {"x-razorpay-signature": "d60e67fd884556c045e9be7dad57903e33efc7172c17c6e3ef77db42d2b366e9"}

    assert hear(gateway, headers, body) == []  # it bears no key of ours
    for forged in (body[:-1], body.replace(b"1000000", b"1000001")):
        with pytest.raises(NoticeForged):
            hear(gateway, headers, forged)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"event": "refund.processed", "created_at": 1, "payload": {"refund": {"entity": {}}}}'])
def test_a_genuine_notice_that_makes_no_sense_is_unreadable(gateway, body):
    signature = hmac.new(HOOK.encode(), body, hashlib.sha256).hexdigest()

    with pytest.raises(NoticeUnreadable):
        hear(gateway, {"x-razorpay-signature": signature}, body)


def test_what_is_asked_for(gateway, fake):
    until = datetime(2026, 12, 1, 10, tzinfo=UTC)
    made = gateway.create_payment(replace(CALL, expires_at=until))

    (sent,) = fake.requests
    assert json.loads(sent.body) == {
        "amount": 128000, "currency": "INR", "accept_partial": False, "reference_id": "A10293", "description": "Tea",
        "notes": {"merchant_ref": "A10293", "hezhang_key": "pay_1"}, "notify": {"sms": False, "email": False}, "reminder_enable": False,
        "options": {"checkout": {"method": {"card": False, "upi": True, "netbanking": False, "wallet": False}}},
        "callback_url": "https://shop.example/back", "callback_method": "get", "expire_by": int(until.timestamp()),
    }  # fmt: skip
    assert (made.outcome, made.provider_ref, made.action.url) == (PaymentOutcome.PENDING, "plink_1", "https://rzp.io/i/plink_1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "paypal"}, "method_unknown"),
        ({"currency": "USD"}, "method_unknown"),  # UPI is in rupees alone
        ({"method": "credit_card", "currency": "KWD", "amount_minor": 1285}, "excess_digits"),
        ({"merchant_ref": "A" * 41}, "reference_too_long"),
        ({"captures_at_once": False}, "no_manual_capture"),
    ],
)
def test_what_razorpay_cannot_take_is_never_sent(gateway, fake, change, code):
    answer = gateway.create_payment(replace(CALL, **change))

    assert (answer.outcome, answer.code, fake.requests) == (PaymentOutcome.DECLINED, code, [])


def test_a_number_that_is_taken_is_the_payment_that_was_opened_before(gateway, fake):
    fake.books.script("create_payment", Mood.SILENT_AFTER)

    lost, again = gateway.create_payment(CALL), gateway.create_payment(CALL)

    assert (lost.outcome, again.outcome, again.provider_ref) == (PaymentOutcome.UNKNOWN, PaymentOutcome.PENDING, "plink_1")
    assert len(fake.books.payments) == 1


def test_a_payment_is_asked_about_by_its_own_number_too(gateway, fake, sold):
    answer = gateway.query_payment(replace(CALL, provider_ref="pay_1"))
    fake.books.move("A10293", "declined")

    assert (answer.outcome, answer.amount_minor, answer.currency) == (PaymentOutcome.PAID, 128000, "INR")
    assert gateway.query_payment(replace(CALL, provider_ref="pay_1")).outcome == PaymentOutcome.DECLINED


@pytest.mark.parametrize(
    ("kind", "change", "outcome", "ref"),
    [
        ("payment.captured", {}, PaymentOutcome.PAID, "pay_1"),
        ("payment.authorized", {"status": "authorized"}, PaymentOutcome.AUTHORIZED, "pay_1"),
        ("payment.authorized", {}, PaymentOutcome.PAID, "pay_1"),  # told late: it is captured by now
        ("payment.failed", {"status": "failed", "error_reason": "insufficient_funds"}, PaymentOutcome.PENDING, ""),
    ],
)
def test_events_of_payments(gateway, fake, sold, kind, change, outcome, ref):
    (told,) = hear(gateway, *fake.event(kind, payment={**fake.payment(sold), **change}))

    assert (told.outcome, told.provider_ref, told.merchant_ref, told.key, told.amount_minor) == (outcome, ref, "A10293", "pay_1", 128000)
    assert told.event_id == f"evt_{kind}"
    assert hear(gateway, *fake.event(kind, payment={**fake.payment(sold), "notes": []})) == []


@pytest.mark.parametrize(
    ("kind", "state", "outcome"),
    [("payment_link.expired", "expired", PaymentOutcome.EXPIRED), ("payment_link.cancelled", "cancelled", PaymentOutcome.CANCELLED)],
)
def test_events_of_links(gateway, fake, sold, kind, state, outcome):
    (told,) = hear(gateway, *fake.event(kind, payment_link=fake.link(fake.books.move("A10293", state))))

    assert (told.outcome, told.provider_ref, told.code) == (outcome, "plink_1", state)


@pytest.mark.parametrize(
    ("change", "kind", "state"),
    [
        ({}, "chargeback", "needs_response"),
        ({"phase": "retrieval"}, "inquiry", "inquiry"),
        ({"status": "under_review"}, "chargeback", "under_review"),
        ({"status": "won"}, "chargeback", "won"),
        ({"status": "lost", "phase": "arbitration"}, "chargeback", "lost"),
    ],
)
def test_events_of_disputes(gateway, fake, change, kind, state):
    (told,) = hear(gateway, *fake.event("payment.dispute.created", dispute={**DISPUTE, **change}))

    dispute = told.dispute
    assert (dispute.kind, dispute.state, dispute.provider_dispute_ref, dispute.provider_ref) == (kind, state, "disp_1", "pay_1")
    assert (dispute.amount_minor, dispute.reason_code, dispute.evidence_due_at) == (128000, "1064", datetime.fromtimestamp(1796500000, UTC))


def test_what_does_not_concern_us_says_nothing(gateway, fake):
    assert hear(gateway, *fake.event("payment.dispute.closed", dispute={**DISPUTE, "status": "closed"})) == []
    assert hear(gateway, *fake.event("settlement.processed", settlement={"id": "setl_1"})) == []


def test_a_refund_bears_our_number_and_is_found_by_our_key(gateway, fake, sold):
    fake.books.script("refund", Mood.SILENT_AFTER)

    lost, found = gateway.refund(REFUND), gateway.query_refund(REFUND)
    none = gateway.query_refund(replace(REFUND, key="rf_2"))

    assert [one.outcome for one in (lost, found, none)] == [Outcome.UNKNOWN, Outcome.SUCCEEDED, Outcome.NOT_FOUND]
    sent = next(one for one in fake.requests if one.path.endswith("/refund"))
    assert (sent.headers["x-refund-idempotency"], json.loads(sent.body)) == (
        "hezhang-rf_1",
        {"amount": 30000, "speed": "normal", "receipt": "RF-1", "notes": {"refund_no": "RF-1", "hezhang_key": "rf_1"}},
    )


@pytest.mark.parametrize(("change", "code"), [({"provider_ref": "plink_1"}, "no_payment_id"), ({"refunded_minor": 98001}, "too_much")])
def test_what_cannot_go_back_is_never_sent(gateway, fake, change, code):
    answer = gateway.refund(replace(REFUND, **change))

    assert (answer.outcome, answer.code, fake.requests) == (Outcome.DECLINED, code, [])


def test_the_settlement_of_a_day_comes_page_by_page_and_reads_as_one(gateway, fake, monkeypatch):
    monkeypatch.setattr("apps.channels.providers.razorpay.payments.RECON_PAGE", 2)
    for at in range(5):
        gateway.create_payment(replace(CALL, key=f"pay_{at}", merchant_ref=f"A{at}"))
        fake.books.move(f"A{at}", "paid")
    day = datetime.now(INDIA).date()

    got = gateway.fetch_statement(day)
    (file,) = got.files
    read = registry.parse_statement("razorpay", StatementFile(file.name, file.data, "Asia/Kolkata", "INR"))

    assert (got.outcome, got.raw["rows"]) == (FetchOutcome.FETCHED, 5)
    assert (read.lines["merchant_ref"].sort().to_list(), read.lines["net"].sum(), read.rejections) == (
        [f"A{at}" for at in range(5)],
        640000,
        (),
    )
    assert gateway.fetch_statement(date(2019, 1, 1)).outcome == FetchOutcome.EMPTY

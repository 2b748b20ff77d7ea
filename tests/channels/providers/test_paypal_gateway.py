"""PayPal as a gateway: who signed a notice, what each state and event means, and what is asked for."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import stamina
import time_machine

from apps.channels.gateways import Account, DisputeTold, NoticeForged, NoticeUnreadable, Outcome, RefundCall
from apps.channels.paying import PaymentCall, PaymentOutcome
from apps.channels.providers.paypal import certificates
from apps.channels.providers.paypal.certificates import is_of_paypal, message_of
from apps.channels.providers.paypal.client import PaypalGateway
from apps.core import clock
from tests.channels.fakes.books import Mood
from tests.channels.fakes.paypal import CLIENT, SECRET, WEBHOOK, FakePaypal, signer
from tests.channels.fakes.server import running
from tests.channels.hearing import hear

CALL = PaymentCall("pay_1", "A10293", 12800, "USD", "paypal", "Tea", "https://shop.example/back")
DISPUTE = {
    "dispute_id": "PP-D-1", "create_time": "2026-11-20T10:00:00Z", "status": "WAITING_FOR_SELLER_RESPONSE", "reason": "UNAUTHORISED",
    "dispute_life_cycle_stage": "CHARGEBACK", "dispute_channel": "INTERNAL", "dispute_amount": {"currency_code": "USD", "value": "128.00"},
    "disputed_transactions": [{"seller_transaction_id": "C-1", "invoice_number": "A10293"}],
    "seller_response_due_date": "2026-12-01T00:00:00.000Z",
}  # fmt: skip


@pytest.fixture
def fake():
    certificates._known.clear()
    with stamina.set_testing(True, attempts=2), running(FakePaypal()) as fake:
        yield fake


@pytest.fixture
def gateway(fake):
    return PaypalGateway(Account({"client_id": CLIENT, "client_secret": SECRET, "webhook_id": WEBHOOK}, base_url=fake.base_url))


@pytest.fixture
def captured(gateway, fake):
    """The payment, approved and taken; the answer."""
    made = gateway.create_payment(CALL)
    fake.books.move("A10293", "approved")
    return gateway.finish_payment(replace(CALL, provider_ref=made.provider_ref))


def test_the_published_message(shared_folder):
    """The published body is checked to the letter; the certificate it was signed with is public no more."""
    body = (shared_folder / "samples/paypal/webhook_payment_sale_completed.json").read_bytes()
    headers = {"paypal-transmission-id": "dfb3be50-fd74-11e4-8bf3-77339302725b", "paypal-transmission-time": "2015-05-18T15:45:13Z"}

    assert len(body) == 1288
    assert message_of(headers, "4JH86294D6297924G", body) == (
        "dfb3be50-fd74-11e4-8bf3-77339302725b|2015-05-18T15:45:13Z|4JH86294D6297924G|2771810304"
    )


@pytest.mark.parametrize(
    ("address", "is_theirs"),
    [
        ("https://api.paypal.com/v1/notifications/certs/CERT-1", True),
        ("https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1", True),
        ("http://api.paypal.com/v1/notifications/certs/CERT-1", False),
        ("https://api.paypal.com.evil.example/certs/1", False),
        ("https://evilpaypal.com/certs/1", False),
        ("https://paypal.com@evil.example/certs/1", False),
        ("https://evil.example/.paypal.com", False),
        ("https://api.paypal.com:8443/certs/1", False),
        ("//api.paypal.com/certs/1", False),
    ],
)
def test_whose_certificate_is_believed(address, is_theirs):
    assert is_of_paypal(address) == is_theirs


@pytest.mark.parametrize(
    "change",
    [
        {"paypal-cert-url": "https://evil.example/certs/1"},
        {"paypal-auth-algo": "SHA1withRSA"},
        {"paypal-transmission-id": "t-2"},
        {"paypal-transmission-time": "2026-11-20T10:00:02Z"},
        {"paypal-transmission-sig": "AAAA"},
        {"paypal-transmission-sig": "not base64"},
    ],
)
def test_a_notice_with_one_thing_changed_is_forged(gateway, fake, captured, change):
    headers, body = fake.notice("A10293")

    assert hear(gateway, headers, body)[0].outcome == PaymentOutcome.PAID
    with pytest.raises(NoticeForged):
        hear(gateway, {**headers, **change}, body)


@pytest.mark.parametrize(("name", "days"), [("messageverificationcerts.evil.example", 1), ("messageverificationcerts.paypal.com", -1)])
def test_a_certificate_of_somebody_else_or_of_last_year_proves_nothing(gateway, fake, captured, name, days):
    fake.signs = lambda: signer(name, days)
    headers, body = fake.notice("A10293")

    with pytest.raises(NoticeForged):
        hear(gateway, headers, body)


def test_a_certificate_that_ended_since_proves_what_came_before(gateway, fake, captured):
    fake.signs = lambda: signer("messageverificationcerts.paypal.com", 1)
    headers, body = fake.notice("A10293")
    arrived = clock.now()

    assert hear(gateway, headers, body, arrived)[0].outcome == PaymentOutcome.PAID
    with time_machine.travel(arrived + timedelta(days=2)):
        assert hear(gateway, headers, body, arrived)[0].outcome == PaymentOutcome.PAID
        with pytest.raises(NoticeForged):
            hear(gateway, headers, body)


def test_without_its_webhook_nothing_is_genuine(fake, gateway, captured):
    other = PaypalGateway(Account({"client_id": CLIENT, "client_secret": SECRET}, base_url=fake.base_url))

    with pytest.raises(NoticeForged):
        hear(other, *fake.notice("A10293"))


def test_what_is_asked_for(gateway, fake):
    made = gateway.create_payment(replace(CALL, captures_at_once=False))

    sent = next(one for one in fake.requests if one.path == "/v2/checkout/orders")
    order = json.loads(sent.body)
    assert sent.headers["paypal-request-id"] == "pay_1"
    assert (order["intent"], order["purchase_units"]) == (
        "AUTHORIZE",
        [{"invoice_id": "A10293", "custom_id": "pay_1", "amount": {"currency_code": "USD", "value": "128.00"}, "description": "Tea"}],
    )
    assert (made.provider_ref, made.action.url) == ("O-1", "https://www.paypal.com/checkoutnow?token=O-1")


@pytest.mark.parametrize(
    ("currency", "minor", "value", "code"),
    [("TWD", 128000, "1280", ""), ("JPY", 1280, "1280", ""), ("KWD", 1285, "1.285", ""), ("TWD", 128050, None, "excess_digits")],
)
def test_amounts_as_paypal_writes_them(gateway, fake, currency, minor, value, code):
    answer = gateway.create_payment(replace(CALL, currency=currency, amount_minor=minor))

    sent = [json.loads(one.body)["purchase_units"][0]["amount"]["value"] for one in fake.requests if one.path == "/v2/checkout/orders"]
    assert (sent, answer.code if code else "") == ([value] if value else [], code)


@pytest.mark.parametrize(("change", "code"), [({"method": "credit_card"}, "method_unknown"), ({"return_url": ""}, "no_return_url")])
def test_what_paypal_cannot_take_is_never_sent(gateway, fake, change, code):
    answer = gateway.create_payment(replace(CALL, **change))

    assert (answer.outcome, answer.code, fake.requests) == (PaymentOutcome.DECLINED, code, [])


def test_a_refused_instrument_ends_it_and_a_missing_approval_does_not(gateway, fake):
    made = gateway.create_payment(CALL)
    call = replace(CALL, provider_ref=made.provider_ref)
    early = gateway.finish_payment(call)
    fake.books.move("A10293", "approved")
    fake.books.script("finish_payment", Mood.DECLINE)
    refused = gateway.finish_payment(call)

    assert [(one.outcome, one.code) for one in (early, refused)] == [
        (PaymentOutcome.PENDING, "ORDER_NOT_APPROVED"), (PaymentOutcome.DECLINED, "INSTRUMENT_DECLINED"),
    ]  # fmt: skip


def test_an_answer_lost_while_taking_the_money_is_unknown_and_the_same_call_is_the_same_payment(gateway, fake):
    made = gateway.create_payment(CALL)
    fake.books.move("A10293", "approved")
    fake.books.script("finish_payment", Mood.SILENT_AFTER)
    call = replace(CALL, provider_ref=made.provider_ref)

    lost, again = gateway.finish_payment(call), gateway.finish_payment(call)

    assert (lost.outcome, again.outcome, again.provider_ref, again.amount_minor) == (
        PaymentOutcome.UNKNOWN,
        PaymentOutcome.PAID,
        "C-1",
        12800,
    )


def test_an_authorization_is_taken_in_part_or_given_back(gateway, fake):
    for number, key in (("A1", "pay_1"), ("A2", "pay_2")):
        made = gateway.create_payment(replace(CALL, merchant_ref=number, key=key, captures_at_once=False))
        fake.books.move(number, "approved")
        held = gateway.finish_payment(replace(CALL, merchant_ref=number, key=key, captures_at_once=False, provider_ref=made.provider_ref))
        assert (held.outcome, held.amount_minor) == (PaymentOutcome.AUTHORIZED, 12800)

    taken = gateway.capture_payment(replace(CALL, merchant_ref="A1", provider_ref="A-1"), 10000)
    given_back = gateway.cancel_payment(replace(CALL, merchant_ref="A2", key="pay_2", provider_ref="A-2"))

    assert (taken.outcome, taken.amount_minor, taken.provider_ref) == (PaymentOutcome.PAID, 10000, "C-1")
    assert (given_back.outcome, fake.books.payments["A2"].state) == (PaymentOutcome.CANCELLED, "cancelled")


def test_an_authorization_that_was_taken_is_told_by_its_capture(gateway, fake):
    """The answer to taking it was lost, so its own number is all we have."""
    made = gateway.create_payment(replace(CALL, captures_at_once=False))
    fake.books.move("A10293", "approved")
    gateway.finish_payment(replace(CALL, captures_at_once=False, provider_ref=made.provider_ref))
    fake.books.script("capture_payment", Mood.SILENT_AFTER)
    held = replace(CALL, provider_ref="A-1")

    lost, found = gateway.capture_payment(held, 10000), gateway.query_payment(held)
    late = gateway.cancel_payment(held)

    assert (lost.outcome, found.outcome, found.provider_ref) == (PaymentOutcome.UNKNOWN, PaymentOutcome.PAID, "C-1")
    assert (found.amount_minor, found.currency, late.outcome) == (10000, "USD", PaymentOutcome.PAID)


def test_an_authorization_given_back_without_a_word_is_cancelled():
    """PayPal shows it where it is asked to, and else answers 204."""

    class Curt(FakePaypal):
        def answer(self, asked):
            return super().answer(replace(asked, headers={**asked.headers, "prefer": "return=minimal"}))

    with running(Curt()) as curt:
        gateway = PaypalGateway(Account({"client_id": CLIENT, "client_secret": SECRET, "webhook_id": WEBHOOK}, base_url=curt.base_url))
        gateway.create_payment(replace(CALL, captures_at_once=False))
        curt.books.move("A10293", "authorized")
        off = gateway.cancel_payment(replace(CALL, provider_ref="O-1"))

    assert (off.outcome, off.provider_ref, off.code) == (PaymentOutcome.CANCELLED, "A-1", "VOIDED")


def test_an_order_cannot_be_called_off_and_lapses(gateway, fake):
    made = gateway.create_payment(CALL)

    off = gateway.cancel_payment(replace(CALL, provider_ref=made.provider_ref))

    assert (off.outcome, off.code, fake.books.payments["A10293"].state) == (PaymentOutcome.PENDING, "unpaid_lapses", "pending")


def test_a_refund_bears_our_number_and_is_found_by_it(gateway, fake, captured):
    call = RefundCall("rf_1", "RF-1", captured.provider_ref, "A10293", 3000, 12800, 0, "USD", "paypal")
    other = replace(call, key="rf_2", refund_no="RF-2")
    fake.books.script("refund", Mood.SILENT_AFTER)

    lost, found, none = gateway.refund(call), gateway.query_refund(call), gateway.query_refund(other)
    too_much = gateway.refund(replace(other, amount_minor=12800))

    assert [one.outcome for one in (lost, found, none)] == [Outcome.UNKNOWN, Outcome.SUCCEEDED, Outcome.NOT_FOUND]
    assert (too_much.outcome, too_much.code) == (Outcome.DECLINED, "REFUND_AMOUNT_EXCEEDED")
    (sent,) = [json.loads(one.body) for one in fake.requests if one.path.endswith("/refund") and one.headers["paypal-request-id"] == "rf_1"]
    assert sent == {"amount": {"currency_code": "USD", "value": "30.00"}, "custom_id": "RF-1"}
    (told,) = hear(gateway, *fake.refund_notice("rf_1"))
    assert (told.provider_ref, told.provider_refund_ref, told.amount_minor) == ("C-1", found.provider_refund_ref, 3000)


@pytest.mark.parametrize(
    ("change", "kind", "state"),
    [
        ({}, "claim", "needs_response"),
        ({"dispute_channel": "EXTERNAL", "status": "UNDER_REVIEW"}, "chargeback", "under_review"),
        ({"dispute_life_cycle_stage": "INQUIRY", "status": "OPEN"}, "inquiry", "inquiry"),
        ({"status": "RESOLVED", "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"}}, "claim", "lost"),
        ({"status": "RESOLVED", "dispute_outcome": {"outcome_code": "RESOLVED_WITH_PAYOUT"}}, "claim", "won"),
        ({"status": "RESOLVED", "dispute_outcome": {"outcome_code": "ACCEPTED"}}, "claim", "accepted"),
    ],
)
def test_a_dispute_told(gateway, fake, change, kind, state):
    (told,) = hear(gateway, *fake.event("CUSTOMER.DISPUTE.UPDATED", {**DISPUTE, **change}))

    assert isinstance(told, DisputeTold)
    dispute = told.dispute
    assert (dispute.kind, dispute.state, dispute.provider_dispute_ref, dispute.provider_ref) == (kind, state, "PP-D-1", "C-1")
    assert (dispute.amount_minor, dispute.currency, dispute.merchant_ref) == (12800, "USD", "A10293")
    assert dispute.evidence_due_at == datetime(2026, 12, 1, tzinfo=UTC)


def test_what_nobody_documented_or_nobody_of_ours_did_says_nothing(gateway, fake):
    odd_end = {**DISPUTE, "status": "RESOLVED", "dispute_outcome": {"outcome_code": "NONE"}}
    foreign = {"id": "C-9", "status": "COMPLETED", "amount": {"currency_code": "USD", "value": "1.00"}}

    assert hear(gateway, *fake.event("CUSTOMER.DISPUTE.RESOLVED", odd_end)) == []
    assert hear(gateway, *fake.event("PAYMENT.CAPTURE.COMPLETED", foreign)) == []
    assert hear(gateway, *fake.event("BILLING.PLAN.CREATED", {"id": "P-1"})) == []
    with pytest.raises(NoticeUnreadable):
        hear(gateway, *fake.event("PAYMENT.CAPTURE.COMPLETED", {"id": "C-9", "custom_id": "x"}))


def test_the_secret_goes_to_the_token_alone(gateway, fake, captured):
    basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()

    assert [one.path for one in fake.requests if basic in repr(one.headers)] == ["/v1/oauth2/token"]

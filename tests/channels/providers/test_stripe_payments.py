"""Payments through Stripe: what is asked for, what each state means, and which events tell it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import stamina

from apps.channels.fetching import FetchOutcome, Verdict
from apps.channels.gateways import Account
from apps.channels.paying import ActionKind, PaymentCall, PaymentOutcome
from apps.channels.providers.stripe.client import StripeGateway, signed
from apps.channels.providers.stripe.codes import CODES
from apps.channels.return_codes import CodeClass
from apps.core import clock
from tests.channels.fakes.books import Mood
from tests.channels.fakes.server import running
from tests.channels.fakes.stripe import HOOK, KEY, FakeStripe
from tests.channels.hearing import hear

CALL = PaymentCall("pay_1", "A10293", 128000, "TWD", "credit_card", "Tea", "https://shop.example/back")
AT = 1795578541


@pytest.fixture
def fake():
    with stamina.set_testing(True, attempts=2), running(FakeStripe()) as fake:
        yield fake


@pytest.fixture
def gateway(fake):
    return StripeGateway(Account({"secret_key": KEY, "webhook_secret": HOOK}, base_url=fake.base_url))


def told(gateway, kind: str, **about):
    body = json.dumps({"id": "evt_1", "type": kind, "created": AT, "data": {"object": about}}).encode()
    return hear(gateway, {"stripe-signature": signed(body, HOOK, clock.now())}, body)


def test_what_is_asked_for(gateway, fake):
    soon = clock.now() + timedelta(minutes=5)
    made = gateway.create_payment(replace(CALL, captures_at_once=False, expires_at=soon, language="en"))

    form = fake.requests[0].form
    assert fake.requests[0].headers["idempotency-key"] == "pay_1"
    assert {name: form[name] for name in form if "line_items" in name or name.endswith("_url")} == {
        "line_items[0][quantity]": "1", "line_items[0][price_data][currency]": "twd", "line_items[0][price_data][unit_amount]": "128000",
        "line_items[0][price_data][product_data][name]": "Tea", "success_url": CALL.return_url, "cancel_url": CALL.return_url,
    }  # fmt: skip
    assert (form["payment_intent_data[capture_method]"], form["locale"], form["adaptive_pricing[enabled]"]) == ("manual", "en", "false")
    assert int(form["expires_at"]) >= int(
        (soon + timedelta(minutes=25)).timestamp()
    )  # Stripe keeps no page open for less than half an hour
    assert (made.action.kind, made.action.url, made.provider_ref) == (
        ActionKind.REDIRECT,
        "https://checkout.stripe.com/c/pay/cs_test_1",
        "cs_test_1",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"method": "alipay"}, "method_unknown"),
        ({"method": "sepa_debit"}, "wrong_currency"),
        ({"return_url": ""}, "no_return_url"),
        ({"currency": "MGA", "amount_minor": 30050}, "excess_digits"),
    ],
)
def test_what_stripe_cannot_take_is_never_sent(gateway, fake, change, code):
    answer = gateway.create_payment(replace(CALL, **change))

    assert (answer.outcome, answer.code, fake.requests) == (PaymentOutcome.DECLINED, code, [])
    assert CODES[code].code_class == CodeClass.CONFIG


def test_a_token_pays_at_once_or_says_why_not(gateway, fake):
    paid = gateway.create_payment(replace(CALL, token="pm_1"))
    fake.decline = "insufficient_funds"
    other = replace(CALL, key="pay_2", merchant_ref="A2", token="pm_2")
    declined, asked = gateway.create_payment(other), gateway.query_payment(other)

    assert (paid.outcome, paid.amount_minor, paid.provider_ref) == (PaymentOutcome.PAID, 128000, "pi_1")
    assert [(one.outcome, one.code) for one in (declined, asked)] == [(PaymentOutcome.DECLINED, "insufficient_funds")] * 2


def test_a_part_of_an_authorization_is_taken_and_the_sum_is_told(gateway, fake):
    call = replace(CALL, token="pm_1", captures_at_once=False)
    held = gateway.create_payment(call)
    taken = gateway.capture_payment(replace(call, provider_ref=held.provider_ref), 100000)
    again = gateway.capture_payment(replace(call, provider_ref=held.provider_ref), 100000)
    more = gateway.capture_payment(replace(call, provider_ref=held.provider_ref), 128000)

    assert (held.outcome, held.amount_minor) == (PaymentOutcome.AUTHORIZED, 128000)
    assert [(one.outcome, one.amount_minor) for one in (taken, again, more)] == [(PaymentOutcome.PAID, 100000)] * 3
    assert more.code == "payment_intent_unexpected_state"
    assert fake.books.payments["A10293"].captured == 100000


def test_a_busy_provider_and_a_missing_number_conclude_nothing(gateway, fake):
    fake.books.script("query_payment", Mood.BUSY, Mood.BUSY)

    assert gateway.query_payment(CALL).outcome == PaymentOutcome.UNKNOWN


INTENT = {"id": "pi_1", "object": "payment_intent", "amount": 128000, "amount_received": 128000, "amount_capturable": 128000,
          "currency": "twd", "status": "x", "metadata": {"merchant_ref": "A10293", "hezhang_key": "pay_1"}}  # fmt: skip
PAGED = {**INTENT["metadata"], "hezhang_page": "1"}
FAILED = {"code": "card_declined", "decline_code": "expired_card", "message": "Your card has expired."}


@pytest.mark.parametrize(
    ("kind", "change", "outcome", "code"),
    [
        ("payment_intent.succeeded", {"status": "succeeded"}, PaymentOutcome.PAID, "succeeded"),
        ("payment_intent.amount_capturable_updated", {"status": "requires_capture"}, PaymentOutcome.AUTHORIZED, "requires_capture"),
        ("payment_intent.processing", {"status": "processing"}, PaymentOutcome.PENDING, "processing"),
        ("payment_intent.payment_failed", {"last_payment_error": FAILED}, PaymentOutcome.DECLINED, "expired_card"),
        ("payment_intent.payment_failed", {"last_payment_error": FAILED, "metadata": PAGED}, PaymentOutcome.PENDING, "expired_card"),
        ("payment_intent.canceled", {"status": "canceled", "cancellation_reason": "automatic"}, PaymentOutcome.EXPIRED, "canceled"),
        ("payment_intent.canceled", {"status": "canceled"}, PaymentOutcome.CANCELLED, "canceled"),
    ],
)
def test_events_of_intents(gateway, kind, change, outcome, code):
    (notice,) = told(gateway, kind, **{**INTENT, **change})

    assert (notice.outcome, notice.code, notice.event_id, notice.key, notice.merchant_ref) == (outcome, code, "evt_1", "pay_1", "A10293")
    assert (notice.amount_minor, notice.currency, notice.provider_ref) == (128000, "TWD", "pi_1")
    assert notice.occurred_at == datetime.fromtimestamp(AT, UTC)


@pytest.mark.parametrize(
    ("kind", "payment_status", "outcome"),
    [
        ("checkout.session.completed", "paid", PaymentOutcome.PAID),
        ("checkout.session.completed", "unpaid", PaymentOutcome.PENDING),  # a debit that takes days
        ("checkout.session.async_payment_succeeded", "paid", PaymentOutcome.PAID),
        ("checkout.session.async_payment_failed", "unpaid", PaymentOutcome.DECLINED),
        ("checkout.session.expired", "unpaid", PaymentOutcome.EXPIRED),
    ],
)
def test_events_of_pages(gateway, kind, payment_status, outcome):
    page = {"id": "cs_1", "object": "checkout.session", "amount_total": 128000, "currency": "twd", "payment_status": payment_status,
            "client_reference_id": "A10293", "metadata": PAGED, "payment_intent": "pi_1"}  # fmt: skip

    (notice,) = told(gateway, kind, **page)
    (unopened,) = told(gateway, kind, **{**page, "payment_intent": None})

    assert (notice.outcome, notice.amount_minor, notice.merchant_ref) == (outcome, 128000, "A10293")
    assert (notice.provider_ref, unopened.provider_ref) == ("pi_1", "cs_1")


def test_a_payment_that_was_not_ours_says_nothing(gateway):
    assert told(gateway, "payment_intent.succeeded", **{**INTENT, "metadata": {}}) == []


def test_a_key_of_the_live_system_is_not_taken_for_one_of_the_test_system(fake):
    live = StripeGateway(Account({"secret_key": KEY, "webhook_secret": HOOK}, is_live=True, base_url=fake.base_url))

    answer = live.test_connection()

    assert (answer.verdict, answer.field_name, answer.code) == (Verdict.WRONG_CREDENTIALS, "secret_key", "livemode_mismatch")


def test_a_report_is_run_once_and_fetched_when_it_is_done(gateway, fake):
    fake.run_states = ["pending", "pending", "succeeded"]
    gateway.create_payment(CALL)
    fake.books.move("A10293", "paid")
    day = clock.now().date()

    outcomes = [gateway.fetch_statement(day).outcome for _time in range(3)]

    assert (outcomes, len(fake.runs)) == ([FetchOutcome.NOT_READY, FetchOutcome.NOT_READY, FetchOutcome.FETCHED], 1)


def test_a_day_that_is_not_over_and_one_before_the_account_ask_for_no_report(gateway, fake):
    later, before = gateway.fetch_statement(clock.now().date() + timedelta(days=9)), gateway.fetch_statement(date(2019, 12, 30))

    assert (later.outcome, before.outcome, fake.runs) == (FetchOutcome.NOT_READY, FetchOutcome.EMPTY, [])


def test_the_key_goes_to_no_other_address(gateway, fake, monkeypatch):
    monkeypatch.setattr(fake, "base_url", "http://127.0.0.1:1")  # what the report says of where its file lies

    assert gateway.fetch_statement(clock.now().date()).code == "unreadable"
    assert not any("/files/" in asked.path for asked in fake.requests)

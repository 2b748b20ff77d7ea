"""Stripe as a gateway: its signature, and what each status and error means."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import stamina
import stripe
import time_machine

from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome, RefundCall
from apps.channels.providers.stripe.amounts import from_stripe, to_stripe
from apps.channels.providers.stripe.client import StripeGateway, signed
from apps.channels.providers.stripe.notices import DISPUTE_STATES
from apps.core import clock
from apps.core.money import MoneyError
from tests.channels.hearing import hear

SECRET = "whsec_1"
CALL = RefundCall("rf_1", "RF-1", "pi_1", "A1", 30000, 128000, 0, "TWD", "credit_card")
REFUND = {"id": "re_1", "object": "refund", "amount": 30000, "currency": "twd", "status": "succeeded", "created": 1795578540,
          "payment_intent": "pi_1", "charge": "ch_1", "metadata": {"refund_no": "RF-1", "hezhang_key": "rf_1"}}  # fmt: skip
DISPUTE = {"id": "du_1", "object": "dispute", "amount": 128000, "currency": "twd", "status": "needs_response", "created": 1795578540,
           "payment_intent": "pi_1", "charge": "ch_1", "reason": "fraudulent", "evidence_details": {"due_by": 1796500000},
           "balance_transactions": [
               {"fee": 1500, "currency": "usd"}, {"fee": 30000, "currency": "twd"}, {"fee": 15000, "currency": "twd"},
           ]}  # fmt: skip


@pytest.fixture
def gateway():
    return StripeGateway(Account({"secret_key": "sk_test_1", "webhook_secret": SECRET}, base_url="http://127.0.0.1:9"))


def construct(said: dict) -> stripe.Refund:
    return stripe.Refund.construct_from(said, "sk_test_1")


@pytest.fixture
def sent():
    """What was posted to Stripe: (parameters, options)."""
    return []


@pytest.fixture
def answers(gateway, monkeypatch, sent):
    """`answers(x)`: the library returns x or raises it. `listed` are the refunds that it lists of the payment."""

    def prepare(said, listed=()):
        def create(params, options):
            sent.append((params, options))
            if isinstance(said, Exception):
                raise said
            return construct(said)

        def refunds(params):
            if isinstance(listed, Exception):
                raise listed
            page = {"object": "list", "data": list(listed), "has_more": False, "url": "/v1/refunds"}
            return stripe.ListObject.construct_from(page, "sk_test_1")

        monkeypatch.setattr(gateway.api.refunds, "create", create)
        monkeypatch.setattr(gateway.api.refunds, "list", refunds)
        return gateway

    return prepare


def told(gateway, kind: str, said: dict, **event):
    body = json.dumps({"id": "evt_1", "type": kind, "created": 1795578541, "data": {"object": said}, **event}).encode()
    return hear(gateway, {"stripe-signature": signed(body, SECRET, clock.now())}, body)


@pytest.mark.parametrize(
    ("change", "outcome", "code"),
    [
        ({}, Outcome.SUCCEEDED, "succeeded"),
        ({"status": "pending"}, Outcome.PENDING, "pending"),
        ({"status": "requires_action"}, Outcome.PENDING, "requires_action"),
        ({"status": "failed", "failure_reason": "declined"}, Outcome.DECLINED, "declined"),
        ({"status": "canceled"}, Outcome.DECLINED, "canceled"),
        ({"status": "quantum"}, Outcome.UNKNOWN, "quantum"),
        ({"status": None}, Outcome.UNKNOWN, "None"),
        ({"amount": 29999}, Outcome.UNKNOWN, "answer_differs"),
        ({"currency": "usd"}, Outcome.UNKNOWN, "answer_differs"),
        ({"metadata": {"hezhang_key": "rf_2"}}, Outcome.UNKNOWN, "answer_differs"),
    ],
)
def test_statuses(answers, change, outcome, code):
    answer = answers({**REFUND, **change}).refund(CALL)

    assert (answer.outcome, answer.code, answer.provider_refund_ref) == (outcome, code, "re_1")
    assert (answer.done_at is not None) == (outcome == Outcome.SUCCEEDED)


def test_what_is_sent_and_that_it_is_sent_once(answers, sent):
    answers(REFUND).refund(CALL)
    answers(REFUND).refund(replace(CALL, provider_ref="ch_1"))
    answers(REFUND).refund(replace(CALL, provider_ref="py_1"))

    metadata = {"refund_no": "RF-1", "hezhang_key": "rf_1"}
    assert sent == [
        ({"payment_intent": "pi_1", "amount": 30000, "metadata": metadata}, {"idempotency_key": "rf_1"}),
        ({"charge": "ch_1", "amount": 30000, "metadata": metadata}, {"idempotency_key": "rf_1"}),
        ({"charge": "py_1", "amount": 30000, "metadata": metadata}, {"idempotency_key": "rf_1"}),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"provider_ref": ""}, "no_payment_id"),
        ({"provider_ref": "cs_1"}, "no_payment_id"),
        ({"currency": "MGA", "amount_minor": 30050}, "excess_digits"),
    ],
)
def test_what_stripe_cannot_do_is_never_sent(answers, sent, change, code):
    answer = answers(REFUND).refund(replace(CALL, **change))

    assert (answer.outcome, answer.code, sent) == (Outcome.DECLINED, code, [])
    assert answer.message


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (
            stripe.InvalidRequestError("x", "charge", "charge_already_refunded", http_status=400),
            Outcome.DECLINED,
            "charge_already_refunded",
        ),
        (stripe.InvalidRequestError("x", "amount", None, http_status=400), Outcome.DECLINED, "InvalidRequestError"),
        (stripe.InvalidRequestError("x", "id", "resource_missing", http_status=404), Outcome.DECLINED, "resource_missing"),
        (stripe.CardError("x", None, "card_declined", http_status=402), Outcome.DECLINED, "card_declined"),
        (stripe.AuthenticationError("x", http_status=401), Outcome.DECLINED, "AuthenticationError"),
        (stripe.PermissionError("x", http_status=403), Outcome.DECLINED, "PermissionError"),
        (stripe.InvalidRequestError("x", "", "lock_timeout", http_status=409), Outcome.UNKNOWN, "lock_timeout"),
        (stripe.InvalidRequestError("x", "", "x", http_status=400, headers={"stripe-should-retry": "true"}), Outcome.UNKNOWN, "x"),
        (stripe.APIError("x", http_status=409), Outcome.UNKNOWN, "APIError"),
        (stripe.IdempotencyError("x", http_status=400), Outcome.UNKNOWN, "IdempotencyError"),
        (stripe.RateLimitError("x", http_status=400), Outcome.UNKNOWN, "RateLimitError"),
        (stripe.RateLimitError("x", http_status=429), Outcome.UNKNOWN, "RateLimitError"),
        (stripe.APIError("x", http_status=500), Outcome.UNKNOWN, "APIError"),
        (stripe.APIError("x", http_status=200), Outcome.UNKNOWN, "APIError"),
        (stripe.APIConnectionError("x"), Outcome.UNKNOWN, "no_answer"),
        (AttributeError("x"), Outcome.UNKNOWN, "unreadable"),
    ],
)
def test_only_what_stripe_refused_before_acting_is_declined(answers, error, outcome, code):
    answer = answers(error).refund(CALL)

    assert (answer.outcome, answer.code) == (outcome, code)


def test_a_refusal_is_not_believed_when_the_first_call_had_worked(answers):
    refused = stripe.InvalidRequestError("x", "charge", "charge_already_refunded", http_status=400)
    others = {**REFUND, "id": "re_0", "metadata": {}}

    found = answers(refused, [others, REFUND]).refund(CALL)
    unclear = answers(refused, stripe.AuthenticationError("x", http_status=401)).refund(CALL)
    alone = answers(refused, [others]).refund(CALL)

    assert (found.outcome, found.provider_refund_ref) == (Outcome.SUCCEEDED, "re_1")
    assert (unclear.outcome, alone.outcome) == (Outcome.UNKNOWN, Outcome.DECLINED)


def test_a_message_that_quotes_our_secret_is_kept_without_it(answers):
    error = stripe.AuthenticationError("Invalid API Key provided: sk_test_1", http_status=401)

    answer = answers(error).refund(CALL)

    assert answer.message == "Invalid API Key provided: …"
    assert "sk_test_1" not in json.dumps(answer.raw)


@pytest.mark.parametrize(
    ("minor", "currency", "units"),
    [(30000, "TWD", 30000), (700, "JPY", 700), (700, "ISK", 70000), (700, "UGX", 70000), (70000, "MGA", 700), (12340, "KWD", 12340)],
)
def test_amounts_as_stripe_counts_them(minor, currency, units):
    assert (to_stripe(minor, currency), from_stripe(units, currency)) == (units, minor)


def test_amounts_that_cannot_be_told_are_refused():
    for convert, amount, currency in ((to_stripe, 70001, "MGA"), (from_stripe, 70001, "ISK")):
        with pytest.raises(MoneyError):
            convert(amount, currency)


def test_a_question_that_fails_concludes_nothing(gateway, monkeypatch):
    tries = []

    def ask(params):
        tries.append(params)
        raise stripe.APIError("x", http_status=503)

    monkeypatch.setattr(gateway.api.refunds, "list", ask)
    with stamina.set_testing(True, attempts=3):
        answer = gateway.query_refund(CALL)

    assert (answer.outcome, len(tries)) == (Outcome.UNKNOWN, 3)


# stripe/stripe-dotnet, event_test_signature.json: the last newline is part of it.
PUBLISHED = b"""{
  "id": "evt_123",
  "object": "event",
  "account": "acct_123",
  "api_version": "2017-05-25",
  "created": 1533204620,
  "data": {
    "object": {
      "id": "cus_123",
      "object": "customer",
      "created": 123456789,
      "email": "test@stripe.com",
      "livemode": false,
      "metadata": {}
    }
  },
  "livemode": false,
  "pending_webhooks": 1,
  "request": {
    "id": "req_123",
    "idempotency_key": "idempotency-key-123"
  },
  "type": "customer.created"
}
"""
GOOD = "2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7"
BAD = "8c506d7d19ece69e9a38e398964787dda54eeb2583381ffc7f56070c28d7f119"  # right for the text without that newline


@pytest.mark.parametrize(
    ("header", "late", "is_genuine"),
    [
        (f"t=1533204620,v1={GOOD}", 300, True),
        (f"t=1533204620,v1={BAD},v1={GOOD}", 0, True),
        (f"t=1533204620,v1={GOOD}", 301, False),
        (f"t=1533204620,v1={BAD}", 0, False),
        (f"t=1533204620,v0={GOOD}", 0, False),
        (f"t=1533204621,v1={GOOD}", 0, False),
    ],
)
def test_the_published_signature(header, late, is_genuine):
    gateway = StripeGateway(Account({"secret_key": "sk_test_1", "webhook_secret": "webhook_secret"}))

    with time_machine.travel(1533204620 + late, tick=False):
        if is_genuine:
            assert hear(gateway, {"stripe-signature": header}, PUBLISHED) == []
            return
        with pytest.raises(NoticeForged):
            hear(gateway, {"stripe-signature": header}, PUBLISHED)


def test_without_a_signing_secret_nothing_is_genuine():
    body = b'{"id": "evt_1", "type": "x", "data": {"object": {}}}'
    gateway = StripeGateway(Account({"secret_key": "sk_test_1", "webhook_secret": ""}))

    with pytest.raises(NoticeForged):
        hear(gateway, {"stripe-signature": signed(body, "", clock.now())}, body)


def test_a_signature_covers_every_byte_and_its_moment():
    body, at = b'{"id": "evt_123", "type": "customer.created", "data": {"object": {}}}\n', clock.now()
    gateway = StripeGateway(Account({"secret_key": "sk_test_1", "webhook_secret": "webhook_secret"}))

    header = signed(body, "webhook_secret", at)

    assert hear(gateway, {"stripe-signature": header}, body) == []
    for headers, bytes_ in (
        ({"stripe-signature": header}, body[:-1]),
        ({"stripe-signature": signed(body, "another", at)}, body),
        ({"stripe-signature": signed(body, "webhook_secret", at - timedelta(seconds=301))}, body),
        ({"stripe-signature": header.replace("v1=", "v0=")}, body),
        ({}, body),
    ):
        with pytest.raises(NoticeForged):
            hear(gateway, headers, bytes_)


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
def test_a_refund_told(gateway, kind):
    (notice,) = told(gateway, kind, REFUND)

    assert (notice.event_id, notice.outcome, notice.key, notice.provider_ref, notice.provider_refund_ref) == (
        "evt_1", Outcome.SUCCEEDED, "rf_1", "pi_1", "re_1",
    )  # fmt: skip
    assert (notice.amount_minor, notice.currency, notice.occurred_at) == (30000, "TWD", datetime.fromtimestamp(1795578540, UTC))


def test_a_refund_started_elsewhere_has_no_key_and_krona_have_no_cents(gateway):
    (notice,) = told(gateway, "refund.created", {**REFUND, "metadata": {}, "currency": "isk", "amount": 70000})

    assert (notice.key, notice.amount_minor, notice.currency) == ("", 700, "ISK")


@pytest.mark.parametrize(("status", "kind_and_state"), DISPUTE_STATES.items())
def test_a_dispute_told(gateway, status, kind_and_state):
    (notice,) = told(gateway, "charge.dispute.updated", {**DISPUTE, "status": status})

    dispute = notice.dispute
    assert (dispute.kind, dispute.state) == kind_and_state
    assert (dispute.provider_dispute_ref, dispute.provider_ref, dispute.amount_minor, dispute.fee_minor) == ("du_1", "pi_1", 128000, 45000)
    assert dispute.evidence_due_at == datetime.fromtimestamp(1796500000, UTC)


@pytest.mark.parametrize("said", [{}, {**REFUND, "amount": "many"}, {**REFUND, "currency": None}, []])
def test_a_genuine_notice_that_makes_no_sense_is_unreadable(gateway, said):
    with pytest.raises(NoticeUnreadable):
        told(gateway, "refund.updated", said)


def test_notices_that_do_not_concern_us_say_nothing(gateway):
    assert told(gateway, "payment_intent.succeeded", {"id": "pi_1"}) == []
    assert told(gateway, "charge.refunded", {"id": "ch_1", "amount_refunded": 30000}) == []
    assert told(gateway, "v1.something", {}, object="v2.core.event") == []


def test_older_events_list_the_refunds_within_the_charge(gateway):
    charge = {"id": "ch_1", "refunds": {"data": [REFUND, {**REFUND, "id": "re_2", "metadata": {}}]}}

    first, second = told(gateway, "charge.refunded", charge)

    assert (first.event_id, first.key, second.event_id, second.key) == ("evt_1:re_1", "rf_1", "evt_1:re_2", "")


def test_a_dispute_that_cannot_be_answered_has_no_deadline(gateway):
    (notice,) = told(gateway, "charge.dispute.created", {**DISPUTE, "evidence_details": {"due_by": 0}, "balance_transactions": []})

    assert (notice.dispute.evidence_due_at, notice.dispute.fee_minor) == (None, None)


def test_a_dispute_names_the_network_s_reason_where_it_is_told(gateway):
    details = {"type": "card", "card": {"brand": "visa", "network_reason_code": "10.4"}}

    (plain,), (by_network,) = (
        told(gateway, "charge.dispute.created", {**DISPUTE, **more}) for more in ({}, {"payment_method_details": details})
    )

    assert (plain.dispute.reason_code, by_network.dispute.reason_code) == ("fraudulent", "10.4")

"""Stripe as a gateway: its signature, and what each status and error means."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import stamina
import stripe

from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome, RefundCall
from apps.channels.providers.stripe.client import StripeGateway, signed
from apps.channels.providers.stripe.notices import DISPUTE_STATES
from apps.core import clock

SECRET = "whsec_1"
CALL = RefundCall("rf_1", "rf_1", "pi_1", "A1", 30000, 128000, 0, "TWD", "credit_card")
REFUND = {"id": "re_1", "object": "refund", "amount": 30000, "currency": "twd", "status": "succeeded", "created": 1795578540,
          "payment_intent": "pi_1", "charge": "ch_1", "metadata": {"refund_no": "rf_1"}}  # fmt: skip
DISPUTE = {"id": "du_1", "object": "dispute", "amount": 128000, "currency": "twd", "status": "needs_response", "created": 1795578540,
           "payment_intent": "pi_1", "charge": "ch_1", "reason": "fraudulent", "evidence_details": {"due_by": 1796500000},
           "balance_transactions": [{"fee": 1500, "currency": "usd"}, {"fee": 45000, "currency": "twd"}]}  # fmt: skip


@pytest.fixture
def gateway():
    return StripeGateway(Account({"secret_key": "sk_test_1", "webhook_secret": SECRET}, base_url="http://127.0.0.1:9"))


@pytest.fixture
def answers(gateway, monkeypatch):
    """`answers(x)`: the library returns x or raises it."""

    def prepare(said):
        def create(params, options):
            if isinstance(said, Exception):
                raise said
            return stripe.Refund.construct_from(said, "sk_test_1")

        monkeypatch.setattr(gateway.api.refunds, "create", create)
        return gateway

    return prepare


def told(gateway, kind: str, said: dict, **event):
    body = json.dumps({"id": "evt_1", "type": kind, "created": 1795578541, "data": {"object": said}, **event}).encode()
    return gateway.read_notices({"stripe-signature": signed(body, SECRET, clock.now())}, body)


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
        ({"amount": 29999}, Outcome.UNKNOWN, "amount_differs"),
        ({"currency": "usd"}, Outcome.UNKNOWN, "amount_differs"),
    ],
)
def test_statuses(answers, change, outcome, code):
    answer = answers({**REFUND, **change}).refund(CALL)

    assert (answer.outcome, answer.code, answer.provider_refund_ref) == (outcome, code, "re_1")
    assert (answer.done_at is not None) == (outcome == Outcome.SUCCEEDED)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (stripe.InvalidRequestError("x", "amount", "charge_already_refunded", http_status=400), Outcome.DECLINED),
        (stripe.InvalidRequestError("x", "id", "resource_missing", http_status=404), Outcome.DECLINED),
        (stripe.AuthenticationError("x", http_status=401), Outcome.DECLINED),
        (stripe.PermissionError("x", http_status=403), Outcome.DECLINED),
        (stripe.InvalidRequestError("x", "", "lock_timeout", http_status=409), Outcome.UNKNOWN),
        (stripe.IdempotencyError("x", http_status=400), Outcome.UNKNOWN),
        (stripe.RateLimitError("x", http_status=429), Outcome.UNKNOWN),
        (stripe.APIError("x", http_status=500), Outcome.UNKNOWN),
        (stripe.APIConnectionError("x"), Outcome.UNKNOWN),
    ],
)
def test_only_what_stripe_refused_before_acting_is_declined(answers, error, outcome):
    answer = answers(error).refund(CALL)

    assert answer.outcome == outcome
    assert answer.code


def test_a_question_that_fails_concludes_nothing(gateway, monkeypatch):
    tries = []

    def ask(params):
        tries.append(params)
        raise stripe.APIError("x", http_status=503)

    monkeypatch.setattr(gateway.api.refunds, "list", ask)
    with stamina.set_testing(True, attempts=3):
        answer = gateway.query_refund(CALL)

    assert (answer.outcome, len(tries)) == (Outcome.UNKNOWN, 3)


def test_a_signature_covers_every_byte_and_its_moment():
    body, at = b'{"id": "evt_123", "type": "customer.created", "data": {"object": {}}}\n', clock.now()
    gateway = StripeGateway(Account({"secret_key": "sk_test_1", "webhook_secret": "webhook_secret"}))

    header = signed(body, "webhook_secret", at)

    assert gateway.read_notices({"stripe-signature": header}, body) == []
    for headers, bytes_ in (
        ({"stripe-signature": header}, body[:-1]),
        ({"stripe-signature": signed(body, "another", at)}, body),
        ({"stripe-signature": signed(body, "webhook_secret", at - timedelta(seconds=301))}, body),
        ({"stripe-signature": header.replace("v1=", "v0=")}, body),
        ({}, body),
    ):
        with pytest.raises(NoticeForged):
            gateway.read_notices(headers, bytes_)


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

"""Stripe's official library judges our fake by its types, and what our client asks for by its parameters.

The client speaks through the same library, so paths, keys and credentials are the library's own.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import stripe

from apps.channels.gateways import Account, Outcome, RefundCall
from apps.channels.paying import PaymentCall, PaymentOutcome
from apps.channels.providers.stripe.client import StripeGateway
from apps.channels.providers.stripe.notices import DISPUTE_STATES
from apps.channels.providers.stripe.payments import CANCELLABLE, WHOLE, WHOLE_SESSION
from apps.channels.providers.stripe.reading import STATES
from apps.channels.providers.stripe.reports import FILES, REPORT
from tests.channels.fakes.server import running
from tests.channels.fakes.stripe import HOOK, KEY, FakeStripe
from tests.channels.judges.stripes_words import unknown_answers, unknown_parameters, words

CALL = PaymentCall("pay_1", "A10293", 128000, "TWD", "credit_card", "Tea", "https://shop.example/back")
AT_ONCE = replace(CALL, key="pay_2", merchant_ref="A10294", token="pm_card_visa", captures_at_once=False)
REFUND = RefundCall("rf_1", "RF-1", "pi_1", "A10293", 30000, 128000, 0, "TWD", "credit_card")


@pytest.fixture
def fake():
    with running(FakeStripe()) as fake:
        yield fake


@pytest.fixture
def gateway(fake):
    return StripeGateway(Account({"secret_key": KEY, "webhook_secret": HOOK}, base_url=fake.base_url))


@pytest.fixture
def library(fake):
    return library_at(fake.base_url)


def library_at(address: str, key: str = KEY):
    http = stripe.RequestsClient(timeout=20)
    return stripe.StripeClient(key, base_addresses={"api": address}, http_client=http, max_network_retries=0).v1


def well(answer):
    """An answer in which the library knows every field and word."""
    assert list(unknown_answers(answer)) == []
    return answer


def do_it_all(gateway, fake) -> None:
    """One payment on a page that is paid and goes back, one that is called off, two at once by a token, and a day's report."""
    gateway.create_payment(replace(CALL, expires_at=datetime.now(UTC), payer=replace(CALL.payer, email="lin@example.com")))
    gateway.query_payment(CALL)
    fake.books.move("A10293", "paid")
    gateway.query_payment(replace(CALL, provider_ref="pi_1"))
    assert gateway.refund(REFUND).outcome == Outcome.SUCCEEDED
    gateway.query_refund(REFUND)
    gateway.query_refund(replace(REFUND, provider_refund_ref="re_2"))
    assert gateway.create_payment(AT_ONCE).outcome == PaymentOutcome.AUTHORIZED
    gateway.capture_payment(replace(AT_ONCE, provider_ref="pi_3"), 100000)
    held = replace(AT_ONCE, key="pay_3", merchant_ref="A10295")
    assert gateway.cancel_payment(replace(held, provider_ref=gateway.create_payment(held).provider_ref)).outcome == PaymentOutcome.CANCELLED
    open_page = replace(CALL, key="pay_4", merchant_ref="A10296", method="sepa_debit", currency="EUR", language="ja")
    off = gateway.cancel_payment(replace(open_page, provider_ref=gateway.create_payment(open_page).provider_ref))
    assert off.outcome == PaymentOutcome.CANCELLED
    gateway.fetch_statement(datetime.now(UTC).date())
    gateway.test_connection()


def test_all_that_is_asked_for_has_a_name_and_a_word_at_stripe(fake, gateway):
    do_it_all(gateway, fake)
    asked = [(one.method, one.path, {**one.query, **one.form}) for one in fake.requests if "/files/" not in one.path]

    assert len(asked) >= 20
    assert {path: found for method, path, sent in asked if (found := unknown_parameters(method, path, sent))} == {}


def test_every_answer_is_of_the_librarys_types(fake, gateway, library):
    do_it_all(gateway, fake)
    page = well(library.checkout.sessions.retrieve("cs_test_1", WHOLE_SESSION))
    intent = well(library.payment_intents.retrieve("pi_1", WHOLE))
    back = well(library.refunds.retrieve("re_2"))
    closed = well(library.checkout.sessions.list({"limit": 100})).data
    found = [well(one) for one in library.payment_intents.search({"query": "metadata['merchant_ref']:'A10294'"}).data]
    listed = well(library.payment_intents.list({"limit": 100})).data
    run = well(library.reporting.report_runs.list({"limit": 100})).data[0]
    kind = well(library.reporting.report_types.retrieve(REPORT))

    assert (type(page), type(page.payment_intent)) == (stripe.checkout.Session, stripe.PaymentIntent)
    assert (page.status, page.payment_status, page.amount_total, page.currency) == ("complete", "paid", 128000, "twd")
    assert (intent.status, intent.amount_received, type(intent.latest_charge)) == ("succeeded", 128000, stripe.Charge)
    assert (type(back), back.status, back.amount, back.payment_intent) == (stripe.Refund, "succeeded", 30000, "pi_1")
    assert (back.metadata["hezhang_key"], [one.status for one in closed]) == ("rf_1", ["complete", "expired"])
    assert [(one.id, one.status, one.amount, one.amount_received) for one in found] == [("pi_3", "succeeded", 128000, 100000)]
    assert [one.status for one in listed] == ["succeeded", "succeeded", "canceled"]
    assert (type(run), run.status, run.report_type, type(run.result)) == (stripe.reporting.ReportRun, "succeeded", REPORT, stripe.File)
    assert (kind.id, well(library.balance.retrieve()).livemode) == (REPORT, False)


def test_refusals_are_the_librarys_errors(fake, gateway, library):
    do_it_all(gateway, fake)
    asked = (library.payment_intents.retrieve, library.checkout.sessions.retrieve, library.refunds.retrieve,
             library.checkout.sessions.expire, library.payment_intents.cancel)  # fmt: skip
    for ask in asked:
        with pytest.raises(stripe.InvalidRequestError, match=r"No such [a-z_.]+: 'none_such'") as unheard:
            ask("none_such")
        assert (unheard.value.http_status, unheard.value.code) == (404, "resource_missing")
    for ask in (library.refunds.create, library.refunds.list):
        with pytest.raises(stripe.InvalidRequestError) as unheard:
            ask({"payment_intent": "pi_9"})
        assert (unheard.value.http_status, unheard.value.code, unheard.value.param) == (404, "resource_missing", "payment_intent")
    with pytest.raises(stripe.InvalidRequestError) as over:
        library.payment_intents.capture("pi_1", {"amount_to_capture": 1})
    assert (over.value.http_status, over.value.code) == (400, "payment_intent_unexpected_state")
    with pytest.raises(stripe.AuthenticationError):
        library_at(fake.base_url, "sk_test_wrong").balance.retrieve()
    with pytest.raises(stripe.IdempotencyError):
        library.refunds.create({"payment_intent": "pi_1", "amount": 1}, {"idempotency_key": "rf_1"})


def test_a_declined_card_and_a_refund_of_too_much(fake, gateway, library):
    fake.decline = "insufficient_funds"
    wanted = {"amount": 100, "currency": "twd", "payment_method": "pm_card_visa", "allowed_payment_method_types": ["card"], "confirm": True,
              "capture_method": "automatic", "metadata": {"merchant_ref": "A1", "hezhang_key": "k1"}}  # fmt: skip
    with pytest.raises(stripe.CardError) as declined:
        library.payment_intents.create(wanted)
    error = declined.value
    assert (error.http_status, error.code, error.error.decline_code) == (402, "card_declined", "insufficient_funds")
    assert (type(error.error.payment_intent), error.error.payment_intent.status) == (stripe.PaymentIntent, "requires_payment_method")
    assert well(error.error.payment_intent).last_payment_error.decline_code == "insufficient_funds"

    fake.decline = ""
    library.payment_intents.create({**wanted, "metadata": {"merchant_ref": "A2", "hezhang_key": "k2"}})
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        library.refunds.create({"payment_intent": "pi_2", "amount": 101, "metadata": {"hezhang_key": "rf_9"}})
    assert (too_much.value.http_status, too_much.value.param) == (400, "amount")


def test_the_library_proves_and_reads_the_events(fake, gateway):
    do_it_all(gateway, fake)
    told = [(*fake.notice("A10293"), "payment_intent.succeeded", stripe.PaymentIntent), (*fake.notice("A10295"), "payment_intent.canceled",
            stripe.PaymentIntent), (*fake.refund_notice("rf_1"), "refund.updated", stripe.Refund)]  # fmt: skip
    for headers, body, kind, about in told:
        event = well(stripe.Webhook.construct_event(body, headers["stripe-signature"], HOOK))
        assert (type(event), event.type, type(event.data.object)) == (stripe.Event, kind, about)
        well(event.data.object)
        for forged, secret in ((body.replace(b"twd", b"usd"), HOOK), (body, "whsec_other")):
            with pytest.raises(stripe.SignatureVerificationError):
                stripe.Webhook.construct_event(forged, headers["stripe-signature"], secret)


def test_every_state_the_library_knows_is_known_to_us():
    assert words(stripe.PaymentIntent, "status") == {*STATES, "canceled", "requires_payment_method"}
    assert set(CANCELLABLE) <= words(stripe.PaymentIntent, "status")
    assert words(stripe.checkout.Session, "status") == {"open", "complete", "expired"}
    assert words(stripe.Dispute, "status") == set(DISPUTE_STATES)
    assert stripe.DEFAULT_UPLOAD_API_BASE + "/" == FILES

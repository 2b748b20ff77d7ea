"""Adyen's official library judges our fake, and our client by what it sends itself."""

import json
from dataclasses import replace

import Adyen
import pytest
from Adyen.client import AdyenClient
from Adyen.services.checkout import AdyenCheckoutApi

from apps.channels.gateways import Account, RefundCall
from apps.channels.paying import PaymentCall
from apps.channels.providers.adyen.api import LIVE, SANDBOX
from apps.channels.providers.adyen.client import AdyenGateway
from tests.channels.fakes.adyen import ACCOUNT, API_KEY, HMAC, FakeAdyen
from tests.channels.fakes.server import running
from tests.channels.judges.twins import conversation

CALL = PaymentCall("pay_1", "A10293", 12800, "EUR", "credit_card", "Tea", "https://shop.example/back", language="en")
REFUND = RefundCall("rf_1", "RF-1", "PSP1", "A10293", 3000, 12800, 0, "EUR", "credit_card")
AMOUNT = {"value": 12800, "currency": "EUR"}
LINK = {
    "merchantAccount": ACCOUNT, "reference": "A10293", "amount": AMOUNT, "allowedPaymentMethods": ["scheme"], "manualCapture": False,
    "shopperLocale": "en-US", "returnUrl": "https://shop.example/back", "description": "Tea",
}  # fmt: skip
BACK = {"merchantAccount": ACCOUNT, "amount": {"value": 3000, "currency": "EUR"}, "reference": "RF-1"}
HEADERS = ("x-api-key", "idempotency-key")


@pytest.fixture
def fake():
    with running(FakeAdyen()) as fake:
        yield fake


def library_at(address: str, api_key: str = API_KEY) -> AdyenCheckoutApi:
    """The checkout part of the library, its services pointed there."""
    checkout = AdyenCheckoutApi(client=AdyenClient(xapikey=api_key, platform="test"))
    for service in (checkout.payment_links_api, checkout.payments_api, checkout.modifications_api):
        service.baseUrl = address
    return checkout


@pytest.fixture
def library(fake):
    return library_at(fake.base_url)


def test_the_library_takes_what_the_fake_answers_and_sends_what_we_send(fake, library):
    links, changes = library.payment_links_api, library.modifications_api
    made = links.payment_links(LINK, idempotency_key="pay_1")
    again = links.payment_links(LINK, idempotency_key="pay_1")
    asked = links.get_payment_link("PL1")
    fake.books.move("A10293", "paid")
    paid = links.get_payment_link("PL1")
    back = changes.refund_captured_payment(BACK, "PSP1", idempotency_key="rf_1")
    cancelled = changes.cancel_authorised_payment_by_psp_reference(
        {"merchantAccount": ACCOUNT, "reference": "A10293"}, "PSP1", idempotency_key="pay_1-cancel"
    )
    other = links.payment_links({**LINK, "reference": "A10294"}, idempotency_key="pay_2")
    closed = links.update_payment_link({"status": "expired"}, other.message["id"])
    methods = library.payments_api.payment_methods({"merchantAccount": ACCOUNT})

    assert (made.status_code, made.message["status"], made.message["url"]) == (201, "active", "https://test.adyen.link/PL1")
    assert (made.message["amount"], made.message["reference"], made.message["merchantAccount"]) == (AMOUNT, "A10293", ACCOUNT)
    assert again.message == asked.message == made.message
    assert (asked.status_code, paid.message["status"]) == (200, "completed")
    assert (back.status_code, back.psp, back.message["status"]) == (201, back.message["pspReference"], "received")
    assert (back.message["paymentPspReference"], back.message["reference"], back.message["amount"]) == ("PSP1", "RF-1", BACK["amount"])
    assert (cancelled.status_code, cancelled.message["status"], cancelled.message["paymentPspReference"]) == (201, "received", "PSP1")
    assert (closed.status_code, closed.message["id"], closed.message["status"]) == (200, other.message["id"], "expired")
    assert methods.message["paymentMethods"] == [{"type": "scheme", "name": "Cards"}]

    with running(FakeAdyen()) as ours:
        gateway = AdyenGateway(Account({"merchant_account": ACCOUNT, "api_key": API_KEY, "hmac_key": HMAC}, base_url=ours.base_url))
        gateway.create_payment(CALL)
        gateway.create_payment(CALL)
        gateway.query_payment(replace(CALL, provider_ref="PL1"))
        ours.books.move("A10293", "paid")
        gateway.query_payment(replace(CALL, provider_ref="PL1"))
        gateway.refund(REFUND)
        gateway.cancel_payment(replace(CALL, provider_ref="PSP1"))
        second = gateway.create_payment(replace(CALL, key="pay_2", merchant_ref="A10294"))
        gateway.cancel_payment(replace(CALL, key="pay_2", merchant_ref="A10294", provider_ref=second.provider_ref))
        gateway.test_connection()
        assert conversation(ours, *HEADERS) == conversation(fake, *HEADERS)


def test_refusals_are_the_librarys_errors(fake, library):
    links, changes = library.payment_links_api, library.modifications_api
    links.payment_links(LINK, idempotency_key="pay_1")
    fake.books.move("A10293", "paid")
    with pytest.raises(Adyen.AdyenAPIUnprocessableEntity) as closed:
        links.update_payment_link({"status": "expired"}, "PL1")
    with pytest.raises(Adyen.AdyenAPIUnprocessableEntity) as unknown:
        changes.refund_captured_payment(BACK, "PSP9", idempotency_key="rf_2")
    with pytest.raises(Adyen.AdyenAPICommunicationError) as no_link:
        links.get_payment_link("PL9")
    with pytest.raises(Adyen.AdyenAPICommunicationError):
        links.update_payment_link({"status": "expired"}, "PL9")
    with pytest.raises(Adyen.AdyenAPIAuthenticationError) as stranger:
        library_at(fake.base_url, "AQE-api-key-2").payments_api.payment_methods({"merchantAccount": ACCOUNT})

    said = [(one.value.status_code, one.value.error_code, one.value.message["errorType"]) for one in (closed, unknown, no_link, stranger)]
    assert said == [(422, "validation", "validation"), (422, "167", "validation"), (404, "000", "validation"), (401, "000", "security")]


def test_the_library_proves_the_notices_item_by_item(fake, library):
    """It looks at a body's first item, as Adyen sends one a body."""
    library.payment_links_api.payment_links(LINK, idempotency_key="pay_1")
    fake.books.move("A10293", "paid")
    library.modifications_api.refund_captured_payment(BACK, "PSP1", idempotency_key="rf_1")
    one = fake.books.payments["A10293"]
    odd = fake.item("CHARGEBACK", replace(one, merchant_ref="A:10\\293 茶"), psp="PSP7", original="PSP1")

    for _headers, body in (fake.notice("A10293"), fake.refund_notice("rf_1"), fake.items([odd])):
        told = json.loads(body)
        assert Adyen.util.is_valid_hmac_notification(told, HMAC) is True
        assert Adyen.util.is_valid_hmac_notification(told, "00" * 32) is False
        told["notificationItems"][0]["NotificationRequestItem"]["amount"]["value"] += 1
        assert Adyen.util.is_valid_hmac_notification(told, HMAC) is False


def test_our_addresses_are_the_librarys():
    known = AdyenCheckoutApi(client=AdyenClient()).payment_links_api.baseUrl
    live = AdyenClient(live_endpoint_prefix="1797a841fbb37ca7-TeaHouse")
    assert live._determine_api_url("test", known) == SANDBOX
    assert LIVE.format(prefix="1797a841fbb37ca7-TeaHouse") == live._determine_api_url("live", known)

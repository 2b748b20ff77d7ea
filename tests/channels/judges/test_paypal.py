"""PayPal's official library judges our fake by its types, and our client by what it sends itself. It proves no notices."""

import json
from dataclasses import replace

import pytest
from paypalserversdk.api_helper import APIHelper
from paypalserversdk.configuration import Configuration, Environment, Server
from paypalserversdk.exceptions.error_exception import ErrorException
from paypalserversdk.exceptions.o_auth_provider_exception import OAuthProviderException
from paypalserversdk.http.auth.o_auth_2 import ClientCredentialsAuthCredentials
from paypalserversdk.models.amount_with_breakdown import AmountWithBreakdown
from paypalserversdk.models.authorization_status import AuthorizationStatus
from paypalserversdk.models.capture_request import CaptureRequest
from paypalserversdk.models.capture_status import CaptureStatus
from paypalserversdk.models.captured_payment import CapturedPayment
from paypalserversdk.models.money import Money
from paypalserversdk.models.order_authorize_request import OrderAuthorizeRequest
from paypalserversdk.models.order_capture_request import OrderCaptureRequest
from paypalserversdk.models.order_request import OrderRequest
from paypalserversdk.models.order_status import OrderStatus
from paypalserversdk.models.payment_source import PaymentSource
from paypalserversdk.models.paypal_wallet import PaypalWallet
from paypalserversdk.models.paypal_wallet_experience_context import PaypalWalletExperienceContext
from paypalserversdk.models.purchase_unit_request import PurchaseUnitRequest
from paypalserversdk.models.refund import Refund
from paypalserversdk.models.refund_request import RefundRequest
from paypalserversdk.models.refund_status import RefundStatus
from paypalserversdk.paypal_serversdk_client import PaypalServersdkClient

from apps.channels.gateways import Account, RefundCall
from apps.channels.paying import PaymentCall
from apps.channels.providers.paypal.api import LIVE, SANDBOX
from apps.channels.providers.paypal.client import PaypalGateway
from apps.channels.providers.paypal.reading import AUTHORIZATIONS, CAPTURES, ORDERS, REFUNDS, TAKEN
from tests.channels.fakes.books import Mood
from tests.channels.fakes.paypal import CLIENT, SECRET, WEBHOOK, FakePaypal
from tests.channels.fakes.server import running
from tests.channels.judges.twins import conversation

CALL = PaymentCall("pay_1", "A10293", 12800, "USD", "paypal", "Tea", "https://shop.example/back", language="en")
HELD = replace(CALL, key="pay_2", merchant_ref="A10294", captures_at_once=False)
REFUND = RefundCall("rf_1", "RF-1", "C-1", "A10293", 3000, 12800, 0, "USD", "paypal")
HEADERS = ("authorization", "paypal-request-id")
# The library writes its defaults out; we leave them to PayPal.
DEFAULTS = {"contact_preference": "NO_CONTACT_INFO", "landing_page": "NO_PREFERENCE", "payment_method_preference": "UNRESTRICTED"}


@pytest.fixture
def fake():
    with running(FakePaypal()) as fake:
        yield fake


@pytest.fixture
def library(fake):
    class Here(Configuration):
        def get_base_uri(self, server=Server.DEFAULT):
            return fake.base_url

    return PaypalServersdkClient(config=Here(client_credentials_auth_credentials=ClientCredentialsAuthCredentials(CLIENT, SECRET)))


def order(reference: str = "A10293", key: str = "pay_1", intent: str = "CAPTURE") -> OrderRequest:
    sold = AmountWithBreakdown(currency_code="USD", value="128.00")
    page = PaypalWalletExperienceContext(
        return_url="https://shop.example/back", cancel_url="https://shop.example/back", locale="en-US", user_action="PAY_NOW",
        shipping_preference="NO_SHIPPING",
    )  # fmt: skip
    return OrderRequest(
        intent=intent,
        purchase_units=[PurchaseUnitRequest(amount=sold, invoice_id=reference, custom_id=key, description="Tea")],
        payment_source=PaymentSource(paypal=PaypalWallet(experience_context=page)),
    )


def keyed(key: str, **more) -> dict:
    return {"paypal_request_id": key, "prefer": "return=representation", **more}


def lost(said: object, read: object, path: str = "") -> list[str]:
    """What stands in an answer and not in what the library made of it, by its place."""
    if isinstance(said, dict):
        known = read if isinstance(read, dict) else {}
        return [one for name, value in said.items() for one in lost(value, known.get(name), f"{path}.{name}")]
    if isinstance(said, list) and isinstance(read, list) and len(said) == len(read):
        return [one for at, value in enumerate(said) for one in lost(value, read[at], f"{path}[{at}]")]
    return [] if said == read else [path]


def read(answer):
    """The typed body of an answer, nothing of which is lost."""
    assert lost(json.loads(answer.text), json.loads(APIHelper.json_serialize(answer.body))) == []
    return answer.body


def buy(library, fake, wanted: OrderRequest, key: str, verb: str):
    made = read(library.orders.create_order(keyed(key, body=wanted)))
    fake.books.move(wanted.purchase_units[0].invoice_id, "approved")
    if verb == "capture":
        done = library.orders.capture_order(keyed(f"{key}-{verb}", id=made.id, body=OrderCaptureRequest()))
    else:
        done = library.orders.authorize_order(keyed(f"{key}-{verb}", id=made.id, body=OrderAuthorizeRequest()))
    return made, read(done)


def test_the_library_reads_a_payment_and_its_refund(fake, library):
    made, done = buy(library, fake, order(), "pay_1", "capture")
    (captured,) = done.purchase_units[0].payments.captures
    capture = read(library.payments.get_captured_payment({"capture_id": captured.id}))
    wanted = RefundRequest(amount=Money(currency_code="USD", value="30.00"), custom_id="RF-1")
    back = read(library.payments.refund_captured_payment(keyed("rf_1", capture_id="C-1", body=wanted)))
    asked = read(library.payments.get_refund({"refund_id": back.id}))
    after = read(library.orders.get_order({"id": "O-1"}))

    assert (made.id, made.status, made.intent) == ("O-1", OrderStatus.PAYER_ACTION_REQUIRED, "CAPTURE")
    assert [(one.rel, one.href) for one in made.links] == [("payer-action", "https://www.paypal.com/checkoutnow?token=O-1")]
    assert (done.status, captured.id, captured.status, captured.amount.value) == (OrderStatus.COMPLETED, "C-1", "COMPLETED", "128.00")
    assert (capture.status, capture.invoice_id, capture.custom_id) == (CaptureStatus.COMPLETED, "A10293", "pay_1")
    assert (capture.amount.currency_code, capture.supplementary_data.related_ids.order_id) == ("USD", "O-1")
    assert (back.status, back.amount.value, back.custom_id) == (RefundStatus.COMPLETED, "30.00", "RF-1")
    assert [(one.rel, one.href) for one in back.links] == [("up", "https://api.paypal.com/v2/payments/captures/C-1")]
    assert (asked.id, asked.status) == (back.id, RefundStatus.COMPLETED)
    assert [one.id for one in after.purchase_units[0].payments.refunds] == [back.id]

    with running(FakePaypal()) as ours:
        gateway = gateway_at(ours)
        gateway.create_payment(CALL)
        ours.books.move("A10293", "approved")
        gateway.finish_payment(replace(CALL, provider_ref="O-1"))
        gateway.api.ask("/v2/payments/captures/C-1")
        gateway.refund(REFUND)
        gateway.query_refund(replace(REFUND, provider_refund_ref=back.id))
        gateway.query_payment(replace(CALL, provider_ref="O-1"))
        assert written_out(conversation(ours, *HEADERS)) == conversation(fake, *HEADERS)


def test_the_library_reads_what_is_held_taken_and_given_back(fake, library):
    _made, held = buy(library, fake, order("A10294", "pay_2", "AUTHORIZE"), "pay_2", "authorize")
    asked = read(library.payments.get_authorized_payment({"authorization_id": "A-1"}))
    part = CaptureRequest(amount=Money(currency_code="USD", value="100.00"), invoice_id="A10294", final_capture=True)
    taken = read(library.payments.capture_authorized_payment(keyed("pay_2-take-10000", authorization_id="A-1", body=part)))
    over = read(library.payments.get_authorized_payment({"authorization_id": "A-1"}))
    buy(library, fake, order("A10295", "pay_3", "AUTHORIZE"), "pay_3", "authorize")
    read(library.orders.get_order({"id": "O-2"}))
    voided = read(library.payments.void_payment(keyed("pay_3-void", authorization_id="A-2")))

    (authorized,) = held.purchase_units[0].payments.authorizations
    assert (authorized.id, authorized.status, asked.status) == ("A-1", "CREATED", AuthorizationStatus.CREATED)
    assert asked.supplementary_data.related_ids.order_id == "O-1"
    assert (taken.id, taken.status, taken.amount.value, taken.final_capture) == ("C-1", "COMPLETED", "100.00", True)
    assert (over.status, voided.id, voided.status) == (AuthorizationStatus.CAPTURED, "A-2", AuthorizationStatus.VOIDED)

    with running(FakePaypal()) as ours:
        gateway, third = gateway_at(ours), replace(HELD, key="pay_3", merchant_ref="A10295")
        gateway.create_payment(HELD)
        ours.books.move("A10294", "approved")
        gateway.finish_payment(replace(HELD, provider_ref="O-1"))
        gateway.api.ask("/v2/payments/authorizations/A-1")
        gateway.capture_payment(replace(HELD, provider_ref="A-1"), 10000)
        gateway.api.ask("/v2/payments/authorizations/A-1")
        gateway.create_payment(third)
        ours.books.move("A10295", "approved")
        gateway.finish_payment(replace(third, provider_ref="O-2"))
        gateway.cancel_payment(replace(third, provider_ref="O-2"))
        assert written_out(conversation(ours, *HEADERS)) == conversation(fake, *HEADERS)


def test_refusals_are_the_librarys_errors(fake, library):
    library.orders.create_order(keyed("pay_1", body=order()))

    def issue_of(ask, **wanted) -> tuple[int, str, str]:
        with pytest.raises(ErrorException) as refused:
            ask(wanted)
        error = refused.value
        assert error.debug_id
        assert error.message
        return error.response_code, error.name, error.details[0].issue

    unheard, refused = (404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"), (422, "UNPROCESSABLE_ENTITY")
    assert issue_of(library.orders.get_order, id="O-9") == unheard
    assert issue_of(library.payments.get_captured_payment, capture_id="C-1") == unheard
    assert issue_of(library.payments.get_authorized_payment, authorization_id="A-1") == unheard
    assert issue_of(library.payments.get_refund, refund_id="R-9") == unheard
    assert issue_of(library.orders.capture_order, **keyed("k-1", id="O-1")) == (*refused, "ORDER_NOT_APPROVED")
    fake.books.move("A10293", "approved")
    fake.books.script("finish_payment", Mood.DECLINE)
    assert issue_of(library.orders.capture_order, **keyed("k-2", id="O-1")) == (*refused, "INSTRUMENT_DECLINED")
    fake.books.move("A10293", "paid")
    assert issue_of(library.orders.capture_order, **keyed("k-3", id="O-1")) == (*refused, "ORDER_ALREADY_CAPTURED")
    much = RefundRequest(amount=Money(currency_code="USD", value="128.01"), custom_id="RF-2")
    assert issue_of(library.payments.refund_captured_payment, **keyed("rf_2", capture_id="C-1", body=much)) == (
        *refused, "REFUND_AMOUNT_EXCEEDED",
    )  # fmt: skip


def test_another_secret_gets_no_token(library):
    with pytest.raises(OAuthProviderException) as refused:
        library.o_auth_authorization.request_token({"authorization": "Basic QVotY2xpZW50LTE6RUwtc2VjcmV0LTI="})
    assert (refused.value.response_code, refused.value.error) == (401, "invalid_client")


def test_notices_tell_of_what_the_library_knows(fake, library):
    buy(library, fake, order(), "pay_1", "capture")
    wanted = RefundRequest(amount=Money(currency_code="USD", value="30.00"), custom_id="RF-1")
    library.payments.refund_captured_payment(keyed("rf_1", capture_id="C-1", body=wanted))

    for (_headers, body), kind in ((fake.notice("A10293"), CapturedPayment), (fake.refund_notice("rf_1"), Refund)):
        about = json.loads(body)["resource"]
        assert lost(about, json.loads(APIHelper.json_serialize(kind.from_dictionary(about)))) == []


def test_every_state_the_library_knows_is_known_to_us():
    def named(states: type) -> set[str]:
        return {value for name, value in vars(states).items() if name.isupper()}

    assert named(OrderStatus) == {*ORDERS, "COMPLETED"}  # a completed order is told by what was made of it
    assert named(CaptureStatus) <= set(CAPTURES)
    assert named(AuthorizationStatus) <= {*AUTHORIZATIONS, *TAKEN}
    assert named(RefundStatus) == set(REFUNDS)


def test_our_addresses_are_the_librarys():
    known = {kind: Configuration.environments[kind][Server.DEFAULT] for kind in Environment}
    assert known == {Environment.PRODUCTION: LIVE, Environment.SANDBOX: SANDBOX}


def gateway_at(fake: FakePaypal) -> PaypalGateway:
    return PaypalGateway(Account({"client_id": CLIENT, "client_secret": SECRET, "webhook_id": WEBHOOK}, base_url=fake.base_url))


def written_out(asked: list[dict]) -> list[dict]:
    """What we asked, the defaults of PayPal's page added where we open an order."""
    for one in asked:
        if one["to"] == "POST /v2/checkout/orders":
            one["body"]["payment_source"]["paypal"]["experience_context"] |= DEFAULTS
    return asked

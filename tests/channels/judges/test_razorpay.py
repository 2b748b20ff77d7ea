"""Razorpay's official library judges our fake, and our client by what it sends itself."""

import json
from dataclasses import replace
from datetime import datetime

import pytest
import razorpay

from apps.channels.gateways import Account, RefundCall
from apps.channels.paying import PaymentCall
from apps.channels.providers.razorpay.api import ADDRESS
from apps.channels.providers.razorpay.client import RazorpayGateway
from tests.channels.fakes.razorpay import HOOK, INDIA, KEY_ID, SECRET, FakeRazorpay
from tests.channels.fakes.server import running
from tests.channels.judges.twins import conversation

CALL = PaymentCall("pay_1", "A10293", 128000, "INR", "upi", "Tea", "https://shop.example/back")
REFUND = RefundCall("rf_1", "RF-1", "pay_1", "A10293", 30000, 128000, 0, "INR", "upi")
LINK = {
    "amount": 128000, "currency": "INR", "accept_partial": False, "reference_id": "A10293", "description": "Tea",
    "notes": {"merchant_ref": "A10293", "hezhang_key": "pay_1"}, "notify": {"sms": False, "email": False}, "reminder_enable": False,
    "options": {"checkout": {"method": {"card": False, "upi": True, "netbanking": False, "wallet": False}}},
    "callback_url": "https://shop.example/back", "callback_method": "get",
}  # fmt: skip
BACK = {"amount": 30000, "speed": "normal", "receipt": "RF-1", "notes": {"refund_no": "RF-1", "hezhang_key": "rf_1"}}


@pytest.fixture
def fake():
    with running(FakeRazorpay()) as fake:
        yield fake


@pytest.fixture
def library(fake):
    return razorpay.Client(auth=(KEY_ID, SECRET), base_url=fake.base_url)


def test_the_library_takes_what_the_fake_answers_and_sends_what_we_send(fake, library):
    day = datetime.now(INDIA).date()
    made = library.payment_link.create(LINK)
    fake.books.move("A10293", "paid")
    (paid,) = library.payment_link.all({"reference_id": "A10293"})["payment_links"]
    payment = library.payment.fetch("pay_1")
    back = library.payment.refund("pay_1", BACK, headers={"X-Refund-Idempotency": "hezhang-rf_1"})
    again = library.payment.refund("pay_1", BACK, headers={"X-Refund-Idempotency": "hezhang-rf_1"})
    backs = library.payment.fetch_multiple_refund("pay_1", {"count": 100, "skip": 0})
    asked = library.refund.fetch(back["id"])
    other = library.payment_link.create({**LINK, "reference_id": "A10294", "notes": {"merchant_ref": "A10294", "hezhang_key": "pay_2"}})
    library.payment_link.all({"reference_id": "A10294"})
    closed = library.payment_link.cancel(other["id"])
    settled = library.settlement.report({"year": day.year, "month": day.month, "day": day.day, "count": 1000, "skip": 0})
    newest = library.payment.all({"count": 1})

    assert (made["status"], made["amount"], made["currency"], made["short_url"]) == ("created", 128000, "INR", "https://rzp.io/i/plink_1")
    assert (paid["status"], paid["amount_paid"], paid["payments"][0]["payment_id"]) == ("paid", 128000, "pay_1")
    assert (payment["entity"], payment["status"], payment["amount"]) == ("payment", "captured", 128000)
    assert (back["entity"], back["status"], back["amount"], back["payment_id"]) == ("refund", "processed", 30000, "pay_1")
    assert again == asked == back
    assert (backs["entity"], backs["count"], backs["items"]) == ("collection", 1, [back])
    assert (closed["id"], closed["status"]) == (other["id"], "cancelled")
    assert [(row["entity_id"], row["type"], row["credit"]) for row in settled["items"]] == [("pay_1", "payment", 128000)]
    assert newest == {"entity": "collection", "count": 0, "items": []}

    with running(FakeRazorpay()) as ours:
        gateway = RazorpayGateway(Account({"key_id": KEY_ID, "key_secret": SECRET, "webhook_secret": HOOK}, base_url=ours.base_url))
        gateway.create_payment(CALL)
        ours.books.move("A10293", "paid")
        gateway.query_payment(CALL)
        gateway.query_payment(replace(CALL, provider_ref="pay_1"))
        gateway.refund(REFUND)
        gateway.refund(REFUND)
        gateway.query_refund(REFUND)
        gateway.query_refund(replace(REFUND, provider_refund_ref=back["id"]))
        second = replace(CALL, key="pay_2", merchant_ref="A10294")
        gateway.create_payment(second)
        gateway.cancel_payment(second)
        gateway.fetch_statement(day)
        gateway.test_connection()
        assert conversation(ours, "authorization", "x-refund-idempotency") == conversation(fake, "authorization", "x-refund-idempotency")


def test_refusals_are_the_librarys_errors(fake, library):
    library.payment_link.create(LINK)
    refused = razorpay.errors.BadRequestError
    with pytest.raises(refused, match=r"reference_id \(A10293\) already exists"):
        library.payment_link.create(LINK)
    for unknown in (library.payment.fetch, library.refund.fetch, library.payment_link.cancel, library.payment_link.fetch):
        with pytest.raises(refused, match="The id provided does not exist"):
            unknown("none_such")
    fake.books.move("A10293", "paid")
    with pytest.raises(refused, match="cannot be cancelled"):
        library.payment_link.cancel("plink_1")
    with pytest.raises(refused, match="greater than the payment"):
        library.payment.refund("pay_1", {**BACK, "amount": 128001}, headers={"X-Refund-Idempotency": "hezhang-rf_2"})
    with pytest.raises(refused, match="Authentication failed"):
        razorpay.Client(auth=(KEY_ID, "thisissecret2"), base_url=fake.base_url).payment.all({"count": 1})


def test_the_library_proves_the_notices(fake, library):
    library.payment_link.create(LINK)
    fake.books.move("A10293", "paid")
    library.payment.refund("pay_1", BACK, headers={"X-Refund-Idempotency": "hezhang-rf_1"})

    for headers, body in (fake.notice("A10293"), fake.refund_notice("rf_1")):
        assert library.utility.verify_webhook_signature(body.decode(), headers["x-razorpay-signature"], HOOK)
        for forged, secret in ((body.replace(b"INR", b"USD"), HOOK), (body, "hook-secret-2")):
            with pytest.raises(razorpay.errors.SignatureVerificationError):
                library.utility.verify_webhook_signature(forged.decode(), headers["x-razorpay-signature"], secret)
    assert json.loads(fake.notice("A10293")[1])["payload"]["payment"]["entity"] == library.payment.fetch("pay_1")


def test_our_address_is_the_librarys():
    assert razorpay.Client.DEFAULTS["base_url"] == ADDRESS

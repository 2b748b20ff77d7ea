"""Notices of refunds that nobody asked for here: each joins the books when it fits a payment, and changes nothing when it does not."""

from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.merchants.models import Notification
from apps.orders.models import Refund
from tests import cast
from tests.orders.notices.refund_steps import NOW, approved, everything, kept, post, told

pytestmark = [pytest.mark.django_db, pytest.mark.postgres, pytest.mark.usefixtures("clock_stands")]


def test_a_refund_started_at_the_provider_is_tied_to_its_payment(client, payment):
    body = told(payment)

    assert [post(client, payment.channel, one).status_code for one in (body, body, told(payment, event="evt-2"))] == [200, 200, 200]

    refund = Refund.objects.get()
    payment.refresh_from_db()
    assert (refund.payment, refund.provider_refund_ref, refund.amount_minor, refund.state, refund.refunded_at) == (
        payment, "SIM-CONSOLE-1", 30000, "succeeded", NOW - timedelta(hours=1),
    )  # fmt: skip
    assert payment.state == "partially_refunded"
    assert kept() == [("evt-1", "processed", "tied SIM-CONSOLE-1"), ("evt-2", "ignored", "known SIM-CONSOLE-1")]
    assert AuditEvent.objects.filter(action="refund.started_at_provider").count() == 1


def test_a_refund_beyond_the_payment_is_told_to_people(client, payment):
    judge = cast.approver(payment.merchant, language="en")
    approved(payment, 100_000)
    Notification.objects.all().delete()
    refunds = list(Refund.objects.values_list())

    answer = post(client, payment.channel, told(payment))
    post(client, payment.channel, told(payment))

    payment.refresh_from_db()
    assert (answer.status_code, list(Refund.objects.values_list()), payment.state) == (200, refunds, "paid")
    assert kept() == [("evt-1", "ignored", "exceeds_payment SIM-CONSOLE-1")]
    heard = Notification.objects.get(user=judge)
    assert (heard.kind, heard.severity, heard.href) == ("refund.beyond_payment", "high", "/m/qingtian/orders/A10293/story")
    assert heard.title == "NT$300 was refunded at the provider, more than is left here"
    assert heard.body.startswith("Order A10293, refund SIM-CONSOLE-1. ")
    assert Notification.objects.count() == 2  # both who may approve, once


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"payment": "P-UNKNOWN", "merchant_ref": "A-UNKNOWN"}, "no_payment"),
        ({"payment": "", "merchant_ref": ""}, "no_payment"),
        ({"currency": "USD"}, "unlike_payment"),
        ({"outcome": "pending"}, "not_done"),
        ({"outcome": "declined"}, "not_done"),
        ({"ref": ""}, "not_done"),
    ],
)
def test_a_refund_of_which_nobody_knows_the_payment_is_kept_and_left(client, payment, fields, result):
    before = everything()

    answer = post(client, payment.channel, told(payment, **fields))

    assert (answer.status_code, everything()) == (200, before)
    assert kept() == [("evt-1", "ignored", result)]


def test_a_number_that_the_books_use_for_something_else_is_not_taken(client, payment):
    cast.make_refund(payment, "SIM-CONSOLE-1", 100, provider_refund_ref="")
    before = everything()

    assert post(client, payment.channel, told(payment)).status_code == 200

    assert everything() == before
    assert kept() == [("evt-1", "ignored", "number_taken SIM-CONSOLE-1")]


def test_a_refund_that_only_the_books_know_ends_by_notice(client, payment):
    judge = cast.approver(payment.merchant, language="en")
    refund = cast.make_refund(payment, "R1", 30000, state="submitting", provider_refund_ref="SIM-CONSOLE-1")

    assert post(client, payment.channel, told(payment, outcome="declined")).status_code == 200

    refund.refresh_from_db()
    assert (refund.state, kept()) == ("failed", [("evt-1", "processed", "moved R1")])
    assert Notification.objects.get(user=judge).href == "/m/qingtian/orders/A10293/story"

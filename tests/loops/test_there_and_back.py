"""Every other provider that gives money back: a payment and a refund of a third. And whatever can be held: held, taken, refunded."""

from datetime import UTC, datetime

import pytest

from apps.channels import registry
from apps.channels.gateways import Operation
from apps.orders.services.payments.calling import capture_payment
from tests.channels.fakes.server import FakeProvider
from tests.contract.paying import every_scene
from tests.loops.loop import walking
from tests.loops.ways import WAYS, Way, scans

pytestmark = pytest.mark.django_db
REST = sorted(code for code in set(every_scene()) - {way.code for way in WAYS} if Operation.REFUND in registry.get(code).gateway.operations)
HOLDING = sorted(code for code in every_scene() if Operation.CAPTURE_PAYMENT in registry.get(code).gateway.operations)


def opens(fake: FakeProvider, payment) -> None:
    """Where the action is a form, the payer's browser posts it."""
    if fields := payment.execution.action.get("fields"):
        (getattr(fake, "post", None) or fake.submit)(fields)


def pays(fake: FakeProvider, payment) -> None:
    opens(fake, payment)
    scans(fake, payment)


@pytest.fixture
def loop(request, client, settings):
    code = request.param
    with every_scene()[code]() as scene:
        call, tells = scene.call, type(scene.fake).notice is not FakeProvider.notice
    way = Way(
        code, code, call.method, call.currency, "Asia/Taipei", "TW", "T+1", 120_000, 240_000, 40_000, (0, 0, 0), {"percent_ppm": 0}, pays,
        tells_payments=tells, tells_refunds=False,
    )  # fmt: skip
    with walking(way, client, settings, datetime.now(UTC).date()) as loop:  # certificates of fakes are of today
        yield loop


def goes_back(loop, payment) -> None:
    """A third of it, as the books here and there say."""
    refund = loop.settle(loop.refund(payment))

    payment.refresh_from_db()
    assert (refund.state, payment.state) == ("succeeded", "partially_refunded")
    backs = [back for one in loop.fake.books.payments.values() for back in one.backs.values()]
    assert [(back.amount, back.state) for back in backs] == [(40_000, "succeeded")]


@pytest.mark.parametrize("loop", REST, indirect=True)
def test_what_was_paid_through_the_service_goes_back_through_the_service(loop):
    payment = loop.start("A1", loop.way.first)
    assert (payment.state, bool(payment.execution.action)) == ("pending", True)

    payment = loop.pay(payment)

    assert (payment.state, bool(payment.provider_ref)) == ("paid", True)
    goes_back(loop, payment)


@pytest.mark.parametrize("loop", HOLDING, indirect=True)
def test_what_was_held_is_taken_by_its_own_number_and_goes_back(loop):
    payment = loop.start("A1", loop.way.first, captures_at_once=False)
    opens(loop.fake, payment)
    loop.fake.books.move(payment.merchant_ref, "approved" if Operation.FINISH_PAYMENT in loop.kind.operations else "authorized")
    payment = loop.ask(payment)
    assert payment.state == "authorized"

    capture_payment(merchant=loop.shop, payment_id=payment.pk, amount_minor=loop.way.first, by=loop.owner, now=loop.now)

    payment.refresh_from_db()
    held = loop.fake.books.payments[payment.merchant_ref]
    assert (payment.state, held.captured) == ("paid", loop.way.first)
    held.more["close"] = "3"  # NewebPay takes it in the night, and gives nothing back before
    goes_back(loop, payment)

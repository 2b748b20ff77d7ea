"""Every other provider that takes money and gives it back: a payment through adapter and fake, and a refund of a third of it."""

from datetime import UTC, datetime

import pytest

from apps.channels import registry
from apps.channels.gateways import Operation
from tests.channels.fakes.server import FakeProvider
from tests.contract.paying import every_scene
from tests.loops.loop import walking
from tests.loops.ways import WAYS, Way, scans

pytestmark = pytest.mark.django_db
UNTOLD = {"paypay", "shouqianba"}  # tell nobody of payments
REST = sorted(code for code in set(every_scene()) - {way.code for way in WAYS} if Operation.REFUND in registry.get(code).gateway.operations)
METHODS = {  # of the scene's payment
    "jkopay": ("jkopay", "TWD"), "newebpay": ("credit_card", "TWD"),
    "paypay": ("paypay", "JPY"), "razorpay": ("credit_card", "INR"), "shouqianba": ("alipay", "CNY"), "unionpay": ("unionpay", "CNY"),
}  # fmt: skip


def opens(fake: FakeProvider, payment) -> None:
    """Where the action is a form, the payer's browser posts it; then the payer pays."""
    if fields := payment.execution.action.get("fields"):
        (getattr(fake, "post", None) or fake.submit)(fields)
    scans(fake, payment)


@pytest.fixture(params=REST)
def loop(request, client, settings):
    code = request.param
    method, currency = METHODS[code]
    way = Way(
        code, code, method, currency, "Asia/Taipei", "TW", "T+1", 120_000, 240_000, 40_000, (0, 0, 0), {"percent_ppm": 0}, opens,
        tells_payments=code not in UNTOLD, tells_refunds=False,
    )  # fmt: skip
    with walking(way, client, settings, datetime.now(UTC).date()) as loop:  # certificates of fakes are of today
        yield loop


def test_what_was_paid_through_the_service_goes_back_through_the_service(loop):
    kind = registry.get(loop.way.code).gateway
    payment = loop.start("A1", loop.way.first)
    assert (payment.state, bool(payment.execution.action)) == ("pending", True)

    payment = loop.pay(payment)
    assert (payment.state, bool(payment.provider_ref), kind.names_opening(payment.provider_ref)) == ("paid", True, False)
    refund = loop.settle(loop.refund(payment))

    payment.refresh_from_db()
    assert (refund.state, payment.state) == ("succeeded", "partially_refunded")
    backs = [back for one in loop.fake.books.payments.values() for back in one.backs.values()]
    assert [(back.amount, back.state) for back in backs] == [(40_000, "succeeded")]

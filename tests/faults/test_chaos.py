"""Time-outs, notices twice, late, forged and lost, workers killed with -9: in the end our books say what the provider's own books say.

`HEZHANG_CHAOS="2000 500 900"` makes it a long day: payments, refunds, and seconds at most.
"""

import os
import time
from collections import Counter

import pytest

from apps.channels.models import WebhookEvent
from apps.channels.services.gateway import gateway_for
from apps.orders.models import Payment, PaymentEvent, Refund
from tests import cast
from tests.faults import chaos

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True), pytest.mark.slow]
OURS = {"paid": {"paid", "partially_refunded", "refunded"}, "declined": {"failed"}, "expired": {"expired"}}


@pytest.fixture
def day(tmp_path):
    payments, refunds, _seconds = _size()
    channel = cast.make_channel(cast.make_merchant(is_practice=True))
    clock = tmp_path / "clock"
    clock.write_text("0")
    return chaos.Day(channel, cast.operator(channel.merchant), cast.approver(channel.merchant), payments, refunds, clock)


def _size() -> tuple[int, int, int]:
    payments, refunds, seconds = (int(part) for part in os.environ.get("HEZHANG_CHAOS", "40 10 8").split())
    return payments, refunds, seconds


def test_after_a_day_of_faults_every_state_and_amount_is_the_provider_s(day, capsys):
    began = time.monotonic()

    kills = chaos.live(day, seconds=_size()[2], size=4, seed=7)
    rounds = chaos.settle(day, seed=11)

    books = gateway_for(day.channel).books
    ours = {payment.merchant_ref: payment for payment in Payment.objects.all()}
    held = {one.merchant_ref: one for one in books.payments()}
    assert chaos.left_over() == []
    assert rounds
    assert set(held) <= set(ours)
    wrong = [(one.merchant_ref, one.state, ours[one.merchant_ref].state) for one in held.values() if _differs(one, ours[one.merchant_ref])]
    assert wrong == []
    assert [ref for ref, payment in ours.items() if ref not in held and payment.state not in ("failed", "expired")] == []
    assert Counter(PaymentEvent.objects.filter(kind="payment.paid").values_list("payment_id", flat=True)).most_common(1)[0][1] == 1
    told = {paid.key: paid.outcome for paid in books.truth()}
    refunds = Refund.objects.select_related("request", "payment")
    mine = {refund.request.idempotency_key: refund.state for refund in refunds if refund.request.idempotency_key in told}
    assert mine == {key: {"succeeded": "succeeded", "declined": "failed"}[outcome] for key, outcome in told.items()}
    assert {refund.state for refund in refunds} <= {"succeeded", "failed", "withdrawn"}
    assert day.noted()["notice:forged"] == 0 or WebhookEvent.objects.filter(state="forged").exists()
    assert _sums(books) == _our_sums()
    with capsys.disabled():
        said = {
            "payments": Counter(payment.state for payment in ours.values()),
            "refunds": Counter(refund.state for refund in refunds),
            "notices": Counter(WebhookEvent.objects.values_list("state", flat=True)),
            "kills": kills,
            "faults": dict(sorted(day.noted().items())),
            "rounds": rounds,
            "seconds": round(time.monotonic() - began),
        }
        print(f"\nchaos {said}")  # noqa: T201


def _differs(held, payment) -> bool:
    return payment.state not in OURS[held.state] or (held.paid and (payment.amount_minor, payment.currency) != (held.paid, held.currency))


def _sums(books) -> Counter:
    sums: Counter = Counter()
    for paid in books.truth():
        if paid.outcome == "succeeded":
            sums[paid.merchant_ref] += paid.amount
    return sums


def _our_sums() -> Counter:
    sums: Counter = Counter()
    for refund in Refund.objects.filter(state="succeeded").select_related("payment"):
        sums[refund.payment.merchant_ref] += refund.amount_minor
    return sums

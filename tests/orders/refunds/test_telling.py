"""Who finds what in the inbox."""

import pytest

from apps.merchants.models import Notification
from apps.orders.services.refunds import deciding, settling
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def people(shop):
    return {
        "boss": cast.owner(shop, name="boss", language="en"),
        "clerk": cast.operator(shop, name="clerk", language="en"),
        "judge": cast.approver(shop, name="judge", language="en"),
        "viewer": cast.viewer(shop, name="viewer"),
    }


def inbox() -> list[tuple]:
    """(who, kind, words) of everything told since the last look."""
    told = [(row.user.name, row.kind, row.title) for row in Notification.objects.select_related("user").order_by("user__pk", "pk")]
    Notification.objects.all().delete()
    return told


def test_everybody_hears_what_concerns_them_and_nobody_what_they_did_themselves(shop, people):
    boss, clerk, judge = (people[name] for name in ("boss", "clerk", "judge"))
    payment, common = cast.make_payment(cast.make_channel(shop), amount_minor=3_000_000), {"merchant": shop, "now": cast.NOW}

    refund = request_refund(**common, payment_id=payment.pk, amount_minor=2_000_000, reason_code="fraud", by=clerk)
    about = {**common, "refund_id": refund.pk}
    waits = "A refund of NT$20,000 waits for approval"
    assert inbox() == [("boss", "refund.waiting", waits), ("judge", "refund.waiting", waits)]

    deciding.ask_about_refund(**about, by=judge, reason="Which?")
    deciding.answer_refund(**about, by=clerk, reason="The lamp.")
    assert inbox() == [
        ("clerk", "refund.asked", "A question about your refund of NT$20,000"),
        ("judge", "refund.answered", "An answer about the refund of NT$20,000"),
    ]

    deciding.approve_refund(**about, by=judge, mfa_at=cast.NOW)
    assert inbox() == [("boss", "refund.waiting", waits)]
    deciding.approve_refund(**about, by=boss, mfa_at=cast.NOW)
    assert inbox() == [("clerk", "refund.approved", "Your refund of NT$20,000 was approved")]

    settling.apply_submitted(refund=refund, now=cast.NOW)
    settling.apply_failed(refund=refund, code="declined", message="No balance", now=cast.NOW)
    failed = "The refund of NT$20,000 failed"
    assert inbox() == [(name, "refund.failed", failed) for name in ("boss", "clerk", "judge")]


def test_many_that_wait_are_one_row_and_own_decisions_are_silent(shop, people):
    payment, common = cast.make_payment(cast.make_channel(shop)), {"merchant": shop, "now": cast.NOW}
    refunds = [
        request_refund(**common, payment_id=payment.pk, amount_minor=100, reason_code="fraud", by=people["clerk"]) for _n in range(3)
    ]
    assert list(Notification.objects.order_by("user").values_list("user__name", "count")) == [("boss", 3), ("judge", 3)]
    inbox()

    deciding.withdraw_refund(**common, refund_id=refunds[0].pk, by=people["clerk"])
    deciding.reject_refund(**common, refund_id=refunds[1].pk, by=people["boss"], reason="Too late.")
    told = Notification.objects.get()
    assert (told.user, told.title, told.body, told.severity) == (
        people["clerk"], "Your refund of NT$1 was rejected", "Too late.", "high",
    )  # fmt: skip
    assert told.href == f"/m/qingtian/refunds/{refunds[1].pk}/"

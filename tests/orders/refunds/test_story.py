"""A refund of the desk in the story of its order: every step once, in words."""

import pytest
from django.utils import translation

from apps.orders.selectors.story import DESK_STEPS, order_story
from apps.orders.services.refunds import deciding, settling
from apps.orders.services.refunds.holds import place_hold
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

pytestmark = pytest.mark.django_db


def test_each_step_is_told_once_and_in_order():
    shop = cast.make_merchant()
    payment, clerk, judge = (
        cast.make_payment(cast.make_channel(shop), "A1"),
        cast.operator(shop, name="Lin"),
        cast.approver(shop, name="Chen"),
    )
    fields = {"merchant": shop, "now": cast.NOW}
    refund = request_refund(**fields, payment_id=payment.pk, amount_minor=28000, reason_code="fraud", by=clerk)
    place_hold(**fields, payment_id=payment.pk, kind="dispute", key="dp_1", label="DP-1", amount_minor=1000)
    with pytest.raises(deciding.RefundStale):
        deciding.approve_refund(**fields, refund_id=refund.pk, by=judge)
    deciding.review_again(**fields, refund_id=refund.pk, by=clerk)
    deciding.ask_about_refund(**fields, refund_id=refund.pk, by=judge, reason="Which?")
    deciding.answer_refund(**fields, refund_id=refund.pk, by=clerk, reason="The lamp.")
    deciding.approve_refund(**fields, refund_id=refund.pk, by=judge)
    settling.apply_submitted(refund=refund, now=cast.NOW)
    settling.apply_unknown(refund=refund, message="timed out", now=cast.NOW)
    settling.apply_succeeded(refund=refund, refunded_at=cast.NOW, now=cast.NOW)

    with translation.override("en"):
        told = [(item.title, item.detail) for item in order_story(payment.order)]

    about = f"{refund.refund_no} · NT$280"
    assert told[2:] == [
        ("Refund requested", f"{refund.refund_no} · fraud"),
        ("Refund succeeded", refund.refund_no),
        ("Money held back", "DP-1 · NT$10"),
        ("The refund has to be looked at again", about),
        ("The refund was looked at again", f"{about} · Lin"),
        ("An approver asked about the refund", f"{about} · Chen · Which?"),
        ("The question about the refund was answered", f"{about} · Lin · The lamp."),
        ("Refund approved", f"{about} · Chen"),
        ("Refund sent", about),
        ("The result of the refund is being confirmed", f"{about} · timed out"),
    ]


def test_every_step_has_words():
    with translation.override("en"):
        assert all(str(title) for title, _state in DESK_STEPS.values())

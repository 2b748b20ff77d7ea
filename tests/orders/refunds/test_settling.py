"""What became of an approved refund: the first word counts, the same again changes nothing, another is an error."""

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.orders.enums import RefundState
from apps.orders.errors import RefundMoveIllegal, SettledOtherwise
from apps.orders.models import Payment, PaymentEvent, Refund
from apps.orders.services.refunds import deciding, settling
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.states import DESK_MOVES
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MOMENT = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # Saturday in Taipei


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def payment(shop):
    return cast.make_payment(cast.make_channel(shop), "A10293")


def approved(payment, amount_minor=28000) -> Refund:
    shop = payment.merchant
    refund = request_refund(
        merchant=shop, payment_id=payment.pk, amount_minor=amount_minor, reason_code="fraud", by=cast.operator(shop), now=cast.NOW
    )
    return deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=cast.NOW)


def submitted(payment, amount_minor=28000) -> Refund:
    return settling.apply_submitted(refund=approved(payment, amount_minor), now=cast.NOW)


def everything() -> list:
    return [list(model.objects.order_by("pk").values_list()) for model in (Payment, Refund, PaymentEvent, AuditEvent)]


def test_partial_refunds_move_the_payment_until_nothing_is_left(payment):
    states = []
    for amount in (28000, 40000, 60000):
        refund = submitted(payment, amount)
        settling.apply_succeeded(refund=refund, refunded_at=MOMENT, provider_refund_ref=f"PR {amount}", now=cast.NOW)
        payment.refresh_from_db()
        states.append(payment.state)

    refund.refresh_from_db()
    assert states == ["partially_refunded", "partially_refunded", "refunded"]
    assert (refund.state, refund.refunded_at, refund.business_date) == ("succeeded", MOMENT, date(2026, 11, 21))
    assert (refund.provider_refund_ref, refund.provider_refund_ref_key) == ("PR 60000", "pr60000")
    last = AuditEvent.objects.order_by("pk").last()
    assert (last.action, last.before, last.after) == (
        "refund.succeeded",
        {"state": "submitting"},
        {"state": "succeeded", "provider_refund_ref": "PR 60000"},
    )


def test_the_same_word_again_changes_nothing_but_a_number_not_known_yet(payment):
    refund = submitted(payment)
    settling.apply_unknown(refund=refund, code="timeout", now=cast.NOW)
    settling.apply_succeeded(refund=refund, refunded_at=MOMENT, now=cast.NOW)
    before = everything()

    settling.apply_succeeded(refund=refund, refunded_at=MOMENT + timedelta(days=1), now=cast.NOW)
    settling.apply_unknown(refund=refund, now=cast.NOW)
    assert everything() == before

    settling.apply_succeeded(refund=refund, refunded_at=MOMENT, provider_refund_ref="PR1", now=cast.NOW)
    settling.apply_succeeded(refund=refund, refunded_at=MOMENT, provider_refund_ref="PR2", now=cast.NOW)
    refund.refresh_from_db()
    assert (refund.provider_refund_ref, refund.refunded_at) == ("PR1", MOMENT)


def test_a_contradiction_is_an_error_and_changes_nothing(payment):
    good, bad = submitted(payment), submitted(payment, 1)
    settling.apply_succeeded(refund=good, refunded_at=MOMENT, now=cast.NOW)
    settling.apply_failed(refund=bad, code="declined", message="No balance", now=cast.NOW)
    settling.apply_failed(refund=bad, code="declined", now=cast.NOW)
    before = everything()

    with pytest.raises(SettledOtherwise):
        settling.apply_failed(refund=good, code="declined", now=cast.NOW)
    with pytest.raises(SettledOtherwise):
        settling.apply_succeeded(refund=bad, refunded_at=MOMENT, now=cast.NOW)

    assert everything() == before
    assert AuditEvent.objects.get(action="refund.failed").after == {"state": "failed", "code": "declined", "message": "No balance"}


def test_a_failed_refund_frees_its_money_and_leaves_the_payment_alone(payment):
    settling.apply_failed(refund=submitted(payment, 128000), code="declined", now=cast.NOW)

    payment.refresh_from_db()
    assert payment.state == "paid"
    assert approved(payment, 128000).state == "approved"


VERBS = {
    RefundState.SUBMITTING: lambda refund: settling.apply_submitted(refund=refund, now=cast.NOW),
    RefundState.UNKNOWN: lambda refund: settling.apply_unknown(refund=refund, now=cast.NOW),
    RefundState.SUCCEEDED: lambda refund: settling.apply_succeeded(refund=refund, refunded_at=MOMENT, now=cast.NOW),
    RefundState.FAILED: lambda refund: settling.apply_failed(refund=refund, now=cast.NOW),
}
REPEATS = {("unknown", "unknown"), ("succeeded", "unknown"), ("failed", "unknown"), ("succeeded", "succeeded"), ("failed", "failed")}


@pytest.mark.parametrize("was", list(RefundState))
@pytest.mark.parametrize("wanted", list(VERBS))
def test_the_whole_grid_of_moves_after_approval(payment, was, wanted):
    refund = _in_state(was, payment)
    before = everything()

    if wanted in DESK_MOVES[was]:
        assert VERBS[wanted](refund).state == wanted
    elif (was, wanted) in REPEATS:
        assert VERBS[wanted](refund).state == was
        assert everything() == before
    else:
        with pytest.raises((RefundMoveIllegal, SettledOtherwise)):
            VERBS[wanted](refund)
        assert everything() == before


def _in_state(state, payment) -> Refund:
    shop = payment.merchant
    if state in ("requested", "rejected", "withdrawn"):
        refund = request_refund(
            merchant=shop, payment_id=payment.pk, amount_minor=1, reason_code="fraud", by=cast.operator(shop), now=cast.NOW
        )
        if state == "rejected":
            deciding.reject_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=cast.NOW, reason="no")
        if state == "withdrawn":
            deciding.withdraw_refund(merchant=shop, refund_id=refund.pk, by=cast.operator(shop), now=cast.NOW)
        return refund
    refund = approved(payment)
    if state != "approved":
        VERBS[RefundState.SUBMITTING](refund)
    if state not in ("approved", "submitting"):
        VERBS[state](refund)
    return refund

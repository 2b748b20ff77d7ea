"""The state machine: every pair of states, by the service and by the database alone."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.disputes.enums import DisputeState as S
from apps.disputes.errors import DisputeClosed, IllegalMove, ReturnedWrong
from apps.disputes.models import Dispute, DisputeEvent
from apps.disputes.services.moving import move_dispute
from apps.disputes.states import CLOSED, DISPUTE_MOVES
from apps.orders.errors import RefundRefused
from apps.orders.models import PaymentHold, Refund
from apps.orders.selectors.refundable import refundable
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

pytestmark = pytest.mark.postgres
GRID = list(product(S, S))
RETURNED = {S.WON: 128000, S.LOST: 0, S.ACCEPTED: 0}
LEGAL = {
    ("inquiry", "needs_response"), ("inquiry", "under_review"), ("inquiry", "won"), ("inquiry", "lost"), ("inquiry", "accepted"),
    ("needs_response", "under_review"), ("needs_response", "won"), ("needs_response", "lost"), ("needs_response", "accepted"),
    ("under_review", "needs_response"), ("under_review", "won"), ("under_review", "lost"), ("under_review", "accepted"),
}  # fmt: skip


def columns(state: S) -> dict:
    """What the row holds in a state, so that only the move itself can be refused."""
    ended = state in CLOSED
    return {
        "state": state, "kind": "inquiry", "closed_at": cast.NOW if ended else None, "returned_minor": RETURNED.get(state),
        "answered_at": cast.NOW if state == S.UNDER_REVIEW else None,
    }  # fmt: skip


@pytest.fixture
def in_state(shop, channel, payment):
    def make(state: S) -> Dispute:
        return Dispute.objects.create(
            merchant=shop, channel=channel, payment=payment, amount_minor=128000, currency="TWD", opened_at=cast.NOW, origin="hand",
            created_at=cast.NOW, **columns(state),
        )  # fmt: skip

    return make


def test_the_table_is_the_one_written_here():
    assert {(str(was), str(to)) for was, after in DISPUTE_MOVES.items() for to in after} == LEGAL


@pytest.mark.parametrize(("was", "to"), GRID)
def test_the_mover_allows_exactly_the_table(shop, lin, in_state, was, to):
    dispute = in_state(was)

    if (was, to) in LEGAL:
        moved = move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=lin, now=cast.NOW)

        dispute.refresh_from_db()
        assert (dispute.state, dispute.returned_minor, dispute.closed_at) == (to, RETURNED.get(to), cast.NOW if to in CLOSED else None)
        assert moved.state == to
        event = DisputeEvent.objects.get()
        assert (event.kind, event.detail["was"], event.detail["to"], event.by) == ("moved", was, to, lin)
        assert AuditEvent.objects.get(action="dispute.moved").subject_id == str(dispute.pk)
    else:
        before = Dispute.objects.values().get()
        with pytest.raises((IllegalMove, DisputeClosed)):
            move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=lin, now=cast.NOW)
        assert Dispute.objects.values().get() == before
        assert not DisputeEvent.objects.exists()


@pytest.mark.parametrize(("was", "to"), [pair for pair in GRID if pair[0] != pair[1]])
def test_the_database_allows_exactly_the_table(in_state, was, to):
    dispute = in_state(was)

    if (was, to) in LEGAL:
        assert Dispute.objects.filter(pk=dispute.pk).update(**columns(to)) == 1
    else:
        with pytest.raises(IntegrityError, match="dispute_move_not_allowed"), transaction.atomic():
            Dispute.objects.filter(pk=dispute.pk).update(**columns(to))
        assert Dispute.objects.get().state == was


@pytest.mark.parametrize(
    ("to", "returned", "kept"),
    [(S.WON, 50000, 50000), (S.WON, None, 128000), (S.LOST, 50000, 50000), (S.LOST, None, 0), (S.ACCEPTED, None, 0)],
)
def test_an_end_keeps_what_came_back(shop, lin, opened, to, returned, kept):
    dispute = opened(fee_minor=1500)

    move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=lin, now=cast.NOW, returned_minor=returned)

    dispute.refresh_from_db()
    assert (dispute.returned_minor, dispute.lost_minor, dispute.fee_minor) == (kept, 128000 - kept, 1500)


@pytest.mark.parametrize(("to", "returned"), [(S.WON, 0), (S.WON, 128001), (S.WON, -1), (S.LOST, 128000), (S.LOST, -1), (S.ACCEPTED, 1)])
def test_a_result_that_contradicts_itself_is_refused(shop, lin, opened, to, returned):
    dispute = opened()

    with pytest.raises(ReturnedWrong):
        move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=lin, now=cast.NOW, returned_minor=returned)

    assert Dispute.objects.get().state == "needs_response"


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount_minor": 0}, {"fee_minor": -1}, {"state": "paid"}, {"kind": "question"}, {"family": "x"}, {"state": "won"},
        {"closed_at": cast.NOW}, {"returned_minor": 5}, {"kind": "chargeback", "state": "inquiry"},
        {"state": "under_review", "answered_at": None},
    ],
    ids=str,
)  # fmt: skip
def test_the_database_refuses_a_row_that_cannot_be(opened, wrong):
    dispute = opened()

    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=dispute.pk).update(**wrong)

    assert Dispute.objects.get().amount_minor == 128000


def test_an_inquiry_that_goes_on_is_a_chargeback_with_a_new_deadline(shop, lin, opened):
    dispute = opened(kind="inquiry")
    assert dispute.state == "inquiry"

    due = cast.NOW + timedelta(days=20)
    move_dispute(merchant=shop, dispute_id=dispute.pk, to=S.NEEDS_RESPONSE, by=lin, now=cast.NOW, evidence_due_at=due)

    dispute.refresh_from_db()
    assert (dispute.kind, dispute.state, dispute.evidence_due_at) == ("chargeback", "needs_response", due)


def test_events_are_append_only(opened):
    opened()

    with pytest.raises(IntegrityError, match="append_only"), transaction.atomic():
        DisputeEvent.objects.update(text="something else")


def test_a_dispute_stays_in_its_merchant_and_channel(opened, payment):
    dispute = opened()
    elsewhere = cast.make_payment(cast.make_channel(cast.make_merchant("other"), "ecpay"), "B1")

    for wrong in ({"payment": elsewhere}, {"channel": elsewhere.channel}, {"merchant": elsewhere.merchant}):
        with pytest.raises(IntegrityError, match="of_another_merchant"), transaction.atomic():
            Dispute.objects.filter(pk=dispute.pk).update(**wrong)


def held(payment) -> list[int]:
    return list(PaymentHold.objects.filter(payment=payment, released_at=None).values_list("amount_minor", flat=True))


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ([], [128000]),
        ([S.UNDER_REVIEW], [128000]),
        ([S.UNDER_REVIEW, S.WON], []),
        ([S.UNDER_REVIEW, S.LOST], [128000]),
        ([S.ACCEPTED], [128000]),
    ],
)
def test_money_is_held_while_it_runs_and_what_is_lost_stays_held(shop, lin, opened, payment, path, kept):
    dispute = opened()

    for to in path:
        move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=lin, now=cast.NOW)

    assert held(payment) == kept


@pytest.mark.parametrize("to", [S.WON, S.LOST, S.ACCEPTED])
def test_an_inquiry_holds_nothing_whatever_becomes_of_it(shop, lin, opened, payment, to):
    dispute = opened(kind="inquiry")
    assert held(payment) == []

    move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=lin, now=cast.NOW)

    assert held(payment) == []


def test_an_inquiry_that_became_a_chargeback_holds_from_then_on(shop, lin, opened, payment):
    dispute = opened(kind="inquiry")

    move_dispute(merchant=shop, dispute_id=dispute.pk, to=S.NEEDS_RESPONSE, by=lin, now=cast.NOW)

    assert held(payment) == [128000]


def test_a_dispute_lost_in_part_holds_that_part(shop, lin, opened, payment):
    dispute = opened()

    move_dispute(merchant=shop, dispute_id=dispute.pk, to=S.LOST, by=lin, now=cast.NOW, returned_minor=50000)

    assert held(payment) == [78000]
    assert refundable(payment, cast.NOW).held_minor == 78000


def test_a_disputed_payment_cannot_be_refunded_as_well(shop, lin, opened, payment):
    opened()

    with pytest.raises(RefundRefused):
        request_refund(merchant=shop, payment_id=payment.pk, amount_minor=100, reason_code="customer_request", by=lin, now=cast.NOW)

    assert not Refund.objects.exists()

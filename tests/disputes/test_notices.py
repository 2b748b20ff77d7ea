"""Notices of a provider, in any order and more than once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from apps.channels.dispute_notices import DisputeNotice, pass_on_dispute
from apps.disputes.enums import DisputeState as S
from apps.disputes.errors import NoticeUnreadable
from apps.disputes.models import Dispute, DisputeEvent
from apps.disputes.services.moving import move_dispute
from apps.disputes.services.notices import take_dispute_notice
from apps.merchants.models import Notification
from tests import cast

pytestmark = pytest.mark.postgres
DUE = cast.NOW + timedelta(days=9)
FIRST = DisputeNotice(
    provider_dispute_ref="du_7", state=S.NEEDS_RESPONSE, amount_minor=128000, currency="TWD", opened_at=cast.NOW, provider_ref="PA10293",
    reason_code="fraudulent", evidence_due_at=DUE,
)  # fmt: skip


def take(channel, notice):
    return take_dispute_notice(channel=channel, notice=notice, now=cast.NOW)


def test_a_notice_opens_the_dispute_of_its_payment(channel, payment):
    dispute = take(channel, FIRST)

    assert (dispute.payment, dispute.origin, dispute.family, dispute.evidence_due_at) == (payment, "notice", "fraud", DUE)
    assert (dispute.due_is_guess, dispute.created_by) == (False, None)


def test_the_same_notice_again_changes_nothing(channel, payment):
    take(channel, FIRST)
    before = (Dispute.objects.values().get(), DisputeEvent.objects.count())

    take(channel, FIRST)

    assert (Dispute.objects.values().get(), DisputeEvent.objects.count()) == before


@pytest.mark.parametrize("order", permutations(range(3)))
def test_every_order_ends_in_the_provider_s_truth(channel, payment, order):
    notices = [FIRST, replace(FIRST, state=S.UNDER_REVIEW), replace(FIRST, state=S.LOST, fee_minor=1500)]

    for at in order:
        take(channel, notices[at])

    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.returned_minor, dispute.reason_code) == ("lost", 0, "fraudulent")


def test_a_late_copy_does_not_undo_our_answer_but_a_new_round_does(shop, channel, payment):
    dispute = take(channel, FIRST)
    move_dispute(merchant=shop, dispute_id=dispute.pk, to=S.UNDER_REVIEW, by=None, now=cast.NOW)

    assert take(channel, FIRST).state == "under_review"
    assert take(channel, replace(FIRST, evidence_due_at=DUE + timedelta(days=20))).state == "needs_response"


def test_an_inquiry_becomes_a_chargeback(channel, payment):
    assert take(channel, replace(FIRST, state=S.INQUIRY)).kind == "inquiry"

    dispute = take(channel, FIRST)

    assert (dispute.kind, dispute.state) == ("chargeback", "needs_response")


def test_a_notice_about_a_payment_we_do_not_have_is_kept_all_the_same(channel):
    dispute = take(channel, replace(FIRST, provider_ref="pi_unknown"))

    assert (dispute.payment, dispute.provider_ref) == (None, "pi_unknown")


def test_won_in_part_keeps_what_came_back(channel, payment):
    take(channel, FIRST)

    assert take(channel, replace(FIRST, state=S.WON, returned_minor=50000)).returned_minor == 50000


def test_a_page_of_notices_hands_it_on_and_people_are_told(channel, payment, lin):
    dispute = pass_on_dispute(channel=channel, notice=FIRST, now=cast.NOW)
    pass_on_dispute(channel=channel, notice=FIRST, now=cast.NOW)

    assert Dispute.objects.get() == dispute
    assert [(row.user, row.kind, row.title, row.count) for row in Notification.objects.all()] == [
        (lin, "dispute.opened", "A new dispute: du_7", 1)
    ]


@pytest.mark.parametrize("wrong", [{"state": "closed"}, {"kind": "complaint"}, {"provider_dispute_ref": " "}], ids=str)
def test_words_that_nobody_knows_are_refused(channel, payment, wrong):
    with pytest.raises(NoticeUnreadable):
        take(channel, replace(FIRST, **wrong))

    assert not Dispute.objects.exists()


def test_a_deadline_of_zero_is_none(channel, payment):
    dispute = take(channel, replace(FIRST, state=S.LOST, evidence_due_at=datetime(1970, 1, 1, tzinfo=UTC)))

    assert (dispute.state, dispute.evidence_due_at) == ("lost", None)

"""Many at once: a dispute has one outcome, a number and a line are one dispute, a reminder goes out once."""

from collections import Counter
from dataclasses import replace

import pytest

from apps.channels.dispute_notices import DisputeNotice
from apps.disputes.enums import DisputeState as S
from apps.disputes.errors import DisputeClosed, DisputeKnown, IllegalMove
from apps.disputes.models import Dispute, DisputeEvent, DisputeReminder
from apps.disputes.services.lines import open_from_line
from apps.disputes.services.moving import move_dispute
from apps.disputes.services.notices import take_dispute_notice
from apps.disputes.services.reminders import remind
from apps.merchants.models import Notification
from apps.orders.models import PaymentHold
from tests import cast
from tests.orders.refunds.test_many_at_once import at_once

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]
THREADS = 32


def test_a_dispute_ends_once(shop, lin, opened, payment):
    dispute = opened()
    ends = [S.WON, S.LOST, S.ACCEPTED, S.UNDER_REVIEW]

    def move(to):
        return lambda: move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=lin, now=cast.NOW)

    results = at_once([move(ends[n % 4]) for n in range(THREADS)])

    assert all(isinstance(one, Dispute | DisputeClosed | IllegalMove) for one in results), results
    dispute.refresh_from_db()
    moves = DisputeEvent.objects.filter(kind="moved")
    assert Counter(moves.values_list("detail__to", flat=True))[dispute.state] == 1
    assert sum(isinstance(one, Dispute) for one in results) == moves.count() <= 2
    assert PaymentHold.objects.filter(payment=payment, released_at=None).count() == (dispute.state != "won")


def test_notices_of_one_dispute_make_one(channel, payment):
    first = DisputeNotice(
        provider_dispute_ref="du_7", state="needs_response", amount_minor=128000, currency="TWD", opened_at=cast.NOW, provider_ref="PA10293"
    )
    notices = [first, replace(first, state="under_review"), replace(first, state="lost")]

    results = at_once([lambda n=n: take_dispute_notice(channel=channel, notice=notices[n % 3], now=cast.NOW) for n in range(THREADS)])

    assert all(isinstance(one, Dispute) for one in results), results
    assert Dispute.objects.get().state == "lost"
    assert DisputeEvent.objects.filter(kind="opened").count() == 1
    assert PaymentHold.objects.get(released_at=None).amount_minor == 128000


def test_a_line_opens_one(shop, channel, payment, lin):
    line = cast.make_line(cast.make_statement(channel), kind="dispute", gross=-128000, provider_ref=payment.provider_ref)

    results = at_once([lambda: open_from_line(merchant=shop, line_id=line.pk, by=lin, now=cast.NOW) for _n in range(THREADS)])

    assert Counter(type(one) for one in results) == {Dispute: 1, DisputeKnown: THREADS - 1}
    assert Dispute.objects.count() == 1


def test_a_reminder_goes_out_once(opened):
    dispute = opened()

    results = at_once([lambda: remind(now=dispute.evidence_due_at) for _n in range(8)])

    assert sum(results) == 1
    assert (DisputeReminder.objects.count(), Notification.objects.count()) == (1, 1)

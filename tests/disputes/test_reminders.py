"""Deadlines: each reminder once, to the right people, in their language."""

from datetime import timedelta

import pytest

from apps.disputes.enums import DisputeState as S
from apps.disputes.models import Dispute, DisputeEvent, DisputeReminder
from apps.disputes.selectors.cases import badge
from apps.disputes.services.handling import change_details, give_to
from apps.disputes.services.moving import move_dispute
from apps.disputes.services.reminders import remind
from apps.merchants.models import Notification
from tests import cast

pytestmark = pytest.mark.postgres
DUE = cast.NOW + timedelta(days=10)


def told():
    return list(Notification.objects.order_by("pk").values_list("user__name", "kind", "title"))


def look(days):
    """Looks `days` before the deadline."""
    return remind(now=DUE - timedelta(days=days))


def test_reminders_come_seven_three_and_one_day_before_each_once(opened, lin):
    opened()

    sent = [look(days) for days in (9, 8, 7, 6.9, 4, 3, 2, 1, 0.5)]

    assert sent == [0, 0, 1, 0, 0, 1, 0, 1, 0]
    assert list(DisputeReminder.objects.order_by("pk").values_list("mark", flat=True)) == [7, 3, 1]
    assert told() == [
        ("林怡君", "dispute.due", "Dispute du_1: the answer is due within 7 days"),
        ("林怡君", "dispute.due", "Dispute du_1: the answer is due within 3 days"),
        ("林怡君", "dispute.due", "Dispute du_1: the answer is due within a day"),
    ]


def test_who_looks_late_hears_the_nearest_mark_alone(opened):
    opened()

    assert [look(0.2), look(0.1)] == [1, 0]
    assert DisputeReminder.objects.get().mark == 1


def test_once_overdue_the_owners_of_the_shop_hear_of_it_once(shop, opened, lin):
    cast.owner(shop, name="王志明", language="en")
    dispute = opened()
    give_to(merchant=shop, dispute_id=dispute.pk, owner=lin, by=lin, now=cast.NOW)

    assert [look(0), look(-1)] == [1, 0]

    title = "The answer to dispute du_1 is overdue"
    assert told() == [("林怡君", "dispute.overdue", title), ("王志明", "dispute.overdue", title)]
    assert set(Notification.objects.values_list("severity", flat=True)) == {"critical"}
    assert DisputeEvent.objects.last().detail == {"mark": 0, "people": ["林怡君", "王志明"]}


def test_the_one_who_has_it_hears_alone_and_without_one_all_who_may_answer(shop, opened, lin):
    cast.operator(shop, name="陳店員", language="en")
    cast.viewer(shop, name="只看", language="en")
    dispute = opened()

    look(7)
    assert {name for name, _kind, _title in told()} == {"林怡君", "陳店員"}

    give_to(merchant=shop, dispute_id=dispute.pk, owner=lin, by=lin, now=cast.NOW)
    Notification.objects.all().delete()
    look(3)
    assert {name for name, _kind, _title in told()} == {"林怡君"}


@pytest.mark.parametrize("to", [S.UNDER_REVIEW, S.ACCEPTED])
def test_what_does_not_wait_for_us_is_left_alone(shop, opened, to):
    dispute = opened()
    move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=None, now=cast.NOW)

    assert look(0) == 0
    assert told() == []


def test_a_deadline_that_moved_is_reminded_of_anew(shop, opened):
    dispute = opened()
    look(1)
    details = {"reason_code": "10.4", "family": "fraud", "fee_minor": None}
    change_details(merchant=shop, dispute_id=dispute.pk, evidence_due_at=DUE + timedelta(days=6), by=None, now=cast.NOW, **details)

    assert [look(1), look(-5.5)] == [1, 1]
    assert list(DisputeReminder.objects.order_by("pk").values_list("mark", flat=True)) == [1, 7, 1]


@pytest.mark.parametrize(
    ("left", "text", "tone"),
    [
        (timedelta(days=9, hours=1), "9 天", ""), (timedelta(days=2, hours=5), "2 天", "amber"), (timedelta(hours=5), "5 小時", "red"),
        (timedelta(hours=-1), "已逾期", "red"),
    ],
)  # fmt: skip
def test_the_navigation_shows_the_next_deadline(shop, opened, left, text, tone):
    opened(evidence_due_at=cast.NOW + timedelta(days=20))
    opened(evidence_due_at=cast.NOW + left, provider_dispute_ref="du_2")

    shown = badge(shop, cast.NOW)

    assert (shown.text, shown.tone) == (text, tone)
    Dispute.objects.all().delete()
    assert badge(shop, cast.NOW) is None

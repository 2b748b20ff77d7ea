"""The clock of a difference: it stands still while somebody waits, and people hear once a step when it has run out."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.core.models import Job
from apps.merchants.enums import MailKind
from apps.merchants.models import Notification
from apps.settlements.errors import AlreadyClosed, NotPaused, PauseTooLong, ReasonMissing
from apps.settlements.models import Discrepancy
from apps.settlements.services.deadlines import end_pauses, escalate, pause, resume
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = cast.NOW  # differences of these tests are due two hours later
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def channel(shop):
    return cast.make_channel(shop)


@pytest.fixture
def lin(shop):
    return cast.accountant(shop, name="Lin")


def stop(shop, lin, item, until=NOW + DAY, now=NOW, reason="asked the bank"):
    return pause(merchant=shop, ids=[item.pk], until=until, reason=reason, by=lin, now=now)


def told() -> list:
    return list(Notification.objects.order_by("user_id").values_list("user__name", "count"))


def test_the_deadline_moves_by_the_pause_and_the_end_is_on_record(shop, channel, lin):
    item = cast.make_discrepancy(channel)
    stop(shop, lin, item)
    item.refresh_from_db()
    assert (item.due_at, item.is_paused, item.pause_reason) == (NOW + DAY + 2 * HOUR, True, "asked the bank")

    assert [end_pauses(now=NOW + DAY - HOUR), end_pauses(now=NOW + DAY), end_pauses(now=NOW + DAY)] == [0, 1, 0]

    item.refresh_from_db()
    assert (item.due_at, item.is_paused, item.pause_reason) == (NOW + DAY + 2 * HOUR, False, "")
    events = AuditEvent.objects.order_by("pk").values_list("action", "actor_label", "reason")
    assert next(iter(events)) == ("discrepancy.paused", "Lin", "asked the bank")
    assert [action for action, _who, _why in events] == ["discrepancy.paused", "discrepancy.resumed"]


def test_ending_early_or_pausing_anew_counts_only_the_time_that_stood_still(shop, channel, lin):
    item = cast.make_discrepancy(channel)
    stop(shop, lin, item)
    stop(shop, lin, item, until=NOW + 2 * DAY, now=NOW + HOUR)
    item.refresh_from_db()
    assert item.due_at == NOW + 2 * DAY + 2 * HOUR

    resume(merchant=shop, discrepancy_id=item.pk, by=lin, now=NOW + 3 * HOUR)

    item.refresh_from_db()
    assert (item.due_at, item.is_paused) == (NOW + 5 * HOUR, False)
    with pytest.raises(NotPaused):
        resume(merchant=shop, discrepancy_id=item.pk, by=lin, now=NOW)


def test_a_pause_without_reason_or_end_or_of_what_is_closed_is_refused(shop, channel, lin):
    item = cast.make_discrepancy(channel)
    closed = cast.make_discrepancy(channel, state="resolved", resolution="accepted", reason="x", closed_at=NOW)

    with pytest.raises(ReasonMissing):
        stop(shop, lin, item, reason=" ")
    for until in (NOW, NOW + timedelta(days=91)):
        with pytest.raises(PauseTooLong):
            stop(shop, lin, item, until=until)
    with pytest.raises(AlreadyClosed):
        pause(merchant=shop, ids=[item.pk, closed.pk], until=NOW + DAY, reason="x", by=lin, now=NOW)
    with pytest.raises(IntegrityError, match="discrepancy_paused_whole"), transaction.atomic():
        Discrepancy.objects.filter(pk=item.pk).update(paused_at=NOW)

    item.refresh_from_db()
    assert (item.due_at, item.is_paused, AuditEvent.objects.count()) == (NOW + 2 * HOUR, False, 0)


def test_who_has_it_hears_once_and_a_day_later_the_owners(shop, channel, lin):
    cast.owner(shop, name="Boss")
    for _ in range(3):
        cast.make_discrepancy(channel, owner=lin, state="investigating")

    assert [escalate(merchant=shop, now=NOW + hours * HOUR) for hours in (2, 3, 4)] == [0, 3, 0]
    assert told() == [("Lin", 1)]
    assert "3" in Notification.objects.get().body
    assert Job.objects.filter(kind=MailKind.NOTICES).count() == 1  # one letter for all three

    assert [escalate(merchant=shop, now=NOW + hours * HOUR) for hours in (26, 27, 50)] == [0, 3, 0]
    assert sorted(told()) == [("Boss", 1), ("Lin", 2)]


def test_nobody_hears_of_what_is_paused_or_closed_and_all_hear_where_nobody_has_it(shop, channel, lin):
    cast.viewer(shop, name="Viewer")
    cast.make_discrepancy(channel, owner=cast.former_member(shop, "accountant"), state="investigating")
    paused = cast.make_discrepancy(channel)
    stop(shop, lin, paused)
    Discrepancy.objects.filter(pk=paused.pk).update(due_at=NOW - DAY)
    cast.make_discrepancy(channel, state="resolved", resolution="accepted", reason="x", closed_at=NOW)

    assert escalate(merchant=shop, now=NOW + 3 * HOUR) == 1

    assert told() == [("Lin", 1)]


def test_a_deadline_that_was_moved_is_told_anew(shop, channel, lin):
    item = cast.make_discrepancy(channel, owner=lin, state="investigating")
    escalate(merchant=shop, now=NOW + 3 * HOUR)
    stop(shop, lin, item, now=NOW + 4 * HOUR, until=NOW + DAY)
    end_pauses(now=NOW + DAY)
    item.refresh_from_db()

    assert escalate(merchant=shop, now=item.due_at + HOUR) == 1

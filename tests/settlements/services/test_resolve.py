"""What people do with discrepancies: each act leaves its event, each refusal leaves nothing."""

from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.settlements.enums import DiscrepancyState as State
from apps.settlements.enums import Resolution
from apps.settlements.errors import AlreadyClosed, NotClosed, ReasonMissing
from apps.settlements.models import Discrepancy
from apps.settlements.services import resolve as act
from tests import cast

pytestmark = pytest.mark.django_db
NOW = cast.NOW


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def lin(shop):
    return cast.accountant(shop, name="Lin")


@pytest.fixture
def pair(shop):
    channel = cast.make_channel(shop)
    return [cast.make_discrepancy(channel, subject_key=str(at)) for at in (1, 2)]


def events():
    return list(AuditEvent.objects.order_by("pk").values_list("action", "actor_label", "reason"))


def test_resolve_closes_with_who_when_and_why(shop, lin, pair):
    act.resolve(merchant=shop, ids=[pair[0].pk], resolution=Resolution.EXPLAINED, reason=" bank charge ", by=lin, now=NOW)

    done = Discrepancy.objects.get(pk=pair[0].pk)
    assert (done.state, done.resolution, done.reason, done.closed_at, done.closed_by) == (
        State.RESOLVED,
        Resolution.EXPLAINED,
        "bank charge",
        NOW,
        lin,
    )
    assert events() == [("discrepancy.resolved", "Lin", "bank charge")]


def test_write_off_ends_as_written_off(shop, lin, pair):
    act.resolve(merchant=shop, ids=[pair[0].pk], resolution=Resolution.WRITTEN_OFF, reason="too small", by=lin, now=NOW)

    assert Discrepancy.objects.get(pk=pair[0].pk).state == State.WRITTEN_OFF


def test_no_reason_changes_nothing(shop, lin, pair):
    with pytest.raises(ReasonMissing):
        act.resolve(merchant=shop, ids=[pair[0].pk], resolution=Resolution.EXPLAINED, reason="  ", by=lin, now=NOW)

    assert Discrepancy.objects.get(pk=pair[0].pk).state == State.OPEN
    assert events() == []


def test_bulk_with_one_closed_changes_none(shop, lin, pair):
    act.resolve(merchant=shop, ids=[pair[0].pk], resolution=Resolution.EXPLAINED, reason="x", by=lin, now=NOW)

    with pytest.raises(AlreadyClosed):
        act.resolve(merchant=shop, ids=[item.pk for item in pair], resolution=Resolution.CLAIMED, reason="y", by=lin, now=NOW)

    assert list(Discrepancy.objects.order_by("pk").values_list("state", flat=True)) == [State.RESOLVED, State.OPEN]
    assert len(events()) == 1


def test_undo_opens_again_and_clears_the_closing(shop, lin, pair):
    act.resolve(merchant=shop, ids=[pair[0].pk], resolution=Resolution.EXPLAINED, reason="x", by=lin, now=NOW)

    act.reopen(merchant=shop, ids=[pair[0].pk], by=lin, now=NOW + timedelta(seconds=5))

    back = Discrepancy.objects.get(pk=pair[0].pk)
    assert (back.state, back.reason, back.resolution, back.closed_at, back.closed_by) == (State.OPEN, "", "", None, None)
    assert [action for action, _, _ in events()] == ["discrepancy.resolved", "discrepancy.reopened"]


def test_undo_of_something_open_or_cleared_is_refused(shop, lin, pair):
    Discrepancy.objects.filter(pk=pair[1].pk).update(state=State.CLEARED, closed_at=NOW)

    for item in pair:
        with pytest.raises(NotClosed):
            act.reopen(merchant=shop, ids=[item.pk], by=lin, now=NOW)

    assert list(Discrepancy.objects.order_by("pk").values_list("state", flat=True)) == [State.OPEN, State.CLEARED]


def test_assign_takes_it_into_work_and_back(shop, lin, pair):
    changed = act.assign(merchant=shop, ids=[item.pk for item in pair], owner=lin, by=lin, now=NOW)
    again = act.assign(merchant=shop, ids=[item.pk for item in pair], owner=lin, by=lin, now=NOW)
    act.assign(merchant=shop, ids=[pair[0].pk], owner=None, by=lin, now=NOW)

    assert (len(changed), len(again)) == (2, 0)
    assert list(Discrepancy.objects.order_by("pk").values_list("owner", "state")) == [(None, State.OPEN), (lin.pk, State.INVESTIGATING)]


def test_another_merchant_cannot_be_touched(lin, pair):
    other = cast.make_merchant("other")

    assert act.assign(merchant=other, ids=[pair[0].pk], owner=lin, by=lin, now=NOW) == []
    with pytest.raises(NotClosed):
        act.reopen(merchant=other, ids=[pair[0].pk], by=lin, now=NOW)

    assert act.resolve(merchant=other, ids=[pair[0].pk], resolution=Resolution.EXPLAINED, reason="x", by=lin, now=NOW) == []
    assert Discrepancy.objects.get(pk=pair[0].pk).state == State.OPEN


def test_a_comment_needs_words(shop, lin, pair):
    with pytest.raises(ReasonMissing):
        act.comment(merchant=shop, discrepancy=pair[0], text=" ", by=lin, now=NOW)

    assert act.comment(merchant=shop, discrepancy=pair[0], text=" asked the provider ", by=lin, now=NOW).text == "asked the provider"

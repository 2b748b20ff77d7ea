"""A payment that is being started while the platform withdraws the approval, on PostgreSQL with real threads."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from apps.channels.approval import ApprovalLapsed, hold_approval
from apps.channels.models import Channel
from apps.channels.services.qualification import return_case
from tests import cast
from tests.channels.papers import case_of, make_live
from tests.locks import waits

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]
NOW = cast.NOW


@pytest.fixture
def channel():
    channel = cast.make_channel(cast.make_merchant(), provider="stripe")
    make_live(channel, cast.owner(channel.merchant))
    return channel


def apart(act) -> threading.Thread:
    """`act` begun on a connection of its own."""

    def run():
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_withdrawal_waits_for_payments_begun_before_and_those_after_are_refused(channel):
    case, staff, done = case_of(channel), cast.staff(), []

    def withdraw():
        return_case(case=case, reason="other goods", by=staff, now=NOW)
        done.append("withdrawn")

    with transaction.atomic():
        hold_approval(channel, NOW)
        platform = apart(withdraw)
        assert (waits(platform), done) == (True, [])
        done.append("started")
    platform.join()

    assert done == ["started", "withdrawn"]
    with pytest.raises(ApprovalLapsed), transaction.atomic():
        hold_approval(channel, NOW)


def test_who_waited_for_the_withdrawal_is_refused_and_payments_never_wait_for_each_other(channel):
    case, staff, said = case_of(channel), cast.staff(), []

    def start():
        mine = Channel.objects.select_related("merchant").get(pk=channel.pk)
        try:
            with transaction.atomic():
                hold_approval(mine, NOW)
                said.append("started")
        except ApprovalLapsed as refused:
            said.append(refused.code)

    with transaction.atomic():
        hold_approval(channel, NOW)
        other = apart(start)
        assert (waits(other), said) == (False, ["started"])

    with transaction.atomic():
        return_case(case=case, reason="other goods", by=staff, now=NOW + timedelta(seconds=1))
        late = apart(start)
        assert waits(late) is True
    late.join()
    assert said == ["started", "withdrawn"]

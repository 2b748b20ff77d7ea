"""A live channel whose papers do not hold any more: when new payments stop, what is said of it, and what lifts it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.channels.approval import ApprovalLapsed, hold_approval, standing_of, standings_of, stop_text
from apps.channels.models import Channel, QualificationCase
from apps.channels.selectors.cards import cards_of
from apps.channels.selectors.papers import cases_to_review
from apps.channels.services.gateway import enter_credentials
from apps.channels.services.qualification import (
    CaseLapsed,
    NothingNew,
    PapersExpired,
    approve_case,
    begin_review,
    return_case,
    submit_case,
)
from apps.channels.services.stopping import watch_approvals
from apps.merchants.models import Notification
from tests import cast
from tests.channels.papers import approve, bring, bring_all, case_of, make_live, review

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
NOW = cast.NOW  # 20 November 2026 in Taipei
LAST = date(2026, 12, 10)
OVER = datetime(2026, 12, 10, 16, tzinfo=UTC)  # 11 December begins in Taipei
IDENTITY = "“Identity document of who represents the shop”"
GO_ON = "Payments under way, notices, refunds and statements go on."
BRING = "Bring what is missing under Papers and hand it in; once the platform has approved it, new payments are possible again."
WAIT = "New payments are possible again as soon as the platform has approved the papers that were handed in."


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(), provider="stripe", label="Stripe")


@pytest.fixture
def owner(channel):
    return cast.owner(channel.merchant, language="en")


def withdraw(channel, now=NOW, **fields):
    return_case(case=case_of(channel), reason="The goods are not those we saw", by=cast.staff(), now=now, **fields)


def stands(channel, now) -> tuple[str | None, date | None, bool]:
    found = standing_of(channel, now)
    return found.reason, found.stops_on, found.is_stopped


def test_an_approval_without_an_end_in_sight_lets_payments_start(channel, owner):
    make_live(channel, owner)

    hold_approval(channel, NOW)
    assert stands(channel, NOW) == (None, None, False)


def test_practice_and_the_test_system_need_no_papers(channel, django_assert_num_queries):
    channel.merchant.is_practice = channel.is_live = True
    with django_assert_num_queries(0):
        hold_approval(channel, NOW)
        assert standings_of(channel.merchant, [channel], NOW) == {}
        channel.merchant.is_practice = channel.is_live = False
        hold_approval(channel, NOW)
        assert standing_of(channel, NOW) is None


@pytest.mark.postgres
def test_asking_costs_one_query_and_a_withdrawn_approval_refuses_in_words(channel, owner, django_assert_num_queries):
    make_live(channel, owner)
    with transaction.atomic(), django_assert_num_queries(1):
        hold_approval(channel, NOW)
    withdraw(channel)

    with pytest.raises(ApprovalLapsed) as refused, transaction.atomic():
        hold_approval(channel, NOW + timedelta(days=1))

    why = "The platform withdrew the approval of its papers on 20 Nov 2026."
    assert (refused.value.code, str(refused.value)) == ("withdrawn", f"Stripe takes no new payments. {why} {BRING}")


@pytest.mark.postgres
def test_a_paper_counts_to_the_end_of_its_last_day_where_the_channel_is(channel, owner):
    make_live(channel, owner, until=LAST)

    assert stands(channel, datetime(2026, 11, 20, 16, tzinfo=UTC)) == ("expired", date(2026, 12, 11), False)
    assert stands(channel, OVER - timedelta(seconds=1)) == ("expired", date(2026, 12, 11), False)
    assert stands(channel, OVER) == ("expired", date(2026, 12, 11), True)
    expected = f"This channel takes no new payments. {IDENTITY} was valid until 10 Dec 2026. {BRING} {GO_ON}"
    assert stop_text(standing_of(channel, OVER)) == expected


@pytest.mark.postgres
def test_a_replaced_paper_counts_thirty_days_more_and_never_beyond_its_last_day(channel, owner):
    make_live(channel, owner)
    bring(channel, "website", owner, now=NOW)
    assert stands(channel, NOW) == ("replaced", date(2026, 12, 21), False)
    assert stands(channel, datetime(2026, 12, 20, 16, tzinfo=UTC)) == ("replaced", date(2026, 12, 21), True)

    QualificationCase.objects.get().documents.filter(paper="identity").update(expires_on=LAST)

    assert stands(channel, NOW) == ("expired", date(2026, 12, 11), False)


def test_renewing_on_the_first_reminder_never_stops_payments_sooner(channel, owner):
    make_live(channel, owner, until=LAST)
    bring(channel, "identity", owner, now=OVER - timedelta(days=31))

    assert stands(channel, OVER - timedelta(seconds=1))[2] is False
    review(channel, owner, OVER)
    assert stop_text(standing_of(channel, OVER)) == (
        f"This channel takes no new payments. {IDENTITY} was valid until 10 Dec 2026. {WAIT} {GO_ON}"
    )


def test_the_new_paper_once_approved_lifts_it_by_itself(channel, owner):
    make_live(channel, owner, until=LAST)
    with pytest.raises(PapersExpired):
        submit_case(channel=channel, by=owner, now=OVER)
    bring(channel, "identity", owner, now=OVER)
    review(channel, owner, OVER)
    assert stands(channel, OVER)[2] is True

    approve_case(case=case_of(channel), by=cast.staff(), now=OVER)

    hold_approval(channel, OVER)
    assert Notification.objects.filter(group_key=f"case:{case_of(channel).pk}").get().body == "New payments are possible again."


def test_a_review_of_a_renewal_that_goes_badly_leaves_the_earlier_approval(channel, owner):
    make_live(channel, owner)
    with pytest.raises(NothingNew):
        submit_case(channel=channel, by=owner, now=NOW)
    bring(channel, "website", owner, now=NOW)
    review(channel, owner)

    return_case(case=case_of(channel), reason="illegible", faults={"website": "cut off"}, by=cast.staff(), now=NOW)

    assert (case_of(channel).state, stands(channel, NOW)) == ("returned", ("replaced", date(2026, 12, 21), False))


@pytest.mark.parametrize("how", [{"withdraw": True}, {"faults": {"identity": "forged"}}])
def test_unless_the_reviewer_withdraws_it_or_finds_fault_with_what_it_rests_on(channel, owner, how):
    make_live(channel, owner)
    bring(channel, "website", owner, now=NOW)
    review(channel, owner)

    withdraw(channel, **how)

    assert stands(channel, NOW) == ("withdrawn", date(2026, 11, 20), True)


def test_a_paper_that_ran_out_while_it_was_looked_at_is_not_approved(channel, owner):
    bring_all(channel, owner, until=LAST)
    review(channel, owner)

    with pytest.raises(PapersExpired) as refused:
        approve_case(case=case_of(channel), by=cast.staff(), now=OVER)

    assert str(refused.value) == "No longer valid: Identity document of who represents the shop."
    assert (case_of(channel).state, case_of(channel).approved_at) == ("in_review", None)


def test_nothing_goes_live_on_papers_that_do_not_hold(channel, owner):
    bring_all(channel, owner, until=LAST)
    approve(channel, owner)
    values = {"secret_key": "sk_live_1", "webhook_secret": "whsec_1"}

    with pytest.raises(CaseLapsed) as refused:
        enter_credentials(channel=channel, values=values, is_live=True, by=owner, now=OVER)

    assert str(refused.value) == (f"Stripe cannot go live. {IDENTITY} was valid until 10 Dec 2026. Bring what is missing under Papers.")
    assert Channel.objects.get().is_live is False


@pytest.mark.postgres
def test_the_shop_is_told_of_a_stop_once_and_again_after_another(channel, owner):
    cast.viewer(channel.merchant)
    make_live(channel, owner, until=LAST)
    elsewhere = cast.make_channel(cast.make_merchant("other"), provider="stripe", label="Theirs")
    neighbour = cast.owner(elsewhere.merchant, language="en")
    make_live(elsewhere, neighbour, until=LAST)
    fine = cast.make_channel(elsewhere.merchant, "fine", provider="stripe")
    make_live(fine, neighbour)
    Notification.objects.all().delete()
    moments = [OVER - timedelta(seconds=1), OVER, OVER + timedelta(days=9)]

    assert [watch_approvals(now=moment) for moment in moments] == [0, 2, 0]

    told = Notification.objects.get(user=owner)
    assert (told.title, told.severity, told.body) == ("Stripe takes no new payments", "high", stop_text(standing_of(channel, OVER)))
    assert [row.title for row in Notification.objects.filter(user=neighbour)] == ["Theirs takes no new payments"]
    assert Notification.objects.count() == 2
    event = AuditEvent.objects.get(action="case.payments_stopped", merchant_id=channel.merchant_id)
    assert (event.after, event.actor_id) == ({"reason": "expired", "paper": "identity", "since": "2026-12-11"}, "")
    bring(channel, "identity", owner, until=LAST + timedelta(days=7), now=OVER)
    approve(channel, owner, OVER)
    assert [watch_approvals(now=OVER + timedelta(days=days)) for days in (6, 7, 8)] == [0, 1, 0]


def test_a_withdrawal_is_told_at_once_with_the_platforms_words_and_not_twice(channel, owner):
    make_live(channel, owner)
    Notification.objects.all().delete()

    withdraw(channel)

    told = Notification.objects.get()
    assert (told.title, told.body.splitlines()[1], told.count) == ("Stripe takes no new payments", "The goods are not those we saw", 1)
    assert watch_approvals(now=NOW) == 0


def test_of_a_channel_that_is_off_nobody_is_told_before_it_is_on_again(channel, owner):
    make_live(channel, owner, until=LAST)
    Channel.objects.update(is_on=False)
    assert watch_approvals(now=OVER) == 0

    Channel.objects.update(is_on=True)

    assert watch_approvals(now=OVER) == 1


def test_cards_say_it_and_cost_the_same_however_many(channel, owner, django_assert_num_queries):
    make_live(channel, owner, until=LAST)
    other = cast.make_channel(channel.merchant, "second", provider="stripe")
    with django_assert_num_queries(4):
        soon = cards_of(channel.merchant, NOW)
    assert {card.note for card in soon if card.channel == channel} == {
        f"{IDENTITY} is valid until 10 Dec 2026. Unless a new one is approved by then, there are no new payments after that day."
    }

    make_live(other, owner)
    with django_assert_num_queries(4):
        cards = {card.channel.code: card for card in cards_of(channel.merchant, OVER)}

    assert cards[channel.code].note == f"No new payments. {IDENTITY} was valid until 10 Dec 2026."
    assert (cards[channel.code].needs_work, cards["second"].note == cards[channel.code].note) == (True, False)


def test_every_page_of_the_channel_and_the_overview_say_why_and_until_when(channel, owner, client):
    make_live(channel, owner)
    cast.make_payment(channel, "A1", 100)
    cast.make_statement(channel, day=cast.TODAY)
    withdraw(channel)
    said = "The platform withdrew the approval of its papers on 20 Nov"
    where = [channel.merchant.slug, channel.code]
    pages = [reverse("channels:channel", args=where), reverse("channels:papers", args=where), reverse("channels:calls", args=where)]
    pages += [reverse("channels:channels", args=where[:1]), reverse("reports:overview", args=where[:1])]
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    assert [page for page in pages if said not in client.get(page).content.decode()] == []
    client.force_login(cast.viewer(channel.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    assert [client.get(page).status_code for page in pages if said not in client.get(page).content.decode()] == [403]  # papers
    client.force_login(cast.outsider(), backend="django.contrib.auth.backends.ModelBackend")
    assert [client.get(page).status_code for page in pages] == [404] * len(pages)


def test_platform_says_in_its_form_whether_the_earlier_approval_ends(channel, owner, client):
    make_live(channel, owner)
    bring(channel, "website", owner, now=NOW)
    submit_case(channel=channel, by=owner, now=NOW)
    begin_review(case=case_of(channel), by=cast.staff(), now=NOW)
    client.force_login(cast.staff(), backend="django.contrib.auth.backends.ModelBackend")
    cast.give_factor(client)
    page = client.get(reverse("qualification:case", args=[case_of(channel).pk])).content.decode()

    client.post(reverse("qualification:decide", args=[case_of(channel).pk]), {"act": "return", "reason": "no", "withdraw": "on"})

    assert ('name="withdraw"' in page, case_of(channel).approved_at) == (True, None)


def test_platform_sees_which_of_the_waiting_papers_keep_payments_out(channel, owner, client, django_assert_num_queries):
    make_live(channel, owner, until=LAST)
    bring(channel, "identity", owner, now=NOW)
    submit_case(channel=channel, by=owner, now=NOW)
    new = cast.make_channel(channel.merchant, "new", provider="stripe")
    bring_all(new, owner)
    submit_case(channel=new, by=owner, now=NOW)

    with django_assert_num_queries(2):
        before, _decided = cases_to_review(NOW)
    after, _decided = cases_to_review(OVER)

    assert [row.hurry and row.hurry.text for row in before] == ["no new payments from 11 Dec on", None]
    assert [row.hurry and row.hurry.text for row in after] == ["no new payments", None]

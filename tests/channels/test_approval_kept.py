"""What is kept of approvals: the rows from before they were, and what the database refuses."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from apps.channels.models import Channel, QualificationCase, QualificationDocument
from apps.channels.services.stopping import watch_approvals
from tests import cast
from tests.channels.papers import approve, bring, bring_all, case_of

pytestmark = pytest.mark.django_db
NOW = cast.NOW
LAST = date(2026, 12, 10)


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(), provider="stripe", label="Stripe")


@pytest.fixture
def owner(channel):
    return cast.owner(channel.merchant, language="en")


@pytest.mark.postgres
def test_what_was_approved_before_approvals_were_kept_rests_on_the_papers_of_its_review(channel, owner):
    bring_all(channel, owner, until=LAST)
    early = NOW + timedelta(hours=1)
    bring(channel, "website", owner, now=early)
    approve(channel, owner, NOW + timedelta(hours=2))
    reviewed = case_of(channel).reviewed_at
    bring(channel, "bank_book", owner, now=NOW + timedelta(days=1))
    QualificationCase.objects.update(approved_at=NOW - timedelta(days=9))
    QualificationDocument.objects.update(approved_at=None)

    import_module("apps.channels.migrations.0014_paper_approvals").approvals_as_given(apps, None)

    papers = QualificationDocument.objects.filter(approved_at=reviewed).order_by("paper")
    assert case_of(channel).approved_at == reviewed
    assert list(papers.values_list("paper", "name")) == [
        ("identity", "a.txt"), ("registration", "a.txt"), ("website", "new.txt"),
    ]  # fmt: skip


def test_people_of_a_channel_that_was_live_before_papers_were_asked_for_are_told(channel, owner):
    Channel.objects.filter(pk=channel.pk).update(is_live=True)
    assert watch_approvals(now=NOW) == 0

    import_module("apps.channels.migrations.0014_paper_approvals").cases_of_live_channels(apps, None)

    assert (case_of(channel).state, watch_approvals(now=NOW), watch_approvals(now=NOW)) == ("draft", 1, 0)


@pytest.mark.postgres
@pytest.mark.parametrize("change", [{"approved_at": None}, {"withdrawn_at": NOW}])
def test_the_database_refuses_an_approval_that_stands_and_does_not(channel, change):
    cast.approve_papers(channel)

    with pytest.raises(IntegrityError), transaction.atomic():
        QualificationCase.objects.update(**change)

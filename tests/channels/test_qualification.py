"""A channel's papers: collected, handed in, reviewed by somebody else; live only after that; reminded of before they expire."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.channels.models import Channel, QualificationCase, QualificationDocument
from apps.channels.models.qualification import CASE_MOVES, CaseState
from apps.channels.services.gateway import enter_credentials
from apps.channels.services.paper_reminders import remind_of_papers
from apps.channels.services.qualification import (
    CaseMoveIllegal,
    CaseNotApproved,
    LastDayMissing,
    OwnPapers,
    PapersMissing,
    PaperUnknown,
    ReasonMissing,
    add_paper,
    approve_case,
    begin_review,
    return_case,
    submit_case,
)
from apps.core.documents import DocumentKindUnknown
from apps.merchants.models import Notification
from tests import cast
from tests.channels.papers import UNTIL, bring_all, case_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
NOW = cast.NOW
KEYS = {"secret_key": "sk_live_1", "webhook_secret": "whsec_1"}


@pytest.fixture
def channel():
    shop = cast.make_merchant()
    return cast.make_channel(shop, provider="stripe")


@pytest.fixture
def owner(channel):
    return cast.owner(channel.merchant, language="en")


def test_nothing_goes_live_before_the_papers_are_approved_and_then_it_does(channel, owner):
    with pytest.raises(CaseNotApproved):
        enter_credentials(channel=channel, values=KEYS, is_live=True, by=owner, now=NOW)
    assert Channel.objects.get(pk=channel.pk).credentials == ""

    bring_all(channel, owner)
    submit_case(channel=channel, by=owner, now=NOW)
    begin_review(case=case_of(channel), by=cast.staff(), now=NOW)
    approve_case(case=case_of(channel), by=cast.staff(), now=NOW)

    enter_credentials(channel=channel, values=KEYS, is_live=True, by=owner, now=NOW)
    assert Channel.objects.get(pk=channel.pk).is_live is True
    steps = AuditEvent.objects.filter(action__startswith="case.").exclude(action="case.paper_added").order_by("pk")
    assert list(steps.values_list("action", flat=True)) == ["case.submitted", "case.in_review", "case.approved"]
    assert Notification.objects.get().title == f"{channel.label}: its papers are approved"


def test_what_is_missing_is_named_and_nothing_is_handed_in(channel, owner):
    bring_all(channel, owner, but=("website", "identity"))

    with pytest.raises(PapersMissing) as refused:
        submit_case(channel=channel, by=owner, now=NOW)

    assert str(refused.value) == (
        "Still missing: Identity document of who represents the shop · Pages of the shop: goods, prices, returns, contact."
    )
    assert case_of(channel).state == "draft"


def test_a_returned_paper_has_to_be_brought_again(channel, owner):
    bring_all(channel, owner)
    submit_case(channel=channel, by=owner, now=NOW)
    begin_review(case=case_of(channel), by=cast.staff(), now=NOW)
    return_case(case=case_of(channel), reason="One is illegible", faults={"website": "cut off"}, by=cast.staff(), now=NOW)

    with pytest.raises(PapersMissing):
        submit_case(channel=channel, by=owner, now=NOW)
    add_paper(channel=channel, paper="website", name="whole.txt", data=b"all of it", by=owner, now=NOW)

    assert submit_case(channel=channel, by=owner, now=NOW).state == "submitted"
    assert QualificationDocument.objects.filter(paper="website").count() == 2


def test_nobody_reviews_papers_of_their_own_not_even_by_sql(channel, owner):
    bring_all(channel, owner)
    submit_case(channel=channel, by=owner, now=NOW)

    with pytest.raises(OwnPapers):
        begin_review(case=case_of(channel), by=owner, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        QualificationCase.objects.update(state="approved", reviewed_by=owner, reviewed_at=NOW, approved_at=NOW)
    with pytest.raises(ReasonMissing):
        return_case(case=case_of(channel), reason="  ", by=cast.staff(), now=NOW)
    assert case_of(channel).state == "submitted"


@pytest.mark.parametrize(
    ("paper", "data", "expires_on", "error"),
    [
        ("licence", b"text", UNTIL, PaperUnknown),
        ("identity", b"text", None, LastDayMissing),
        ("identity", b"text", NOW.date() - timedelta(days=1), LastDayMissing),
        ("website", b"MZ\x90\x00\x03", None, DocumentKindUnknown),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(channel, owner, paper, data, expires_on, error):
    with pytest.raises(error):
        add_paper(channel=channel, paper=paper, name="a.pdf", data=data, expires_on=expires_on, by=owner, now=NOW)

    assert (QualificationDocument.objects.count(), AuditEvent.objects.filter(action="case.paper_added").count()) == (0, 0)


@pytest.mark.parametrize("was", CaseState.values)
@pytest.mark.parametrize("wanted", ["in_review", "approved", "returned"])
def test_the_whole_grid_of_reviews(channel, owner, was, wanted):
    bring_all(channel, owner)
    submit_case(channel=channel, by=owner, now=NOW)
    staff = cast.staff()
    QualificationCase.objects.update(state=was, reviewed_at=NOW, reviewed_by=staff, reason="before", approved_at=NOW)
    acts = {
        "in_review": lambda: begin_review(case=case_of(channel), by=staff, now=NOW),
        "approved": lambda: approve_case(case=case_of(channel), by=staff, now=NOW),
        "returned": lambda: return_case(case=case_of(channel), reason="why", by=staff, now=NOW),
    }

    if wanted in CASE_MOVES[was]:
        assert acts[wanted]().state == wanted
    else:
        with pytest.raises(CaseMoveIllegal):
            acts[wanted]()
        assert case_of(channel).state == was


def test_a_paper_that_expires_is_told_at_each_mark_once_by_the_days_of_its_channel(channel, owner):
    bring_all(channel, owner, but=("identity",))
    add_paper(channel=channel, paper="identity", name="a.txt", data=b"legible", expires_on=UNTIL, by=owner, now=NOW)
    last = datetime(2029, 12, 31, 16, tzinfo=UTC)  # the last day begins in Taipei
    told = [remind_of_papers(now=last - timedelta(days=days)) for days in (31, 30, 29, 7, 7, 1)]

    assert told == [0, 1, 0, 1, 0, 1]
    assert (remind_of_papers(now=last - timedelta(seconds=1)), remind_of_papers(now=last), remind_of_papers(now=last)) == (0, 1, 0)
    assert Notification.objects.get().title.endswith("is valid until 2030-01-01")
    QualificationDocument.objects.update(reminded_days=None)
    assert remind_of_papers(now=last + timedelta(days=1)) == 1
    assert Notification.objects.get().title.endswith("has expired (2030-01-01)")


def test_shop_and_platform_walk_a_case_through_their_pages(channel, owner, client):
    bring_all(channel, owner)
    where = [channel.merchant.slug, channel.code]
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert "Hand in for review" in client.get(reverse("channels:papers", args=where)).content.decode()
    client.post(reverse("channels:papers_submit", args=where))
    case = case_of(channel)
    assert client.get(reverse("qualification:cases")).status_code == 403

    client.force_login(cast.staff(), backend="django.contrib.auth.backends.ModelBackend")
    cast.give_factor(client)
    listed = client.get(reverse("qualification:cases")).content.decode()
    client.post(reverse("qualification:decide", args=[case.pk]), {"act": "take"})
    client.post(reverse("qualification:decide", args=[case.pk]), {"act": "return", "reason": "cut off", "fault_website": "half a page"})
    paper = QualificationDocument.objects.get(paper="website")
    file = client.get(reverse("qualification:paper", args=[case.pk, paper.pk]))

    assert (channel.merchant.name in listed, b"".join(file.streaming_content)) == (True, b"something legible")
    assert file.headers["Content-Disposition"].startswith("attachment")
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    html = client.get(reverse("channels:papers", args=where)).content.decode()
    assert ("The platform returned the papers: cut off" in html, "half a page" in html) == (True, True)

"""A channel's papers in tests, by the services that people use."""

from datetime import date, datetime

from apps.channels.models import QualificationCase
from apps.channels.services.qualification import add_paper, approve_case, begin_review, checklist_of, submit_case
from tests import cast

UNTIL = date(2030, 1, 1)


def bring_all(channel, by, *, but=(), until: date = UNTIL, now: datetime = cast.NOW) -> None:
    for paper in checklist_of(channel):
        if paper.code not in but:
            add_paper(channel=channel, paper=paper.code, name="a.txt", data=b"something legible", expires_on=until, by=by, now=now)


def bring(channel, paper: str, by, *, until: date = UNTIL, now: datetime) -> None:
    add_paper(channel=channel, paper=paper, name="new.txt", data=b"a newer one", expires_on=until, by=by, now=now)


def case_of(channel) -> QualificationCase:
    return QualificationCase.objects.get(channel=channel)


def review(channel, by, now: datetime = cast.NOW) -> None:
    """Handed in and taken by somebody of the platform."""
    submit_case(channel=channel, by=by, now=now)
    begin_review(case=case_of(channel), by=cast.staff(), now=now)


def approve(channel, by, now: datetime = cast.NOW) -> None:
    review(channel, by, now)
    approve_case(case=case_of(channel), by=cast.staff(), now=now)


def make_live(channel, by, *, until: date = UNTIL, now: datetime = cast.NOW) -> None:
    """All papers are approved, and the channel's calls go to the live system."""
    bring_all(channel, by, until=until, now=now)
    approve(channel, by, now)
    channel.is_live = True
    channel.save(update_fields=["is_live"])

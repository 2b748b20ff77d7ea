"""The papers of a channel: collected by the shop, reviewed by the platform. Real money moves only after they were approved."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels import registry
from apps.channels.models import Channel, QualificationCase, QualificationDocument
from apps.channels.models.qualification import CASE_MOVES, CaseState
from apps.channels.papers import PAPERS, Paper, papers_for
from apps.core import files
from apps.core.documents import examine
from apps.core.errors import HezhangError
from apps.merchants.enums import NoticeSeverity
from apps.merchants.models import User
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

MARKS = (30, 7, 1, 0)  # days before a paper expires
DECIDED, EXPIRES = "case.decided", "case.paper_expires"
COLLECTING = (CaseState.DRAFT, CaseState.RETURNED, CaseState.APPROVED)


class UnableToQualify(HezhangError):
    """Base of what is refused here."""


class CaseMoveIllegal(UnableToQualify):
    message = _("Papers that are “%(was)s” cannot become “%(wanted)s”.")


class PapersMissing(UnableToQualify):
    message = _("Still missing: %(papers)s.")


class PaperUnknown(UnableToQualify):
    message = _("This provider does not ask for such a paper.")


class LastDayMissing(UnableToQualify):
    message = _("Say until when this paper is valid; a day that has passed is too late.")


class OwnPapers(UnableToQualify):
    message = _("Whoever submitted the papers cannot review them.")


class ReasonMissing(UnableToQualify):
    message = _("Say why, so that the shop knows what to bring.")


class CaseNotApproved(UnableToQualify):
    message = _("%(channel)s cannot go live before its papers are approved. Bring them under Papers.")


def checklist_of(channel: Channel) -> tuple[Paper, ...]:
    """What the channel's provider wants to see."""
    known = registry.PROVIDERS.get(channel.provider)
    return papers_for(known.countries if known else ())


def require_approved(channel: Channel) -> None:
    """:raises CaseNotApproved: the papers were not approved, or were returned since."""
    if not QualificationCase.objects.filter(channel=channel, state=CaseState.APPROVED).exists():
        raise CaseNotApproved(channel=channel.label)


def add_paper(
    *, channel: Channel, paper: str, name: str, data: bytes, expires_on: date | None = None, by: User, now: datetime
) -> QualificationDocument:
    """Brings a paper in, in the place of an older one of its kind. While papers are under review nothing changes.

    :raises PaperUnknown, LastDayMissing, DocumentRefused, CaseMoveIllegal: and nothing is kept.
    """
    wanted = next((one for one in checklist_of(channel) if one.code == paper), None)
    if wanted is None:
        raise PaperUnknown
    if wanted.expires and (expires_on is None or expires_on < now.date()):
        raise LastDayMissing
    found = examine(name, data)
    with transaction.atomic():
        case = _case(channel, now)
        if case.state not in COLLECTING:
            raise CaseMoveIllegal(was=case.get_state_display(), wanted=CaseState.DRAFT.label)
        case.documents.filter(paper=paper, replaced_at=None).update(replaced_at=now)
        row = QualificationDocument.objects.create(
            merchant_id=channel.merchant_id, case=case, paper=paper, name=found.name, media_type=found.media_type, sha256=files.store(data),
            size=len(data), expires_on=expires_on if wanted.expires else None, added_at=now, added_by=by,
        )  # fmt: skip
        after = {"paper": paper, "name": row.name, "sha256": row.sha256}
        record(merchant_id=channel.merchant_id, action="case.paper_added", subject=case, by=by, now=now, after=after)
    return row


def submit_case(*, channel: Channel, by: User, now: datetime) -> QualificationCase:
    """Hands the papers to the platform.

    :raises PapersMissing: not all are there, or one was returned. :raises CaseMoveIllegal: see there.
    """
    with transaction.atomic():
        case = _case(channel, now)
        there = set(case.documents.filter(replaced_at=None, fault="").values_list("paper", flat=True))
        missing = [str(one.label) for one in checklist_of(channel) if one.code not in there]
        if missing:
            raise PapersMissing(papers=" · ".join(missing))
        case.submitted_at, case.submitted_by, case.reviewed_at, case.reviewed_by, case.reason = now, by, None, None, ""
        _move(case, CaseState.SUBMITTED, by, now, "submitted_at", "submitted_by", "reviewed_at", "reviewed_by", "reason")
    return case


def begin_review(*, case: QualificationCase, by: User, now: datetime) -> QualificationCase:
    """A person of the platform takes the papers. :raises OwnPapers: who submitted them. :raises CaseMoveIllegal: somebody else did."""
    with transaction.atomic():
        case = _locked(case)
        if case.submitted_by_id == by.pk:
            raise OwnPapers
        _move(case, CaseState.IN_REVIEW, by, now)
    return case


def approve_case(*, case: QualificationCase, by: User, now: datetime) -> QualificationCase:
    """The channel may go live. :raises OwnPapers: who submitted them. :raises CaseMoveIllegal: not in review."""
    return _decide(case, CaseState.APPROVED, by, now, "")


def return_case(
    *, case: QualificationCase, reason: str, faults: Mapping[str, str] | None = None, by: User, now: datetime
) -> QualificationCase:
    """Gives the papers back: `faults` says of each paper what is wrong with it. An approved case is withdrawn the same way.

    :raises ReasonMissing: without a word for the shop. :raises OwnPapers, CaseMoveIllegal: see there.
    """
    if not reason.strip():
        raise ReasonMissing
    return _decide(case, CaseState.RETURNED, by, now, reason.strip()[:500], faults or {})


def _decide(case: QualificationCase, state: CaseState, by: User, now: datetime, reason: str, faults: Mapping[str, str] | None = None):
    with transaction.atomic():
        case = _locked(case)
        if case.submitted_by_id == by.pk:
            raise OwnPapers
        case.reviewed_at, case.reviewed_by, case.reason = now, by, reason
        _move(case, state, by, now, "reviewed_at", "reviewed_by", "reason")
        for paper, fault in (faults or {}).items():
            if fault.strip():
                case.documents.filter(paper=paper, replaced_at=None).update(fault=fault.strip()[:300])
        title = _("{channel}: its papers are approved") if state == CaseState.APPROVED else _("{channel}: its papers were returned")
        notify(
            merchant=case.merchant,
            users=members_with(case.merchant, "edit_channels"),
            kind=DECIDED,
            title=format_lazy(title, channel=case.channel.label),
            body=reason,
            href=reverse("channels:papers", args=[case.merchant.slug, case.channel.code]),
            severity=NoticeSeverity.NORMAL if state == CaseState.APPROVED else NoticeSeverity.HIGH,
            group_key=f"case:{case.pk}",
            now=now,
        )
    return case


def remind_of_papers(*, today: date, now: datetime) -> int:
    """Tells shops of papers that expire in 30, 7 or 1 days, or have expired; each mark once. Returns how many were told."""
    soon = QualificationDocument.objects.filter(replaced_at=None, expires_on__lte=today + timedelta(days=MARKS[0]))
    told = 0
    for row in soon.select_related("case__channel__merchant").order_by("expires_on", "pk"):
        mark = min(mark for mark in MARKS if (row.expires_on - today).days <= mark)
        if row.reminded_days is None or row.reminded_days > mark:
            told += _remind(row, mark, now)
    return told


@transaction.atomic
def _remind(row: QualificationDocument, mark: int, now: datetime) -> int:
    rows = QualificationDocument.objects.filter(pk=row.pk, reminded_days=row.reminded_days)
    if not rows.update(reminded_days=mark):
        return 0
    channel = row.case.channel
    title = _("{channel}: “{paper}” is valid until {day}") if mark else _("{channel}: “{paper}” has expired ({day})")
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "edit_channels"),
        kind=EXPIRES,
        title=format_lazy(title, channel=channel.label, paper=PAPERS[row.paper].label, day=row.expires_on.isoformat()),
        href=reverse("channels:papers", args=[channel.merchant.slug, channel.code]),
        severity=NoticeSeverity.NORMAL if mark > 1 else NoticeSeverity.HIGH,
        group_key=f"paper:{row.pk}",
        now=now,
    )
    return 1


def _case(channel: Channel, now: datetime) -> QualificationCase:
    case, _made = QualificationCase.objects.get_or_create(channel=channel, defaults={"merchant_id": channel.merchant_id, "created_at": now})
    return _locked(case)


def _locked(case: QualificationCase) -> QualificationCase:
    rows = QualificationCase.objects.select_for_update(of=("self",)).select_related("merchant", "channel")
    return rows.get(pk=case.pk)


def _move(case: QualificationCase, state: CaseState, by: User, now: datetime, *fields: str) -> None:
    was = case.state
    if state not in CASE_MOVES[was]:
        raise CaseMoveIllegal(was=case.get_state_display(), wanted=state.label)
    case.state = state
    case.save(update_fields=["state", *fields])
    record(
        merchant_id=case.merchant_id, action=f"case.{state}", subject=case, by=by, now=now, reason=case.reason,
        before={"state": str(was)}, after={"state": str(state)},
    )  # fmt: skip

"""The papers of a channel: collected by the shop, reviewed by the platform. Real money moves only after they were approved."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels import registry
from apps.channels.approval import StopReason, is_stopped, judged, why_text
from apps.channels.models import Channel, QualificationCase, QualificationDocument
from apps.channels.models.qualification import CASE_MOVES, CaseState
from apps.channels.papers import Paper, papers_for
from apps.channels.services.stopping import tell_stop
from apps.core import files
from apps.core.clock import local_date
from apps.core.documents import examine
from apps.core.errors import HezhangError
from apps.merchants.enums import NoticeSeverity
from apps.merchants.models import User
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

DECIDED = "case.decided"
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


class PapersExpired(UnableToQualify):
    message = _("No longer valid: %(papers)s.")


class NothingNew(UnableToQualify):
    message = _("All of these papers are approved already.")


class OwnPapers(UnableToQualify):
    message = _("Whoever submitted the papers cannot review them.")


class ReasonMissing(UnableToQualify):
    message = _("Say why, so that the shop knows what to bring.")


class CaseNotApproved(UnableToQualify):
    message = _("%(channel)s cannot go live before its papers are approved. Bring them under Papers.")


class CaseLapsed(CaseNotApproved):
    message = _("%(channel)s cannot go live. %(why)s Bring what is missing under Papers.")


def checklist_of(channel: Channel) -> tuple[Paper, ...]:
    """What the channel's provider wants to see."""
    known = registry.PROVIDERS.get(channel.provider)
    return papers_for(known.countries if known else ())


def require_approved(channel: Channel, now: datetime) -> None:
    """:raises CaseNotApproved: the papers were never approved. :raises CaseLapsed: they do not hold any more."""
    standing = judged(channel, QualificationCase.objects.with_ends().filter(channel=channel).first(), now)
    if standing.is_stopped and standing.reason == StopReason.MISSING:
        raise CaseNotApproved(channel=channel.label)
    if standing.is_stopped:
        raise CaseLapsed(channel=channel.label, why=why_text(standing))


def add_paper(
    *, channel: Channel, paper: str, name: str, data: bytes, expires_on: date | None = None, by: User, now: datetime
) -> QualificationDocument:
    """Brings a paper in, in the place of an older one of its kind. While papers are under review nothing changes.

    An approval goes on resting on the older one, for a while (`approval.REPLACED_COUNTS`) and never beyond its last day.

    :raises PaperUnknown, LastDayMissing, DocumentRefused, CaseMoveIllegal: and nothing is kept.
    """
    wanted = next((one for one in checklist_of(channel) if one.code == paper), None)
    if wanted is None:
        raise PaperUnknown
    if wanted.expires and (expires_on is None or expires_on < local_date(now, channel.timezone)):
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
    """Hands the papers to the platform. An approval stands meanwhile, as long as what it rests on does.

    :raises PapersMissing: not all are there, or one was returned. :raises PapersExpired: one is not valid any more.
    :raises NothingNew: the platform has approved all of them. :raises CaseMoveIllegal: they are with the platform already.
    """
    with transaction.atomic():
        case = _case(channel, now)
        papers = {row.paper: row for row in case.documents.filter(replaced_at=None, fault="")}
        missing = [str(one.label) for one in checklist_of(channel) if one.code not in papers]
        if missing:
            raise PapersMissing(papers=" · ".join(missing))
        _refuse_expired(case, now)
        if case.state == CaseState.APPROVED and all(row.approved_at == case.approved_at for row in papers.values()):
            raise NothingNew
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
    """The channel may go live; where new payments had stopped they are possible again.

    :raises OwnPapers: who submitted them. :raises CaseMoveIllegal: not in review. :raises PapersExpired: one ran out meanwhile.
    """
    with transaction.atomic():
        case = _locked(case)
        _refuse_own(case, by)
        _refuse_expired(case, now)
        was_stopped = is_stopped(case.channel, now)
        case.approved_at, case.withdrawn_at, case.stop_told_at = now, None, None
        _decide(case, CaseState.APPROVED, by, now, "", "approved_at", "withdrawn_at", "stop_told_at")
        _current(case).update(approved_at=now)
        title = _("{channel}: its papers are approved")
        _tell(case, title, _("New payments are possible again.") if was_stopped else "", NoticeSeverity.NORMAL, now)
    return case


def return_case(
    *, case: QualificationCase, reason: str, faults: Mapping[str, str] | None = None, withdraw: bool = False, by: User, now: datetime
) -> QualificationCase:
    """Gives the papers back: `faults` says of each paper what is wrong with it. An approved case is withdrawn the same way.

    An earlier approval outlives the return of papers that were to take others' places, unless the reviewer finds fault with a paper it
    rests on or says `withdraw`. Once it is withdrawn no new payments are started; what was started goes on.

    :raises ReasonMissing: without a word for the shop. :raises OwnPapers, CaseMoveIllegal: see there.
    """
    if not reason.strip():
        raise ReasonMissing
    wrong = {paper: fault.strip()[:300] for paper, fault in (faults or {}).items() if fault.strip()}
    with transaction.atomic():
        case = _locked(case)
        _refuse_own(case, by)
        stands = case.approved_at is not None
        withdraw |= case.state == CaseState.APPROVED or _current(case).filter(approved_at=case.approved_at, paper__in=wrong).exists()
        if stands and withdraw:
            case.approved_at, case.withdrawn_at = None, now
        _decide(case, CaseState.RETURNED, by, now, reason.strip()[:500], "approved_at", "withdrawn_at")
        for paper, fault in wrong.items():
            _current(case).filter(paper=paper).update(fault=fault)
        if not (stands and withdraw and tell_stop(case, now)):
            _tell(case, _("{channel}: its papers were returned"), case.reason, NoticeSeverity.HIGH, now)
    return case


def _decide(case: QualificationCase, state: CaseState, by: User, now: datetime, reason: str, *fields: str) -> None:
    case.reviewed_at, case.reviewed_by, case.reason = now, by, reason
    _move(case, state, by, now, "reviewed_at", "reviewed_by", "reason", *fields)


def _tell(case: QualificationCase, title, body, severity: str, now: datetime) -> None:
    notify(
        merchant=case.merchant,
        users=members_with(case.merchant, "edit_channels"),
        kind=DECIDED,
        title=format_lazy(title, channel=case.channel.label),
        body=body,
        href=reverse("channels:papers", args=[case.merchant.slug, case.channel.code]),
        severity=severity,
        group_key=f"case:{case.pk}",
        now=now,
    )


def _refuse_own(case: QualificationCase, by: User) -> None:
    if case.submitted_by_id == by.pk:
        raise OwnPapers


def _refuse_expired(case: QualificationCase, now: datetime) -> None:
    wanted = {paper.code: paper for paper in checklist_of(case.channel)}
    over = _current(case).filter(expires_on__lt=local_date(now, case.channel.timezone), paper__in=wanted)
    if names := [str(wanted[code].label) for code in over.order_by("paper").values_list("paper", flat=True)]:
        raise PapersExpired(papers=" · ".join(names))


def _current(case: QualificationCase) -> QuerySet[QualificationDocument]:
    """The papers that are asked for and have not been replaced."""
    return case.documents.filter(replaced_at=None, paper__in=[paper.code for paper in checklist_of(case.channel)])


def _case(channel: Channel, now: datetime) -> QualificationCase:
    case, _made = QualificationCase.objects.get_or_create(channel=channel, defaults={"merchant_id": channel.merchant_id, "created_at": now})
    return _locked(case)


def _locked(case: QualificationCase) -> QualificationCase:
    """For update: whoever starts a payment shares the row (`approval.hold_approval`), so the decision waits for what was begun before."""
    rows = QualificationCase.objects.select_for_update(of=("self",)).select_related("merchant", "channel__merchant")
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

"""The checklist of a channel's papers as pages show it, and what waits for the platform."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from apps.channels import approval
from apps.channels.models import CaseState, Channel, QualificationCase, QualificationDocument
from apps.channels.papers import Paper
from apps.channels.services.qualification import COLLECTING, checklist_of
from apps.core.clock import local_date
from apps.core.figures import day_text
from apps.core.ui import Chip

DECIDED_SHOWN = 50
SOON_DAYS = 30
TONES = {CaseState.APPROVED: "green", CaseState.RETURNED: "red", CaseState.SUBMITTED: "neutral", CaseState.IN_REVIEW: "neutral"}


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One line of the checklist."""

    paper: Paper
    document: QualificationDocument | None
    chip: Chip


@dataclass(frozen=True, slots=True)
class PapersPage:
    """The whole checklist. `can_add` while the shop collects, `can_submit` when all is there."""

    case: QualificationCase | None
    state: Chip
    rows: tuple[PaperRow, ...]
    can_add: bool
    can_submit: bool
    has_new: bool  # a paper that is not part of the approval
    standing: approval.Standing | None  # of a live channel
    soon: str  # what will end its approval within a month


def papers_page(channel: Channel, now: datetime) -> PapersPage:
    """Two queries."""
    today = local_date(now, channel.timezone)
    case = QualificationCase.objects.with_ends().filter(channel=channel).select_related("submitted_by", "reviewed_by").first()
    documents = {row.paper: row for row in case.documents.filter(replaced_at=None).select_related("added_by")} if case else {}
    rows = tuple(
        PaperRow(paper, documents.get(paper.code), _chip(documents.get(paper.code), case, today)) for paper in checklist_of(channel)
    )
    state = CaseState(case.state) if case else CaseState.DRAFT
    has_new = (
        case is None
        or case.approved_at is None
        or any(row.document is None or row.document.approved_at != case.approved_at for row in rows)
    )
    complete = all(row.document and not row.document.fault and not _is_over(row.document, today) for row in rows)
    standing = approval.judged(channel, case, now) if approval.needs_approval(channel) else None
    soon = approval.soon_text(standing) if standing and standing.stops_soon and not standing.is_stopped else ""
    can_add = state in COLLECTING
    chip = Chip(str(state.label), TONES.get(state, "outline"), "clock" if state in approval.WAITING else "")
    return PapersPage(case, chip, rows, can_add, can_add and complete and has_new, has_new, standing, soon)


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """Papers that wait for the platform. `hurry` says what the shop loses meanwhile; None where nothing."""

    case: QualificationCase
    hurry: Chip | None


def cases_to_review(now: datetime) -> tuple[list[WaitingCase], list[QualificationCase]]:
    """What waits or is in review, oldest first; what was decided, newest first. Two queries."""
    rows = QualificationCase.objects.with_ends().select_related("channel__merchant", "submitted_by", "reviewed_by")
    waiting = rows.filter(state__in=approval.WAITING).order_by("submitted_at", "pk")
    decided = rows.filter(state__in=[CaseState.APPROVED, CaseState.RETURNED]).order_by("-reviewed_at", "-pk")
    return [WaitingCase(case, _hurry(case, now)) for case in waiting], list(decided[:DECIDED_SHOWN])


def _hurry(case: QualificationCase, now: datetime) -> Chip | None:
    """Of a live channel: that it takes no new payments, or from which day on it will not."""
    if not approval.needs_approval(case.channel):
        return None
    standing = approval.judged(case.channel, case, now)
    if standing.is_stopped:
        return Chip(_("no new payments"), "red")
    if standing.stops_soon:
        return Chip(_("no new payments from %(day)s on") % {"day": day_text(standing.stops_on)}, "amber")
    return None


def _is_over(document: QualificationDocument, today: date) -> bool:
    return document.expires_on is not None and document.expires_on < today


def _chip(document: QualificationDocument | None, case: QualificationCase | None, today: date) -> Chip:
    if document is None:
        return Chip(_("missing"), "outline")
    if document.fault:
        return Chip(_("returned"), "red")
    if _is_over(document, today):
        return Chip(_("expired"), "red")
    if case.approved_at and document.approved_at != case.approved_at:
        return Chip(_("not approved yet"), "amber")
    if document.expires_on and (document.expires_on - today).days <= SOON_DAYS:
        return Chip(_("valid until %(day)s") % {"day": day_text(document.expires_on)}, "amber")
    return Chip(_("there"), "green")

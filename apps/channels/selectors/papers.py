"""The checklist of a channel's papers as pages show it, and what waits for the platform."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from apps.channels.models import CaseState, Channel, QualificationCase, QualificationDocument
from apps.channels.papers import Paper
from apps.channels.services.qualification import COLLECTING, checklist_of
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


def papers_page(channel: Channel, today: date) -> PapersPage:
    """Two queries."""
    case = QualificationCase.objects.filter(channel=channel).select_related("submitted_by", "reviewed_by").first()
    documents = {row.paper: row for row in case.documents.filter(replaced_at=None).select_related("added_by")} if case else {}
    rows = tuple(PaperRow(paper, documents.get(paper.code), _chip(documents.get(paper.code), today)) for paper in checklist_of(channel))
    state = case.state if case else CaseState.DRAFT
    complete = all(row.document and not row.document.fault for row in rows)
    chip = Chip(str(CaseState(state).label), TONES.get(state, "outline"))
    return PapersPage(case, chip, rows, state in COLLECTING, complete and state in (CaseState.DRAFT, CaseState.RETURNED))


def cases_to_review() -> tuple[list[QualificationCase], list[QualificationCase]]:
    """What waits or is in review, oldest first; what was decided, newest first."""
    rows = QualificationCase.objects.select_related("channel__merchant", "submitted_by", "reviewed_by")
    waiting = rows.filter(state__in=[CaseState.SUBMITTED, CaseState.IN_REVIEW]).order_by("submitted_at", "pk")
    decided = rows.filter(state__in=[CaseState.APPROVED, CaseState.RETURNED]).order_by("-reviewed_at", "-pk")
    return list(waiting), list(decided[:DECIDED_SHOWN])


def _chip(document: QualificationDocument | None, today: date) -> Chip:
    if document is None:
        return Chip(_("missing"), "outline")
    if document.fault:
        return Chip(_("returned"), "red")
    if document.expires_on and document.expires_on < today:
        return Chip(_("expired"), "red")
    if document.expires_on and (document.expires_on - today).days <= SOON_DAYS:
        return Chip(_("valid until %(day)s") % {"day": day_text(document.expires_on)}, "amber")
    return Chip(_("there"), "green")

"""What the pages of disputes share."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from apps.core import clock
from apps.core.due import due
from apps.core.models import OPEN_JOB_STATES, Job
from apps.core.signs import signs_for
from apps.disputes.enums import DisputeJob, DisputeState
from apps.disputes.forms.cases import DetailsForm, EvidenceForm, MoveForm, NoteForm, OwnerForm
from apps.disputes.models import Dispute
from apps.disputes.selectors import cases
from apps.disputes.selectors.people import people_for
from apps.disputes.selectors.reasons import TIPS, reason_of
from apps.disputes.selectors.steps import steps_of
from apps.disputes.states import DISPUTE_MOVES
from apps.disputes.tables.cases import due_html, state_chip
from apps.merchants.access import has_right


def dispute_for(request: HttpRequest, public_id: str) -> Dispute:
    """The merchant's dispute. :raises Http404: there is none."""
    return get_object_or_404(cases.for_page(request.merchant), public_id=public_id)


def to_case(dispute: Dispute, slug: str, part: str = "") -> HttpResponse:
    response = redirect("disputes:case", slug, dispute.public_id)
    if part:
        response["Location"] += f"#{part}"
    return response


def show_case(request: HttpRequest, dispute: Dispute, *, problem: str = "", status: int = 200, **forms) -> HttpResponse:
    """The page of one dispute; `problem` is what a service refused, `forms` what had been typed."""
    now = clock.now()
    documents, lines = cases.evidence_in_order(dispute), cases.lines_of(dispute)
    can_act = has_right(request.membership, "answer_disputes")
    context = {
        "dispute": dispute,
        "payment": dispute.payment,
        "chip": state_chip(dispute),
        "due": due_html(dispute, now),
        "is_overdue": dispute.waits_for_us and dispute.evidence_due_at is not None and due(dispute.evidence_due_at, now).tone == "red",
        "reason": reason_of(dispute.reason_code, dispute.family),
        "tip": TIPS[dispute.family],
        "documents": documents,
        "points": cases.checklist_of(dispute, documents),
        "bundles": cases.bundles_of(dispute),
        "job": _running_bundle(dispute),
        "lines": lines,
        "entry": cases.journal_entry_of(dispute),
        "taken_minor": cases.taken_minor(lines),
        "steps": steps_of(dispute, cases.events_of(dispute)),
        "signs": signs_for(request.merchant, dispute.payment) if dispute.payment else [],
        "moves": [str(to) for to in DISPUTE_MOVES[DisputeState(dispute.state)]],
        "can_act": can_act,
        "problem": problem,
        **_forms(request, dispute, can_act),
        **forms,
    }
    return render(request, "disputes/case.html", context, status=status)


def _forms(request: HttpRequest, dispute: Dispute, can_act: bool) -> dict:
    if not can_act:
        return {}
    people = people_for(request.merchant)
    details = {"reason_code": dispute.reason_code, "family": dispute.family, "evidence_due_at": dispute.evidence_due_at}
    details["fee"] = cases.plain_fee(dispute)
    missing = [point.type for point in cases.checklist_of(dispute, cases.evidence_in_order(dispute)) if not point.is_there]
    return {
        "move_form": MoveForm(auto_id="move_%s"),
        "details_form": DetailsForm(initial=details, auto_id="details_%s"),
        "note_form": NoteForm(auto_id="note_%s"),
        "owner_form": OwnerForm(initial={"owner": dispute.owner_id}, people=people, auto_id="owner_%s"),
        "evidence_form": EvidenceForm(initial={"type": missing[0] if missing else None}, auto_id="evidence_%s"),
    }


def _running_bundle(dispute: Dispute) -> Job | None:
    mine = Job.objects.for_merchant(dispute.merchant_id).filter(kind=DisputeJob.BUNDLE, payload__dispute_id=dispute.pk)
    latest = mine.order_by("-pk").first()
    return latest if latest and (latest.state in OPEN_JOB_STATES or latest.state == "failed") else None


def say(request: HttpRequest, text: str) -> None:
    messages.success(request, text)

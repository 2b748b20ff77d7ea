"""What people do with a dispute. Every act is one service call; what a service refuses is shown on the page it was asked on."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.errors import HezhangError
from apps.disputes.enums import DisputeState
from apps.disputes.forms.cases import DetailsForm, MoveForm, NoteForm, OwnerForm, read_amount
from apps.disputes.selectors.people import people_for
from apps.disputes.services.handling import add_note, change_details, give_to
from apps.disputes.services.moving import move_dispute
from apps.disputes.views.shared import dispute_for, say, show_case, to_case
from apps.merchants.access import needs


@require_POST
@needs("answer_disputes")
def move(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Answered, accepted, won, lost, or asked again."""
    dispute = dispute_for(request, public_id)
    form = MoveForm(request.POST, auto_id="move_%s")
    valid = form.is_valid()
    returned, fee = (read_amount(form, name, dispute.currency) for name in ("returned", "fee")) if valid else (None, None)
    if form.errors:
        return show_case(request, dispute, problem=_first(form), status=422)
    said = form.cleaned_data
    try:
        moved = move_dispute(
            merchant=request.merchant,
            dispute_id=dispute.pk,
            to=DisputeState(said["to"]),
            by=request.user,
            now=clock.now(),
            returned_minor=returned,
            fee_minor=fee,
            evidence_due_at=said["evidence_due_at"],
            text=said["text"],
        )
    except HezhangError as error:
        return show_case(request, dispute_for(request, public_id), problem=str(error), status=422)
    say(request, _("The dispute is now “%(state)s”.") % {"state": moved.get_state_display()})
    return to_case(moved, merchant_slug)


@require_POST
@needs("answer_disputes")
def note(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Adds to the time line."""
    dispute, form = dispute_for(request, public_id), NoteForm(request.POST, auto_id="note_%s")
    if not form.is_valid():
        return show_case(request, dispute, note_form=form, problem=_first(form), status=422)
    try:
        add_note(merchant=request.merchant, dispute_id=dispute.pk, text=form.cleaned_data["text"], by=request.user, now=clock.now())
    except HezhangError as error:
        return show_case(request, dispute, note_form=form, problem=str(error), status=422)
    return to_case(dispute, merchant_slug, "story")


@require_POST
@needs("answer_disputes")
def details(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Corrects reason, deadline and fee."""
    dispute, form = dispute_for(request, public_id), DetailsForm(request.POST, auto_id="details_%s")
    fee = read_amount(form, "fee", dispute.currency) if form.is_valid() else None
    if form.errors:
        return show_case(request, dispute, details_form=form, open_part="details", problem=_first(form), status=422)
    said = form.cleaned_data
    try:
        change_details(
            merchant=request.merchant,
            dispute_id=dispute.pk,
            reason_code=said["reason_code"],
            family=said["family"],
            evidence_due_at=said["evidence_due_at"],
            fee_minor=fee,
            by=request.user,
            now=clock.now(),
        )
    except HezhangError as error:
        return show_case(request, dispute_for(request, public_id), problem=str(error), status=422)
    say(request, _("Saved."))
    return to_case(dispute, merchant_slug)


@require_POST
@needs("answer_disputes")
def owner(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """Gives the dispute to a person or to nobody."""
    dispute = dispute_for(request, public_id)
    form = OwnerForm(request.POST, people=people_for(request.merchant), auto_id="owner_%s")
    if not form.is_valid():
        return show_case(request, dispute, problem=_first(form), status=422)
    try:
        give_to(merchant=request.merchant, dispute_id=dispute.pk, owner=form.cleaned_data["owner"], by=request.user, now=clock.now())
    except HezhangError as error:
        return show_case(request, dispute_for(request, public_id), problem=str(error), status=422)
    return to_case(dispute, merchant_slug)


def _first(form) -> str:
    """The first thing to change, with the name of its field."""
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    return f"{label}: {errors[0]}" if label else str(errors[0])

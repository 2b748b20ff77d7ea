"""What takes two people, and the clock: decide, withdraw, undo what was approved; pause and resume."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.clock import start_of_day
from apps.core.errors import HezhangError
from apps.merchants.access import needs
from apps.settlements.forms.desk import AnswerForm, PauseForm, ReasonForm
from apps.settlements.services import second_signatures
from apps.settlements.services.deadlines import pause as pause_items
from apps.settlements.services.deadlines import resume as resume_item
from apps.settlements.views.desk_pairs import ring
from apps.settlements.views.desk_shared import TOAST, address, go_on, item_of, show_item


@require_POST
@needs("countersign")
def decide(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """The second person approves or rejects what waits here, and the next one opens."""
    item, form = item_of(request, pk), AnswerForm(request.POST)
    if not form.is_valid():
        return show_item(request, item, problem=_("Choose approve or reject."), status=422)
    answer, approves = form.cleaned_data["answer"], form.cleaned_data["verdict"] == "approve"
    act = second_signatures.approve if approves else second_signatures.reject
    try:
        act(merchant=request.merchant, discrepancy_id=pk, answer=answer, by=request.user, now=clock.now())
    except HezhangError as error:
        return show_item(request, item_of(request, pk), problem=str(error), status=422)
    if approves:
        ring(request, item.channel)
    return go_on(request, item, _("Approved: it is done.") if approves else _("Rejected: the difference stays open."))


@require_POST
@needs("resolve")
def withdraw(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Who asked takes it back."""
    return _act(request, pk, second_signatures.withdraw, _("Taken back: nobody is asked any more."), discrepancy_id=pk)


@require_POST
@needs("countersign")
def undo_signed(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Takes back what a second person had approved, with a reason."""
    item, form = item_of(request, pk), ReasonForm(request.POST)
    if not form.is_valid():
        return show_item(request, item, problem=_("Give a reason: it stays on record."), status=422)
    done = _act(request, pk, second_signatures.undo, _("Undone: the difference is open again."), discrepancy_id=pk, **form.cleaned_data)
    if done.status_code == 302:
        ring(request, item.channel)
    return done


@require_POST
@needs("resolve")
def pause(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Stops the clock of a difference until a day."""
    item, form = item_of(request, pk), PauseForm(request.POST, auto_id="pause_%s")
    if not form.is_valid():
        problem = _("Give a day and a reason: both stay on record.")
        return show_item(request, item, problem=problem, pause_form=form, open_part="pause", status=422)
    until = start_of_day(form.cleaned_data["until"], request.merchant.timezone)
    return _act(request, pk, pause_items, _("The clock stands still."), ids=[pk], until=until, reason=form.cleaned_data["reason"])


@require_POST
@needs("resolve")
def resume(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Lets the clock run again."""
    return _act(request, pk, resume_item, _("The clock runs again."), discrepancy_id=pk)


def _act(request: HttpRequest, pk: int, service, done: str, **arguments) -> HttpResponse:
    """One service call about a difference, and its page again."""
    item = item_of(request, pk)
    try:
        service(merchant=request.merchant, by=request.user, now=clock.now(), **arguments)
    except HezhangError as error:
        return show_item(request, item, problem=str(error), status=422)
    request.session[TOAST] = {"text": done, "undo": ""}
    return redirect(address(request, "discrepancy", pk))

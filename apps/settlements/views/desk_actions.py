"""What people do at the desk. Every act is one service call; what a service refuses is shown where it was asked."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.access import has_right, needs
from apps.settlements.enums import Resolution
from apps.settlements.forms.desk import AssignForm, CommentForm, ResolveForm
from apps.settlements.selectors import discrepancies as queue
from apps.settlements.services.resolve import assign as assign_items
from apps.settlements.services.resolve import comment as add_comment
from apps.settlements.services.resolve import resolve as resolve_items
from apps.settlements.services.second_signatures import write_off
from apps.settlements.views.desk_shared import address, go_on, item_of, show_item, show_queue, undo_address


@require_POST
@needs("assign")
def assign(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Gives rows to a member, to me (`owner=<my id>`) or back to nobody."""
    form = AssignForm(request.POST, people=queue.people_of(request.merchant))
    if not form.is_valid():
        return show_queue(request, problem=_first_error(form), status=422)
    before = {item.pk: item.owner_id for item in queue.with_ids(request.merchant, form.cleaned_data["ids"])}
    items = assign_items(merchant=request.merchant, **form.cleaned_data, by=request.user, now=clock.now())
    owner = form.cleaned_data["owner"]
    if not items:
        text, undo = _("Nothing to change: they are closed, or had that owner already."), ""
    else:
        text = _assigned_text(len(items), owner)
        was = {before[item.pk] for item in items}
        undo = undo_address(request, "assigned", [item.pk for item in items], owner_was=was.pop() or "") if len(was) == 1 else ""
    stay = request.POST.get("stay", "")
    response = go_on(request, None, text, undo)
    return redirect(address(request, "discrepancy", int(stay))) if stay.isdecimal() and int(stay) in before else response


def _assigned_text(count: int, owner) -> str:
    if owner is None:
        return ngettext("%(n)s given back", "%(n)s given back", count) % {"n": count}
    return ngettext("%(n)s given to %(person)s", "%(n)s given to %(person)s", count) % {"n": count, "person": owner}


@require_POST
@needs("resolve")
def resolve_many(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Closes the chosen rows together: all of them or none."""
    form = ResolveForm(request.POST, membership=request.membership)
    _refuse_write_off(request)
    if not form.is_valid():
        return show_queue(request, problem=_first_error(form), status=422)
    try:
        items, asked = _close(request, form)
    except HezhangError as error:
        return show_queue(request, problem=str(error), status=422)
    text = ngettext("%(n)s difference closed", "%(n)s differences closed", len(items)) % {"n": len(items)}
    if asked:
        waits = ngettext("%(n)s waits for a second person", "%(n)s wait for a second person", len(asked)) % {"n": len(asked)}
        text = _joined([text, waits] if items else [waits])
    return go_on(request, None, text, undo_address(request, "closed", [item.pk for item in items]) if items else "")


@require_POST
@needs("resolve")
def resolve(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Closes one difference and opens the next."""
    item = item_of(request, pk)
    _refuse_write_off(request)
    form = ResolveForm({**request.POST.dict(), "ids": [str(pk)]}, membership=request.membership, auto_id="one_%s")
    if not form.is_valid():
        return show_item(request, item, problem=_first_error(form), resolve_form=form, open_part="resolve", status=422)
    try:
        _items, asked = _close(request, form)
    except HezhangError as error:
        return show_item(request, item_of(request, pk), problem=str(error), resolve_form=form, open_part="resolve", status=422)
    if asked:
        return go_on(request, item, _("Above the limit of your shop: it waits for a second person."))
    text = _("Closed: %(how)s") % {"how": Resolution(form.cleaned_data["resolution"]).label}
    return go_on(request, item, text, undo_address(request, "closed", [pk]))


@require_POST
@needs("assign")
def comment(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Adds to the discussion."""
    item, form = item_of(request, pk), CommentForm(request.POST, auto_id="comment_%s")
    if not form.is_valid():
        return show_item(request, item, comment_form=form, open_part="talk", status=422)
    try:
        add_comment(merchant=request.merchant, discrepancy=item, text=form.cleaned_data["text"], by=request.user, now=clock.now())
    except HezhangError as error:
        return show_item(request, item, problem=str(error), comment_form=form, open_part="talk", status=422)
    return redirect(address(request, "discrepancy", pk))


def _close(request: HttpRequest, form: ResolveForm) -> tuple[list, list]:
    """What was closed, and what waits for a second person."""
    common = {"merchant": request.merchant, "ids": form.cleaned_data["ids"], "reason": form.cleaned_data["reason"]}
    common |= {"by": request.user, "now": clock.now()}
    if form.cleaned_data["resolution"] == Resolution.WRITTEN_OFF:
        return write_off(typed_total=form.cleaned_data["total"], **common)
    return resolve_items(resolution=form.cleaned_data["resolution"], **common), []


def _joined(parts: list[str]) -> str:
    return "; ".join(parts) if get_language() == "en" else "；".join(parts)


def _refuse_write_off(request: HttpRequest) -> None:
    """A write-off needs its own right, whatever form it comes from."""
    if request.POST.get("resolution") == Resolution.WRITTEN_OFF and not has_right(request.membership, "write_off"):
        raise PermissionDenied("write_off")


def _first_error(form) -> str:
    """The first thing to change, with the name of its field."""
    name, errors = next(iter(form.errors.items()))
    label = form.fields[name].label if name in form.fields else ""
    return f"{label}: {errors[0]}" if label else str(errors[0])

"""Beside the rows: reconcile now, and filters kept under a name."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.access import needs
from apps.merchants.models import SavedView
from apps.settlements.enums import JobKind
from apps.settlements.forms.desk import ViewNameForm
from apps.settlements.selectors.discrepancies import SAVED_VIEWS_PAGE, saved_views_of
from apps.settlements.views.desk_shared import ONE_TIME, address, show_queue

MOST_VIEWS = 30  # a person's saved views of one list


@require_POST
@needs("reconcile")
def reconcile(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Asks for a reconciliation of all channels; one that still waits is not asked for twice."""
    enqueue(kind=JobKind.RECONCILE, merchant_id=request.merchant.pk, by=request.user, dedupe_key="reconcile")
    return redirect(address(request, "queue"))


@require_safe
@needs("view_money")
def job(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """How far the reconciliation is."""
    row = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=pk, kind=JobKind.RECONCILE)
    return render(request, "settlements/_desk_job.html", {"job": row})


@require_POST
@needs("view_money")
def save_view(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Keeps the filter of the address under a name, for this person only; the same name again replaces it."""
    form = ViewNameForm(request.POST)
    if not form.is_valid():
        return show_queue(request, problem=_("Give the view a name of at most 60 characters."), status=422)
    mine, name = saved_views_of(request.merchant, request.user), form.cleaned_data["name"].strip()
    if mine.count() >= MOST_VIEWS and not mine.filter(name=name).exists():
        return show_queue(request, problem=_("Delete a saved view first: there are 30 already."), status=422)
    query = _kept(form.cleaned_data["query"])
    SavedView.objects.update_or_create(
        merchant=request.merchant, user=request.user, page=SAVED_VIEWS_PAGE, name=name, defaults={"query": query}
    )
    return redirect(f"{reverse('settlements:queue', args=[merchant_slug])}?{query}")


def _kept(query: str) -> str:
    """The filter without what belongs to one moment: page, export."""
    found = QueryDict(query.removeprefix("?"), mutable=True)
    for name in ("after", "before", *ONE_TIME):
        found.pop(name, None)
    return found.urlencode()


@require_POST
@needs("view_money")
def delete_view(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Forgets one of this person's own views, by its name."""
    gone, _rows = saved_views_of(request.merchant, request.user).filter(name=request.POST.get("name", "")).delete()
    if not gone:
        return show_queue(request, problem=_("You have no view of that name."), status=422)
    return redirect(address(request, "queue"))

"""What a person does with a file that was stopped: go on under the new names of its columns, or import it as it is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.jobs.services import enqueue
from apps.merchants.access import needs
from apps.settlements.enums import JobKind
from apps.settlements.selectors.files import lane_name
from apps.settlements.services.following import follow_columns, import_anyway
from apps.settlements.views.files import file_for


@require_POST
@needs("edit_mappings")
def follow(request: HttpRequest, merchant_slug: str, lane: str, pk: int) -> HttpResponse:
    """Saves the mapping under the likeliest new names and lets the file wait for import."""
    found = file_for(request, lane, pk)
    try:
        version = follow_columns(file=found, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, error.message)
        return redirect("settlements:file", merchant_slug, lane, pk)
    messages.success(
        request, _("The column mapping is saved as version %(number)s. The file can be imported now.") % {"number": version.version}
    )
    return redirect("settlements:statements", merchant_slug)


@require_POST
@needs("force_import")
def force(request: HttpRequest, merchant_slug: str, lane: str, pk: int) -> HttpResponse:
    """Imports the file as it is, for the reason given, and reconciles."""
    found = file_for(request, lane, pk)
    try:
        posted = import_anyway(file=found, reason=request.POST.get("reason", ""), by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, error.message)
        return redirect("settlements:file", merchant_slug, lane, pk)
    enqueue(kind=JobKind.RECONCILE, merchant_id=request.merchant.pk, by=request.user, dedupe_key="reconcile")
    messages.success(request, _("The file is imported. Your reason stays on record."))
    return redirect("settlements:file", merchant_slug, lane_name(posted), posted.pk)

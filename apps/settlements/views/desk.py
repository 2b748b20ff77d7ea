"""The discrepancy queue and one discrepancy."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.exports import export_response
from apps.merchants.access import has_right, needs
from apps.settlements.tables.desk_export import discrepancy_export
from apps.settlements.views.desk_shared import found_of, item_of, show_item, show_queue


@require_safe
@needs("view_money")
def queue(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Open differences by default; the address holds the filter. `?export=csv|xlsx` writes exactly the filtered rows."""
    if "export" in request.GET:
        if not has_right(request.membership, "download_reports"):
            raise PermissionDenied("download_reports")
        return export_response(request, discrepancy_export(request.merchant, found_of(request, clock.now())))
    return show_queue(request)


@require_safe
@needs("view_money")
def discrepancy(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """What happened, why, and what to do; beside the list on wide screens, a page of its own on narrow ones."""
    return show_item(request, item_of(request, pk))

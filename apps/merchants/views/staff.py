"""What platform staff see: which merchants there are, never their money."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.merchants.access import staff_only
from apps.merchants.models import SupportAccess
from apps.merchants.selectors import all_merchants


@require_safe
@staff_only
def merchants(request: HttpRequest) -> HttpResponse:
    """Every merchant, and how far one's own request for a look has come."""
    now = clock.now()
    accesses = {one.merchant_id: one for one in SupportAccess.objects.filter(staff=request.user, ended_at=None, refused_at=None)}
    rows = list(all_merchants())
    for row in rows:
        one = accesses.get(row.pk)
        row.access = one if one and not (one.expires_at and one.expires_at <= now) else None
    return render(request, "merchants/staff.html", {"merchants": rows})

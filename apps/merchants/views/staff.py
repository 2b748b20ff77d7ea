"""What platform staff see: which merchants there are, never their money."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.merchants.selectors import all_merchants


@login_required
@require_safe
def merchants(request: HttpRequest) -> HttpResponse:
    """:raises PermissionDenied: to everyone who is not platform staff."""
    if not request.user.is_staff:
        raise PermissionDenied
    return render(request, "merchants/staff.html", {"merchants": all_merchants()})

"""The platform's admin: entered by the log-in of everyone else, second factor included."""

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from apps.merchants import step_up
from apps.merchants.views.second_factor import next_of


class PlatformAdmin(AdminSite):
    """Its own log-in form asks for a password alone, so it is never shown."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and not self._lacks_factor(request)

    def login(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        """:raises PermissionDenied: to people who are not platform staff."""
        target = next_of(request, reverse("admin:index"))
        if not request.user.is_authenticated:
            return redirect_to_login(target)
        if not super().has_permission(request):
            raise PermissionDenied
        return redirect(step_up.address(request, target) if self._lacks_factor(request) else target)

    def _lacks_factor(self, request: HttpRequest) -> bool:
        return settings.STAFF_NEEDS_SECOND_FACTOR and step_up.given_at(request) is None

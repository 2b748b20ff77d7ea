"""Addresses. Each app owns its own paths; the names are `<app>:<page>`."""

from django.contrib import admin
from django.urls import include, path

from apps.core import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("apps.merchants.urls")),
    path("", include("apps.channels.urls")),
    path("", include("apps.orders.urls")),
    path("", include("apps.settlements.urls")),
    path("", include("apps.reports.urls")),
]

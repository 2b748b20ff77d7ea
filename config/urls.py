"""Addresses. Each app owns its own paths; the names are `<app>:<page>`. Every page of a merchant lies under `/m/<slug>/`."""

from django.contrib import admin
from django.urls import include, path

from apps.core import health
from apps.orders.views import notices, payees

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("notices/<slug:public_id>/", notices.notice, name="notice"),  # providers
    path("r/<str:token>/", payees.payee, name="refund_payee"),  # buyers, without an account
    path("", include("apps.merchants.urls")),
    path("staff/", include("apps.channels.urls_staff")),
    path("m/<slug:merchant_slug>/", include("apps.channels.urls")),
    path("m/<slug:merchant_slug>/", include("apps.orders.urls")),
    path("m/<slug:merchant_slug>/", include("apps.settlements.urls")),
    path("m/<slug:merchant_slug>/", include("apps.disputes.urls")),
    path("m/<slug:merchant_slug>/", include("apps.reports.urls")),
]

"""Addresses of reports, under `/m/<slug>/`."""

from django.urls import path

from apps.reports import views_month
from apps.reports.views import claims, overview, story

app_name = "reports"
urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("reports/", views_month.months, name="months"),
    path("reports/claims/", claims.claims, name="claims"),
    path("reports/claims/make/", claims.make, name="claim_make"),
    path("reports/claims/jobs/<int:pk>/", claims.job, name="claim_job"),
    path("reports/claims/<int:pk>/sent/", claims.mark_sent, name="claim_sent"),
    path("reports/claims/<int:pk>/<str:suffix>", claims.download, name="claim_file"),
    path("reports/<str:month>/", views_month.month, name="month"),
    path("reports/<str:month>/draft/", views_month.draft, name="month_draft"),
    path("reports/<str:month>/prepare/", views_month.prepare, name="month_prepare"),
    path("reports/<str:month>/approve/", views_month.approve, name="month_approve"),
    path("reports/<str:month>/return/", views_month.return_month, name="month_return"),
    path("reports/<str:month>/jobs/<int:pk>/", views_month.job, name="month_job"),
    path("reports/<str:month>/files/<str:suffix>", views_month.download, name="month_file"),
    path("orders/<path:order_no>/story", story.order_story, name="order_story"),
]

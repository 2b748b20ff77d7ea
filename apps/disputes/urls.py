"""Addresses of disputes, under `/m/<slug>/`."""

from django.urls import path

from apps.disputes.views import actions, cases, evidence, imports

app_name = "disputes"
urlpatterns = [
    path("disputes/", cases.dispute_list, name="disputes"),
    path("disputes/new/", cases.new, name="new"),
    path("disputes/figures/", cases.cost, name="figures"),
    path("disputes/import/", imports.upload, name="import"),
    path("disputes/import/confirm/", imports.confirm, name="import_confirm"),
    path("disputes/import/columns/", imports.columns, name="import_columns"),
    path("disputes/from-line/<int:pk>/", cases.from_line, name="open_from_line"),
    path("disputes/<slug:public_id>/", cases.case, name="case"),
    path("disputes/<slug:public_id>/move/", actions.move, name="move"),
    path("disputes/<slug:public_id>/note/", actions.note, name="note"),
    path("disputes/<slug:public_id>/details/", actions.details, name="details"),
    path("disputes/<slug:public_id>/owner/", actions.owner, name="owner"),
    path("disputes/<slug:public_id>/evidence/", evidence.upload, name="upload"),
    path("disputes/<slug:public_id>/evidence/<int:pk>/", evidence.document, name="document"),
    path("disputes/<slug:public_id>/evidence/<int:pk>/remove/", evidence.remove, name="remove"),
    path("disputes/<slug:public_id>/bundle/", evidence.bundle, name="bundle"),
    path("disputes/<slug:public_id>/bundle/<int:pk>/", evidence.bundle_file, name="bundle_file"),
    path("disputes/<slug:public_id>/jobs/<int:pk>/", evidence.job, name="job"),
]

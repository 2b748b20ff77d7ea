"""Addresses of disputes, under `/m/<slug>/`."""

from django.urls import path

from apps.disputes.views import actions, cases, evidence, imports
from apps.disputes.views.risk import alerts, rules, watchlist

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
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/acknowledge/", alerts.acknowledge, name="alerts_acknowledge"),
    path("alerts/snooze/", alerts.snooze, name="alerts_snooze"),
    path("alerts/close/", alerts.close, name="alerts_close"),
    path("alerts/<int:pk>/", alerts.alert, name="alert"),
    path("settings/alerts/", rules.rules, name="risk_rules"),
    path("settings/alerts/presets/", rules.add_presets, name="risk_presets"),
    path("settings/alerts/add/", rules.add_rule, name="risk_rule_add"),
    path("settings/alerts/<int:pk>/", rules.rule, name="risk_rule"),
    path("settings/alerts/<int:pk>/try/", rules.try_rule, name="risk_rule_try"),
    path("settings/alerts/<int:pk>/switch/", rules.switch, name="risk_rule_switch"),
    path("settings/alerts/<int:pk>/rest/", rules.snooze, name="risk_rule_snooze"),
    path("settings/alerts/<int:pk>/tried/<int:dry_run>/", rules.job, name="risk_rule_job"),
    path("settings/alerts/<int:pk>/tried/<int:dry_run>/use/", rules.use, name="risk_rule_use"),
    path("disputes/<slug:public_id>/watch/", watchlist.from_dispute, name="watch_dispute"),
    path("watchlist/", watchlist.watchlist, name="watchlist"),
    path("watchlist/add/", watchlist.add, name="watch_add"),
    path("watchlist/<int:pk>/", watchlist.watched, name="watched"),
    path("watchlist/<int:pk>/remove/", watchlist.remove, name="watch_remove"),
    path("watchlist/<int:pk>/appeal/", watchlist.appeal, name="watch_appeal"),
]

"""Addresses of settlements, under `/m/<slug>/`."""

from django.urls import path

from apps.settlements.views import desk, desk_actions, desk_pairs, desk_second, desk_tools, files, journal, payouts

app_name = "settlements"
urlpatterns = [
    path("discrepancies/", desk.queue, name="queue"),
    path("discrepancies/assign/", desk_actions.assign, name="assign"),
    path("discrepancies/resolve/", desk_actions.resolve_many, name="resolve_many"),
    path("discrepancies/undo/", desk_pairs.undo, name="undo"),
    path("discrepancies/reconcile/", desk_tools.reconcile, name="reconcile"),
    path("discrepancies/jobs/<int:pk>/", desk_tools.job, name="desk_job"),
    path("discrepancies/views/", desk_tools.save_view, name="view_save"),
    path("discrepancies/views/delete/", desk_tools.delete_view, name="view_delete"),
    path("discrepancies/<int:pk>/", desk.discrepancy, name="discrepancy"),
    path("discrepancies/<int:pk>/resolve/", desk_actions.resolve, name="resolve"),
    path("discrepancies/<int:pk>/comment/", desk_actions.comment, name="comment"),
    path("discrepancies/<int:pk>/decide/", desk_second.decide, name="decide"),
    path("discrepancies/<int:pk>/withdraw/", desk_second.withdraw, name="withdraw_request"),
    path("discrepancies/<int:pk>/undo-signed/", desk_second.undo_signed, name="undo_signed"),
    path("discrepancies/<int:pk>/pause/", desk_second.pause, name="pause"),
    path("discrepancies/<int:pk>/resume/", desk_second.resume, name="resume"),
    path("discrepancies/<int:pk>/match/", desk_pairs.match, name="match"),
    path("discrepancies/<int:pk>/unmatch/", desk_pairs.unmatch, name="unmatch"),
    path("statements/", files.statements, name="statements"),
    path("statements/upload", files.upload, name="upload"),
    path("statements/import", files.post_files, name="post_files"),
    path("statements/jobs/<int:pk>", files.job, name="job"),
    path("statements/<slug:lane>/<int:pk>/", files.file, name="file"),
    path("statements/<slug:lane>/<int:pk>/download", files.download, name="download"),
    path("statements/<slug:lane>/<int:pk>/withdraw", files.withdraw, name="withdraw"),
    path("statements/<slug:lane>/<int:pk>/drop", files.drop, name="drop"),
    path("reports/journal/", journal.balances, name="journal"),
    path("reports/journal/entries/", journal.entries, name="journal_entries"),
    path("reports/journal/entries/<int:pk>/", journal.entry, name="journal_entry"),
    path("reports/journal/export", journal.export, name="journal_export"),
    path("reports/journal/refresh", journal.refresh, name="journal_refresh"),
    path("payouts/", payouts.payout_list, name="payouts"),
    path("payouts/bank/", payouts.bank_lines, name="bank_lines"),
    path("payouts/<int:pk>/", payouts.payout, name="payout"),
    path("payouts/<int:pk>/tie", payouts.tie, name="payout_tie"),
    path("payouts/<int:pk>/untie", payouts.untie, name="payout_untie"),
]

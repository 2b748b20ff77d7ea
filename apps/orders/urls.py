"""Addresses of the books, under /m/<slug>/. The story of one order is `reports:order_story`."""

from django.urls import path

from apps.orders.views import imports, lists, notices, practice, refunds, refunds_acts, refunds_file, refunds_new, transfers, webhooks

app_name = "orders"
urlpatterns = [
    path("orders/", lists.orders, name="orders"),
    path("orders/payments/", lists.payments, name="payments"),
    path("orders/refunds/", lists.refunds, name="refund_list"),
    path("refunds/", refunds.queue, name="refunds"),
    path("refunds/approve/", refunds_acts.approve_many, name="refund_approve_many"),
    path("refunds/new/<int:payment_id>/", refunds_new.new, name="refund_new"),
    path("refunds/file/", refunds_file.upload, name="refund_upload"),
    path("refunds/file/columns/", refunds_file.columns, name="refund_columns"),
    path("refunds/file/<int:job_id>/", refunds_file.preview, name="refund_file"),
    path("refunds/file/<int:job_id>/confirm/", refunds_file.confirm, name="refund_file_confirm"),
    path("refunds/<int:pk>/", refunds.refund, name="refund"),
    path("refunds/<int:pk>/progress/", refunds.progress, name="refund_progress"),
    path("refunds/<int:pk>/approve/", refunds_acts.approve, name="refund_approve"),
    path("refunds/<int:pk>/reject/", refunds_acts.reject, name="refund_reject"),
    path("refunds/<int:pk>/ask/", refunds_acts.ask, name="refund_ask"),
    path("refunds/<int:pk>/answer/", refunds_acts.answer, name="refund_answer"),
    path("refunds/<int:pk>/withdraw/", refunds_acts.withdraw, name="refund_withdraw"),
    path("refunds/<int:pk>/again/", refunds_acts.again, name="refund_again"),
    path("refunds/<int:pk>/files/", refunds_acts.attach, name="refund_attach"),
    path("refunds/<int:pk>/files/<int:attachment_pk>/", refunds.attachment, name="refund_attachment"),
    path("refunds/transfers/", transfers.transfer_list, name="refund_transfers"),
    path("refunds/transfers/file/", transfers.make, name="refund_batch_make"),
    path("refunds/transfers/<slug:public_id>/", transfers.batch, name="refund_batch"),
    path("refunds/transfers/<slug:public_id>/file/", transfers.file, name="refund_batch_file"),
    path("refunds/transfers/<slug:public_id>/<int:pk>/", transfers.end, name="refund_transfer_end"),
    path("refunds/<int:pk>/give-up/", transfers.give_up, name="refund_give_up"),
    path("refunds/<int:pk>/account/", transfers.ask, name="refund_account"),
    path("channels/-/practice/", practice.index, name="practice"),
    path("channels/-/practice/<int:pk>/play/", practice.play_one, name="practice_play"),
    path("channels/<slug:code>/notices/<int:pk>/replay/", notices.replay, name="notice_replay"),
    path("orders/search/", lists.search, name="search"),
    path("settings/webhooks/", webhooks.webhooks, name="webhooks"),
    path("settings/webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("settings/webhooks/<int:pk>/act/", webhooks.act, name="webhook_act"),
    path("settings/webhooks/deliveries/<int:pk>/again/", webhooks.resend, name="webhook_resend"),
    path("orders/import/", imports.books, name="import"),
    path("orders/import/<int:job_id>/", imports.import_job, name="import_job"),
    path("orders/import/<int:job_id>/confirm/", imports.confirm, name="import_confirm"),
    path("orders/import/<int:job_id>/rejected/", imports.rejected, name="import_rejected"),
    path("orders/import/columns/<slug:kind>/", imports.template, name="import_columns"),
]

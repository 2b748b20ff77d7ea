"""Addresses of the books, under /m/<slug>/. The story of one order is `reports:order_story`."""

from django.urls import path

from apps.orders.views import imports, lists, transfers

app_name = "orders"
urlpatterns = [
    path("orders/", lists.orders, name="orders"),
    path("orders/payments/", lists.payments, name="payments"),
    path("orders/refunds/", lists.refunds, name="refund_list"),
    path("refunds/transfers/", transfers.transfer_list, name="refund_transfers"),
    path("refunds/transfers/file/", transfers.make, name="refund_batch_make"),
    path("refunds/transfers/<slug:public_id>/", transfers.batch, name="refund_batch"),
    path("refunds/transfers/<slug:public_id>/file/", transfers.file, name="refund_batch_file"),
    path("refunds/transfers/<slug:public_id>/<int:pk>/", transfers.end, name="refund_transfer_end"),
    path("refunds/<int:pk>/account/", transfers.ask, name="refund_account"),
    path("orders/search/", lists.search, name="search"),
    path("orders/import/", imports.books, name="import"),
    path("orders/import/<int:job_id>/", imports.import_job, name="import_job"),
    path("orders/import/<int:job_id>/confirm/", imports.confirm, name="import_confirm"),
    path("orders/import/<int:job_id>/rejected/", imports.rejected, name="import_rejected"),
    path("orders/import/columns/<slug:kind>/", imports.template, name="import_columns"),
]

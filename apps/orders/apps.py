"""What this app tells the frame when it is loaded."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "apps.orders"
    label = "orders"

    def ready(self):
        from apps.core.ui import name_job  # noqa: PLC0415  the frame's words may be asked for only from here on
        from apps.orders.enums import BookJob, RefundJob  # noqa: PLC0415

        for kind in [*BookJob, *RefundJob]:
            name_job(kind, kind.label)

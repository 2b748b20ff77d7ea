"""What this app tells the frame when it is loaded."""

from django.apps import AppConfig
from django.db.models import Q


class OrdersConfig(AppConfig):
    name = "apps.orders"
    label = "orders"

    def ready(self):
        from apps.core.secrets import keep_sealed  # noqa: PLC0415
        from apps.core.ui import Badge, name_job, register_badge  # noqa: PLC0415  the frame's words may be asked for only from here on
        from apps.merchants.access import RIGHTS  # noqa: PLC0415
        from apps.merchants.models import Membership  # noqa: PLC0415
        from apps.orders.enums import BookJob, PaymentJob, RefundJob, StorefrontJob, WebhookJob  # noqa: PLC0415
        from apps.orders.selectors.refund_desk import waiting_count  # noqa: PLC0415

        for kind in [*BookJob, *PaymentJob, *RefundJob, *StorefrontJob, *WebhookJob]:
            name_job(kind, kind.label)

        keep_sealed("core.Job", "payload", "link", only=Q(kind=RefundJob.MAIL_PAYEE_LINK))

        def waiting(merchant, user) -> Badge | None:
            role = Membership.objects.for_merchant(merchant).active().values_list("role", flat=True).filter(user=user).first()
            count = waiting_count(merchant, user, role, may_approve="approve_refund" in RIGHTS[role]) if role else 0
            return Badge(str(count)) if count else None

        register_badge("orders:refunds", waiting)

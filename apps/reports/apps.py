"""What this app tells the frame when it is loaded."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.ui import name_job


class ReportsConfig(AppConfig):
    name = "apps.reports"
    label = "reports"

    def ready(self):
        from apps.orders.selectors.refund_context import register_story  # noqa: PLC0415  models may be imported only from here on
        from apps.reports.selectors import closed_until  # noqa: PLC0415
        from apps.reports.story.excerpt import order_steps  # noqa: PLC0415
        from apps.settlements.services.closed_books import register_closed_until  # noqa: PLC0415

        register_story(order_steps)
        register_closed_until(closed_until)
        name_job("reports.month", _("Month report"))
        name_job("reports.prove", _("Proofs of the books"))
        name_job("reports.claim", _("Claim sheet"))
        name_job("reports.rollup", _("Figures of the overview"))

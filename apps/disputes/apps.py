"""What this app tells the frame and the earlier apps when it is loaded."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DisputesConfig(AppConfig):
    name = "apps.disputes"
    label = "disputes"

    def ready(self):
        from apps.channels.dispute_notices import register_dispute_taker  # noqa: PLC0415
        from apps.core import clock  # noqa: PLC0415
        from apps.core.open_work import OpenWork, register_open_work  # noqa: PLC0415
        from apps.core.signs import register_signs  # noqa: PLC0415  models may be imported only from here on
        from apps.core.ui import name_job, register_badge  # noqa: PLC0415
        from apps.disputes.enums import DisputeJob, RiskJob  # noqa: PLC0415
        from apps.disputes.selectors.cases import badge  # noqa: PLC0415
        from apps.disputes.selectors.risk.signs import signs_of, signs_of_many  # noqa: PLC0415
        from apps.disputes.services import handing_over  # noqa: PLC0415
        from apps.disputes.services.file_import import import_disputes  # noqa: PLC0415
        from apps.disputes.services.lines import dispute_ends, disputes_frame, hear_links  # noqa: PLC0415
        from apps.disputes.services.notices import take_dispute_notice  # noqa: PLC0415
        from apps.settlements.services.dispute_books import register_dispute_books, register_dispute_ends  # noqa: PLC0415
        from apps.settlements.services.drop import register_book  # noqa: PLC0415

        register_dispute_books(disputes_frame, hear_links)
        register_dispute_ends(dispute_ends)
        register_book("disputes.csv", import_disputes)
        register_dispute_taker(take_dispute_notice)
        register_badge("disputes:disputes", lambda merchant, user: badge(merchant, clock.now()))
        register_signs(signs_of, signs_of_many)
        for kind in (*DisputeJob, *RiskJob):
            name_job(kind, kind.label)
        register_open_work(OpenWork("disputes", _("disputes"), handing_over.count_of, handing_over.hand_over))

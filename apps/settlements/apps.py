"""What this app tells the frame when it is loaded."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from apps.core.ui import Badge, name_job, register_badge


class SettlementsConfig(AppConfig):
    name = "apps.settlements"
    label = "settlements"

    def ready(self):
        from apps.channels.selectors import sample_files  # noqa: PLC0415
        from apps.core.open_work import OpenWork, register_open_work  # noqa: PLC0415
        from apps.orders.selectors.refund_context import register_balances  # noqa: PLC0415
        from apps.orders.services.payments.troubles import register_trouble_taker  # noqa: PLC0415
        from apps.settlements.enums import JobKind  # noqa: PLC0415  models may be imported only from here on
        from apps.settlements.selectors.channel_balance import channel_balances  # noqa: PLC0415
        from apps.settlements.selectors.discrepancies import open_of  # noqa: PLC0415
        from apps.settlements.selectors.sample_list import samples_for  # noqa: PLC0415
        from apps.settlements.services import following, handing_over, live_faults  # noqa: PLC0415

        def waiting(merchant, user) -> Badge | None:
            count = open_of(merchant).count()
            return Badge(str(count)) if count else None

        register_badge("settlements:queue", waiting)
        sample_files.register(sample_files.Desk(list=samples_for, take_in=following.take_in_sample))
        register_balances(channel_balances)
        register_trouble_taker(live_faults.raise_live)
        name_job(JobKind.RECONCILE, _("Reconciliation"))
        name_job(JobKind.IMPORT, _("Import of statements"))
        name_job(JobKind.JOURNAL, _("Journal"))
        name_job(JobKind.REPLAY, _("Replay of rules"))
        name_job(JobKind.LEARN, _("Learning from history"))
        register_open_work(OpenWork("discrepancies", _("discrepancies"), handing_over.count_of, handing_over.hand_over))

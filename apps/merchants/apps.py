from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MerchantsConfig(AppConfig):
    name = "apps.merchants"
    label = "merchants"

    def ready(self):
        from axes.signals import user_locked_out  # noqa: PLC0415  models may be imported only from here on

        from apps.core.secrets import keep_sealed  # noqa: PLC0415
        from apps.core.ui import name_job  # noqa: PLC0415
        from apps.merchants.enums import AUDIT_KIND  # noqa: PLC0415
        from apps.merchants.services.lock_out import hear_lock_out  # noqa: PLC0415

        # Of authenticator apps and recovery codes, as allauth keeps them.
        keep_sealed("mfa.Authenticator", "data", "secret", "seed", "migrated_codes")
        name_job(AUDIT_KIND, _("verification of the audit trail"))
        user_locked_out.connect(hear_lock_out, dispatch_uid="merchants.lock_out")

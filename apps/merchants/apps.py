from django.apps import AppConfig


class MerchantsConfig(AppConfig):
    name = "apps.merchants"
    label = "merchants"

    def ready(self):
        from axes.signals import user_locked_out  # noqa: PLC0415  models may be imported only from here on

        from apps.merchants.services.lock_out import hear_lock_out  # noqa: PLC0415

        user_locked_out.connect(hear_lock_out, dispatch_uid="merchants.lock_out")

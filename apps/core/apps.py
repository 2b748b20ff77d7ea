from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self):
        # Web processes and commands enqueue jobs too, so every process knows the kinds, not the workers alone.
        autodiscover_modules("tasks")

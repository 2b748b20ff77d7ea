from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules

from apps.core import triggers


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"

    def ready(self):
        # Web processes and commands enqueue jobs too, so every process knows the kinds, not the workers alone.
        autodiscover_modules("tasks", "triggers")
        pre_migrate.connect(triggers.make_way, sender=self, dispatch_uid="core.triggers")
        # Once at the end of a migration, when all tables are there.
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="core.triggers")

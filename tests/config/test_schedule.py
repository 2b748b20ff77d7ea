"""The schedule rings tasks that exist."""

from celery import current_app
from django.conf import settings


def test_every_scheduled_task_is_registered():
    current_app.loader.import_default_modules()

    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} - set(current_app.tasks) == set()

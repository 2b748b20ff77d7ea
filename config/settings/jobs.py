"""Celery. A task is a doorbell and the row is the queue, so a lost message costs seconds and never work."""

from pathlib import Path

from .environment import BASE_DIR, env

__all__ = [
    "CELERY_BEAT_SCHEDULE",
    "CELERY_BEAT_SCHEDULER",
    "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP",
    "CELERY_BROKER_TRANSPORT_OPTIONS",
    "CELERY_BROKER_URL",
    "CELERY_TASK_ACKS_LATE",
    "CELERY_TASK_DEFAULT_QUEUE",
    "CELERY_TASK_IGNORE_RESULT",
    "CELERY_TASK_ROUTES",
    "CELERY_TIMEZONE",
    "CELERY_WORKER_HIJACK_ROOT_LOGGER",
    "CELERY_WORKER_PREFETCH_MULTIPLIER",
]

EMBEDDED_BROKER = "filesystem://"
CELERY_BROKER_URL = env("CELERY_BROKER_URL", default=EMBEDDED_BROKER)


def broker_options(url: str) -> dict:
    """Transport options by broker; makes the folders of the embedded one."""
    if url == EMBEDDED_BROKER:
        root = Path(env("BROKER_ROOT", default=str(BASE_DIR / "var" / "broker")))
        for folder in ("messages", "control"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        messages = str(root / "messages")
        return {"data_folder_in": messages, "data_folder_out": messages, "control_folder": str(root / "control")}
    return {"visibility_timeout": 600}  # seconds until Redis hands a dead worker's messages to another


CELERY_BROKER_TRANSPORT_OPTIONS = broker_options(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES: dict = {}

CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "ring-payments": {"task": "orders.ring_payments", "schedule": 10.0},
    "do-notices": {"task": "orders.do_notices", "schedule": 10.0},
    "ring-refunds": {"task": "orders.ring_refunds", "schedule": 10.0},
    "ring-storefronts": {"task": "orders.ring_storefronts", "schedule": 60.0},
    "ring-webhooks": {"task": "orders.ring_webhooks", "schedule": 60.0},
    "sign-the-audit": {"task": "audit.checkpoints", "schedule": 3600.0},
    "ring-due-jobs": {"task": "core.ring_due_jobs", "schedule": 20.0},
    # Night falls at another moment for each merchant: the task looks at every merchant's own clock.
    "watch-the-books": {"task": "settlements.watch", "schedule": 60.0},
    "add-up-the-days": {"task": "reports.watch_figures", "schedule": 60.0},
    "prove-the-books": {"task": "reports.watch_proofs", "schedule": 600.0},
    "remind-of-disputes": {"task": "disputes.remind", "schedule": 600.0},
    "end-support": {"task": "merchants.end_support", "schedule": 60.0},
    "forget-sessions": {"task": "merchants.forget_sessions", "schedule": 86_400.0},
    "fetch-statements": {"task": "settlements.fetch", "schedule": 600.0},
    "remind-of-papers": {"task": "channels.remind", "schedule": 21_600.0},
    "watch-channels": {"task": "channels.watch", "schedule": 300.0},
    "watch-papers": {"task": "channels.watch_papers", "schedule": 300.0},
    "watch-risk": {"task": "disputes.watch_risk", "schedule": 60.0},
}

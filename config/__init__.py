from .celery import app as celery_app

__all__ = ["celery_app"]  # so that tasks rung from web requests know their broker

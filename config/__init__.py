from .celery import app as celery_app
from .memory import give_large_blocks_back

__all__ = ["celery_app"]  # so that tasks rung from web requests know their broker

give_large_blocks_back()  # before a library has started a thread

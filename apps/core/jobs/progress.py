"""The handler's way to say how far it is, and to hear that it should stop.

A thread with its own connection writes the figures and renews the lease: so a bar moves, and a cancel is heard, even while the
handler sits in one long transaction. When the runner itself is inside a transaction (most tests), another connection could not
see the job, and the figures are written in place.
"""

import logging
import threading
import time
from datetime import timedelta

from django.db import DatabaseError, connection, connections

from apps.core import clock
from apps.core.jobs.errors import JobStopped
from apps.core.models import Job, JobState

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
WRITE_EVERY = 1.0  # seconds between two writes of changed figures
RENEW_EVERY = 15.0  # seconds between two renewals of the lease when no figure changed


class Progress:
    """Call it as `progress(percent, step)`; use it as a context manager around the handler."""

    def __init__(self, *, job: Job, limit: timedelta):
        self._mine = {"pk": job.pk, "state": JobState.RUNNING, "attempts": job.attempts}
        self._ends = time.monotonic() + limit.total_seconds()
        self._figures: dict = {}
        self._written_at = 0.0
        self._lost = False
        self._finished = threading.Event()
        self._thread: threading.Thread | None = None

    def __call__(self, percent: int, step: str = "") -> None:
        """`percent` of the whole, 0 to 100; `step` is a short translated phrase.

        :raises JobStopped: the job was cancelled, taken over or overran its limit; let it pass, it rolls the transaction back.
        """
        self._figures = {"percent": max(0, min(99, int(percent))), "step": str(step)[:200]}
        if self._thread is None:
            self._write_when_due(WRITE_EVERY)
        if self._lost:
            raise JobStopped

    def __enter__(self) -> "Progress":
        if not connection.in_atomic_block:
            self._thread = threading.Thread(target=self._beat, name=f"job-{self._mine['pk']}", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self._finished.set()
        if self._thread:
            self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._finished.wait(WRITE_EVERY) and not self._lost:
                self._write_when_due(WRITE_EVERY if self._figures else RENEW_EVERY)
        finally:
            connections.close_all()

    def _write_when_due(self, every: float) -> None:
        moment = time.monotonic()
        if moment > self._ends:
            self._lost = True  # hung or far too slow: let the lease run out, so that another attempt starts
        if self._lost or moment - self._written_at < every:
            return
        figures, self._figures = self._figures, {}
        try:
            kept = Job.objects.filter(**self._mine).update(lease_until=clock.now() + LEASE, **figures)
        except DatabaseError as error:
            # SQLite has one writer: while the handler holds the lock this may time out, and nobody else can claim either.
            logger.info("job.heartbeat_failed job=%s reason=%s", self._mine["pk"], type(error).__name__)
            return
        self._written_at = moment
        self._lost = not kept

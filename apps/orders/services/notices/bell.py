"""Says to the workers that notices wait: from a thread of its own, so that no provider waits for our message broker.

However many notices come, the bell rings a few times a second. A ring that gets lost costs seconds: the schedule looks by itself.
"""

import logging
import threading
from collections.abc import Callable

from celery import current_app
from kombu.exceptions import KombuError

logger = logging.getLogger(__name__)
QUEUE = "notices"
PAUSE = 0.2  # seconds between two rings
STALE = 5  # seconds after which a ring that nobody heard is thrown away


class Bell:
    """Rings once for all who pulled it meanwhile, then holds its peace for `pause` seconds."""

    def __init__(self, ring: Callable[[], None], pause: float):
        self._ring, self._pause = ring, pause
        self._pulled = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def pull(self) -> None:
        """Returns at once."""
        self._pulled.set()
        if self._thread is None or not self._thread.is_alive():  # also in a process that was forked from one with a thread
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._watch, name="notice-bell", daemon=True)
                    self._thread.start()

    def _watch(self) -> None:
        quiet = threading.Event()
        while True:
            self._pulled.wait()
            self._pulled.clear()
            self._ring()
            quiet.wait(self._pause)


def _send() -> None:
    try:
        current_app.send_task("orders.do_notices", queue=QUEUE, retry=False, expires=STALE)
    except (KombuError, OSError) as error:
        logger.warning("notice.ring_failed reason=%s", type(error).__name__)


bell = Bell(_send, PAUSE)

"""A worker that carries a refund out in a process of its own (see `forking`).

It stops at the named point, says so on its output and waits there to be killed. Points, in the order they are passed:
claimed (nothing written yet), before (our row is committed, the call has not left), during (the provider is in the middle of its own
transaction), acted (the provider has done it, its answer is not back), written (our answer is written, not committed), committed.
`asking` stops inside the question what became of it, `again` before the second call of one that never arrived.
"""

import signal
from functools import wraps

from django.conf import settings

from apps.channels.providers.simulator.books import Books
from apps.channels.providers.simulator.client import Simulator
from apps.core.jobs import runner
from apps.orders import tasks
from apps.orders.services.refunds import calling
from tests.faults.forking import say

PLACES = {
    "claimed": (calling, "gateway_for", "after"),
    "before": (Simulator, "refund", "before"),
    "during": (Books, "_refunded", "before"),
    "acted": (Simulator, "_answer", "before"),
    "written": (calling, "apply_answer", "after"),
    "committed": (tasks, "deliver_notices", "before"),
    "asking": (Simulator, "query_refund", "before"),
    "again": (Simulator, "refund", "before"),
}


def stop_at(point: str) -> None:
    """Puts the pause into its place."""
    owner, name, side = PLACES[point]
    real = getattr(owner, name)

    @wraps(real)
    def paused(*args, **fields):
        if side == "after":
            real(*args, **fields)
        say(point)
        signal.pause()  # until the test kills this process

    setattr(owner, name, paused)


def live(job_id: int, point: str, simulator_file: str) -> None:
    settings.SIMULATOR_FILE = simulator_file
    stop_at(point)
    runner.run(job_id=job_id)

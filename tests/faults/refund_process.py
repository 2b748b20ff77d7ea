"""A worker that carries a refund out in a process of its own: `python -m tests.faults.refund_process JOB_ID POINT`.

It stops at the named point, says so on its output and waits there to be killed. Points, in the order they are passed:
claimed (nothing written yet), before (our row is committed, the call has not left), during (the provider is in the middle of its own
transaction), acted (the provider has done it, its answer is not back), written (our answer is written, not committed), committed.
`asking` stops inside the question what became of it, `again` before the second call of one that never arrived.
"""

import sys
from functools import wraps

import django

django.setup()

from apps.channels.providers.simulator.books import Books  # noqa: E402  settings first
from apps.channels.providers.simulator.client import Simulator  # noqa: E402
from apps.core.jobs import runner  # noqa: E402
from apps.orders import tasks  # noqa: E402
from apps.orders.services.refunds import calling  # noqa: E402

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
        result = real(*args, **fields) if side == "after" else None
        print(point, flush=True)  # noqa: T201
        sys.stdin.read()  # until the test kills this process, or ends it by closing the pipe
        return result if side == "after" else real(*args, **fields)

    setattr(owner, name, paused)


if __name__ == "__main__":
    stop_at(sys.argv[2])
    runner.run(job_id=int(sys.argv[1]))

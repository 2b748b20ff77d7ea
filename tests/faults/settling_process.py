"""Imports a day's file and reconciles in a process of its own (see `forking`).

It kills itself with SIGKILL at the named boundary between two steps. Points, in the order they are passed: stored (the bytes are kept,
nothing else), lines (rows are written, not committed), imported (the file is in, no pass yet), and of the pass, each written and not
committed: matches, payouts, accepted, ties, faults.
"""

import os
import signal
from functools import wraps
from pathlib import Path

from apps.channels.models import Channel
from apps.core import files
from apps.merchants.models import Merchant
from apps.settlements.services import applying, intake, reconcile
from tests import cast

PLACES = {
    "stored": (files, "store"),
    "lines": (intake, "_write_lines"),
    "imported": (intake, "import_file"),
    "matches": (applying, "apply_matches"),
    "payouts": (applying, "apply_payouts"),
    "accepted": (reconcile, "apply_accepted"),
    "ties": (applying, "apply_ties"),
    "faults": (reconcile, "apply_faults"),
}


def die_after(point: str) -> None:
    owner, name = PLACES[point]
    real = getattr(owner, name)

    @wraps(real)
    def last(*args, **fields):
        real(*args, **fields)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, last)


def live(merchant_id: int, file: str, point: str) -> None:
    merchant, path = Merchant.objects.get(pk=merchant_id), Path(file)
    die_after(point)
    channel = Channel.objects.for_merchant(merchant).select_related("merchant").get()
    intake.import_file(owner=channel, name=path.name, data=path.read_bytes(), by=None, now=cast.NOW)
    reconcile.reconcile(merchant=merchant, now=cast.NOW)

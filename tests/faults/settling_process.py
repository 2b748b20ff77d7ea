"""Imports a day's file and reconciles in a process of its own: `python -m tests.faults.settling_process MERCHANT_ID FILE POINT`.

It kills itself with SIGKILL at the named boundary between two steps. Points, in the order they are passed: stored (the bytes are kept,
nothing else), lines (rows are written, not committed), imported (the file is in, no pass yet), and of the pass, each written and not
committed: matches, payouts, accepted, ties, faults.
"""

import os
import signal
import sys
from functools import wraps

import django

django.setup()

from pathlib import Path  # noqa: E402

from apps.channels.models import Channel  # noqa: E402  settings first
from apps.core import files  # noqa: E402
from apps.merchants.models import Merchant  # noqa: E402
from apps.settlements.services import applying, intake, reconcile  # noqa: E402
from tests import cast  # noqa: E402

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


if __name__ == "__main__":
    merchant, path = Merchant.objects.get(pk=sys.argv[1]), Path(sys.argv[2])
    die_after(sys.argv[3])
    channel = Channel.objects.for_merchant(merchant).select_related("merchant").get()
    intake.import_file(owner=channel, name=path.name, data=path.read_bytes(), by=None, now=cast.NOW)
    reconcile.reconcile(merchant=merchant, now=cast.NOW)

#!/usr/bin/env python3
"""The second half of bin/run: migrates, seeds the demo once, then keeps web and worker together until one of them ends.

Their logs are in var/log/. The exit status is 0 when a person stopped it.
"""

import io
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "var" / "log"
HOST = os.environ.get("HOST", "127.0.0.1")
REACHED_AT = "localhost" if HOST in ("127.0.0.1", "0.0.0.0") else HOST
GRACE = 15  # seconds for requests and jobs to end; a job cut off is taken up again after the next start
LATE = ("bin/late.py",)  # fetches 95 MB of fonts that only PDF reports need, after the page is up
QUEUES = "notices,default,imports,reports"


def prepare() -> str:
    """Brings the database up to date and fills an empty one with the demo; returns what the demo says about logins."""
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    import django  # noqa: PLC0415  needs the two lines above
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    logging.getLogger().setLevel(logging.WARNING)  # the screen is for the address and the logins; the log of events is for what serves
    call_command("migrate", verbosity=0, interactive=False)
    said = io.StringIO()
    call_command("demo", if_empty=True, stdout=said)
    return said.getvalue().strip()


def free_port(wanted: int) -> int:
    """The wanted port or the next free one."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise SystemExit(f"No free port between {wanted} and {wanted + 49}; set PORT.")


def start(name: str, *command: str) -> subprocess.Popen:
    """A child in a session of its own, so that Ctrl-C reaches it only through us, in order."""
    LOGS.mkdir(parents=True, exist_ok=True)
    with (LOGS / f"{name}.log").open("ab") as log:
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def start_all(port: int) -> dict[str, subprocess.Popen]:
    address = f"{HOST}:{port}"
    gunicorn = ("-m", "gunicorn", "config.wsgi", "-k", "gthread", "-w", "1", "--threads", "8", "-b", address, "--no-control-socket")
    celery = (
        "-m",
        "celery",
        "-A",
        "config.celery",
        "worker",
        "-B",
        "-P",
        "threads",
        "-c",
        "2",
        "-Q",
        QUEUES,
        "-l",
        "INFO",
        "--without-gossip",
    )
    return {"web": start("web", *gunicorn), "worker": start("worker", *celery)}


def wait_until_up(port: int, web: subprocess.Popen, stopped: threading.Event) -> None:
    while web.poll() is None and not stopped.is_set():
        try:
            urllib.request.urlopen(f"http://{REACHED_AT}:{port}/healthz", timeout=2).close()
            return
        except OSError:
            stopped.wait(0.1)


def stop_all(children: dict[str, subprocess.Popen]) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    for child in children.values():
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def watch(children: dict[str, subprocess.Popen], stopped: threading.Event) -> int:
    """Returns when asked to stop (0) or when a child has ended by itself (1)."""
    while not stopped.wait(0.5):
        for name, child in children.items():
            if child.poll() is not None:
                tail = (LOGS / f"{name}.log").read_text(errors="replace").splitlines()[-20:]
                print(f"The {name} process ended with status {child.returncode}. Last lines of its log:", *tail, sep="\n", file=sys.stderr)
                return 1
    return 0


def main() -> int:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    logins = prepare()
    port = free_port(int(os.environ.get("PORT", "8000")))
    children = start_all(port)
    late = None
    try:
        wait_until_up(port, children["web"], stopped)
        if children["web"].poll() is None and not stopped.is_set():
            print(f"\nHezhang is at http://{REACHED_AT}:{port}/   (Ctrl-C stops it; logs in var/log/)\n")
            print(logins, flush=True)
            late = start("late", *LATE)
        return watch(children, stopped)
    finally:
        if late and late.poll() is None:
            os.killpg(late.pid, signal.SIGTERM)
        stop_all(children)


if __name__ == "__main__":
    sys.exit(main())

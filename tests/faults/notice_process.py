"""Web servers and workers that a notice passes through, each of which stops at a point: `python -m tests.faults.notice_process`.

Reads one point a line and forks a process for it, as gunicorn and Celery do; says its number, and of a web server its port. The process
says the point when it stands there, and waits to be killed. Of a web server: `kept` (the row is committed, nobody has been told) and
`ringing` (on its way to the message broker); of a worker: `locked` (the row is held, nothing is done) and `written` (everything is, and the
commit has not left). All end with the input.
"""

import os
import signal
import sys
from functools import wraps
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django

django.setup()

from celery import Celery  # noqa: E402  settings first
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db.backends.base.base import BaseDatabaseWrapper  # noqa: E402
from django.urls import resolve  # noqa: E402

from apps.orders import tasks  # noqa: E402
from apps.orders.services.notices import doing  # noqa: E402
from apps.orders.views import notices  # noqa: E402

SERVER = {"kept": (notices, "take_notice_at", "after"), "ringing": (Celery, "send_task", "before")}
WORKER = {"locked": (doing, "_do", "before"), "written": (BaseDatabaseWrapper, "_commit", "before")}


PATIENCE = 120  # seconds


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass


def say(word: object) -> None:
    os.write(1, f"{word}\n".encode())


def stop_at(point: str, wait) -> None:
    """Puts the pause into its place."""
    owner, name, side = (SERVER | WORKER)[point]
    real = getattr(owner, name)

    @wraps(real)
    def paused(*args, **fields):
        result = real(*args, **fields) if side == "after" else None
        say(point)
        wait()
        return result if side == "after" else real(*args, **fields)

    setattr(owner, name, paused)


def live(point: str) -> None:
    if point in WORKER:
        tasks.do_notices()
        return
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    say(server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    signal.alarm(PATIENCE)  # a point that nobody comes to ends as a failure, not as a silence
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    resolve("/notices/0/")  # the pages are loaded once, for all of them
    until_parent_ends, held_by_parent = os.pipe()
    for line in sys.stdin:
        if os.fork() == 0:
            os.close(held_by_parent)
            signal.alarm(PATIENCE)
            say(os.getpid())
            stop_at(line.strip(), lambda: os.read(until_parent_ends, 1))
            live(line.strip())
            os._exit(0)

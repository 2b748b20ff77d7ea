#!/usr/bin/env python
"""How many notices a second are taken in, beside pgbench doing the same INSERT with as many clients in the same minute.

    DATABASE_URL=postgres://user@host:port/empty_database bench/notices.py [--seconds 8] [--clients 16]

Serves as production does (gunicorn, two workers of four threads), once with connections that are kept and once with one for each request,
and prints one line of JSON: notices a second that are taken in (`kept`: new ones; `again`: copies of one, 10,000 of which must change
nothing), pgbench's transactions a second, and the two ratios. No worker runs meanwhile; how many a second one of them then does is told too
(`done` where the payment was known, `paid` where it becomes paid), and that each was done once. `cpu_ms` is the web server's own processor
time for a new notice.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings.prod",
    "HEZHANG_ENV_FILE": "",
    "SECRET_KEY": "bench-only-" + "x" * 50,
    "ALLOWED_HOSTS": "localhost,127.0.0.1",
    "INSECURE_HTTP": "true",
    "LOG_LEVEL": "ERROR",
    "CELERY_BROKER_URL": "memory://",
    "SIMULATOR_FILE": "/tmp/hezhang-bench-simulator.sqlite3",
}
os.environ.update(SETTINGS)

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from apps.audit.models import AuditEvent  # noqa: E402
from apps.channels.models import NoticeState, WebhookEvent  # noqa: E402
from apps.channels.services.gateway import gateway_for  # noqa: E402
from apps.core import clock  # noqa: E402
from apps.orders.models import Payment, PaymentEvent  # noqa: E402
from apps.orders.services.notices.doing import do_waiting  # noqa: E402
from apps.orders.services.notices.keeping import insert_notice  # noqa: E402
from apps.orders.services.notices.words import as_json  # noqa: E402
from tests import cast  # noqa: E402

COPIES = 10_000
PAID = 400  # payments that become paid


class WithoutMigrations:
    """Tables are made from the models: quicker, and equal."""

    def __contains__(self, item):
        return True

    def __getitem__(self, item):
        return None


def signed(channel, event: str, merchant_ref: str) -> bytes:
    """A notice that a payment was paid, as HTTP."""
    said = {"type": "payment", "event": event, "state": "paid", "amount": 128000, "currency": "TWD", "merchant_ref": merchant_ref}
    body = json.dumps({**said, "key": "", "ref": f"SIM-{merchant_ref}", "paid_at": cast.NOW.isoformat()}).encode()
    head = f"POST /notices/{channel.public_id}/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"x-simulator-signature: {gateway_for(channel).sign(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def client(port: int, waiting: list[bytes], until: float, counts: list[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while waiting and time.monotonic() < until:
        writer.write(waiting.pop())
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(length)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise SystemExit(head.decode())
        counts.append(1)
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def send(port: int, notices: list[bytes], seconds: float, clients: int) -> float:
    """Notices a second."""

    async def all_of_them() -> float:
        counts: list[int] = []
        began = time.monotonic()
        await asyncio.gather(*(client(port, notices, began + seconds, counts) for _n in range(clients)))
        return len(counts) / (time.monotonic() - began)

    return asyncio.run(all_of_them())


class Server:
    """gunicorn as docs/deployment.md starts it."""

    def __init__(self, url: str):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "-k", "gthread", "-w", "2", "--threads", "4", "--no-control-socket"]
        environment = os.environ | {"DATABASE_URL": url}
        self.process = subprocess.Popen([*command, "-b", f"127.0.0.1:{self.port}"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)

    def __enter__(self) -> int:
        for _n in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz").read()
                return self.port
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise SystemExit("gunicorn does not answer")

    def cpu(self) -> float:
        """Seconds of processor time that it and its workers have used."""
        lists = Path("/proc").glob(f"{self.process.pid}/task/*/children")
        pids = [self.process.pid, *(int(pid) for one in lists for pid in one.read_text().split())]
        used = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        return sum(int(fields[11]) + int(fields[12]) for fields in used) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_error) -> None:
        self.process.terminate()
        self.process.wait()


def pgbench(url: str, channel, seconds: int, clients: int) -> float:
    """The same INSERT, event by event, by PostgreSQL's own tool."""
    head, body = signed(channel, "sample", "KNOWN").split(b"\r\n\r\n")
    proof = head.decode().partition("x-simulator-signature: ")[2].split("\r\n")[0]
    (told,) = gateway_for(channel).read_notices({"x-simulator-signature": proof}, body, cast.NOW)
    with CaptureQueriesContext(connection) as said:
        insert_notice(
            channel, NoticeState.RECEIVED, {}, body, cast.NOW, event_id="sample-event", about="KNOWN", told=as_json(told), due_at=cast.NOW
        )
    script = Path(tempfile.gettempdir()) / "hezhang-bench-notices.sql"
    insert = said.captured_queries[-1]["sql"].replace("'sample-event'", "('e' || :number)")
    script.write_text(f"\\set number random(1, 1000000000000)\n{insert};\n")
    tool = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))[-1]
    command = [str(tool), "-n", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f", str(script), url]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {WebhookEvent._meta.db_table}")  # else a worker would have all of those to do
    return float(next(line for line in shown.splitlines() if line.startswith("tps")).split()[2])


def do_all() -> float:
    """What one worker does, notices a second. Each was done."""
    waiting, began = WebhookEvent.objects.filter(due_at__isnull=False).count(), time.monotonic()
    assert do_waiting(now=clock.now(), seconds=600) == waiting
    assert not WebhookEvent.objects.filter(state=NoticeState.RECEIVED).exists()
    return waiting / (time.monotonic() - began)


def counted() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (WebhookEvent, Payment, PaymentEvent, AuditEvent))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=int, default=8)
    words.add_argument("--clients", type=int, default=16)
    given = words.parse_args()
    url = os.environ["DATABASE_URL"]
    settings.MIGRATION_MODULES = WithoutMigrations()
    call_command("migrate", run_syncdb=True, verbosity=0)
    channel = cast.make_channel(cast.make_merchant("bench", is_practice=True))
    known = cast.make_payment(channel, "KNOWN", 128000, provider_ref="SIM-KNOWN")
    order = known.order
    fields = {"order": order, "state": "pending", "paid_at": None, "business_date": None, "provider_ref": ""}
    open_ones = [
        cast.make_payment(channel, merchant_ref=f"P{number}", amount_minor=128000, **fields).merchant_ref for number in range(PAID)
    ]
    many = given.seconds * 2000
    found: dict[str, float] = {"pgbench": pgbench(url, channel, given.seconds, given.clients)}
    server = Server(url)
    with server as port:
        send(port, [signed(channel, f"w{n}", "KNOWN") for n in range(200)], 5, given.clients)
        notices, spent = [signed(channel, f"k{n}", "KNOWN") for n in range(many)], server.cpu()
        found["kept"] = send(port, notices, given.seconds, given.clients)
        found["cpu_ms"] = 1000 * (server.cpu() - spent) / (found["kept"] * given.seconds)
        found["done"] = do_all()
        send(port, [signed(channel, f"p{ref}", ref) for ref in open_ones], 600, given.clients)
        found["paid"] = do_all()
        assert Payment.objects.filter(state="paid").count() == PaymentEvent.objects.filter(kind="payment.paid").count() + 1 == PAID + 1
        send(port, [signed(channel, "w1", "KNOWN")], 60, 1)
        before = counted()
        began, again = time.monotonic(), [signed(channel, "w1", "KNOWN")] * COPIES
        send(port, again, 600, given.clients)
        found["again"] = COPIES / (time.monotonic() - began)
        assert counted() == before, "a repetition changed something"
    with Server(f"{url}?conn_max_age=0") as port:
        send(port, [signed(channel, f"v{n}", "KNOWN") for n in range(100)], 5, given.clients)
        found["kept_connection_each"] = send(port, [signed(channel, f"c{n}", "KNOWN") for n in range(many)], given.seconds, given.clients)
    found["of_pgbench"] = found["kept"] / found["pgbench"]
    found["times_connection_each"] = found["kept"] / found["kept_connection_each"]
    print(json.dumps({name: round(value, 3) for name, value in found.items()}))


if __name__ == "__main__":
    main()

"""Kill -9 between the moment a notice is kept and the moment it is done: it is done once, by whoever looks next. Real processes."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest
from django.conf import settings
from django.db import transaction

from apps.audit.models import AuditEvent
from apps.channels.models import WebhookEvent
from apps.core import clock
from apps.orders.services.notices import doing
from tests.orders.payments.scene import again, payer, practice_channel, simulator, start, steps

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.postgres_only]


class Processes:
    """The web servers and workers that are started; each is a process, and stops at its point."""

    def __init__(self, parent: subprocess.Popen):
        self.parent = parent

    def begin(self, point: str) -> int:
        """The number of a new one."""
        self.parent.stdin.write(f"{point}\n")
        return int(self.hear())

    def hear(self) -> str:
        return self.parent.stdout.readline().strip()


@pytest.fixture
def processes(database_url):
    environment = os.environ | {
        "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test", "SIMULATOR_FILE": str(settings.SIMULATOR_FILE),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.faults.notice_process"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    parent = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, text=True, bufsize=1, **pipes)
    yield Processes(parent)
    parent.kill()
    parent.communicate()


class Sold:
    """A payment of NT$1,280 that its payer has made just now, and the notice of it, which the provider sends as often as it likes."""

    def __init__(self, channel, cart: str):
        self.payment = start(channel, cart, now=datetime.now(UTC))
        payer(self.payment, "pay")
        [(headers, self.body)] = simulator(channel).pending_notices()
        self.headers = {"Content-Type": "application/json", **headers}
        self.path = f"/notices/{channel.public_id}/"

    def send(self, client) -> int:
        return client.post(self.path, data=self.body, content_type="application/json", headers=self.headers).status_code

    def row(self) -> tuple:
        """Its state, what came of it, and whether it is due as it was when it came: nobody has tried."""
        event = WebhookEvent.objects.get(about=self.payment.merchant_ref)
        return event.state, event.result, event.due_at == event.received_at

    def books(self) -> tuple:
        """What is written of the payment: its state, how often it says that it was paid, and how often the chain of audit says so."""
        audited = AuditEvent.objects.filter(action="payment.paid", subject_id=str(self.payment.pk)).count()
        return again(self.payment).state, steps(self.payment).count("paid"), audited


def assert_done_once(sold: Sold, client) -> None:
    """By the next worker; when the provider sends it once more, nothing changes."""
    assert (sold.row(), sold.books()) == (("received", "", True), ("pending", 0, 0))
    assert doing.do_waiting(now=clock.now()) == 1
    assert (sold.row(), sold.books()) == (("processed", f"moved {sold.payment.merchant_ref}", False), ("paid", 1, 1))
    assert (sold.send(client), doing.do_waiting(now=clock.now()), sold.books()) == (200, 0, ("paid", 1, 1))


def test_every_boundary_between_keeping_and_doing(client, processes):
    channel = practice_channel()

    for point, is_answered in (("kept", False), ("ringing", True)):
        sold, pid = Sold(channel, point), processes.begin(point)
        connection = HTTPConnection("127.0.0.1", int(processes.hear()), timeout=60)
        connection.request("POST", sold.path, sold.body, sold.headers)
        assert processes.hear() == point
        if is_answered:  # the bell has a thread of its own: no provider waits for it
            assert connection.getresponse().status == 200
        os.kill(pid, signal.SIGKILL)
        if not is_answered:
            with pytest.raises(ConnectionError):
                connection.getresponse()
        connection.close()
        assert_done_once(sold, client)

    for point in ("locked", "written"):
        sold = Sold(channel, point)
        assert sold.send(client) == 200
        pid = processes.begin(point)
        assert processes.hear() == point
        assert (doing.do_waiting(now=clock.now()), sold.row()) == (1, ("received", "", True))  # somebody is at it: passed over, at once
        os.kill(pid, signal.SIGKILL)
        with transaction.atomic():  # PostgreSQL lets the row go when it hears that the other end is gone
            WebhookEvent.objects.select_for_update().get(about=sold.payment.merchant_ref)
        assert_done_once(sold, client)

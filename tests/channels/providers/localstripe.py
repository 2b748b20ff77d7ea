"""A Stripe of our own: `localstripe` as a process on a free port. It heeds no idempotency key; `stripe_front` adds that."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import stripe

from tests.strictness import skip_or_fail

KEY = "sk_test_12345"


@contextmanager
def running() -> Iterator[str]:
    """The address of a fresh server; skipped where it is not installed, except in CI."""
    program = Path(sys.executable).parent / "localstripe"
    if not program.exists():
        skip_or_fail("localstripe is not installed: requirements-test.txt names it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(program), "--port", str(port), "--from-scratch"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def _wait(server: subprocess.Popen, port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("localstripe did not start")


def api(base_url: str):
    """The official library, pointed there."""
    return stripe.StripeClient(KEY, base_addresses={"api": base_url}, http_client=stripe.RequestsClient(timeout=20)).v1


def paid_intent(base_url: str, amount: int, currency: str = "twd") -> str:
    """A card payment that succeeded; its id."""
    shop = api(base_url)
    customer = shop.customers.create({"name": "Lin"})
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2035, "cvc": "123"}
    method = shop.payment_methods.create({"type": "card", "card": card})
    shop.payment_methods.attach(method.id, {"customer": customer.id})
    wanted = {"amount": amount, "currency": currency, "customer": customer.id, "payment_method": method.id, "confirm": True}
    return shop.payment_intents.create(wanted).id

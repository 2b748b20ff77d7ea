"""What `localstripe` lacks, as a small server before it: idempotency keys, no refund beyond the payment, and answers that get lost.

By docs.stripe.com/api/idempotent_requests and the errors that Stripe gives for refunds.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import httpx

NOT_PASSED_ON = {"host", "connection", "accept-encoding", "content-length"}


class StripeFront:
    """`mood` is how the next refund goes: ok, silent_before, silent_after (cut before or after the effect), slow_after (the answer comes
    too late), garbage, or a whole answer (status, error). `posts` are the refunds that were asked for."""

    def __init__(self, backend: str):
        self.backend = backend
        self.mood: object = "ok"
        self.posts: list[dict[str, str]] = []
        self.kept: dict[str, tuple[str, tuple[int, str]]] = {}
        self.base_url = ""
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.acted = threading.Event()  # the last refund that was passed on has had its effect

    def answer(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, str] | None:
        """Status and text; None is silence."""
        if (method, path) != ("POST", "/v1/refunds"):
            return self._pass_on(method, path, headers, body)
        with self.lock:
            mood, self.mood = self.mood, "ok"
            self.posts.append(dict(parse_qsl(body)))
            if mood == "silent_before":
                return None
            if mood == "garbage":
                return 200, "<html>"
            if isinstance(mood, tuple):
                return mood[0], json.dumps({"error": mood[1]})
            said = self._once(headers, body)
            self.acted.set()
        if mood == "slow_after":
            self.closing.wait(10)
        return None if mood in ("silent_after", "slow_after") else said

    def _once(self, headers: dict[str, str], body: str) -> tuple[int, str]:
        key = headers["idempotency-key"]
        if key in self.kept:
            first, said = self.kept[key]
            return (
                said if first == body else _error(400, type="idempotency_error", message="Keys can only be used with the same parameters.")
            )
        said = self._refusal(headers, dict(parse_qsl(body))) or self._pass_on("POST", "/v1/refunds", headers, body)
        self.kept[key] = body, said
        return said

    def _refusal(self, headers: dict[str, str], wanted: dict[str, str]) -> tuple[int, str] | None:
        intent = wanted.get("payment_intent", "")
        status, text = self._pass_on("GET", f"/v1/payment_intents/{intent}", headers, "")
        if status != 200:
            return status, text
        listed = json.loads(self._pass_on("GET", f"/v1/refunds?limit=100&payment_intent={intent}", headers, "")[1])["data"]
        left = json.loads(text)["amount"] - sum(refund["amount"] for refund in listed)
        if left <= 0:
            return _error(400, code="charge_already_refunded", message="Charge has already been refunded.")
        if int(wanted["amount"]) > left:
            return _error(400, param="amount", message="Refund amount is greater than unrefunded amount on charge.")
        return None

    def _pass_on(self, method: str, path: str, headers: dict[str, str], body: str) -> tuple[int, str]:
        kept = {name: value for name, value in headers.items() if name not in NOT_PASSED_ON}
        reply = httpx.request(method, self.backend + path, headers=kept, content=body, timeout=20)
        return reply.status_code, reply.text


def _error(status: int, **error) -> tuple[int, str]:
    return status, json.dumps({"error": {"type": "invalid_request_error", **error}})


@contextmanager
def running(backend: str) -> Iterator[StripeFront]:
    """A fresh one on a free port, before the server at `backend`."""
    front = StripeFront(backend)

    class Handler(BaseHTTPRequestHandler):
        def _do(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            said = front.answer(self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            if said is None:  # cut without a word
                self.close_connection = True
                return
            self.send_response(said[0])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said[1].encode())))
            self.end_headers()
            self.wfile.write(said[1].encode())

        do_GET = do_POST = _do

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    front.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield front
    finally:
        front.closing.set()
        server.shutdown()
        server.server_close()

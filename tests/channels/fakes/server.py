"""The server under every fake: HTTP on a free port of this machine, silence when the mood asks for it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from tests.channels.fakes.books import Attempt, Back, Books, Mood

T = TypeVar("T")
GARBAGE = b"<html><body>Service Unavailable</body></html>"


@dataclass(frozen=True)
class Asked:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    target: str = ""  # path and query exactly as sent, for signatures

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Answered:
    """What goes back."""

    body: bytes | str = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Silent(Exception):
    """The line is cut without a word."""


class Instead(Exception):
    """The mood wants another answer than the provider's own."""

    def __init__(self, answer: Answered):
        super().__init__(answer.status)
        self.answer = answer


class FakeProvider:
    """Base of every fake: `answer` speaks the provider's format, `books` hold the truth, `notice` says what the provider would send."""

    def __init__(self, books: Books | None = None):
        self.books = books or Books()
        self.base_url = ""
        self.requests: list[Asked] = []
        self.fees: dict[int, int] = {}  # amount: what is kept of a payment of it, or given back with a refund of it, in minor units

    def answer(self, asked: Asked) -> Answered:
        """The provider's reply to one request."""
        raise NotImplementedError

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        """A genuine notice about how the payment stands now: headers in lower case, and the raw body."""
        raise NotImplementedError

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        """A genuine notice about a refund, where the provider sends any."""
        raise NotImplementedError

    def odd(self) -> Answered:
        """An answer with a code that no document of the provider has."""
        raise NotImplementedError

    def backs_of(self, is_wanted: Callable[[datetime], bool]) -> list[tuple[Attempt, Back]]:
        """Refunds that were done at a wanted moment, each with its payment."""
        held = [(one, back) for one in self.books.payments.values() for back in one.backs.values()]
        return [(one, back) for one, back in held if back.state == "succeeded" and is_wanted(back.done_at)]

    def carry_out(self, operation: str, effect: Callable[[Mood], T]) -> T:
        """Does `effect` as the mood of this operation wants; the mood may also be to answer otherwise, or not at all."""
        mood = self.books.next_mood(operation)
        if mood == Mood.SILENT_BEFORE:
            raise Silent
        if mood == Mood.BUSY:
            raise Instead(Answered(GARBAGE, 503))
        if mood == Mood.ODD_CODE:
            raise Instead(self.odd())
        done = effect(mood)
        if mood == Mood.SILENT_AFTER:
            raise Silent
        if mood == Mood.GARBAGE_AFTER:
            raise Instead(Answered(GARBAGE))
        return done


F = TypeVar("F", bound=FakeProvider)


@contextmanager
def running(fake: F) -> Iterator[F]:
    """Serves a fake on a free port while the block lasts; `fake.base_url` says where."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self):
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)), headers, body, self.path)
            fake.requests.append(asked)
            try:
                reply = fake.answer(asked)
            except Silent:
                self.close_connection = True
                return
            except Instead as instead:
                reply = instead.answer
            out = reply.body.encode() if isinstance(reply.body, str) else reply.body
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(out)))
            self.end_headers()
            self.wfile.write(out)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()

"""One HTTP conversation with a provider: time-outs, safe repetition of questions, and a record without secrets. No Django here."""

import json
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import httpx
import stamina

CONNECT, PATIENCE = 5.0, 20.0  # seconds until somebody answers at all, and until the answer is there
ASKS = 3  # tries of one question; an action is sent once
ASKING_SECONDS = 40
KEPT = 4_000  # characters of a request or an answer in the record
SHORTEST_SECRET = 4
HIDDEN = "•••"


class NoAnswer(Exception):
    """Nobody answered, or the line was cut: whether the provider acted is not known. `code` is timeout or no_answer."""

    def __init__(self, code: str, why: str = ""):
        super().__init__(why or code)
        self.code = code


class AnswerUnreadable(Exception):
    """An answer arrived and is not what the provider's documents promise."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Header names are in lower case; `body` is as received, for verifying signatures."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """As UTF-8, what does not decode replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> dict:
        """:raises AnswerUnreadable: it is no JSON object."""
        try:
            read = json.loads(self.body)
        except ValueError as error:
            raise AnswerUnreadable("no JSON") from error
        if not isinstance(read, dict):
            raise AnswerUnreadable("no JSON object")
        return read


class Wire:
    """Speaks to one address. `secrets` never enter the record; `act` sends once, `ask` may send again.

    `patience` are seconds for one answer, for a provider whose documents ask for more than the usual.
    """

    def __init__(self, base_url: str, *, secrets: Iterable[str] = (), patience: float = PATIENCE):
        self.base_url = base_url.rstrip("/")
        self._timeout = httpx.Timeout(patience, connect=CONNECT)
        self._secrets = sorted({one for one in secrets if len(one) >= SHORTEST_SECRET}, key=len, reverse=True)
        self._record: list[dict] = []

    def act(self, method: str, path: str, *, content: bytes | str = b"", headers: Mapping[str, str] | None = None, params=None) -> Reply:
        """Sends once. :raises NoAnswer: see there."""
        begun, shown = time.monotonic(), {"method": method, "path": path, "request": self._clean(content)}
        try:
            with httpx.Client(verify=_tls(), timeout=self._timeout, follow_redirects=False) as web:
                got = web.request(method, self._address(path), content=content or None, headers=dict(headers or {}), params=params)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            code = "timeout" if isinstance(error, httpx.TimeoutException) else "no_answer"
            self._record.append({**shown, "error": code, "ms": _since(begun)})
            raise NoAnswer(code, type(error).__name__) from error
        self._record.append({**shown, "status": got.status_code, "answer": self._clean(got.content), "ms": _since(begun)})
        return Reply(got.status_code, {name.lower(): value for name, value in got.headers.items()}, got.content)

    def ask(self, method: str, path: str, **sent) -> Reply:
        """Sends a question, up to ASKS times while nobody answers. Never for what moves money. :raises NoAnswer: see there."""

        # What is tried again is logged with its arguments, so it has none: headers hold keys.
        @stamina.retry(on=NoAnswer, attempts=ASKS, timeout=ASKING_SECONDS, wait_initial=0.5, wait_max=3)
        def once() -> Reply:
            return self.act(method, path, **sent)

        return once()

    def record(self, **more) -> dict:
        """What was said since the last record, for an answer's `raw`; beginning the next."""
        said, self._record = self._record, []
        return {**more, "exchanges": said}

    def _address(self, path: str) -> str:
        return path if path.startswith(("http://", "https://")) else f"{self.base_url}{path}"

    def _clean(self, content: bytes | str) -> str:
        text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text[:KEPT]


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificate authorities takes longer than many an answer."""
    return httpx.create_ssl_context()


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)

"""Razorpay's interface: JSON with a key and its secret. https://razorpay.com/docs/api/

Amounts are integers of the minor unit of ISO 4217; the last digit of a currency with three must be 0.
"""

import base64
import json

from apps.channels.gateways import Account
from apps.channels.wire import AnswerUnreadable, NoAnswer, Reply, Wire
from apps.core.money import MoneyError, exponent

ADDRESS = "https://api.razorpay.com"  # test and live differ by the key alone
BROKEN = (AnswerUnreadable, AttributeError, KeyError, IndexError, TypeError, ValueError)
PAGE, LOOKED_THROUGH = 100, 1000  # rows of a list; beyond the second nothing is concluded


class Refused(Exception):
    """Razorpay answered with an error. `code` is its reason, else its code, else http_ and the status."""

    def __init__(self, status: int, code: str, message: str = ""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class RazorpayApi:
    """Speaks for one account."""

    def __init__(self, account: Account):
        key_id, secret = account.credentials["key_id"], account.credentials["key_secret"]
        self._basic = base64.b64encode(f"{key_id}:{secret}".encode()).decode()
        self._wire = Wire(account.base_url or ADDRESS, secrets=(secret, self._basic))

    def act(self, path: str, body: dict, *, key: str = "") -> dict:
        """Posts once; `key` makes a repeated refund the same refund. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        more = {"x-refund-idempotency": key} if key else {}
        return _read(self._wire.act("POST", path, content=json.dumps(body), headers={**self._headers(), **more}))

    def ask(self, path: str, **params) -> dict:
        """A question. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        return _read(self._wire.ask("GET", path, headers=self._headers(), params=params))

    def every(self, path: str, *, most: int = LOOKED_THROUGH, page: int = PAGE, **params) -> list[dict]:
        """All rows of a list. :raises ValueError: there are more than `most`, beside what `ask` raises."""
        rows: list[dict] = []
        while len(rows) <= most:
            got = self.ask(path, count=page, skip=len(rows), **params)["items"]
            rows += got
            if len(got) < page:
                return rows
        raise ValueError("too many to look through")

    def record(self, **more) -> dict:
        """What was said since the last record, secrets left out."""
        return self._wire.record(**more)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Basic {self._basic}", "content-type": "application/json"}


def _read(reply: Reply) -> dict:
    if 200 <= reply.status < 300:
        return reply.json()
    try:
        error = reply.json().get("error") or {}
    except AnswerUnreadable:
        error = {}
    if reply.status == 401:
        raise Refused(401, "http_401", str(error.get("description") or "")[:300])
    reason = str(error.get("reason") or "")
    code = reason if reason not in ("", "NA") else str(error.get("code") or f"http_{reply.status}")
    raise Refused(reply.status, code, str(error.get("description") or "")[:300])


def units(minor: int, currency: str) -> int:
    """:raises MoneyError: excess_digits, where Razorpay cannot express the amount."""
    if exponent(currency) == 3 and minor % 10:
        raise MoneyError("excess_digits", f"{minor} {currency}")
    return minor


def why(error: Exception) -> tuple[str, str]:
    """Code and sentence for an answer that came to nothing."""
    if isinstance(error, Refused):
        return error.code, error.message
    return (error.code, "") if isinstance(error, NoAnswer) else ("unreadable", type(error).__name__)

"""Adyen's Checkout interface: JSON with a key. https://docs.adyen.com/api-explorer/Checkout/72/overview

Live accounts have an address of their own, whose beginning the Customer Area names. Amounts are integers of Adyen's minor unit, which for a
few currencies is not that of ISO 4217: those are not offered.
"""

import json
import re

from apps.channels.gateways import Account
from apps.channels.providers.adyen.refusals import CODES
from apps.channels.wire import AnswerUnreadable, NoAnswer, Reply, Wire

SANDBOX = "https://checkout-test.adyen.com/v72"
LIVE = "https://{prefix}-checkout-live.adyenpayments.com/checkout/v72"
PREFIX = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*")
OTHER_UNITS = ("CLP", "CVE", "IDR", "ISK")
BROKEN = (AnswerUnreadable, AttributeError, KeyError, IndexError, TypeError, ValueError)


class Refused(Exception):
    """Adyen answered with an error. `code` is its error code where that is listed, else the type of error, else http_ and the status."""

    def __init__(self, status: int, code: str, message: str = ""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class AdyenApi:
    """Speaks for one merchant account."""

    def __init__(self, account: Account):
        known = account.credentials
        self.merchant_account, self.api_key = known["merchant_account"], known["api_key"]
        prefix = known.get("live_prefix", "").strip()
        live = LIVE.format(prefix=prefix) if PREFIX.fullmatch(prefix) else ""
        self.base_url = account.base_url or (live if account.is_live else SANDBOX)
        self._wire = Wire(self.base_url, secrets=(self.api_key, known.get("hmac_key", "")))

    def act(self, method: str, path: str, body: dict, *, key: str = "") -> dict:
        """Sends once; `key` makes a repetition the same act. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        self._check()
        more = {"idempotency-key": key} if key else {}
        return _read(self._wire.act(method, path, content=json.dumps(body), headers={**self._headers(), **more}))

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        """A question. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        self._check()
        return _read(self._wire.ask(method, path, content=json.dumps(body) if body else "", headers=self._headers()))

    def record(self, **more) -> dict:
        """What was said since the last record, secrets left out."""
        return self._wire.record(**more)

    def _check(self) -> None:
        if not self.base_url:
            raise Refused(0, "no_live_prefix")

    def _headers(self) -> dict[str, str]:
        return {"x-api-key": self.api_key, "content-type": "application/json"}


def _read(reply: Reply) -> dict:
    if 200 <= reply.status < 300:
        return reply.json()
    try:
        about = reply.json()
    except AnswerUnreadable:
        about = {}
    names = (str(about.get("errorCode") or ""), str(about.get("errorType") or ""), f"http_{reply.status}")
    code = next((name for name in names if name in CODES), next(name for name in names if name))
    raise Refused(reply.status, code, str(about.get("message") or "")[:300])


def why(error: Exception) -> tuple[str, str]:
    """Code and sentence for an answer that came to nothing."""
    if isinstance(error, Refused):
        return error.code, error.message
    return (error.code, "") if isinstance(error, NoAnswer) else ("unreadable", type(error).__name__)

"""PayPal's REST interface: a token by the client's secret, then JSON. https://developer.paypal.com/api/rest/

Amounts are decimal texts of the major unit; a few currencies have none of their decimals there.
"""

import base64
import json
from dataclasses import dataclass
from decimal import Decimal

from apps.channels.gateways import Account
from apps.channels.wire import AnswerUnreadable, NoAnswer, Reply, Wire
from apps.core.money import MoneyError, from_minor, to_minor

LIVE, SANDBOX = "https://api-m.paypal.com", "https://api-m.sandbox.paypal.com"
WHOLE_ONLY = ("TWD", "HUF", "JPY")  # https://developer.paypal.com/api/rest/reference/currency-codes/
BROKEN = (AnswerUnreadable, AttributeError, KeyError, IndexError, TypeError, ValueError)


class Refused(Exception):
    """PayPal answered with an error. `code` is the first issue, else its name, else http_ and the status."""

    def __init__(self, status: int, code: str, message: str = ""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True, slots=True)
class Said:
    """A good answer: its status, and its JSON, {} where it has none."""

    status: int
    about: dict


class PaypalApi:
    """Speaks for one account. The token is asked for once and is in no record."""

    def __init__(self, account: Account):
        self.client_id = account.credentials["client_id"]
        self.client_secret = account.credentials["client_secret"]
        self.base_url = account.base_url or (LIVE if account.is_live else SANDBOX)
        self._wire: Wire | None = None
        self._token = ""

    def authorize(self) -> None:
        """Fetches a token. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        basic = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
        reply = Wire(self.base_url).ask("POST", "/v1/oauth2/token", content="grant_type=client_credentials", headers=headers)
        token = str(_read(reply).about.get("access_token") or "")
        if not token:
            raise AnswerUnreadable("no token")
        self._token, self._wire = token, Wire(self.base_url, secrets=(self.client_secret, token))

    def act(self, method: str, path: str, body: dict | None = None, *, key: str = "") -> Said:
        """Sends once; `key` makes a repetition the same act. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        wire = self._ready()
        more = {"paypal-request-id": key} if key else {}
        return _read(wire.act(method, path, content=json.dumps(body) if body is not None else "", headers={**self._headers(), **more}))

    def ask(self, path: str) -> Said:
        """A question. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        return _read(self._ready().ask("GET", path, headers=self._headers()))

    def record(self, **more) -> dict:
        """What was said since the last record, secrets left out."""
        return self._wire.record(**more) if self._wire else dict(more)

    def _ready(self) -> Wire:
        if self._wire is None:
            self.authorize()
        return self._wire

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}", "content-type": "application/json", "prefer": "return=representation"}


def _read(reply: Reply) -> Said:
    if 200 <= reply.status < 300:
        return Said(reply.status, reply.json() if reply.body else {})
    try:
        about = reply.json()
    except AnswerUnreadable:
        about = {}
    issues = [one.get("issue") for one in about.get("details") or [] if isinstance(one, dict)]
    code = next((str(one) for one in issues if one), "") or str(about.get("name") or about.get("error") or f"http_{reply.status}")
    raise Refused(reply.status, code, str(about.get("message") or about.get("error_description") or "")[:300])


def amount_of(minor: int, currency: str) -> dict:
    """:raises MoneyError: excess_digits, where PayPal has no decimals in this currency."""
    if currency in WHOLE_ONLY:
        value = from_minor(minor, currency)
        if value != value.to_integral_value():
            raise MoneyError("excess_digits", f"{minor} {currency}")
        return {"currency_code": currency, "value": f"{Decimal(value):.0f}"}
    return {"currency_code": currency, "value": f"{from_minor(minor, currency):f}"}


def sum_in(about: dict) -> tuple[int, str]:
    """Minor units and currency of an amount of PayPal's. :raises KeyError, MoneyError: it is none."""
    currency = str(about["currency_code"])
    return to_minor(str(about["value"]), currency), currency


def why(error: Exception) -> tuple[str, str]:
    """Code and sentence for an answer that came to nothing."""
    if isinstance(error, Refused):
        return error.code, error.message
    return (error.code, "") if isinstance(error, NoAnswer) else ("unreadable", type(error).__name__)

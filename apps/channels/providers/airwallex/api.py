"""Airwallex's interface: a token by client id and key, then JSON. https://www.airwallex.com/docs/api/introduction

Amounts are JSON numbers of the major unit: they are read and written as decimals, never as floating point.
"""

import json
from decimal import Decimal

from apps.channels.gateways import Account
from apps.channels.wire import AnswerUnreadable, NoAnswer, Reply, Wire
from apps.core.money import from_minor, to_minor

LIVE, SANDBOX = "https://api.airwallex.com", "https://api-demo.airwallex.com"
BROKEN = (AnswerUnreadable, AttributeError, KeyError, IndexError, TypeError, ValueError)
SUM = "@sum@"  # stands for the amount until the body is text


class Refused(Exception):
    """Airwallex answered with an error. `code` is its code, else http_ and the status."""

    def __init__(self, status: int, code: str, message: str = ""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class AirwallexApi:
    """Speaks for one account. The token is asked for once and is in no record."""

    def __init__(self, account: Account):
        self.client_id, self.api_key = account.credentials["client_id"], account.credentials["api_key"]
        self.base_url = account.base_url or (LIVE if account.is_live else SANDBOX)
        self._wire: Wire | None = None
        self._token = ""

    def authorize(self) -> None:
        """Fetches a token. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        headers = {"x-client-id": self.client_id, "x-api-key": self.api_key, "content-type": "application/json"}
        token = str(_read(Wire(self.base_url).ask("POST", "/api/v1/authentication/login", headers=headers)).get("token") or "")
        if not token:
            raise AnswerUnreadable("no token")
        self._token, self._wire = token, Wire(self.base_url, secrets=(self.api_key, token))

    def act(self, path: str, body: dict, *, amount_minor: int, currency: str) -> dict:
        """Posts once, with `amount` beside the body. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        number = f"{from_minor(amount_minor, currency):f}"
        text = json.dumps({**body, "amount": SUM}).replace(f'"{SUM}"', number)
        return _read(self._ready().act("POST", path, content=text, headers=self._headers()))

    def ask(self, path: str, **params) -> dict:
        """A question. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        return _read(self._ready().ask("GET", path, headers=self._headers(), params=params))

    def record(self, **more) -> dict:
        """What was said since the last record, secrets left out."""
        return self._wire.record(**more) if self._wire else dict(more)

    def _ready(self) -> Wire:
        if self._wire is None:
            self.authorize()
        return self._wire

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._token}", "content-type": "application/json"}


def loaded(data: bytes) -> dict:
    """JSON with decimals. :raises AnswerUnreadable: it is no JSON object."""
    try:
        read = json.loads(data, parse_float=Decimal)
    except ValueError as error:
        raise AnswerUnreadable("no JSON") from error
    if not isinstance(read, dict):
        raise AnswerUnreadable("no JSON object")
    return read


def sum_in(about: dict) -> tuple[int, str]:
    """Minor units and currency. :raises KeyError, TypeError, MoneyError: there are none."""
    currency, amount = str(about["currency"]), about["amount"]
    if not isinstance(amount, int | Decimal) or isinstance(amount, bool):
        raise TypeError("not an amount")
    return to_minor(amount, currency), currency


def why(error: Exception) -> tuple[str, str]:
    """Code and sentence for an answer that came to nothing."""
    if isinstance(error, Refused):
        return error.code, error.message
    return (error.code, "") if isinstance(error, NoAnswer) else ("unreadable", type(error).__name__)


def _read(reply: Reply) -> dict:
    if 200 <= reply.status < 300:
        return loaded(reply.body)
    try:
        about = loaded(reply.body)
    except AnswerUnreadable:
        about = {}
    raise Refused(reply.status, str(about.get("code") or f"http_{reply.status}"), str(about.get("message") or "")[:300])

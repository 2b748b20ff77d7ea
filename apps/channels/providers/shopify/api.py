"""Shopify's Admin API: GraphQL with a token that an app of the shop's own organisation asks for itself.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
Errors of GraphQL come with status 200 and a code; REST has been legacy since October 2024 and is not spoken here.
"""

import json
import re
from urllib.parse import urlencode

from apps.channels.gateways import Account
from apps.channels.wire import AnswerUnreadable, NoAnswer, Reply, Wire

VERSION = "2026-01"  # a version that is no longer kept is answered by the oldest that is
SHOP = re.compile(r"(?:https?://)?([a-z0-9][a-z0-9-]*)(?:\.myshopify\.com)?/?", re.IGNORECASE | re.ASCII)
BROKEN = (AnswerUnreadable, AttributeError, KeyError, IndexError, TypeError, ValueError)


class Refused(Exception):
    """Shopify answered with an error. `code` is its own word where there is one, else http_ and the status."""

    def __init__(self, status: int, code: str, message: str = ""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class ShopifyApi:
    """Speaks for one shop. The token lasts a day and is asked for anew by every gateway that is made."""

    def __init__(self, account: Account):
        self.shop = shop_name(account.credentials.get("shop", ""))
        self._client_id = account.credentials.get("client_id", "")
        self._secret = account.credentials.get("client_secret", "")
        self._address = account.base_url or f"https://{self.shop}.myshopify.com"
        self._secrets = [self._secret]
        self._wire = Wire(self._address, secrets=self._secrets)
        self._token = ""
        self._said: list[dict] = []

    def ask(self, query: str, **variables) -> dict:
        """The data of one question. :raises NoAnswer, Refused, AnswerUnreadable: see there."""
        if not self.shop:
            raise Refused(404, "no_such_shop")
        body = json.dumps({"query": query, "variables": variables})
        headers = {"content-type": "application/json", "x-shopify-access-token": self._token or self._signed_in()}
        reply = self._wire.ask("POST", f"/admin/api/{VERSION}/graphql.json", content=body, headers=headers)
        answer = _read(reply)
        for error in answer.get("errors") or []:
            raise Refused(reply.status, str((error.get("extensions") or {}).get("code") or "GRAPHQL_ERROR"), str(error["message"])[:300])
        return answer["data"]

    def record(self, **more) -> dict:
        """What was said since the last record, secrets left out."""
        said, self._said = [*self._said, *self._wire.record()["exchanges"]], []
        return {**more, "exchanges": said}

    def _signed_in(self) -> str:
        form = {"grant_type": "client_credentials", "client_id": self._client_id, "client_secret": self._secret}
        headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
        # The answer is the token itself, so of this exchange nothing but its status is recorded.
        wire = Wire(self._address, secrets=self._secrets)
        try:
            reply = wire.ask("POST", "/admin/oauth/access_token", content=urlencode(form), headers=headers)
        finally:
            self._said += [{**one, "request": "", "answer": ""} for one in wire.record()["exchanges"]]
        self._token = str(_read(reply)["access_token"])
        self._wire = Wire(self._address, secrets=[*self._secrets, self._token])
        return self._token


def shop_name(text: str) -> str:
    """`qingtian` of what people copy from the address of their admin; empty where it is no shop of Shopify's."""
    found = SHOP.fullmatch(text.strip())
    return found[1].lower() if found else ""


def why(error: Exception) -> tuple[str, str]:
    """Code and sentence for an answer that came to nothing."""
    if isinstance(error, Refused):
        return error.code, error.message
    return (error.code, "") if isinstance(error, NoAnswer) else ("unreadable", type(error).__name__)


def _read(reply: Reply) -> dict:
    if reply.status == 200:
        return reply.json()
    try:
        answer = reply.json()
    except AnswerUnreadable:
        answer = {}
    code = answer.get("error") if reply.status < 429 else None
    said = answer.get("error_description") or answer.get("errors") or ""
    raise Refused(reply.status, str(code or f"http_{reply.status}")[:60], str(said)[:300])

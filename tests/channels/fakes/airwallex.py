"""An Airwallex with books: tokens, refunds of payment intents, and signed notices.

By airwallex.com/docs/api: a request_id is taken once.
"""

import hashlib
import hmac
import json
from decimal import Decimal

from apps.core.money import from_minor, to_minor
from tests.channels.fakes.books import Back, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

CLIENT, API_KEY, TOKEN, HOOK = "awx-client-1", "awx-key-1", "awx-token-1", "awx-hook-1"


class FakeAirwallex(FakeProvider):
    """`at_first` is the state in which a refund that works begins."""

    at_first = "SETTLED"

    def answer(self, asked: Asked) -> Answered:
        if asked.path == "/api/v1/authentication/login":
            if (asked.headers.get("x-client-id"), asked.headers.get("x-api-key")) != (CLIENT, API_KEY):
                return problem(401, "credentials_invalid")
            return said({"token": TOKEN, "expires_at": "2026-11-20T10:30:00+0000"}, 201)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return problem(401, "credentials_expired")
        if asked.method == "POST":
            return self._refund(json.loads(asked.body, parse_float=Decimal))
        number = asked.path.removeprefix("/api/v1/pa/refunds").strip("/")
        if number:
            return said(self.back(self.books.ask_back(self.books.find_back(number=number)[1])))
        one = self.books.find(number=asked.query["payment_intent_id"])
        rows = [self.back(self.books.ask_back(back)) for back in one.backs.values()] if one else []
        return said(self.carry_out("query_refund", lambda _mood: {"items": rows, "has_more": False}))

    def _refund(self, wanted: dict) -> Answered:
        one = self.books.find(number=wanted["payment_intent_id"])
        if one is None:
            return problem(404, "resource_not_found")
        if wanted["request_id"] in one.backs:
            return problem(400, "duplicate_request")

        def effect(mood: Mood) -> Back:
            amount = to_minor(wanted["amount"], one.currency)
            return self.books.refund(one, wanted["request_id"], amount, number=f"rfd_{self.books.number()}", mood=mood)

        try:
            return said(self.back(self.carry_out("refund", effect)), 201)
        except Refused:
            return problem(400, "validation_error")

    def back(self, back: Back) -> dict:
        """A refund as Airwallex shows it; its sum is a JSON number."""
        one, _back = self.books.find_back(key=back.key)
        state = {"succeeded": self.at_first, "pending": "RECEIVED", "failed": "FAILED"}[back.state]
        return {"id": back.number, "request_id": back.key, "payment_intent_id": one.number, "currency": one.currency, "status": state,
                "amount": float(from_minor(back.amount, one.currency)), "updated_at": f"{back.done_at:%Y-%m-%dT%H:%M:%S%z}"}  # fmt: skip

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        return self.event("refund.settled", self.back(self.books.find_back(key=key)[1]))

    def event(self, kind: str, about: dict) -> tuple[dict[str, str], bytes]:
        """A signed notice."""
        return signed(
            json.dumps({"id": "evt_1", "name": kind, "data": {"object": about}, "created_at": "2026-11-20T10:00:00+0000"}).encode()
        )

    def odd(self) -> Answered:
        return problem(400, "tide_is_out")


def signed(body: bytes, secret: str = HOOK) -> tuple[dict[str, str], bytes]:
    stamp = "1795578540000"
    signature = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).hexdigest()
    return {"x-timestamp": stamp, "x-signature": signature}, body


def said(about: dict, status: int = 200) -> Answered:
    return Answered(json.dumps(about), status, {"Content-Type": "application/json"})


def problem(status: int, code: str) -> Answered:
    return said({"code": code, "message": "It could not be done.", "source": ""}, status)

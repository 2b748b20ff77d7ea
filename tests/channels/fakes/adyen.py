"""An Adyen with books: payment links, refunds and cancellations that it only accepts, and signed notices that tell what came of them.

By docs.adyen.com/api-explorer/Checkout/72 and /development-resources/webhooks: an Idempotency-Key replays the first answer.
"""

import json

from apps.channels.providers.adyen.hmac_items import signature_of
from tests.channels.fakes.books import Attempt, Books, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

API_KEY, ACCOUNT = "AQE-api-key-1", "TeaHouseECOM"
HMAC = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
LINKS = {"pending": "active", "paid": "completed"}


class FakeAdyen(FakeProvider):
    """`accepted` are refunds that were accepted and come to nothing."""

    def __init__(self, books: Books | None = None):
        super().__init__(books)
        self.kept: dict[str, Answered] = {}

    def answer(self, asked: Asked) -> Answered:
        if asked.headers.get("x-api-key") != API_KEY:
            return said({"status": 401, "errorCode": "000", "message": "HTTP Status Response - Unauthorized", "errorType": "security"}, 401)
        key = asked.headers.get("idempotency-key", "")
        if key and key in self.kept:
            return self.kept[key]
        reply = self._route(asked)
        if key and reply.status < 300:
            self.kept[key] = reply
        return reply

    def _route(self, asked: Asked) -> Answered:
        kind, number, *verb = [*asked.path.strip("/").split("/"), ""]
        if kind == "paymentMethods":
            return said({"paymentMethods": [{"type": "scheme", "name": "Cards"}]})
        if kind == "paymentLinks":
            return self._links(asked, number)
        attempt = self.books.find(number=number.replace("PSP", "PL"))
        wanted = json.loads(asked.body)
        if attempt is None or wanted["merchantAccount"] != ACCOUNT:
            return problem(422, "167", "validation", "Original pspReference required for this operation")
        if verb[0] == "refunds":
            return self._refund(attempt, number, wanted, asked.headers["idempotency-key"])
        if attempt.state != "paid":
            self.carry_out("cancel_payment", lambda _mood: self.books.move(attempt.merchant_ref, "cancelled"))
        return self._received(f"CAN{self.books.number()}", number, wanted)

    def _links(self, asked: Asked, number: str) -> Answered:
        if asked.method == "POST":
            wanted = json.loads(asked.body)
            amount = wanted["amount"]

            def effect(mood: Mood) -> Attempt:
                number = f"PL{self.books.number()}"
                return self.books.open(wanted["reference"], amount["value"], amount["currency"], "scheme", number=number, mood=mood)

            return said(self.link(self.carry_out("create_payment", effect)), 201)
        attempt = self.books.find(number=number)
        if attempt is None:
            return problem(404, "000", "validation", "HTTP Status Response - Not Found")
        if asked.method == "PATCH":
            if attempt.state != "pending":
                return problem(422, "validation", "validation", "This link is not active")
            self.carry_out("cancel_payment", lambda _mood: self.books.move(attempt.merchant_ref, "cancelled"))
        return said(self.carry_out("query_payment", lambda _mood: self.link(self.books.ask(attempt))))

    def _refund(self, attempt: Attempt, payment: str, wanted: dict, key: str) -> Answered:
        number = f"REF{self.books.number()}"
        try:
            amount = wanted["amount"]["value"]
            back = self.carry_out("refund", lambda mood: self.books.refund(attempt, key, amount, number=number, mood=mood))
            number = back.number
        except Refused:
            pass  # accepted all the same: a notice tells that it failed
        return self._received(number, payment, wanted)

    def _received(self, number: str, payment: str, wanted: dict) -> Answered:
        """A modification that was accepted: it repeats what was wanted of which payment."""
        return said({**wanted, "paymentPspReference": payment, "pspReference": number, "status": "received"}, 201)

    def link(self, one: Attempt) -> dict:
        """The payment as a link."""
        amount = {"value": one.amount, "currency": one.currency}
        return {"id": one.number, "url": f"https://test.adyen.link/{one.number}", "status": LINKS.get(one.state, "expired"),
                "amount": amount, "reference": one.merchant_ref, "merchantAccount": ACCOUNT,
                "expiresAt": "2026-12-31T10:00:00Z"}  # fmt: skip

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        one = self.books.payments[merchant_ref]
        at = (one.paid_at or one.opened_at).isoformat()
        return self.items([self.item("AUTHORISATION", one, psp=f"PSP{one.number[2:]}", success=one.state == "paid", eventDate=at)])

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        one, back = self.books.find_back(key=key)
        done = back.state != "failed"
        about = self.item("REFUND", one, psp=back.number, success=done, original=f"PSP{one.number[2:]}", value=back.amount)
        return self.items([{**about, "eventDate": back.done_at.isoformat()}])

    def item(
        self, kind: str, one: Attempt, *, psp: str, success: bool = True, original: str = "", value: int | None = None, **more
    ) -> dict:
        """One item, not signed yet; its sum stands at its end."""
        about = {"eventCode": kind, "eventDate": one.opened_at.isoformat(), "merchantAccountCode": ACCOUNT, "pspReference": psp,
                 "merchantReference": one.merchant_ref, "success": "true" if success else "false", "reason": "", **more}  # fmt: skip
        if original:
            about["originalReference"] = original
        return {**about, "amount": {"currency": one.currency, "value": one.amount if value is None else value}}

    def items(self, items: list[dict]) -> tuple[dict[str, str], bytes]:
        """A body of signed items."""
        signed = [{"additionalData": {**one.get("additionalData", {}), "hmacSignature": signature_of(one, HMAC)},
                   **{name: value for name, value in one.items() if name != "additionalData"}} for one in items]  # fmt: skip
        return {}, json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": one} for one in signed]}).encode()

    def odd(self) -> Answered:
        return problem(422, "99_999", "astral", "The stars are not right")


def said(about: dict, status: int = 200) -> Answered:
    return Answered(json.dumps(about), status, {"Content-Type": "application/json"})


def problem(status: int, code: str, kind: str, message: str) -> Answered:
    return said({"status": status, "errorCode": code, "errorType": kind, "message": message}, status)

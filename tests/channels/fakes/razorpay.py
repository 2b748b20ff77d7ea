"""A Razorpay with books: payment links, payments, refunds, settlements and signed notices.

By razorpay.com/docs/api: our number is taken by one link alone, X-Refund-Idempotency replays the first answer.
"""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone

from tests.channels.fakes.books import Attempt, Back, Books, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

KEY_ID, SECRET, HOOK = "rzp_test_1DP5mmOlF5G5ag", "thisissecret1", "hook-secret-1"
LINKS = {"pending": "created", "paid": "paid", "expired": "expired", "declined": "expired", "cancelled": "cancelled"}
REFUNDS = {"succeeded": "processed", "pending": "pending", "failed": "failed"}
INDIA = timezone(timedelta(hours=5, minutes=30))


class FakeRazorpay(FakeProvider):
    """Settles every payment on the day it was paid."""

    def __init__(self, books: Books | None = None):
        super().__init__(books)
        self.kept: dict[str, Answered] = {}

    def answer(self, asked: Asked) -> Answered:
        basic = base64.b64encode(f"{KEY_ID}:{SECRET}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {basic}":
            return problem(401, "BAD_REQUEST_ERROR", "Authentication failed", "NA")
        key = asked.headers.get("x-refund-idempotency", "")
        if key and key in self.kept:
            return self.kept[key]
        reply = self._route(asked)
        if key and reply.status < 300:
            self.kept[key] = reply
        return reply

    def _route(self, asked: Asked) -> Answered:
        kind, number, *rest = [*asked.path.removeprefix("/v1/").split("/"), ""]
        if kind == "payment_links":
            return self._links(asked, number)
        if kind == "settlements":
            return self._settlements(asked.query)
        if kind == "refunds":
            found = self.books.find_back(number=number)
            return said(self.carry_out("query_refund", lambda _mood: self.back(self.books.ask_back(found[1])))) if found else unheard()
        if not number:
            return said({"entity": "collection", "count": 0, "items": []})
        one = self.books.find(number=number.replace("pay_", "plink_"))
        if one is None:
            return unheard()
        if rest[0] == "refund":
            return self._refund(one, json.loads(asked.body), asked.headers["x-refund-idempotency"])
        if rest[0] == "refunds":
            rows = [self.back(self.books.ask_back(back)) for back in one.backs.values()][int(asked.query["skip"]) :]
            return said(self.carry_out("query_refund", lambda _mood: {"entity": "collection", "count": len(rows), "items": rows}))
        return said(self.carry_out("query_payment", lambda _mood: self.payment(self.books.ask(one))))

    def _links(self, asked: Asked, number: str) -> Answered:
        if number:
            one = self.books.find(number=number)
            if one is None:
                return unheard()
            if asked.method == "GET":
                return said(self.carry_out("query_payment", lambda _mood: self.link(self.books.ask(one))))
            if one.state != "pending":
                return problem(400, "BAD_REQUEST_ERROR", "Payment link cannot be cancelled", "input_validation_failed")
            return said(self.link(self.carry_out("cancel_payment", lambda _mood: self.books.move(one.merchant_ref, "cancelled"))))
        if asked.method == "GET":
            one = self.books.find(merchant_ref=asked.query["reference_id"])
            return said(self.carry_out("query_payment", lambda _mood: {"payment_links": [self.link(self.books.ask(one))] if one else []}))
        wanted = json.loads(asked.body)
        if wanted["reference_id"] in self.books.payments:
            sentence = f"payment link with given reference_id ({wanted['reference_id']}) already exists"
            return problem(400, "BAD_REQUEST_ERROR", sentence, "NA")

        def effect(mood: Mood) -> Attempt:
            number = f"plink_{self.books.number()}"
            return self.books.open(wanted["reference_id"], wanted["amount"], wanted["currency"], "card", number=number, mood=mood,
                                   notes=wanted["notes"])  # fmt: skip

        return said(self.link(self.carry_out("create_payment", effect)))

    def _refund(self, one: Attempt, wanted: dict, key: str) -> Answered:
        def effect(mood: Mood) -> Back:
            ours = wanted["notes"]["hezhang_key"]
            one.more.setdefault("notes_of", {})[ours] = wanted["notes"]
            return self.books.refund(one, ours, wanted["amount"], number=f"rfnd_{self.books.number()}", mood=mood)

        try:
            return said(self.back(self.carry_out("refund", effect)))
        except Refused:
            return problem(400, "BAD_REQUEST_ERROR", "The total refund amount is greater than the payment", "input_validation_failed")

    def _settlements(self, asked: dict[str, str]) -> Answered:
        day = f"{int(asked['year']):04}-{int(asked['month']):02}-{int(asked['day']):02}"
        rows = [
            self.settled(one) for one in self.books.payments.values() if one.paid_at and f"{one.paid_at.astimezone(INDIA):%Y-%m-%d}" == day
        ]
        rows = rows[int(asked["skip"]) : int(asked["skip"]) + int(asked["count"])]
        return said(self.carry_out("fetch_statement", lambda _mood: {"entity": "collection", "count": len(rows), "items": rows}))

    def settled(self, one: Attempt) -> dict:
        """A payment's row in the settlement."""
        at = int(one.paid_at.timestamp())
        return {"entity_id": one.number.replace("plink_", "pay_"), "type": "payment", "debit": 0, "credit": one.captured,
                "amount": one.captured, "currency": one.currency, "fee": 0, "tax": 0, "on_hold": False, "settled": True,
                "created_at": at, "settled_at": at, "settlement_id": "setl_1", "posted_at": None,
                "credit_type": "default", "description": None, "notes": one.more["notes"],
                "payment_id": None, "settlement_utr": "UTR1", "order_id": "order_1", "order_receipt": None, "method": "card",
                "card_network": "Visa", "card_issuer": None, "card_type": "credit", "dispute_id": None}  # fmt: skip

    def link(self, one: Attempt) -> dict:
        """The payment as a link."""
        paid = {"payment_id": one.number.replace("plink_", "pay_"), "amount": one.amount, "status": "captured", "method": "card",
                "created_at": int(one.paid_at.timestamp()), "plink_id": one.number} if one.state == "paid" else None  # fmt: skip
        return {"id": one.number, "status": LINKS[one.state], "amount": one.amount, "amount_paid": one.captured, "currency": one.currency,
                "reference_id": one.merchant_ref, "short_url": f"https://rzp.io/i/{one.number}", "notes": one.more["notes"], "expire_by": 0,
                "payments": [paid] if paid else None}  # fmt: skip

    def payment(self, one: Attempt) -> dict:
        """The captured payment."""
        state = {"paid": "captured", "declined": "failed"}.get(one.state, "created")
        return {"id": one.number.replace("plink_", "pay_"), "entity": "payment", "amount": one.amount, "currency": one.currency,
                "status": state, "notes": one.more["notes"], "created_at": int((one.paid_at or one.opened_at).timestamp()),
                "error_reason": None, "error_description": None}  # fmt: skip

    def back(self, back: Back) -> dict:
        """A refund as Razorpay shows it."""
        one, _back = self.books.find_back(key=back.key)
        return {"id": back.number, "entity": "refund", "amount": back.amount, "currency": one.currency, "status": REFUNDS[back.state],
                "payment_id": one.number.replace("plink_", "pay_"), "notes": one.more["notes_of"][back.key],
                "created_at": int(back.done_at.timestamp())}  # fmt: skip

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        one = self.books.payments[merchant_ref]
        return self.event("payment_link.paid", payment_link=self.link(one), payment=self.payment(one))

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        return self.event("refund.processed", refund=self.back(self.books.find_back(key=key)[1]))

    def event(self, kind: str, **entities: dict) -> tuple[dict[str, str], bytes]:
        """A signed notice."""
        payload = {name: {"entity": about} for name, about in entities.items()}
        about = {"entity": "event", "event": kind, "payload": payload, "created_at": int(datetime.now(UTC).timestamp())}
        body = json.dumps(about).encode()
        signature = hmac.new(HOOK.encode(), body, hashlib.sha256).hexdigest()
        return {"x-razorpay-signature": signature, "x-razorpay-event-id": f"evt_{kind}"}, body

    def odd(self) -> Answered:
        return problem(400, "BAD_REQUEST_ERROR", "The monsoon is late", "monsoon_is_late")


def said(about: dict, status: int = 200) -> Answered:
    return Answered(json.dumps(about), status, {"Content-Type": "application/json"})


def problem(status: int, code: str, sentence: str, reason: str) -> Answered:
    return said({"error": {"code": code, "description": sentence, "source": "business", "step": "NA", "reason": reason}}, status)


def unheard() -> Answered:
    return problem(400, "BAD_REQUEST_ERROR", "The id provided does not exist", "input_validation_failed")

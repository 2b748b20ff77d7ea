"""A PayPal with books: tokens, orders, authorizations, captures, refunds, and notices signed with a certificate of our own.

By developer.paypal.com/docs/api/orders/v2 and /payments/v2: a PayPal-Request-Id replays the first answer, and only an approved order is
captured.
"""

import base64
import datetime as dt
import json
import zlib
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from apps.core.money import from_minor, to_minor
from tests.channels.fakes.books import Attempt, Back, Books, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

CLIENT, SECRET, TOKEN, WEBHOOK = "AZ-client-1", "EL-secret-1", "A21AA-token-1", "4JH86294D6297924G"
ORDERS = {"pending": "PAYER_ACTION_REQUIRED", "approved": "APPROVED", "expired": "VOIDED", "cancelled": "VOIDED"}
CAPTURES = {"paid": "COMPLETED", "declined": "DECLINED"}
HELD = {"authorized": "CREATED", "cancelled": "VOIDED", "paid": "CAPTURED"}
REFUNDS = {"succeeded": "COMPLETED", "pending": "PENDING", "failed": "FAILED"}


@cache
def signer(name: str = "messageverificationcerts.paypal.com", days: int = 1) -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key pair and its certificate in PEM; RSA 2048 takes a moment, so once a run."""
    key, now = rsa.generate_private_key(public_exponent=65537, key_size=2048), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - dt.timedelta(days=9)).not_valid_after(now + dt.timedelta(days=days))
    return key, made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class FakePaypal(FakeProvider):
    """`signs` makes the certificate that is handed out."""

    def __init__(self, books: Books | None = None):
        super().__init__(books)
        self.kept: dict[str, Answered] = {}
        self.signs = signer

    def answer(self, asked: Asked) -> Answered:
        if asked.path.startswith("/certs/"):
            return Answered(self.signs()[1])
        if asked.path == "/v1/oauth2/token":
            basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
            if asked.headers["authorization"] != f"Basic {basic}":
                return said({"error": "invalid_client", "error_description": "Client Authentication failed"}, 401)
            return said({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 32400})
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return said({"name": "AUTHENTICATION_FAILURE"}, 401)
        key = asked.headers.get("paypal-request-id", "")
        if key in self.kept and key:
            return self.kept[key]
        reply = self._route(asked)
        if key and reply.status < 300:
            self.kept[key] = reply
        return reply

    def _route(self, asked: Asked) -> Answered:
        kind, number, *verb = [*asked.path.split("/")[3:], ""]
        attempt = next((one for one in self.books.payments.values() if number and number[2:] == one.number[2:]), None)
        if kind == "orders" and asked.method == "POST":
            return self._step(attempt, verb[0]) if number else self._create(json.loads(asked.body))
        if kind == "refunds":
            found = self.books.find_back(number=number)
            if found is None:
                return unheard()
            return said(self.carry_out("query_refund", lambda _mood: self.back(self.books.ask_back(found[1]))))
        if attempt is None or not number.startswith(kind[0].upper()) or not self._has_made(attempt, kind):
            return unheard()
        if kind == "captures" and verb[0] == "refund":
            return self._refund(attempt, json.loads(asked.body), asked.headers["paypal-request-id"])
        if kind == "authorizations" and verb[0] in ("capture", "void"):
            return self._authorized(attempt, verb[0], asked)
        about = {"orders": self.order, "captures": self.capture, "authorizations": self.authorization}[kind]
        return said(self.carry_out("query_payment", lambda _mood: about(self.books.ask(attempt))))

    def _create(self, wanted: dict) -> Answered:
        (unit,) = wanted["purchase_units"]
        currency = unit["amount"]["currency_code"]

        def effect(mood: Mood) -> Attempt:
            number = f"O-{self.books.number()}"
            amount = to_minor(unit["amount"]["value"], currency)
            return self.books.open(unit["invoice_id"], amount, currency, "paypal", number=number, mood=mood,
                                   custom=unit["custom_id"], intent=wanted["intent"])  # fmt: skip

        return said(self.order(self.carry_out("create_payment", effect)), 201)

    def _step(self, attempt: Attempt, verb: str) -> Answered:
        if attempt.state == "pending":
            return issue(422, "ORDER_NOT_APPROVED")
        if attempt.state == "paid":
            return issue(422, "ORDER_ALREADY_CAPTURED")
        to = "paid" if verb == "capture" else "authorized"
        mood_of = {Mood.DECLINE: "declined"}

        def effect(mood: Mood) -> Attempt:
            return self.books.move(attempt.merchant_ref, mood_of.get(mood, to))

        done = self.carry_out("finish_payment", effect)
        return issue(422, "INSTRUMENT_DECLINED") if done.state == "declined" else said(self.order(done), 201)

    def _has_made(self, one: Attempt, kind: str) -> bool:
        """Whether the order came to what is asked about: a capture, or an authorization."""
        if kind == "captures":
            return one.state in CAPTURES
        return kind == "orders" or (one.more["intent"] == "AUTHORIZE" and one.state in HELD)

    def _authorized(self, attempt: Attempt, verb: str, asked: Asked) -> Answered:
        if attempt.state != "authorized":
            return issue(422, "AUTHORIZATION_ALREADY_CAPTURED" if attempt.state == "paid" else "PREVIOUSLY_VOIDED")
        if verb == "void":
            self.carry_out("cancel_payment", lambda _mood: self.books.move(attempt.merchant_ref, "cancelled"))
            is_whole = asked.headers.get("prefer") == "return=representation"
            return said(self.authorization(attempt)) if is_whole else Answered(b"", 204)
        attempt.captured = to_minor(json.loads(asked.body)["amount"]["value"], attempt.currency)
        return said(self.capture(self.carry_out("capture_payment", lambda _mood: self.books.move(attempt.merchant_ref, "paid"))), 201)

    def _refund(self, attempt: Attempt, wanted: dict, key: str) -> Answered:
        def effect(mood: Mood) -> Back:
            amount = to_minor(wanted["amount"]["value"], attempt.currency)
            back = self.books.refund(attempt, key, amount, number=f"R-{self.books.number()}", mood=mood)
            attempt.more.setdefault("customs", {})[key] = wanted["custom_id"]
            return back

        try:
            return said(self.back(self.carry_out("refund", effect)), 201)
        except Refused:
            return issue(422, "REFUND_AMOUNT_EXCEEDED")

    def money(self, minor: int, currency: str) -> dict:
        return {"currency_code": currency, "value": f"{from_minor(minor, currency):f}"}

    def order(self, one: Attempt) -> dict:
        """The payment as an order with what was made of it."""
        made = {
            "authorizations": [self.authorization(one)] if self._has_made(one, "authorizations") else [],
            "captures": [self.capture(one)] if self._has_made(one, "captures") else [],
            "refunds": [self.back(self.books.ask_back(back)) for back in one.backs.values()],
        }
        payments = {name: [_without_order(about) for about in all_of] for name, all_of in made.items() if all_of}
        unit = {
            "invoice_id": one.merchant_ref,
            "custom_id": one.more["custom"],
            "amount": self.money(one.amount, one.currency),
            **({"payments": payments} if payments else {}),
        }
        links = [{"rel": "payer-action", "href": f"https://www.paypal.com/checkoutnow?token={one.number}"}]
        return {"id": one.number, "status": ORDERS.get(one.state, "COMPLETED"), "intent": one.more["intent"], "purchase_units": [unit],
                "links": links}  # fmt: skip

    def capture(self, one: Attempt) -> dict:
        """The payment as a capture, asked for by its own number; within its order it does not name that."""
        at = (one.paid_at or one.opened_at).isoformat()
        return {"id": f"C{one.number[1:]}", "status": CAPTURES.get(one.state, "PENDING"), "invoice_id": one.merchant_ref,
                "custom_id": one.more["custom"], "amount": self.money(one.captured or one.amount, one.currency), "create_time": at,
                "final_capture": True, "supplementary_data": {"related_ids": {"order_id": one.number}}}  # fmt: skip

    def authorization(self, one: Attempt) -> dict:
        """The payment as an authorization, as with a capture."""
        return {"id": f"A{one.number[1:]}", "status": HELD[one.state], "invoice_id": one.merchant_ref, "custom_id": one.more["custom"],
                "amount": self.money(one.amount, one.currency),
                "supplementary_data": {"related_ids": {"order_id": one.number}}}  # fmt: skip

    def back(self, back: Back) -> dict:
        """A refund, with the link to its capture."""
        one, _back = self.books.find_back(key=back.key)
        return {"id": back.number, "status": REFUNDS[back.state], "amount": self.money(back.amount, one.currency),
                "custom_id": one.more["customs"][back.key], "create_time": back.done_at.isoformat(),
                "links": [{"rel": "up", "href": f"https://api.paypal.com/v2/payments/captures/C{one.number[1:]}"}]}  # fmt: skip

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        return self.event("PAYMENT.CAPTURE.COMPLETED", self.capture(self.books.payments[merchant_ref]))

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        return self.event("PAYMENT.CAPTURE.REFUNDED", self.back(self.books.find_back(key=key)[1]))

    def event(self, kind: str, about: dict) -> tuple[dict[str, str], bytes]:
        """A notice as PayPal signs it."""
        event = {"id": f"WH-{about.get('id') or about['dispute_id']}", "event_type": kind, "create_time": "2026-11-20T10:00:00Z"}
        body = json.dumps({**event, "resource": about}).encode()
        sent = {"paypal-transmission-id": "t-1", "paypal-transmission-time": "2026-11-20T10:00:01Z", "paypal-auth-algo": "SHA256withRSA",
                "paypal-cert-url": f"https://api.paypal.com/certs/{id(self)}-{id(self.signs)}"}  # fmt: skip
        message = f"t-1|2026-11-20T10:00:01Z|{WEBHOOK}|{zlib.crc32(body)}"
        signature = self.signs()[0].sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
        return {**sent, "paypal-transmission-sig": base64.b64encode(signature).decode()}, body

    def odd(self) -> Answered:
        return issue(422, "MOON_IN_WRONG_PHASE")


def said(about: dict, status: int = 200) -> Answered:
    return Answered(json.dumps(about), status, {"Content-Type": "application/json"})


def unheard() -> Answered:
    return issue(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND")


def issue(status: int, code: str, name: str = "UNPROCESSABLE_ENTITY") -> Answered:
    about = {"name": name, "message": "It could not be done.", "debug_id": "90957fca61718", "details": [{"issue": code}]}
    return said(about, status)


def _without_order(about: dict) -> dict:
    return {name: value for name, value in about.items() if name != "supplementary_data"}

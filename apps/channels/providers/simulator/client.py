"""The simulator as a gateway: it answers, keeps silent or sends notices as its scripts say, and its books say what is true."""

import hmac
import json
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from apps.channels.gateways import Account, Acknowledgement, NoticeForged, NoticeUnreadable, Outcome, RefundAnswer, RefundCall, RefundNotice
from apps.channels.paying import PaymentNotice
from apps.channels.providers.simulator.books import Behaviour, Paid
from apps.channels.providers.simulator.days import Days
from apps.channels.providers.simulator.payment_books import PaymentBooks
from apps.channels.providers.simulator.payments import FORGED, Payments, read_payment

SIGNATURE = "x-simulator-signature"
WRONG = "0" * 64
SILENT = (Behaviour.TIMEOUT_BEFORE, Behaviour.TIMEOUT_AFTER)
OUTCOMES = {"succeeded": Outcome.SUCCEEDED, "declined": Outcome.DECLINED, "pending": Outcome.PENDING}


class Simulator(Payments, Days):
    """`account.base_url` is the file of its books as file:///…, `credentials` hold `account` and `secret`."""

    def __init__(self, account: Account):
        self.account = account
        self.secret = account.credentials["secret"]

    @cached_property
    def books(self) -> PaymentBooks:
        """Opened when they are first asked for: a notice is proved without them."""
        return PaymentBooks(Path(unquote(urlsplit(self.account.base_url).path)), self.account.credentials["account"])

    def refund(self, call: RefundCall) -> RefundAnswer:
        """The first call under a key goes as scripted, a repetition as the first ended."""
        known = self.books.known(call.key)
        if known is not None:
            return self._answer(self.books.pay(call, Behaviour(known.behaviour), known.outcome), call)
        behaviour = self.books.take_script(call.merchant_ref)
        if behaviour == Behaviour.TIMEOUT_BEFORE:
            return _silence(call)
        outcome = {Behaviour.DECLINE: "declined", Behaviour.SLOW: "pending", Behaviour.SLOW_DECLINE: "pending"}.get(behaviour, "succeeded")
        paid = self.books.pay(call, behaviour, outcome)
        self._tell(paid, behaviour)
        return _silence(call) if behaviour == Behaviour.TIMEOUT_AFTER else self._answer(paid, call)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """Always answers."""
        paid = self.books.ask(call.key)
        return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw={"key": call.key}) if paid is None else self._answer(paid, call)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[RefundNotice | PaymentNotice]:
        """See `Gateway`."""
        if not hmac.compare_digest(self.sign(body), headers.get(SIGNATURE, "")):
            raise NoticeForged
        try:
            said = json.loads(body)
            if said.get("type") == "payment":
                return [read_payment(said)]
            done = datetime.fromisoformat(said["done_at"]) if said["done_at"] else None
            return [
                RefundNotice(
                    event_id=said["event"],
                    outcome=OUTCOMES[said["outcome"]],
                    amount_minor=said["amount"],
                    currency=said["currency"],
                    key=said["key"],
                    provider_ref=said["payment"],
                    merchant_ref=said["merchant_ref"],
                    provider_refund_ref=said["ref"],
                    occurred_at=done,
                )
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoticeUnreadable from error

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement()

    def pending_notices(self) -> list[tuple[dict[str, str], bytes]]:
        """What it has to tell and nobody was told yet, as (headers, body); each is given out once."""
        waiting = [(event, body.encode()) for event, body in self.books.take_events()]
        return [({SIGNATURE: WRONG if event.startswith(FORGED) else self.sign(body)}, body) for event, body in waiting]

    def sign(self, body: bytes) -> str:
        """The signature that a notice of these bytes carries."""
        return hmac.new(self.secret.encode(), body, sha256).hexdigest()

    def _tell(self, paid: Paid, behaviour: Behaviour) -> None:
        """One notice of what is true; scripts make it two."""
        last = self._notice(paid, f"evt-{paid.ref}", paid.outcome)
        self.books.post(*last)
        if behaviour == Behaviour.DUPLICATE_NOTICE:
            self.books.post(*last)
        elif behaviour == Behaviour.DISORDER:
            self.books.post(*self._notice(paid, f"evt-{paid.ref}-accepted", "pending"))

    def _notice(self, paid: Paid, event: str, outcome: str) -> tuple[str, str]:
        body = {name: getattr(paid, name) for name in ("key", "ref", "payment", "merchant_ref", "amount", "currency")}
        done = paid.done_at.isoformat() if paid.done_at and outcome != "pending" else ""
        return event, json.dumps({"event": event, "outcome": outcome, "done_at": done, **body}, ensure_ascii=False)

    def _answer(self, paid: Paid, call: RefundCall) -> RefundAnswer:
        if (paid.amount, paid.currency) != (call.amount_minor, call.currency):
            return RefundAnswer(Outcome.UNKNOWN, code="key_reused", message="this key belongs to another amount", raw={"key": call.key})
        code = "declined" if paid.outcome == "declined" else "ok"
        raw = {"key": paid.key, "ref": paid.ref, "outcome": paid.outcome}
        return RefundAnswer(OUTCOMES[paid.outcome], paid.ref, code, done_at=paid.done_at, raw=raw)


def _silence(call: RefundCall) -> RefundAnswer:
    return RefundAnswer(Outcome.UNKNOWN, code="timeout", message="no answer", raw={"key": call.key})

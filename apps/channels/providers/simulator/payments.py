"""The simulator takes payments: it opens, answers, keeps silent and tells as its scripts say; the payer is whoever presses a button."""

import json
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from apps.channels.contracts import Method
from apps.channels.gateways import Operation
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome
from apps.channels.providers.simulator.payment_books import OPEN_FOR, Act, Held, PaymentBehaviour, PaymentBooks

SILENT = (PaymentBehaviour.TIMEOUT_BEFORE, PaymentBehaviour.TIMEOUT_AFTER)
FORGED = "forged-"  # the name of a notice that leaves with a wrong signature begins so
BY_CODE = (Method.ATM, Method.CVS_CODE, Method.CVS_BARCODE, Method.BANK_TRANSFER)
BY_QR = (Method.ALIPAY, Method.WECHAT_PAY, Method.LINE_PAY, Method.JKOPAY, Method.PAYPAY, Method.UPI, Method.UNIONPAY)


class Telling(StrEnum):
    """How the notice about what the payer did travels."""

    ONCE = "once"
    TWICE = "twice"
    DISORDER = "disorder"  # "waiting" arrives after it
    LOST = "lost"
    FORGED = "forged"  # somebody else says that it was paid; the true one is lost


class Payments:
    """The part of the simulator that takes money."""

    books: PaymentBooks

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. A known number is the payment it was."""
        behaviour = self.books.next_behaviour(Operation.CREATE_PAYMENT, call.merchant_ref)
        if behaviour == PaymentBehaviour.TIMEOUT_BEFORE:
            return _silence(call)
        held = self.books.open_payment(call, behaviour)
        if behaviour == PaymentBehaviour.TIMEOUT_AFTER:
            return _silence(call)
        return self._said(held, call, action=_action(held))

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`."""
        if self.books.next_behaviour(Operation.QUERY_PAYMENT, call.merchant_ref) in SILENT:
            return _silence(call)
        held = self.books.ask_payment(call.merchant_ref)
        return self._said(held, call, action=_action(held) if held else None)

    def finish_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`."""
        return self._act(Operation.FINISH_PAYMENT, call, lambda: self.books.take(call.merchant_ref, call.amount_minor, state="approved"))

    def capture_payment(self, call: PaymentCall, amount_minor: int) -> PaymentAnswer:
        """See `PaymentGateway`."""
        return self._act(Operation.CAPTURE_PAYMENT, call, lambda: self.books.take(call.merchant_ref, amount_minor, state="authorized"))

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`."""
        return self._act(Operation.CANCEL_PAYMENT, call, lambda: self.books.call_off(call.merchant_ref))

    def payer(self, merchant_ref: str, act: str, *, telling: str = Telling.ONCE, amount: int | None = None) -> Held:
        """What the payer or the clock does, and how we are told. :raises NotPossible: see there."""
        before = self.books.find_payment(merchant_ref)
        held = self.books.act(merchant_ref, Act(act), amount)
        event = f"evt-{held.ref}-{held.state}"
        if telling == Telling.FORGED:
            self.books.post(FORGED + event, _notice(held, event))
        elif telling != Telling.LOST:
            self.books.post(event, _notice(held, event))
        if telling == Telling.TWICE:
            self.books.post(event, _notice(held, event))
        elif telling == Telling.DISORDER:
            self.books.post(f"{event}-waiting", _notice(before, f"{event}-waiting"))
        return held

    def could(self, merchant_ref: str, act: str) -> bool:
        """Whether the payer or the clock could do that now."""
        held = self.books.find_payment(merchant_ref)
        return held is not None and held.state in OPEN_FOR[Act(act)]

    def forge(self, merchant_ref: str) -> None:
        """Somebody who is not the provider says that it was paid."""
        held = self.books.find_payment(merchant_ref)
        if held:
            event = f"evt-{held.ref}-paid"
            self.books.post(FORGED + event, _notice(replace(held, state="paid", paid=held.amount), event))

    def _act(self, operation: Operation, call: PaymentCall, act) -> PaymentAnswer:
        behaviour = self.books.next_behaviour(operation, call.merchant_ref)
        if behaviour == PaymentBehaviour.TIMEOUT_BEFORE:
            return _silence(call)
        if behaviour == PaymentBehaviour.DECLINE:
            return PaymentAnswer(PaymentOutcome.DECLINED, code="declined", raw={"key": call.key})
        held = act()
        return _silence(call) if behaviour == PaymentBehaviour.TIMEOUT_AFTER else self._said(held, call)

    def _said(self, held: Held | None, call: PaymentCall, *, action: PayerAction | None = None) -> PaymentAnswer:
        raw = {"key": call.key, "merchant_ref": call.merchant_ref}
        if held is None:
            return PaymentAnswer(PaymentOutcome.NOT_FOUND, code="not_found", raw=raw)
        if (held.amount, held.currency) != (call.amount_minor, call.currency) and held.state not in ("authorized", "paid"):
            return PaymentAnswer(PaymentOutcome.UNKNOWN, code="key_reused", message="this number belongs to another amount", raw=raw)
        state = "pending" if held.behaviour == PaymentBehaviour.SLOW and held.asked < 2 else held.state
        amount = {"paid": held.paid, "authorized": held.amount}.get(state)
        raw |= {"ref": held.ref, "state": state}
        return PaymentAnswer(
            PaymentOutcome(state),
            held.ref,
            "ok" if state == "paid" else state,
            amount_minor=amount,
            currency=held.currency if amount else "",
            paid_at=held.paid_at if state == "paid" else None,
            action=action if state == "pending" else None,
            raw=raw,
        )


def read_payment(said: dict) -> PaymentNotice:
    """A notice of a payment. :raises ValueError, KeyError, TypeError: it is none."""
    return PaymentNotice(
        event_id=said["event"],
        outcome=PaymentOutcome(said["state"]),
        amount_minor=said["amount"],
        currency=said["currency"],
        merchant_ref=said["merchant_ref"],
        key=said["key"],
        provider_ref=said["ref"],
        occurred_at=datetime.fromisoformat(said["paid_at"]) if said["paid_at"] else None,
        code=said["state"],
    )


def _notice(held: Held, event: str) -> str:
    said = {name: getattr(held, name) for name in ("merchant_ref", "key", "ref", "currency", "state")}
    paid_at = held.paid_at.isoformat() if held.paid_at else ""
    return json.dumps(
        {"type": "payment", "event": event, "amount": held.paid or held.amount, "paid_at": paid_at, **said}, ensure_ascii=False
    )


def _action(held: Held) -> PayerAction:
    """How the payer would go on, were this real."""
    number = held.ref.removeprefix("SIM-PAY-")
    if held.method in BY_CODE:
        details = (
            {"bank_code": "000", "account_no": f"9990{number}"} if held.method in (Method.ATM, Method.BANK_TRANSFER) else {"code": number}
        )
        return PayerAction(ActionKind.CODE, details=details, expires_at=held.expires_at)
    if held.method in BY_QR:
        return PayerAction(ActionKind.QR, text=f"practice:{held.ref}", expires_at=held.expires_at)
    return PayerAction(ActionKind.REDIRECT, url=f"https://practice.invalid/{held.ref}", expires_at=held.expires_at)


def _silence(call: PaymentCall) -> PaymentAnswer:
    return PaymentAnswer(PaymentOutcome.UNKNOWN, code="timeout", message="no answer", raw={"key": call.key})

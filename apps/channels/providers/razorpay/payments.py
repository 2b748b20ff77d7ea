"""Payments through Razorpay: a page of Razorpay's own (a payment link) for cards, UPI or netbanking.

https://razorpay.com/docs/api/payments/payment-links/. A link bears our number, which must be unique there, so the same payment is never
opened twice. It shows the payment that was captured; that one's number is what refunds and settlements go by.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from apps.channels.contracts import Method
from apps.channels.fetching import ConnectionAnswer, FetchAnswer, FetchedFile, FetchOutcome, Verdict
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.providers.razorpay.api import BROKEN, RazorpayApi, Refused, units, why
from apps.channels.providers.razorpay.codes import CODES, FINAL
from apps.channels.wire import NoAnswer
from apps.core.money import MoneyError

KINDS = {Method.CREDIT_CARD: "card", Method.UPI: "upi", Method.BANK_TRANSFER: "netbanking"}
SHOWN = ("card", "upi", "netbanking", "wallet")
LINKS = {
    "created": PaymentOutcome.PENDING,
    "expired": PaymentOutcome.EXPIRED,
    "cancelled": PaymentOutcome.CANCELLED,
}
PAYMENTS = {
    "created": PaymentOutcome.PENDING,
    "authorized": PaymentOutcome.AUTHORIZED,
    "captured": PaymentOutcome.PAID,
    "refunded": PaymentOutcome.PAID,
    "failed": PaymentOutcome.DECLINED,
}
KEY = "hezhang_key"  # in the notes of links and refunds
LONGEST_REFERENCE = 40
ROWS_OF_A_DAY, RECON_PAGE = 500_000, 1000
TROUBLES = (NoAnswer, Refused, *BROKEN)
logger = logging.getLogger(__name__)


class RazorpayPayments:
    """The part of the gateway that takes money and reads settlements; `api` is the gateway's."""

    api: RazorpayApi

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. What Razorpay could not take is refused here and never sent."""
        code = _unfit(call)
        if code:
            return PaymentAnswer(PaymentOutcome.DECLINED, code=code, raw={"key": call.key, "code": code})
        return self._told(call, lambda: read_link(self.api.act("/v1/payment_links", _link(call))), self._refused)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: by Razorpay's number of the payment, else by our number among the links."""
        if call.provider_ref.startswith("pay_"):
            return self._told(call, lambda: read_payment(self.api.ask(f"/v1/payments/{call.provider_ref}")), self._failed)
        return self._told(call, lambda: self._found(call), self._failed)

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. A refused one is answered by how the payment stands."""

        def cancel() -> PaymentAnswer:
            now = self._found(call)
            if now.outcome != PaymentOutcome.PENDING:
                return now
            return read_link(self.api.act(f"/v1/payment_links/{now.provider_ref}/cancel", {}))

        answer = self._told(call, cancel, self._failed)
        if answer.outcome == PaymentOutcome.UNKNOWN and answer.code in CODES and CODES[answer.code].code_class in FINAL:
            return replace(self.query_payment(call), code=answer.code, message=answer.message)
        return answer

    def fetch_statement(self, day: date) -> FetchAnswer:
        """What was settled on a day of India, all pages as one answer of Razorpay's."""
        asked = {"year": day.year, "month": day.month, "day": day.day}
        try:
            rows = self.api.every("/v1/settlements/recon/combined", most=ROWS_OF_A_DAY, page=RECON_PAGE, **asked)
        except Refused as error:
            outcome = FetchOutcome.UNKNOWN if error.status >= 500 or error.status == 429 else FetchOutcome.FAILED
            return FetchAnswer(outcome, code=error.code, message=error.message)
        except (NoAnswer, *BROKEN) as error:
            code, message = why(error)
            return FetchAnswer(FetchOutcome.UNKNOWN, code=code, message=message)
        finally:
            self.api.record()  # the rows are the file: they stand in no log
        if not rows:
            return FetchAnswer(FetchOutcome.EMPTY, raw=asked)
        data = json.dumps({"entity": "collection", "count": len(rows), "items": rows}, ensure_ascii=False).encode()
        file = FetchedFile(f"razorpay_settlement_recon_{day:%Y%m%d}.json", data)
        return FetchAnswer(FetchOutcome.FETCHED, (file,), raw={**asked, "rows": len(rows)})

    def test_connection(self) -> ConnectionAnswer:
        """Asks for the newest payment, which only the right key may see."""
        try:
            self.api.ask("/v1/payments", count=1)
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code)
        except Refused as error:
            verdict = Verdict.WRONG_CREDENTIALS if error.status == 401 else Verdict.UNCLEAR
            return ConnectionAnswer(verdict, "key_secret" if error.status == 401 else "", error.code, error.message)
        except BROKEN:
            return ConnectionAnswer(Verdict.UNCLEAR, code="unreadable")
        return ConnectionAnswer(Verdict.WORKS)

    def _found(self, call: PaymentCall) -> PaymentAnswer:
        said = self.api.ask("/v1/payment_links", reference_id=call.merchant_ref)
        links = [one for one in said["payment_links"] if one.get("reference_id") == call.merchant_ref]
        if not links:
            return PaymentAnswer(PaymentOutcome.NOT_FOUND, code="not_found")
        return read_link(links[0])

    def _told(self, call: PaymentCall, ask: Callable[[], PaymentAnswer], on_trouble: Callable) -> PaymentAnswer:
        try:
            return replace(ask(), raw=self.api.record(key=call.key))
        except TROUBLES as error:
            return on_trouble(call, error)

    def _refused(self, call: PaymentCall, error: Exception) -> PaymentAnswer:
        """A refusal is final, unless our number is taken because the first call had worked."""
        if not isinstance(error, Refused) or error.status >= 500 or error.code not in CODES:
            return self._failed(call, error)
        if CODES[error.code].code_class not in FINAL:
            return self._failed(call, error)
        if error.status == 400:
            known = self.query_payment(call)
            if known.outcome != PaymentOutcome.NOT_FOUND:
                return known
        return self._failed(call, error, PaymentOutcome.DECLINED)

    def _failed(self, call: PaymentCall, error: Exception, outcome: PaymentOutcome = PaymentOutcome.UNKNOWN) -> PaymentAnswer:
        code, message = why(error)
        if isinstance(error, Refused) and code not in CODES:
            logger.warning("provider.unknown_code provider=razorpay key=%s http=%s code=%s", call.key, error.status, code)
        return PaymentAnswer(outcome, call.provider_ref, code, message, raw=self.api.record(key=call.key))


def read_link(link: dict) -> PaymentAnswer:
    """A link as it stands; a paid one by its captured payment. :raises KeyError, TypeError: it is none."""
    status, ref, currency = str(link["status"]), str(link["id"]), str(link["currency"])
    if status == "paid":
        (paid,) = [one for one in link["payments"] if one["status"] == "captured"]
        at = datetime.fromtimestamp(paid["created_at"], UTC)
        return PaymentAnswer(
            PaymentOutcome.PAID, str(paid["payment_id"]), status, amount_minor=int(paid["amount"]), currency=currency, paid_at=at
        )
    outcome = LINKS.get(status)
    if outcome is None:
        return _unknown(ref, status)
    action = None
    if outcome == PaymentOutcome.PENDING:
        until = link.get("expire_by")
        at = datetime.fromtimestamp(until, UTC) if until else None
        action = PayerAction(ActionKind.REDIRECT, url=str(link["short_url"]), expires_at=at)
    return PaymentAnswer(outcome, ref, status, amount_minor=int(link["amount"]), currency=currency, action=action)


def read_payment(payment: dict) -> PaymentAnswer:
    """:raises KeyError, TypeError: it is no payment."""
    status, ref = str(payment["status"]), str(payment["id"])
    outcome = PAYMENTS.get(status)
    if outcome is None:
        return _unknown(ref, status)
    at = datetime.fromtimestamp(payment["created_at"], UTC) if outcome == PaymentOutcome.PAID else None
    code = str(payment.get("error_reason") or status)
    said = str(payment.get("error_description") or "")
    return PaymentAnswer(outcome, ref, code, said, amount_minor=int(payment["amount"]), currency=str(payment["currency"]), paid_at=at)


def _unknown(ref: str, status: str) -> PaymentAnswer:
    logger.warning("provider.unknown_code provider=razorpay code=%s", status)
    return PaymentAnswer(PaymentOutcome.UNKNOWN, ref, status)


def _unfit(call: PaymentCall) -> str:
    """Why this is not even asked of Razorpay; empty when it may be."""
    if call.method not in KINDS or (call.method != Method.CREDIT_CARD and call.currency != "INR"):
        return "method_unknown"
    if len(call.merchant_ref) > LONGEST_REFERENCE:
        return "reference_too_long"
    if not call.captures_at_once:
        return "no_manual_capture"
    try:
        units(call.amount_minor, call.currency)
    except MoneyError:
        return "excess_digits"
    return ""


def _link(call: PaymentCall) -> dict:
    wanted = {
        "amount": units(call.amount_minor, call.currency),
        "currency": call.currency,
        "accept_partial": False,
        "reference_id": call.merchant_ref,
        "notes": {"merchant_ref": call.merchant_ref, KEY: call.key},
        "notify": {"sms": False, "email": False},
        "reminder_enable": False,
        "options": {"checkout": {"method": {kind: kind == KINDS[Method(call.method)] for kind in SHOWN}}},
    }
    if call.description:
        wanted["description"] = call.description[:2048]
    if call.return_url:
        wanted |= {"callback_url": call.return_url, "callback_method": "get"}
    if call.expires_at:
        wanted["expire_by"] = int(call.expires_at.timestamp())
    return wanted

"""Alipay 支付宝 as a gateway: a code to scan, the pages for a computer's and a phone's browser, refunds, notices, statements.

A code that nobody has scanned is no trade yet: Alipay knows nothing of its number, and it can still be paid until its time is over.
Alipay's documents: alipay.trade.precreate, .page.pay, .wap.pay, .query, .close.
"""

import logging
import re
from datetime import UTC, date, datetime

from apps.channels import rsa
from apps.channels.fetching import ConnectionAnswer, FetchAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, RefundAnswer, RefundCall, RefundNotice
from apps.channels.own_codes import not_known, not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome, Surface
from apps.channels.providers.alipay import bills, notices, refunds
from apps.channels.providers.alipay.amounts import CURRENCY, fen, yuan
from apps.channels.providers.alipay.api import AlipayApi, Said
from apps.channels.providers.alipay.codes import class_of
from apps.channels.return_codes import CodeClass

NUMBER = re.compile(r"[A-Za-z0-9_]{1,64}")
LONGEST_TITLE = 256
LONGEST_MINUTES = 15 * 24 * 60
PAGES = {
    Surface.DESKTOP: ("alipay.trade.page.pay", "FAST_INSTANT_TRADE_PAY"),
    Surface.PHONE: ("alipay.trade.wap.pay", "QUICK_WAP_WAY"),
}
PROBE = "hezhang_connection_test"  # a payment number that no shop of ours ever uses
logger = logging.getLogger(__name__)


class AlipayGateway:
    """`credentials` as `provider.CREDENTIALS` name them. CNY alone is taken."""

    def __init__(self, account: Account):
        self.api = AlipayApi(account)

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. In a browser a signed form opens the payment, and nothing is sent from here; else a code to scan."""
        refusal = _refusal(call)
        if refusal:
            return not_sent(call, refusal)
        if call.surface in PAGES:
            return self._page(call)
        said = self.api.act("alipay.trade.precreate", _trade(call), notify_url=call.notice_url)
        code_class = class_of(said.code)
        if not said.code:
            text = str(said.data.get("qr_code") or "")
            if not text or said.data.get("out_trade_no", call.merchant_ref) != call.merchant_ref:
                return not_known("answer_differs" if text else "unreadable", raw=self.api.wire.record(key=call.key))
            action = PayerAction(ActionKind.QR, text=text, expires_at=call.expires_at)
            return PaymentAnswer(PaymentOutcome.PENDING, code="10000", action=action, raw=self.api.wire.record(key=call.key))
        if code_class in (CodeClass.DUPLICATE, CodeClass.STATE):
            return self.query_payment(call)
        outcome = PaymentOutcome.DECLINED if code_class in (CodeClass.CONFIG, CodeClass.DECLINED) else PaymentOutcome.UNKNOWN
        return self._answer(outcome, said, call)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`; NOT_FOUND also of a code that nobody has scanned yet."""
        said = self.api.ask("alipay.trade.query", {"out_trade_no": call.merchant_ref})
        if said.code:
            is_absent = class_of(said.code) == CodeClass.NOT_FOUND and said.is_proved
            return self._answer(PaymentOutcome.NOT_FOUND if is_absent else PaymentOutcome.UNKNOWN, said, call)
        data = said.data
        if data.get("out_trade_no") != call.merchant_ref:
            return not_known("answer_differs", raw=self.api.wire.record(key=call.key))
        state, amount = str(data.get("trade_status")), fen(data.get("total_amount"))
        outcome = notices.payment_outcome(state, was_paid=bool(data.get("send_pay_date")))
        if outcome == PaymentOutcome.UNKNOWN:
            logger.warning("provider.unknown_code provider=alipay key=%s code=%s", call.key, state)
        if outcome == PaymentOutcome.PAID and amount is None:
            return not_known("unreadable", raw=self.api.wire.record(key=call.key))
        return PaymentAnswer(
            outcome,
            provider_ref=str(data.get("trade_no") or ""),
            code=state,
            amount_minor=amount,
            currency=CURRENCY if amount is not None else "",
            paid_at=notices.moment(data.get("send_pay_date")),
            raw=self.api.wire.record(key=call.key),
        )

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. `alipay.trade.close`: the other way, `cancel`, would give a paid one back."""
        said = self.api.act("alipay.trade.close", {"out_trade_no": call.merchant_ref})
        if not said.code:
            is_ours = said.data.get("out_trade_no", call.merchant_ref) == call.merchant_ref
            return self._answer(PaymentOutcome.CANCELLED if is_ours else PaymentOutcome.UNKNOWN, said, call)
        if class_of(said.code) in (CodeClass.DUPLICATE, CodeClass.STATE):
            return self.query_payment(call)
        return self._answer(PaymentOutcome.UNKNOWN, said, call)

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        return refunds.refund(self.api, call)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        return refunds.query(self.api, call)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice]:
        """See `Gateway`. A notice of a refund tells only what went back in all, so the refund itself is asked about."""
        return notices.read(self.api, body)

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; anything but this word is sent again, eight times in a day."""
        return Acknowledgement(b"success")

    def fetch_statement(self, day: date) -> FetchAnswer:
        """See `StatementGateway`: 业务明细, in its ZIP."""
        return bills.fetch(self.api, day)

    def test_connection(self) -> ConnectionAnswer:
        """Asks for a payment that nobody made: only right keys are told that it does not exist, in an answer that proves itself."""
        said = self.api.ask("alipay.trade.query", {"out_trade_no": PROBE})
        verdict, field_name = _verdict(self.api, said)
        return ConnectionAnswer(verdict, field_name, said.code, said.message, self.api.wire.record())

    def _page(self, call: PaymentCall) -> PaymentAnswer:
        method, product = PAGES[call.surface]
        try:
            asked = {**_trade(call), "product_code": product}
            url, fields = self.api.form(method, asked, notify_url=call.notice_url, return_url=call.return_url)
        except rsa.KeyUnusable:
            return not_sent(call, "key_unusable")
        action = PayerAction(ActionKind.FORM, url=url, fields=fields, expires_at=call.expires_at)
        return PaymentAnswer(PaymentOutcome.PENDING, code="form", action=action, raw={"key": call.key, "method": method})

    def _answer(self, outcome: PaymentOutcome, said: Said, call: PaymentCall) -> PaymentAnswer:
        if said.code and outcome == PaymentOutcome.UNKNOWN and class_of(said.code) is None:
            logger.warning("provider.unknown_code provider=alipay key=%s code=%s", call.key, said.code)
        return PaymentAnswer(outcome, code=said.code or "10000", message=said.message, raw=self.api.wire.record(key=call.key))


def _refusal(call: PaymentCall) -> str:
    """Why this is not even asked of Alipay; empty when it is."""
    checks = {
        "other_method": call.method != "alipay",
        "other_currency": call.currency != CURRENCY,
        "bad_number": not NUMBER.fullmatch(call.merchant_ref),
        "no_instalments": call.instalments > 1,
        "no_holding": not call.captures_at_once,
        "too_late": call.expires_at is not None and not 0 < _minutes_left(call.expires_at) <= LONGEST_MINUTES,
    }
    return next((code for code, applies in checks.items() if applies), "")


def _trade(call: PaymentCall) -> dict:
    """What every way to pay has in common. The time to pay is told in whole minutes from now."""
    subject = (call.description or call.merchant_ref)[:LONGEST_TITLE]
    trade = {"out_trade_no": call.merchant_ref, "total_amount": yuan(call.amount_minor), "subject": subject}
    return trade | ({"timeout_express": f"{_minutes_left(call.expires_at)}m"} if call.expires_at else {})


def _minutes_left(end: datetime) -> int:
    return int((end - datetime.now(UTC)).total_seconds() // 60)


def _verdict(api: AlipayApi, said: Said) -> tuple[Verdict, str]:
    """What the answer to the question about nobody's payment shows, and the credential most likely wrong."""
    if said.code in ("timeout", "no_answer"):
        return Verdict.UNREACHABLE, ""
    if said.code == "ACQ.TRADE_NOT_EXIST" and said.is_proved:
        return Verdict.WORKS, ""
    if said.code == "key_unusable":
        return Verdict.WRONG_CREDENTIALS, "private_key" if not _is_private(api.key_text) else "alipay_public_key"
    wrong = {"isv.invalid-signature": "private_key", "isv.invalid-app-id": "app_id", "bad_signature": "alipay_public_key"}
    if said.code in wrong:
        return Verdict.WRONG_CREDENTIALS, wrong[said.code]
    return (Verdict.NOT_PERMITTED if said.code in ("40006", "ACQ.ACCESS_FORBIDDEN") else Verdict.UNCLEAR), ""


def _is_private(text: str) -> bool:
    try:
        rsa.private_key(text)
    except rsa.KeyUnusable:
        return False
    return True

"""Shouqianba 收钱吧 as a gateway: a code for one wallet, asked about until it is paid, and refunds.

A refund has a number (`refund_request_no`) that counts once, yet cannot be asked about; what went back is told by the order's sums, so
refunds of one order go one after the other. Notices are not believed: how they are signed is not documented.
"""

import hashlib
import logging
import re
from datetime import UTC, datetime

from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, NoticeForged, Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import OWN_CODES, not_known, not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentOutcome
from apps.channels.providers.shouqianba.api import Said, ShouqianbaApi
from apps.channels.providers.shouqianba.codes import CODES, FINAL, OPEN_STATES, ORDER_STATES, class_of
from apps.channels.return_codes import CodeClass

PAYWAYS = {"alipay": "1", "wechat_pay": "3", "unionpay": "17"}
NUMBER = re.compile(r"[!-~]{1,32}")
LONGEST_KEY = 20
PROBE = "hezhang-connection-test"  # an order number that no shop of ours ever uses
OPERATOR = "Hezhang"
REFUSING = (CodeClass.CONFIG, CodeClass.DECLINED, CodeClass.STATE, CodeClass.NOT_FOUND)
logger = logging.getLogger(__name__)


class ShouqianbaGateway:
    """`credentials` as `provider.CREDENTIALS` name them. Amounts are fen, and CNY alone is taken."""

    def __init__(self, account: Account):
        self.api = ShouqianbaApi(account)

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: a code that lives four minutes."""
        refusal = _refusal(call)
        if refusal:
            return not_sent(call, refusal)
        order = {
            "client_sn": call.merchant_ref,
            "total_amount": str(call.amount_minor),
            "payway": PAYWAYS[call.method],
            "subject": (call.description or call.merchant_ref)[:64],
            "operator": OPERATOR,
        }
        said = self.api.act("/upay/v2/precreate", order)
        if said.word == "PRECREATE_SUCCESS" and said.data.get("client_sn") == call.merchant_ref and said.data.get("qr_code"):
            action = PayerAction(ActionKind.QR, text=str(said.data["qr_code"]), expires_at=call.expires_at)
            raw, ref = self.api.wire.record(key=call.key), str(said.data.get("sn") or "")
            return PaymentAnswer(PaymentOutcome.PENDING, ref, said.word, action=action, raw=raw)
        code_class = class_of(said.code)
        if code_class == CodeClass.DUPLICATE:
            return self.query_payment(call)
        failed = said.word == "PRECREATE_FAIL" or code_class in (CodeClass.CONFIG, CodeClass.DECLINED)
        return self._answer(PaymentOutcome.DECLINED if failed else PaymentOutcome.UNKNOWN, said, call)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`."""
        said = self.api.ask("/upay/v2/query", {"client_sn": call.merchant_ref})
        if said.word != "SUCCESS":
            is_absent = class_of(said.code) == CodeClass.NOT_FOUND
            return self._answer(PaymentOutcome.NOT_FOUND if is_absent else PaymentOutcome.UNKNOWN, said, call)
        data, raw = said.data, self.api.wire.record(key=call.key)
        amount, state = _fen(data.get("total_amount")), str(data.get("order_status"))
        if data.get("client_sn") != call.merchant_ref or amount is None:
            return not_known("answer_differs", raw=raw)
        if state not in ORDER_STATES and state not in OPEN_STATES:
            logger.warning("provider.unknown_code provider=shouqianba key=%s code=%s", call.key, state)
        # The times are those of the last thing that happened: of the payment only as long as nothing else did.
        paid_at = _moment(data.get("channel_finish_time") or data.get("finish_time")) if state == "PAID" else None
        outcome = ORDER_STATES.get(state, PaymentOutcome.UNKNOWN)
        return PaymentAnswer(outcome, str(data.get("sn") or ""), state, said.message, amount, "CNY", paid_at, raw=raw)

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        refusal = _refund_refusal(call)
        if refusal:
            sentence = (CODES.get(refusal) or OWN_CODES[refusal]).staff
            return RefundAnswer(Outcome.DECLINED, code=refusal, message=sentence, raw={"key": call.key, "code": refusal})
        asked = {
            "client_sn": call.merchant_ref,
            "refund_request_no": refund_number(call.key),
            "refund_amount": str(call.amount_minor),
            "operator": OPERATOR,
        }
        said = self.api.act("/upay/v2/refund", asked)
        code_class = class_of(said.code)
        if said.word == "REFUND_SUCCESS":
            return self._summed(call, said)
        if said.word == "REFUND_IN_PROGRESS":
            return self._refund_answer(Outcome.PENDING, said, call)
        if code_class == CodeClass.DUPLICATE:
            return self.query_refund(call)
        return self._refund_answer(Outcome.DECLINED if code_class in REFUSING else Outcome.UNKNOWN, said, call)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by what the order says went back. NOT_FOUND when that is what went back before."""
        said = self.api.ask("/upay/v2/query", {"client_sn": call.merchant_ref})
        return self._summed(call, said) if said.word == "SUCCESS" else self._refund_answer(Outcome.UNKNOWN, said, call)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list:
        """See `Gateway`. Nothing can be proved, so nobody is believed: orders are asked about."""
        raise NoticeForged

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement(b"success")

    def test_connection(self) -> ConnectionAnswer:
        """Asks for an order that nobody made; only a right signature is told that it does not exist."""
        said = self.api.ask("/upay/v2/query", {"client_sn": PROBE})
        verdict, field_name = _verdict(said)
        return ConnectionAnswer(verdict, field_name, said.code, said.message, self.api.wire.record())

    def _summed(self, call: RefundCall, said: Said) -> RefundAnswer:
        """What the order's sums tell of this refund, which is what went back beyond `refunded_minor`."""
        data, raw = said.data, self.api.wire.record(key=call.key)
        total, left, state = _fen(data.get("total_amount")), _fen(data.get("net_amount")), str(data.get("order_status"))
        if data.get("client_sn") != call.merchant_ref or total != call.payment_amount_minor or left is None or state not in FINAL:
            return RefundAnswer(Outcome.UNKNOWN, code=state or "answer_differs", message=OWN_CODES["answer_differs"].staff, raw=raw)
        back = total - left
        if back == call.refunded_minor + call.amount_minor:
            # The times are those of the last thing that happened, here of this refund.
            return RefundAnswer(Outcome.SUCCEEDED, code=state, done_at=_moment(data.get("finish_time")), raw=raw)
        if back == call.refunded_minor:
            return RefundAnswer(Outcome.NOT_FOUND, code=state, raw=raw)
        return RefundAnswer(Outcome.UNKNOWN, code="other_sum", message=f"Shouqianba says that {back} fen went back", raw=raw)

    def _answer(self, outcome: PaymentOutcome, said: Said, call: PaymentCall) -> PaymentAnswer:
        code = said.code or said.word or "unreadable"
        self._warn(code, call.key, is_open=outcome == PaymentOutcome.UNKNOWN)
        return PaymentAnswer(outcome, code=code, message=_words(code, said), raw=self.api.wire.record(key=call.key))

    def _refund_answer(self, outcome: Outcome, said: Said, call: RefundCall) -> RefundAnswer:
        code = said.code or said.word or "unreadable"
        self._warn(code, call.key, is_open=outcome == Outcome.UNKNOWN)
        return RefundAnswer(outcome, code=code, message=_words(code, said), raw=self.api.wire.record(key=call.key))

    def _warn(self, code: str, key: str, *, is_open: bool) -> None:
        if is_open and class_of(code) is None:
            logger.warning("provider.unknown_code provider=shouqianba key=%s code=%s", key, code)


def refund_number(key: str) -> str:
    """A refund's number as Shouqianba takes it, at most twenty characters; the same for the same key."""
    return key if len(key) <= LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()[:LONGEST_KEY]


def _words(code: str, said: Said) -> str:
    known = CODES.get(code) or OWN_CODES.get(code)
    return (known.staff if known else "") or said.message


def _refusal(call: PaymentCall) -> str:
    """Why this is not even asked of Shouqianba; empty when it is."""
    checks = {
        "other_method": call.method not in PAYWAYS,
        "other_currency": call.currency != "CNY",
        "bad_number": not NUMBER.fullmatch(call.merchant_ref),
        "no_instalments": call.instalments > 1,
        "no_holding": not call.captures_at_once,
    }
    return next((code for code, applies in checks.items() if applies), "")


def _refund_refusal(call: RefundCall) -> str:
    checks = {
        "other_currency": call.currency != "CNY",
        "bad_number": not call.merchant_ref,
        "too_much": call.refunded_minor + call.amount_minor > call.payment_amount_minor,
    }
    return next((code for code, applies in checks.items() if applies), "")


def _fen(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else None


def _moment(value: object) -> datetime | None:
    """Milliseconds since 1970."""
    text = str(value or "")
    return datetime.fromtimestamp(int(text) / 1000, UTC) if text.isascii() and text.isdecimal() and len(text) == 13 else None


def _verdict(said: Said) -> tuple[Verdict, str]:
    known = {
        "timeout": (Verdict.UNREACHABLE, ""),
        "no_answer": (Verdict.UNREACHABLE, ""),
        "ILLEGAL_SIGN": (Verdict.WRONG_CREDENTIALS, "terminal_key"),
        "INVALID_TERMINAL": (Verdict.WRONG_CREDENTIALS, "terminal_sn"),
        "UPAY_TERMINAL_NOT_EXISTS": (Verdict.WRONG_CREDENTIALS, "terminal_sn"),
        "UPAY_TERMINAL_STATUS_ABNORMAL": (Verdict.NOT_PERMITTED, "terminal_sn"),
    }
    if class_of(said.code) == CodeClass.NOT_FOUND:
        return Verdict.WORKS, ""
    return known.get(said.code, (Verdict.UNCLEAR, ""))

"""UnionPay 银联 (online gateway, version 5.1.0) as a gateway: a form that the payer's browser posts, questions, refunds, notices.

UnionPay knows a deal by its number and its time, so both are fixed before the first call. It tells of a deal only once the payer came to
its page: until then it knows none. A refund is accepted at once and done later; what became of it is asked.
UnionPay's documents: 在线网关支付, 消费, 交易状态查询, 退货.
"""

import logging
import re
from datetime import datetime

from apps.channels import rsa
from apps.channels.fetching import ConnectionAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, NoticeForged, NoticeUnreadable, Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import OWN_CODES, not_known, not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome, Surface
from apps.channels.providers.unionpay.api import SHANGHAI, Said, UnionpayApi, moment_text
from apps.channels.providers.unionpay.codes import CODES, DONE, class_of
from apps.channels.return_codes import CodeClass

NUMBER = re.compile(r"[A-Za-z0-9]{8,40}")
YUAN = "156"  # ISO 4217 by number
PROBE = ("HEZHANGTEST00000", "20260101000000")  # a deal that no shop of ours ever made
logger = logging.getLogger(__name__)


class UnionpayGateway:
    """`credentials` as `provider.CREDENTIALS` name them. Amounts are fen, and CNY alone is taken."""

    def __init__(self, account: Account):
        self.api = UnionpayApi(account)

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: a signed form; nothing is sent from here."""
        refusal = _refusal(call)
        if refusal in CODES:
            return PaymentAnswer(PaymentOutcome.DECLINED, code=refusal, message=CODES[refusal].staff, raw={"key": call.key})
        if refusal:
            return not_sent(call, refusal)
        deal = {
            "txnType": "01",
            "txnSubType": "01",
            "orderId": call.merchant_ref,
            "txnTime": moment_text(call.opened_at),
            "txnAmt": str(call.amount_minor),
            "currencyCode": YUAN,
            "frontUrl": call.return_url,
            "backUrl": call.notice_url,
            "channelType": "08" if call.surface == Surface.PHONE else "07",
        }
        try:
            url, fields = self.api.form(deal)
        except rsa.KeyUnusable:
            return not_sent(call, "key_unusable")
        return PaymentAnswer(PaymentOutcome.PENDING, code="form", action=PayerAction(ActionKind.FORM, url, fields), raw={"key": call.key})

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`; NOT_FOUND also as long as the payer has not come to UnionPay's page."""
        if call.opened_at is None:
            return not_known("no_time", message=CODES["no_time"].staff, raw={"key": call.key})
        said = self._deal(call.merchant_ref, moment_text(call.opened_at))
        code, raw = said.code or said.data.get("respCode", ""), self.api.wire.record(key=call.key)
        if said.code or code not in DONE:
            outcome = PaymentOutcome.NOT_FOUND if class_of(code) == CodeClass.NOT_FOUND else PaymentOutcome.UNKNOWN
            return PaymentAnswer(outcome, code=code, message=_words(code, said), raw=raw)
        return _paid(call.merchant_ref, said.data, raw)

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: PENDING once accepted."""
        refusal = _refund_refusal(call)
        if refusal:
            sentence = (CODES.get(refusal) or OWN_CODES[refusal]).staff
            return RefundAnswer(Outcome.DECLINED, code=refusal, message=sentence, raw={"key": call.key, "code": refusal})
        deal = {
            "txnType": "04",
            "txnSubType": "00",
            "orderId": refund_number(call.key),
            "origQryId": call.provider_ref,
            "txnTime": moment_text(call.submitted_at),
            "txnAmt": str(call.amount_minor),
            "backUrl": call.notice_url,
        }
        said = self.api.act(deal)
        code, raw = said.code or said.data.get("respCode", ""), self.api.wire.record(key=call.key)
        is_ours = said.data.get("orderId") == deal["orderId"] and said.data.get("txnAmt", deal["txnAmt"]) == deal["txnAmt"]
        outcome = Outcome.PENDING if not said.code and code in DONE and is_ours else Outcome.UNKNOWN
        if class_of(code) is None:
            logger.warning("provider.unknown_code provider=unionpay key=%s code=%s", call.key, code)
        return RefundAnswer(outcome, said.data.get("queryId", ""), code, _words(code, said), raw=raw)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: the refund is a deal of its own, with its own number and time."""
        if call.submitted_at is None:
            return RefundAnswer(Outcome.UNKNOWN, code="no_time", message=CODES["no_time"].staff, raw={"key": call.key})
        said = self._deal(refund_number(call.key), moment_text(call.submitted_at))
        code, raw = said.code or said.data.get("respCode", ""), self.api.wire.record(key=call.key)
        if said.code or code not in DONE:
            outcome = Outcome.NOT_FOUND if class_of(code) == CodeClass.NOT_FOUND else Outcome.UNKNOWN
            return RefundAnswer(outcome, code=code, message=_words(code, said), raw=raw)
        data = said.data
        if (data.get("orderId"), data.get("txnAmt")) != (refund_number(call.key), str(call.amount_minor)):
            return RefundAnswer(Outcome.UNKNOWN, code="answer_differs", message=OWN_CODES["answer_differs"].staff, raw=raw)
        orig = data.get("origRespCode", "")
        ended = Outcome.SUCCEEDED if orig in DONE else Outcome.DECLINED
        outcome = Outcome.PENDING if class_of(orig) == CodeClass.RETRY else ended if orig else Outcome.UNKNOWN
        return RefundAnswer(outcome, data.get("queryId", ""), orig, data.get("origRespMsg", "")[:300], raw=raw)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice]:
        """See `Gateway`. UnionPay asks shops to ask before they book what a notice says, so the deal is asked about.

        Notices of refunds name no number of ours that could be turned back into one; refunds are asked about instead.
        """
        try:
            fields = self.api.notice(body, at)
        except rsa.KeyUnusable as error:
            raise NoticeForged("nobody could prove it") from error
        if fields is None:
            raise NoticeForged
        if fields.get("merId") != self.api.mer_id:
            raise NoticeUnreadable("another merchant's")
        if fields.get("txnType") != "01":
            return []
        return [self._confirmed(fields)]

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; UnionPay looks at the status alone."""
        return Acknowledgement()

    def test_connection(self) -> ConnectionAnswer:
        """Asks for a deal that nobody made. What UnionPay answers to a wrong signature is not documented, so that stays unclear."""
        said = self._deal(*PROBE)
        code, raw = said.code or said.data.get("respCode", ""), self.api.wire.record()
        known = {
            "timeout": (Verdict.UNREACHABLE, ""),
            "no_answer": (Verdict.UNREACHABLE, ""),
            "34": (Verdict.WORKS, ""),
            "key_unusable": (Verdict.WRONG_CREDENTIALS, "private_key"),
            "bad_signature": (Verdict.WRONG_CREDENTIALS, "middle_certificate"),
        }
        verdict, field_name = known.get(code, (Verdict.UNCLEAR, ""))
        return ConnectionAnswer(verdict, field_name, code, _words(code, said), raw)

    def _deal(self, number: str, time: str) -> Said:
        return self.api.ask({"txnType": "00", "txnSubType": "00", "bizType": "000000", "orderId": number, "txnTime": time})

    def _confirmed(self, fields: dict[str, str]) -> PaymentNotice:
        number = fields.get("orderId", "")
        said = self._deal(number, fields.get("txnTime", ""))
        answer = _paid(number, said.data, {}) if not said.code and said.data.get("respCode") in DONE else None
        if answer is None or answer.amount_minor is None:
            raise NoticeUnreadable(f"the deal cannot be asked about: {said.code or said.data.get('respCode')}")
        return PaymentNotice(
            event_id=f"{fields.get('queryId', '')}:{fields.get('respCode', '')}",
            outcome=answer.outcome,
            amount_minor=answer.amount_minor,
            currency=answer.currency,
            merchant_ref=number,
            provider_ref=answer.provider_ref,
            occurred_at=answer.paid_at,
            code=answer.code,
        )


def refund_number(key: str) -> str:
    """A refund's number as UnionPay takes it: letters and digits, eight at least; the same for the same key."""
    return re.sub(r"[^A-Za-z0-9]", "", key).rjust(8, "0")[:40]


def _paid(number: str, data: dict[str, str], raw: dict) -> PaymentAnswer:
    """What the answer to a question tells of the deal: UNKNOWN where it tells of another one."""
    if data.get("orderId") != number or not data.get("txnAmt", "").isdecimal():
        return not_known("answer_differs", raw=raw)
    orig = data.get("origRespCode", "")
    ended = PaymentOutcome.PAID if orig in DONE else PaymentOutcome.DECLINED
    outcome = PaymentOutcome.PENDING if class_of(orig) == CodeClass.RETRY else ended if orig else PaymentOutcome.UNKNOWN
    return PaymentAnswer(
        outcome,
        provider_ref=data.get("queryId", ""),
        code=orig,
        message=data.get("origRespMsg", "")[:300],
        amount_minor=int(data["txnAmt"]),
        currency="CNY" if data.get("currencyCode", YUAN) == YUAN else data["currencyCode"],
        paid_at=_moment(data.get("txnTime", "")) if outcome == PaymentOutcome.PAID else None,
        raw=raw,
    )


def _moment(text: str) -> datetime | None:
    """UnionPay tells when a deal began, not when the payer was done."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def _words(code: str, said: Said) -> str:
    known = CODES.get(code) or OWN_CODES.get(code)
    return (known.staff if known else "") or said.data.get("respMsg", "")[:300]


def _refusal(call: PaymentCall) -> str:
    """Why no form is made; empty when it is."""
    checks = {
        "other_method": call.method not in ("unionpay", "credit_card"),
        "other_currency": call.currency != "CNY",
        "bad_number": not NUMBER.fullmatch(call.merchant_ref),
        "no_instalments": call.instalments > 1,
        "no_holding": not call.captures_at_once,
        "no_address": not call.notice_url,
        "no_time": call.opened_at is None,
    }
    return next((code for code, applies in checks.items() if applies), "")


def _refund_refusal(call: RefundCall) -> str:
    checks = {
        "other_currency": call.currency != "CNY",
        "no_number": not call.provider_ref,
        "no_address": not call.notice_url,
        "no_time": call.submitted_at is None,
        "too_much": call.refunded_minor + call.amount_minor > call.payment_amount_minor,
    }
    return next((code for code, applies in checks.items() if applies), "")

"""Refunds by Alipay: our number (`out_request_no`) counts once. (alipay.trade.refund, alipay.trade.fastpay.refund.query.)

The answer to a refund names neither its number nor its sum, only what went back in all; so each is confirmed by asking for it.
"""

import logging

from apps.channels.gateways import Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.alipay.amounts import CURRENCY, fen, yuan
from apps.channels.providers.alipay.api import AlipayApi, Said
from apps.channels.providers.alipay.codes import CODES, class_of
from apps.channels.providers.alipay.notices import moment
from apps.channels.return_codes import CodeClass

REFUSING = (CodeClass.CONFIG, CodeClass.DECLINED, CodeClass.STATE, CodeClass.DUPLICATE, CodeClass.NOT_FOUND)
logger = logging.getLogger(__name__)


def refund(api: AlipayApi, call: RefundCall) -> RefundAnswer:
    """Sends it once, then asks. What Alipay refuses is looked for too: it may refuse because the first call worked."""
    refusal = _refusal(call)
    if refusal:
        sentence = (CODES.get(refusal) or OWN_CODES[refusal]).staff
        return RefundAnswer(Outcome.DECLINED, code=refusal, message=sentence, raw={"key": call.key, "code": refusal})
    said = api.act("alipay.trade.refund", {**_payment(call), "refund_amount": yuan(call.amount_minor), "out_request_no": call.key})
    code_class = class_of(said.code)
    if said.code and code_class not in REFUSING:
        return _answer(api, call, Outcome.UNKNOWN, said)
    known = query(api, call)
    if known.outcome != Outcome.NOT_FOUND:
        return known
    if said.code:
        return _answer(api, call, Outcome.DECLINED, said)
    # Accepted and not found: it may still be on its way.
    return RefundAnswer(Outcome.UNKNOWN, code="not_yet_found", message=known.message, raw=known.raw)


def query(api: AlipayApi, call: RefundCall) -> RefundAnswer:
    """By our number. An answer that proves itself and tells of no refund is the proof that there is none."""
    asked = {**_payment(call), "out_request_no": call.key, "query_options": ["gmt_refund_pay"]}
    said = api.ask("alipay.trade.fastpay.refund.query", asked)
    if said.code:
        return _answer(api, call, Outcome.UNKNOWN, said)
    data, raw = said.data, api.wire.record(key=call.key)
    if not data.get("refund_amount"):
        return RefundAnswer(Outcome.NOT_FOUND, code="not_found", raw=raw)
    if (data.get("out_request_no"), fen(data["refund_amount"])) != (call.key, call.amount_minor):
        logger.warning("alipay.refund.differs key=%s", call.key)
        return RefundAnswer(Outcome.UNKNOWN, code="answer_differs", message=OWN_CODES["answer_differs"].staff, raw=raw)
    state = str(data.get("refund_status") or "REFUND_SUCCESS")  # older answers have none: to be told of at all is to be done
    if state != "REFUND_SUCCESS":
        logger.warning("provider.unknown_code provider=alipay key=%s code=%s", call.key, state)
        return RefundAnswer(Outcome.UNKNOWN, code=state, raw=raw)
    return RefundAnswer(Outcome.SUCCEEDED, code=state, done_at=moment(data.get("gmt_refund_pay")), raw=raw)


def _refusal(call: RefundCall) -> str:
    if call.currency != CURRENCY:
        return "other_currency"
    if not (call.provider_ref or call.merchant_ref):
        return "bad_number"
    return "too_much" if call.refunded_minor + call.amount_minor > call.payment_amount_minor else ""


def _payment(call: RefundCall) -> dict[str, str]:
    return {"trade_no": call.provider_ref} if call.provider_ref else {"out_trade_no": call.merchant_ref}


def _answer(api: AlipayApi, call: RefundCall, outcome: Outcome, said: Said) -> RefundAnswer:
    if outcome == Outcome.UNKNOWN and class_of(said.code) is None:
        logger.warning("provider.unknown_code provider=alipay key=%s code=%s", call.key, said.code)
    sentence = CODES[said.code].staff if said.code in CODES else said.message
    return RefundAnswer(outcome, code=said.code, message=sentence, raw=api.wire.record(key=call.key))

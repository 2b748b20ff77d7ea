"""Refunds by WeChat Pay: our number (`out_refund_no`) counts once, by its documents, so the same call again moves no more money."""

import logging
from urllib.parse import quote

from apps.channels.gateways import Outcome, RefundAnswer, RefundCall
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.wechat.api import Said, WechatApi
from apps.channels.providers.wechat.codes import CODES, REFUND_STATES, class_of
from apps.channels.providers.wechat.notices import moment
from apps.channels.return_codes import CodeClass

PATH = "/v3/refund/domestic/refunds"
REFUSING = (CodeClass.CONFIG, CodeClass.DECLINED, CodeClass.STATE, CodeClass.NOT_FOUND)
logger = logging.getLogger(__name__)


def refund(api: WechatApi, call: RefundCall) -> RefundAnswer:
    """Sends it once. What WeChat Pay refuses is looked for first: it may refuse because the first call worked."""
    refusal = _refusal(call)
    if refusal:
        sentence = (CODES.get(refusal) or OWN_CODES[refusal]).staff
        return RefundAnswer(Outcome.DECLINED, code=refusal, message=sentence, raw={"key": call.key, "code": refusal})
    said = api.act(PATH, _wanted(call))
    if not said.code:
        return _read(api, call, said)
    code_class = class_of(said.code)
    if code_class == CodeClass.DUPLICATE:
        known = query(api, call)
        return known if known.outcome != Outcome.NOT_FOUND else _answer(api, call, Outcome.DECLINED, said)
    return _answer(api, call, Outcome.DECLINED if code_class in REFUSING else Outcome.UNKNOWN, said)


def query(api: WechatApi, call: RefundCall) -> RefundAnswer:
    """By our number; the signed answer that there is none is the proof that it never arrived."""
    said = api.ask(f"{PATH}/{quote(call.key, safe='')}")
    if not said.code:
        return _read(api, call, said)
    is_absent = class_of(said.code) == CodeClass.NOT_FOUND and said.status == 404
    return _answer(api, call, Outcome.NOT_FOUND if is_absent else Outcome.UNKNOWN, said)


def _refusal(call: RefundCall) -> str:
    if call.currency != "CNY":
        return "other_currency"
    if not (call.provider_ref or call.merchant_ref):
        return "bad_number"
    return "too_much" if call.refunded_minor + call.amount_minor > call.payment_amount_minor else ""


def _wanted(call: RefundCall) -> dict:
    """The reason stays with us: WeChat Pay shows it to the payer."""
    payment = {"transaction_id": call.provider_ref} if call.provider_ref else {"out_trade_no": call.merchant_ref}
    amount = {"refund": call.amount_minor, "total": call.payment_amount_minor, "currency": call.currency}
    told = {"notify_url": call.notice_url} if call.notice_url else {}
    return {**payment, "out_refund_no": call.key, "amount": amount, **told}


def _read(api: WechatApi, call: RefundCall, said: Said) -> RefundAnswer:
    data, amount = said.data, said.data.get("amount") or {}
    ref, state, raw = str(data.get("refund_id") or ""), str(data.get("status")), api.wire.record(key=call.key)
    told = (data.get("out_refund_no"), amount.get("refund"), amount.get("currency", "CNY"))
    if told != (call.key, call.amount_minor, call.currency):
        logger.warning("wechat.refund.differs key=%s ref=%s", call.key, ref)
        return RefundAnswer(Outcome.UNKNOWN, ref, "answer_differs", OWN_CODES["answer_differs"].staff, raw=raw)
    outcome = REFUND_STATES.get(state, Outcome.UNKNOWN)
    if outcome == Outcome.UNKNOWN:
        logger.warning("provider.unknown_code provider=wechat key=%s code=%s", call.key, state)
    sentence = CODES[state].staff if state in CODES else ""
    return RefundAnswer(outcome, ref, state, sentence, moment(data.get("success_time")), raw)


def _answer(api: WechatApi, call: RefundCall, outcome: Outcome, said: Said) -> RefundAnswer:
    if outcome == Outcome.UNKNOWN and class_of(said.code) is None:
        logger.warning("provider.unknown_code provider=wechat key=%s http=%s code=%s", call.key, said.status, said.code)
    sentence = CODES[said.code].staff if said.code in CODES else said.message
    return RefundAnswer(outcome, code=said.code, message=sentence, raw=api.wire.record(key=call.key))

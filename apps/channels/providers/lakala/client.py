"""Lakala 拉卡拉 (聚合扫码) as a gateway: a code for one wallet, asked about by our number, and notices of it.

Refunds are not offered: how one is asked about is not verified. Neither is which code means that a number is unknown.
"""

import json
import logging
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apps.channels import rsa
from apps.channels.gateways import Account, Acknowledgement, NoticeForged, NoticeUnreadable
from apps.channels.own_codes import not_known, not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome
from apps.channels.providers.lakala import signing
from apps.channels.providers.lakala.codes import CODES, DONE, TRADE_STATES, is_listed
from apps.channels.wire import AnswerUnreadable, NoAnswer, Wire

LIVE, SANDBOX = "https://s2.lakala.com", "https://test.wsmsd.cn/sit"
OPEN, QUERY = "/api/v3/labs/trans/preorder", "/api/v3/labs/query/tradequery"
SHANGHAI = ZoneInfo("Asia/Shanghai")
WALLETS = {"alipay": "ALIPAY", "wechat_pay": "WECHAT", "unionpay": "UQRCODEPAY"}
BY_CODE = "41"  # trans_type of a code that the payer scans
NUMBER = re.compile(r"[A-Za-z0-9_\-]{1,32}")
LONGEST_TITLE = 42
logger = logging.getLogger(__name__)


class LakalaGateway:
    """`credentials` as `provider.CREDENTIALS` name them. Amounts are fen, and CNY alone is taken."""

    def __init__(self, account: Account):
        told = account.credentials
        self.app_id, self.serial_no = told["app_id"].strip(), told["serial_no"].strip()
        self.merchant_no, self.term_no = told["merchant_no"].strip(), told["term_no"].strip()
        self.key_text, self.platform_text = told["private_key"], told["platform_certificate"]
        self.wire = Wire(account.base_url or (LIVE if account.is_live else SANDBOX), secrets=(self.key_text,))

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`."""
        refusal = _refusal(call)
        if refusal in CODES:
            return PaymentAnswer(PaymentOutcome.DECLINED, code=refusal, message=CODES[refusal].staff, raw={"key": call.key})
        if refusal:
            return not_sent(call, refusal)
        order = {
            "account_type": WALLETS[call.method],
            "trans_type": BY_CODE,
            "total_amount": str(call.amount_minor),
            "location_info": {"request_ip": call.payer.ip},
            "subject": (call.description or call.merchant_ref)[:LONGEST_TITLE],
            "notify_url": call.notice_url,
        }
        code, said = self._said(self.wire.act, OPEN, call, order)
        if code:
            return self._unknown(call, code, said)
        data = _of(said, "resp_data")
        text, number = str(_of(data, "acc_resp_fields").get("code") or ""), data.get("out_trade_no", call.merchant_ref)
        if not text or number != call.merchant_ref:
            return not_known("answer_differs" if text else "unreadable", raw=self.wire.record(key=call.key))
        action = PayerAction(ActionKind.QR, text=text, expires_at=call.expires_at)
        ref = str(data.get("trade_no") or "")
        return PaymentAnswer(PaymentOutcome.PENDING, ref, DONE, action=action, raw=self.wire.record(key=call.key))

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`."""
        code, said = self._said(self.wire.ask, QUERY, call, {})
        if code:
            return self._unknown(call, code, said)
        data, raw = _of(said, "resp_data"), self.wire.record(key=call.key)
        amount, state = _fen(data.get("total_amount")), str(data.get("trade_state"))
        if data.get("out_trade_no") != call.merchant_ref or amount is None:
            return not_known("answer_differs", raw=raw)
        outcome = _outcome(state, call.key)
        when = _moment(data.get("trade_time")) if outcome == PaymentOutcome.PAID else None
        words = str(data.get("trade_state_desc") or "")[:300]
        return PaymentAnswer(outcome, str(data.get("trade_no") or ""), state, words, amount, "CNY", when, raw=raw)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice]:
        """See `Gateway`; notices of payments alone."""
        try:
            if not signing.is_genuine_notice(headers, body, rsa.public_key(self.platform_text)):
                raise NoticeForged
            said = json.loads(body)
        except rsa.KeyUnusable as error:
            raise NoticeForged("nobody could prove it") from error
        except ValueError as error:
            raise NoticeUnreadable("no JSON") from error
        if not isinstance(said, dict) or said.get("merchant_no", self.merchant_no) != self.merchant_no:
            raise NoticeUnreadable("another merchant's")
        if not said.get("trade_state"):
            return []
        number, amount, state = str(said.get("out_trade_no") or ""), _fen(said.get("total_amount")), str(said["trade_state"])
        if not number or amount is None:
            raise NoticeUnreadable("no payment")
        notice = PaymentNotice(
            event_id=f"{said.get('trade_no', '')}:{state}"[:120],
            outcome=_outcome(state, number),
            amount_minor=amount,
            currency="CNY",
            merchant_ref=number,
            provider_ref=str(said.get("trade_no") or ""),
            occurred_at=_moment(said.get("trade_time")),
            code=state,
        )
        return [notice]

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement(b'{"code":"SUCCESS","message":"OK"}', "application/json")

    def _said(self, speak, path: str, call: PaymentCall, more: dict) -> tuple[str, dict]:
        """A code, empty when Lakala did what was asked, and the answer."""
        asked = {"merchant_no": self.merchant_no, "term_no": self.term_no, "out_trade_no": call.merchant_ref, **more}
        now = datetime.now(UTC).astimezone(SHANGHAI)
        body = json.dumps({"req_time": f"{now:%Y%m%d%H%M%S}", "version": "3.0", "req_data": asked}, ensure_ascii=False).encode()
        try:
            signed = signing.authorization(rsa.private_key(self.key_text), self.app_id, self.serial_no, body)
            reply = speak("POST", path, content=body, headers={"Authorization": signed, "Content-Type": "application/json"})
            if reply.status != 200:
                return f"http_{reply.status}", {}
            if "lklapi-signature" not in reply.headers:
                return "unreadable", {}
            if not signing.is_genuine_answer(reply.headers, reply.body, rsa.public_key(self.platform_text)):
                return "bad_signature", {}
            said = reply.json()
        except NoAnswer as error:
            return error.code, {}
        except AnswerUnreadable:
            return "unreadable", {}
        except rsa.KeyUnusable:
            return "key_unusable", {}
        code = str(said.get("code") or "unreadable")
        return ("" if code == DONE else code), said

    def _unknown(self, call: PaymentCall, code: str, said: dict) -> PaymentAnswer:
        if not is_listed(code):
            logger.warning("provider.unknown_code provider=lakala key=%s code=%s", call.key, code)
        return not_known(code, message=str(said.get("msg") or "")[:300], raw=self.wire.record(key=call.key))


def _refusal(call: PaymentCall) -> str:
    """Why this is not even asked of Lakala; empty when it is."""
    checks = {
        "other_method": call.method not in WALLETS,
        "other_currency": call.currency != "CNY",
        "bad_number": not NUMBER.fullmatch(call.merchant_ref),
        "no_instalments": call.instalments > 1,
        "no_holding": not call.captures_at_once,
        "no_address": not call.notice_url,
        "no_payer_ip": not call.payer.ip,
    }
    return next((code for code, applies in checks.items() if applies), "")


def _outcome(state: str, key: str) -> PaymentOutcome:
    if state not in TRADE_STATES:
        logger.warning("provider.unknown_code provider=lakala key=%s code=%s", key, state)
    return TRADE_STATES.get(state, PaymentOutcome.UNKNOWN)


def _of(said: dict, name: str) -> dict:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _fen(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else None


def _moment(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text or ""), "%Y%m%d%H%M%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None

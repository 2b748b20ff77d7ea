"""ChinaUMS 银联商务 as a gateway: one code that Alipay, WeChat and UnionPay's app can scan (C扫B), asked about as a bill, and its notices.

Our number goes behind the shop's four-digit source number. Refunds are not offered: nothing public says how one is asked about.
"""

import json
import logging
import re
import secrets
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from apps.channels.gateways import Account, Acknowledgement, NoticeForged, NoticeUnreadable
from apps.channels.own_codes import not_known, not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome
from apps.channels.providers.chinaums import signing
from apps.channels.providers.chinaums.codes import BILL_STATES, CODES, DONE, is_listed
from apps.channels.wire import AnswerUnreadable, NoAnswer, Wire

LIVE, SANDBOX = "https://api-mop.chinaums.com", "https://test-api-open.chinaums.com"
OPEN, QUERY = "/v1/netpay/bills/get-qrcode", "/v1/netpay/bills/query"
SHANGHAI = ZoneInfo("Asia/Shanghai")
NUMBER = re.compile(r"[A-Za-z0-9]{1,28}")
METHODS = ("alipay", "wechat_pay", "unionpay")
logger = logging.getLogger(__name__)


class ChinaumsGateway:
    """`credentials` as `provider.CREDENTIALS` name them. Amounts are fen, and CNY alone is taken."""

    def __init__(self, account: Account):
        told = {name: value.strip() for name, value in account.credentials.items()}
        self.app_id, self.app_key, self.notice_key = told["app_id"], told["app_key"], told["notice_key"]
        self.mid, self.tid, self.source_no = told["mid"], told["tid"], told["source_no"]
        self.wire = Wire(account.base_url or (LIVE if account.is_live else SANDBOX), secrets=(self.app_key, self.notice_key))

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`."""
        refusal = _refusal(call)
        if refusal in CODES:
            return PaymentAnswer(PaymentOutcome.DECLINED, code=refusal, message=CODES[refusal].staff, raw={"key": call.key})
        if refusal:
            return not_sent(call, refusal)
        more = {"billDesc": call.description or call.merchant_ref, "totalAmount": call.amount_minor, "notifyUrl": call.notice_url}
        code, said = self._said(self.wire.act, OPEN, call, more)
        if code:
            return self._unknown(call, code, said)
        text = str(said.get("billQRCode") or "")
        if not text or said.get("billNo", self._bill_no(call)) != self._bill_no(call):
            return not_known("answer_differs" if text else "unreadable", raw=self.wire.record(key=call.key))
        action = PayerAction(ActionKind.QR, text=text, expires_at=call.expires_at)
        return PaymentAnswer(PaymentOutcome.PENDING, code=DONE, action=action, raw=self.wire.record(key=call.key))

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. Which code says that a bill does not exist is not documented, so that is UNKNOWN here."""
        if call.opened_at is None:
            return not_known("no_time", message=CODES["no_time"].staff, raw={"key": call.key})
        code, said = self._said(self.wire.ask, QUERY, call, {})
        if code:
            return self._unknown(call, code, said)
        raw, amount, paid = self.wire.record(key=call.key), _fen(said.get("totalAmount")), _payment_of(said)
        if said.get("billNo") != self._bill_no(call) or amount is None:
            return not_known("answer_differs", raw=raw)
        state = str(said.get("billStatus"))
        outcome = _outcome(state, call.key)
        when = _moment(paid.get("payTime")) if outcome == PaymentOutcome.PAID else None
        return PaymentAnswer(outcome, _provider_ref(paid), state, "", amount, "CNY", when, raw=raw)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice]:
        """See `Gateway`; of bills alone."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError as error:
            raise NoticeForged from error
        if not signing.is_genuine(fields, self.notice_key):
            raise NoticeForged
        number, amount, state = fields.get("billNo", ""), _fen(fields.get("totalAmount")), fields.get("billStatus", "")
        if fields.get("mid") != self.mid or not number.startswith(self.source_no):
            raise NoticeUnreadable("another shop's")
        if amount is None or not state:
            raise NoticeUnreadable("no bill")
        paid = _payment_of(fields)
        notice = PaymentNotice(
            event_id=f"{number}:{state}:{paid.get('merOrderId', '')}"[:120],
            outcome=_outcome(state, number),
            amount_minor=amount,
            currency="CNY",
            merchant_ref=number.removeprefix(self.source_no),
            provider_ref=_provider_ref(paid),
            occurred_at=_moment(paid.get("payTime")),
            code=state,
        )
        return [notice]

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`."""
        return Acknowledgement(b"SUCCESS")

    def _bill_no(self, call: PaymentCall) -> str:
        return self.source_no + call.merchant_ref

    def _said(self, speak, path: str, call: PaymentCall, more: dict) -> tuple[str, dict]:
        """A code, empty when ChinaUMS did what was asked, and the answer."""
        now = datetime.now(UTC).astimezone(SHANGHAI)
        asked = {
            "msgId": secrets.token_hex(16),
            "requestTimestamp": f"{now:%Y-%m-%d %H:%M:%S}",
            "mid": self.mid,
            "tid": self.tid,
            "instMid": "QRPAYDEFAULT",
            "billNo": self._bill_no(call),
            "billDate": f"{call.opened_at.astimezone(SHANGHAI):%Y-%m-%d}",
            **more,
        }
        body = json.dumps(asked, ensure_ascii=False).encode()
        stamp, nonce = f"{now:%Y%m%d%H%M%S}", secrets.token_hex(16)
        headers = {
            "Authorization": signing.authorization(self.app_id, self.app_key, stamp, nonce, body),
            "Content-Type": "application/json",
        }
        try:
            reply = speak("POST", path, content=body, headers=headers)
            said = reply.json()
        except NoAnswer as error:
            return error.code, {}
        except AnswerUnreadable:
            return (f"http_{reply.status}" if reply.status != 200 else "unreadable"), {}
        code = str(said.get("errCode") or f"http_{reply.status}")
        return ("" if code == DONE and reply.status == 200 else code), said

    def _unknown(self, call: PaymentCall, code: str, said: dict) -> PaymentAnswer:
        if not is_listed(code):
            logger.warning("provider.unknown_code provider=chinaums key=%s code=%s", call.key, code)
        words = str(said.get("errMsg") or said.get("errInfo") or "")[:300]
        return not_known(code, message=words, raw=self.wire.record(key=call.key))


def _refusal(call: PaymentCall) -> str:
    """Why this is not even asked of ChinaUMS; empty when it is."""
    checks = {
        "other_method": call.method not in METHODS,
        "other_currency": call.currency != "CNY",
        "bad_number": not NUMBER.fullmatch(call.merchant_ref),
        "no_instalments": call.instalments > 1,
        "no_holding": not call.captures_at_once,
        "no_address": not call.notice_url,
        "no_time": call.opened_at is None,
    }
    return next((code for code, applies in checks.items() if applies), "")


def _outcome(state: str, key: str) -> PaymentOutcome:
    if state not in BILL_STATES:
        logger.warning("provider.unknown_code provider=chinaums key=%s code=%s", key, state)
    return BILL_STATES.get(state, PaymentOutcome.UNKNOWN)


def _payment_of(said: dict) -> dict:
    """`billPayment` comes as an object, or as the text of one; {} where there is none."""
    paid = said.get("billPayment")
    try:
        paid = json.loads(paid) if isinstance(paid, str) and paid else paid
    except ValueError:
        return {}
    return paid if isinstance(paid, dict) else {}


def _provider_ref(paid: dict) -> str:
    """The wallet's number, which the payer sees too; else ChinaUMS's own."""
    return str(paid.get("targetOrderId") or paid.get("merOrderId") or "")


def _fen(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() else None


def _moment(text: object) -> datetime | None:
    try:
        return datetime.strptime(str(text or ""), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None

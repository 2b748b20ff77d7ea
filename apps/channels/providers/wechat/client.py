"""WeChat Pay 微信支付 (API v3) as a gateway: QR codes, payments inside WeChat and in a phone's browser, refunds, notices, statements.

One number of ours names one payment for ever: asking for it again gives a fresh code for the same one, and a refund's number counts once.
WeChat Pay's documents for merchants, API v3: Native 下单, JSAPI 下单, H5 下单, 商户订单号查询订单, 关闭订单.
"""

import logging
import re
from datetime import date, datetime
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from apps.channels import rsa
from apps.channels.fetching import ConnectionAnswer, FetchAnswer, Verdict
from apps.channels.gateways import Account, Acknowledgement, RefundAnswer, RefundCall, RefundNotice
from apps.channels.own_codes import not_known, not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome, Surface
from apps.channels.providers.wechat import bills, notices, refunds, signing
from apps.channels.providers.wechat.api import Said, WechatApi
from apps.channels.providers.wechat.codes import CODES, PAYMENT_STATES, class_of
from apps.channels.return_codes import CodeClass

SHANGHAI = ZoneInfo("Asia/Shanghai")
NUMBER = re.compile(r"[A-Za-z0-9_\-|*]{6,32}")
LONGEST_TITLE = 127
PROBE = "hezhang-connection-test"  # a payment number that no shop of ours ever uses
logger = logging.getLogger(__name__)


class WechatGateway:
    """`credentials` as `provider.CREDENTIALS` name them. Amounts are fen, and CNY alone is taken."""

    def __init__(self, account: Account):
        self.api = WechatApi(account)

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. With `token` (the payer's openid) inside WeChat, on a phone's browser by H5, else by a QR code."""
        kind = "jsapi" if call.surface == Surface.IN_APP or call.token else "h5" if call.surface == Surface.PHONE else "native"
        refusal = _refusal(call, kind)
        if refusal:
            return not_sent(call, refusal) if refusal not in CODES else _refused(call, refusal)
        said = self.api.act(f"/v3/pay/transactions/{kind}", self._order(call, kind))
        code_class = class_of(said.code)
        if not said.code:
            return self._opened(call, kind, said)
        if code_class in (CodeClass.DUPLICATE, CodeClass.STATE):
            return self.query_payment(call)
        outcome = PaymentOutcome.DECLINED if code_class in (CodeClass.CONFIG, CodeClass.DECLINED) else PaymentOutcome.UNKNOWN
        return self._answer(outcome, said, call)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`; by our number, which alone finds an unpaid one."""
        said = self.api.ask(f"/v3/pay/transactions/out-trade-no/{quote(call.merchant_ref, safe='')}", {"mchid": self.api.mchid})
        if said.code:
            is_absent = class_of(said.code) == CodeClass.NOT_FOUND and said.status == 404
            return self._answer(PaymentOutcome.NOT_FOUND if is_absent else PaymentOutcome.UNKNOWN, said, call)
        data, amount = said.data, said.data.get("amount") or {}
        if (data.get("out_trade_no"), data.get("mchid")) != (call.merchant_ref, self.api.mchid):
            return not_known("answer_differs", raw=self.api.wire.record(key=call.key))
        state = str(data.get("trade_state"))
        if state not in PAYMENT_STATES:
            logger.warning("provider.unknown_code provider=wechat key=%s code=%s", call.key, state)
        outcome = PAYMENT_STATES.get(state, PaymentOutcome.UNKNOWN)
        if outcome == PaymentOutcome.PAID and not isinstance(amount.get("total"), int):
            return not_known("unreadable", raw=self.api.wire.record(key=call.key))
        return PaymentAnswer(
            outcome,
            provider_ref=str(data.get("transaction_id") or ""),
            code=state,
            message=str(data.get("trade_state_desc") or "")[:300],
            amount_minor=amount.get("total"),
            currency=str(amount.get("currency") or ("CNY" if amount else "")),
            paid_at=notices.moment(data.get("success_time")),
            raw=self.api.wire.record(key=call.key),
        )

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. A paid one is refused, and told as what it is."""
        said = self.api.act(f"/v3/pay/transactions/out-trade-no/{quote(call.merchant_ref, safe='')}/close", {"mchid": self.api.mchid})
        if not said.code:
            return self._answer(PaymentOutcome.CANCELLED, said, call)
        if said.code == "ORDERCLOSED":
            return self._answer(PaymentOutcome.CANCELLED, said, call)
        if class_of(said.code) == CodeClass.DUPLICATE:
            return self.query_payment(call)
        return self._answer(PaymentOutcome.UNKNOWN, said, call)

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        return refunds.refund(self.api, call)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`."""
        return refunds.query(self.api, call)

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice]:
        """See `Gateway`. What follows the signature is sealed with the APIv3 key as well."""
        return notices.read(self.api, headers, body, at)

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; WeChat Pay looks at the status alone."""
        return Acknowledgement(b"")

    def fetch_statement(self, day: date) -> FetchAnswer:
        """See `StatementGateway`: 交易账单, all orders."""
        return bills.fetch(self.api, day)

    def test_connection(self) -> ConnectionAnswer:
        """Asks for a payment that nobody made: only right keys are told that it does not exist."""
        if len(self.api.api_v3_key.encode()) != signing.KEY_BYTES:
            return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "api_v3_key", "key_unusable", raw=self.api.wire.record())
        try:
            self.api.signer()
        except rsa.KeyUnusable:
            return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "private_key", "key_unusable", raw=self.api.wire.record())
        said = self.api.ask(f"/v3/pay/transactions/out-trade-no/{PROBE}", {"mchid": self.api.mchid})
        verdict, field_name = _verdict(said, is_by_public_key=bool(self.api.public_key_id))
        return ConnectionAnswer(verdict, field_name, said.code, said.message, self.api.wire.record())

    def _order(self, call: PaymentCall, kind: str) -> dict:
        order = {
            "appid": self.api.appid,
            "mchid": self.api.mchid,
            "description": (call.description or call.merchant_ref)[:LONGEST_TITLE],
            "out_trade_no": call.merchant_ref,
            "notify_url": call.notice_url,
            "amount": {"total": call.amount_minor, "currency": call.currency},
        }
        if call.expires_at:
            order["time_expire"] = call.expires_at.astimezone(SHANGHAI).isoformat(timespec="seconds")
        if kind == "jsapi":
            order["payer"] = {"openid": call.token}
        if kind == "h5":
            order["scene_info"] = {"payer_client_ip": call.payer.ip, "h5_info": {"type": "Wap"}}
        return order

    def _opened(self, call: PaymentCall, kind: str, said: Said) -> PaymentAnswer:
        given = str(said.data.get({"native": "code_url", "jsapi": "prepay_id", "h5": "h5_url"}[kind]) or "")
        if not given:
            return not_known("unreadable", raw=self.api.wire.record(key=call.key))
        if kind == "native":
            action = PayerAction(ActionKind.QR, text=given, expires_at=call.expires_at)
        elif kind == "jsapi":
            fields = signing.bridge_fields(self.api.signer(), self.api.appid, given)
            action = PayerAction(ActionKind.BRIDGE, fields=fields, expires_at=call.expires_at)
        else:
            back = f"&{urlencode({'redirect_url': call.return_url})}" if call.return_url else ""
            action = PayerAction(ActionKind.REDIRECT, url=given + back, expires_at=call.expires_at)
        return PaymentAnswer(PaymentOutcome.PENDING, code="NOTPAY", action=action, raw=self.api.wire.record(key=call.key))

    def _answer(self, outcome: PaymentOutcome, said: Said, call: PaymentCall) -> PaymentAnswer:
        if said.code and outcome == PaymentOutcome.UNKNOWN and class_of(said.code) is None:
            logger.warning("provider.unknown_code provider=wechat key=%s http=%s code=%s", call.key, said.status, said.code)
        return PaymentAnswer(outcome, code=said.code or "OK", message=said.message, raw=self.api.wire.record(key=call.key))


def _refusal(call: PaymentCall, kind: str) -> str:
    """Why this is not even asked of WeChat Pay; empty when it is."""
    checks = {
        "other_method": call.method != "wechat_pay",
        "other_currency": call.currency != "CNY",
        "bad_number": not NUMBER.fullmatch(call.merchant_ref),
        "no_instalments": call.instalments > 1,
        "no_holding": not call.captures_at_once,
        "no_address": not call.notice_url,
        "no_openid": kind == "jsapi" and not call.token,
        "no_payer_ip": kind == "h5" and not call.payer.ip,
    }
    return next((code for code, applies in checks.items() if applies), "")


def _refused(call: PaymentCall, code: str) -> PaymentAnswer:
    return PaymentAnswer(PaymentOutcome.DECLINED, code=code, message=CODES[code].staff, raw={"key": call.key, "code": code})


def _verdict(said: Said, *, is_by_public_key: bool) -> tuple[Verdict, str]:
    """What the answer to the question about nobody's payment shows, and the credential most likely wrong."""
    if said.code in ("timeout", "no_answer"):
        return Verdict.UNREACHABLE, ""
    if class_of(said.code) == CodeClass.NOT_FOUND:
        return Verdict.WORKS, ""
    wrong = {
        "SIGN_ERROR": "serial_no",
        "MCH_NOT_EXISTS": "mchid",
        "APPID_MCHID_NOT_MATCH": "appid",
        "bad_signature": "public_key" if is_by_public_key else "api_v3_key",
        "key_unusable": "public_key",
    }
    if said.code in wrong:
        return Verdict.WRONG_CREDENTIALS, wrong[said.code]
    return (Verdict.NOT_PERMITTED if said.code == "NO_AUTH" else Verdict.UNCLEAR), ""

"""WeChat Pay's API v3 as a fake: signs and checks signatures as its documents say, keeps a payment's number for ever."""

import base64
import gzip
import hashlib
import json
import re
import time
from datetime import date, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.channels import rsa
from apps.channels.gateways import Operation
from tests.channels.fakes import keys
from tests.channels.fakes.books import Attempt, Back, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider
from tests.channels.providers import bills

MCHID, APPID, API_V3_KEY = "1900012345", "wx8888888888888888", "k" * 16 + "3" * 16
SERIAL, PLATFORM_SERIAL, PUBLIC_KEY_ID = (
    "5157F09EFDC096DE15EBE81A47057A72",
    "71A4B3C2D1E0F98877665544332211AA",
    "PUB_KEY_ID_0119000123452026",
)
SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES = {
    "pending": "NOTPAY", "paid": "SUCCESS", "declined": "PAYERROR", "expired": "CLOSED", "cancelled": "CLOSED", "revoked": "REVOKED",
    "paying": "USERPAYING",
}  # fmt: skip
_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')


class FakeWechat(FakeProvider):
    """`signs_with` is the key in use: "wechat-public" (public key mode) or "wechat-platform" (certificates, which it hands out)."""

    def __init__(self, signs_with: str = "wechat-public"):
        super().__init__()
        self.signs_with = signs_with
        self.bills: dict[str, bytes] = {}
        self.probes = False  # answers with the wrong signatures that WeChat Pay sends to see whether anybody looks

    def answer(self, asked: Asked) -> Answered:
        if not self._knows(asked):
            return self._error(401, "SIGN_ERROR", "签名错误")
        path, body = asked.path, json.loads(asked.body or b"{}")
        if path == "/v3/certificates":
            return self._signed({"data": [self._enveloped("wechat-platform", PLATFORM_SERIAL)]})
        if path.startswith("/v3/pay/transactions/out-trade-no/"):
            ref = unquote(path.split("/")[5])
            return self._close(ref) if path.endswith("/close") else self._query(ref)
        if path.startswith("/v3/pay/transactions/"):
            return self._open(path.rsplit("/", 1)[1], body)
        if path == "/v3/refund/domestic/refunds":
            return self._refund(body)
        if path.startswith("/v3/refund/"):
            return self._query_refund(unquote(path.rsplit("/", 1)[1]))
        if path == "/v3/bill/tradebill":
            return self._bill(asked.query["bill_date"])
        return Answered(gzip.compress(self.bills[asked.query["token"]]))

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        held = self.books.payments[merchant_ref]
        return self.told(f"EV-{held.number}", "TRANSACTION.SUCCESS", "transaction", self._transaction(held))

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        held, back = self.books.find_back(key)
        said = self._told_back(held, back) | {"refund_status": "SUCCESS", "mchid": MCHID}
        said["amount"].pop("currency")
        return self.told(f"EV-{back.number}", "REFUND.SUCCESS", "refund", said)

    def told(self, event_id: str, event_type: str, aad: str, said: dict) -> tuple[dict[str, str], bytes]:
        """A notice with these contents, signed now."""
        body = {
            "id": event_id, "create_time": "2026-11-30T20:00:00+08:00", "event_type": event_type, "resource_type": "encrypt-resource",
            "summary": "支付成功", "resource": _sealed(json.dumps(said).encode(), aad),
        }  # fmt: skip
        raw = json.dumps(body, ensure_ascii=False).encode()
        return self.signature(raw), raw

    def odd(self) -> Answered:
        return self._error(400, "SOMETHING_NEW", "?")

    def signature(self, raw: bytes) -> dict[str, str]:
        """The headers that prove these bytes."""
        stamp, nonce = str(int(time.time())), "c5ac7061fccab6bf3e254dcf98995b8c"
        signed = rsa.signature(keys.key(self.signs_with), f"{stamp}\n{nonce}\n".encode() + raw + b"\n")
        serial = PUBLIC_KEY_ID if self.signs_with == "wechat-public" else PLATFORM_SERIAL
        return {
            "wechatpay-timestamp": stamp, "wechatpay-nonce": nonce, "wechatpay-serial": serial,
            "wechatpay-signature": f"WECHATPAY/SIGNTEST/{signed[:40]}" if self.probes else signed,
            "wechatpay-signature-type": "WECHATPAY2-SHA256-RSA2048",
        }  # fmt: skip

    def _knows(self, asked: Asked) -> bool:
        scheme, _, said = asked.headers.get("authorization", "").partition(" ")
        told = dict(_AUTHORIZATION.findall(said))
        if (scheme, told.get("mchid"), told.get("serial_no")) != ("WECHATPAY2-SHA256-RSA2048", MCHID, SERIAL):
            return False
        message = "\n".join((asked.method, asked.target, told["timestamp"], told["nonce_str"], asked.body.decode(), ""))
        return rsa.is_signed(keys.key("wechat-merchant").public_key(), message.encode(), told["signature"])

    def _open(self, kind: str, body: dict) -> Answered:
        def effect(mood: Mood) -> Attempt:
            number = f"42000{self.books.number():023d}"
            total = body["amount"]["total"]
            return self.books.open(body["out_trade_no"], total, "CNY", "wechat_pay", number=number, mood=mood, kind=kind)

        held = self.carry_out(Operation.CREATE_PAYMENT, effect)
        if held.amount != body["amount"]["total"]:
            return self._error(400, "INVALID_REQUEST", "201 商户订单号重复")
        if held.state == "paid":
            return self._error(400, "ORDERPAID", "该订单已支付")
        given = {
            "native": {"code_url": f"weixin://wxpay/bizpayurl?pr={held.number[-6:]}"},
            "jsapi": {"prepay_id": f"wx{held.number}"},
            "h5": {"h5_url": f"https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx{held.number}&package=1"},
        }
        return self._signed(given[kind])

    def _query(self, ref: str) -> Answered:
        held = self.carry_out(Operation.QUERY_PAYMENT, lambda _mood: self.books.find(ref))
        if held is None:
            return self._error(404, "ORDER_NOT_EXIST", "订单不存在")
        return self._signed(self._transaction(self.books.ask(held)))

    def _close(self, ref: str) -> Answered:
        held = self.carry_out(Operation.CANCEL_PAYMENT, lambda _mood: self.books.find(ref))
        if held is None:
            return self._error(404, "ORDER_NOT_EXIST", "订单不存在")
        if held.state == "paid":
            return self._error(400, "ORDERPAID", "该订单已支付")
        self.books.move(ref, "cancelled")
        return Answered(b"", 204, self.signature(b""))

    def _refund(self, body: dict) -> Answered:
        amount, key = body["amount"]["refund"], body["out_refund_no"]

        def effect(mood: Mood) -> Back:
            held = self.books.find(body.get("out_trade_no", ""), body.get("transaction_id", ""))
            return self.books.refund(held, key, amount, number=f"50300{self.books.number():023d}", mood=mood)

        try:
            back = self.carry_out(Operation.REFUND, effect)
        except Refused as refused:
            known = {"unknown": (404, "RESOURCE_NOT_EXISTS"), "state": (400, "INVALID_REQUEST"), "too_much": (400, "INVALID_REQUEST")}
            return self._error(*known[str(refused)], "订单金额或退款金额有误")
        if back.amount != amount:
            return self._error(400, "INVALID_REQUEST", "订单金额或退款金额与之前请求不一致")
        return self._signed(self._told_back(self.books.find_back(key)[0], back))

    def _query_refund(self, key: str) -> Answered:
        found = self.carry_out(Operation.QUERY_REFUND, lambda _mood: self.books.find_back(key))
        if found is None:
            return self._error(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return self._signed(self._told_back(found[0], self.books.ask_back(found[1])))

    def _bill(self, day: str) -> Answered:
        paid = [one for one in self.books.payments.values() if one.paid_at and _local(one.paid_at).date() == date.fromisoformat(day)]
        backs = self.backs_of(lambda at: _local(at).date() == date.fromisoformat(day))
        if not paid and not backs:
            return self._error(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        token = f"t{self.books.number()}"
        rows = [_row(one, one.paid_at, one.amount, self.fees.get(one.amount, 0)) for one in paid]
        rows += [_row(one, back.done_at, back.amount, self.fees.get(back.amount, 0), back) for one, back in backs]
        self.bills[token] = bills.wechat(tuple(rows), summary=_summary(paid, [back for _one, back in backs], self.fees))
        sha1 = hashlib.sha1(self.bills[token], usedforsecurity=False).hexdigest()
        address = f"{self.base_url}/v3/billdownload/file?token={token}"
        return self._signed({"hash_type": "SHA1", "hash_value": sha1, "download_url": address})

    def _transaction(self, held: Attempt) -> dict:
        state = "REFUND" if held.refunded and held.state == "paid" else STATES[held.state]
        said = {"mchid": MCHID, "appid": APPID, "out_trade_no": held.merchant_ref, "trade_state": state, "trade_state_desc": "说明"}
        if held.state == "paid":
            said |= {
                "transaction_id": held.number,
                "trade_type": "NATIVE",
                "success_time": _local(held.paid_at).isoformat(timespec="seconds"),
            }
        return said | {"amount": {"total": held.amount, "payer_total": held.amount, "currency": held.currency}}

    def _told_back(self, held: Attempt, back: Back) -> dict:
        state = {"succeeded": "SUCCESS", "pending": "PROCESSING", "failed": "CLOSED"}[back.state]
        said = {
            "refund_id": back.number, "out_refund_no": back.key, "transaction_id": held.number, "out_trade_no": held.merchant_ref,
            "status": state, "amount": {"total": held.amount, "refund": back.amount, "currency": "CNY"},
        }  # fmt: skip
        return said | ({"success_time": _local(back.done_at).isoformat(timespec="seconds")} if state == "SUCCESS" else {})

    def _enveloped(self, name: str, serial: str) -> dict:
        envelope = _sealed(keys.certificate_pem(name).encode(), "certificate")
        return {"serial_no": serial, "effective_time": "2026-01-01T00:00:00+08:00", "encrypt_certificate": envelope}

    def _signed(self, said: dict) -> Answered:
        raw = json.dumps(said, ensure_ascii=False).encode()
        return Answered(raw, 200, self.signature(raw))

    def _error(self, status: int, code: str, message: str) -> Answered:
        raw = json.dumps({"code": code, "message": message}, ensure_ascii=False).encode()
        return Answered(raw, status, self.signature(raw))


def _sealed(plain: bytes, aad: str) -> dict:
    nonce = "a1b2c3d4e5f6"
    sealed = AESGCM(API_V3_KEY.encode()).encrypt(nonce.encode(), plain, aad.encode())
    return {"algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(), "associated_data": aad, "nonce": nonce}


def _local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _row(held: Attempt, at: datetime, amount: int, fee: int, back: Back | None = None) -> str:
    """A payment, or what went back of it; fees have five decimals."""
    state, sale, gone = ("REFUND", "0.00", _yuan(amount)) if back else ("SUCCESS", _yuan(amount), "0.00")
    numbers = (back.number, back.key) if back else ("0", "0")
    words = ("ORIGINAL", "SUCCESS") if back else ("", "")
    cells = [
        f"{_local(at):%Y-%m-%d %H:%M:%S}", APPID, MCHID, "0", "", held.number, held.merchant_ref, "oUp1", "NATIVE", state,
        "OTHERS", "CNY", sale, "0.00", *numbers, gone, "0.00", *words, "小物", "", f"{'-' if back and fee else ''}{_yuan(fee)}000", "0.60%",
        sale, gone, "",
    ]  # fmt: skip
    return ",".join(f"`{cell}" for cell in cells)


def _summary(paid: list[Attempt], backs: list[Back], fees: dict[int, int]) -> str:
    names, total, gone = (
        bills.WECHAT_SUMMARY.splitlines()[0],
        _yuan(sum(one.amount for one in paid)),
        _yuan(sum(one.amount for one in backs)),
    )
    kept = sum(fees.get(one.amount, 0) for one in paid) - sum(fees.get(one.amount, 0) for one in backs)
    kept_text = f"{'-' if kept < 0 else ''}{_yuan(abs(kept))}000"
    return f"{names}\r\n`{len(paid) + len(backs)},`{total},`{gone},`0.00,`{kept_text},`{total},`{gone}\r\n"

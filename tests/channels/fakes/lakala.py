"""Lakala's aggregated codes as a fake: RSA both ways, over five lines, and over three for notices."""

import json
import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from apps.channels import rsa
from apps.channels.gateways import Operation
from apps.channels.providers.lakala import signing
from tests.channels.fakes import keys
from tests.channels.fakes.books import Attempt, Mood
from tests.channels.fakes.server import Answered, Asked, FakeProvider

APP_ID, SERIAL = "OP00000003", "00dfba8194c41b84cf"  # Lakala's public test application
MERCHANT, TERMINAL = "82229007392000A", "D9296400"
SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES = {"pending": "CREATE", "paid": "SUCCESS", "declined": "FAIL", "expired": "CLOSE"}
_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')


class FakeLakala(FakeProvider):
    """`extra` stands in each answer about a payment; a test puts there what it likes."""

    def __init__(self):
        super().__init__()
        self.extra: dict = {}

    def answer(self, asked: Asked) -> Answered:
        told = dict(_AUTHORIZATION.findall(asked.headers.get("authorization", "")))
        parts = [told.get(name, "") for name in ("appid", "serial_no", "timestamp", "nonce_str")]
        message = signing.lines(*parts, body=asked.body)
        known = parts[:2] == [APP_ID, SERIAL]
        if not known or not rsa.is_signed(keys.key("lakala-merchant").public_key(), message, told.get("signature", "")):
            return self._signed({"code": "E0001", "msg": "验签失败"})
        data = json.loads(asked.body)["req_data"]
        return self._open(data) if asked.path.endswith("preorder") else self._query(data)

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        return self.told(self._trade(self.books.payments[merchant_ref]))

    def told(self, said: object) -> tuple[dict[str, str], bytes]:
        """A notice with these contents, signed now."""
        body, stamp = json.dumps(said).encode(), str(int(time.time()))
        signed = rsa.signature(keys.key("lakala"), signing.lines(stamp, "n1", body=body))
        return {"authorization": f'{signing.SCHEME} timestamp="{stamp}",nonce_str="n1",signature="{signed}"'}, body

    def odd(self) -> Answered:
        return self._signed({"code": "BBS99999", "msg": "?"})

    def _open(self, data: dict) -> Answered:
        def effect(mood: Mood) -> Attempt:
            number, wallet = f"2026113066{self.books.number():08d}", data["account_type"].lower()
            return self.books.open(data["out_trade_no"], int(data["total_amount"]), "CNY", wallet, number=number, mood=mood)

        held = self.carry_out(Operation.CREATE_PAYMENT, effect)
        code = {"code": f"https://qr.alipay.com/bax{held.number[-6:]}"}
        return self._done({"out_trade_no": held.merchant_ref, "trade_no": held.number, "acc_resp_fields": code})

    def _query(self, data: dict) -> Answered:
        held = self.carry_out(Operation.QUERY_PAYMENT, lambda _mood: self.books.find(data["out_trade_no"]))
        if held is None:
            return self._signed({"code": "BBS11112", "msg": "原交易不存在"})
        return self._done({**self._trade(held), **self.extra})

    def _trade(self, held: Attempt) -> dict:
        trade = {
            "merchant_no": MERCHANT, "out_trade_no": held.merchant_ref, "trade_no": held.number, "trade_state": STATES[held.state],
            "total_amount": str(held.amount), "payer_amount": str(held.amount),
        }  # fmt: skip
        return trade | ({"trade_time": _text(held.paid_at)} if held.state == "paid" else {})

    def _done(self, data: dict) -> Answered:
        return self._signed({"code": "BBS00000", "msg": "成功", "resp_data": data})

    def _signed(self, said: dict) -> Answered:
        body, parts = json.dumps(said, ensure_ascii=False).encode(), (APP_ID, "9f", str(int(time.time())), "n2")
        names = ("Lklapi-Appid", "Lklapi-Serial", "Lklapi-Timestamp", "Lklapi-Nonce")
        signed = rsa.signature(keys.key("lakala"), signing.lines(*parts, body=body))
        return Answered(body, 200, {**dict(zip(names, parts, strict=True)), "Lklapi-Signature": signed})


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y%m%d%H%M%S}"

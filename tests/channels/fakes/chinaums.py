"""ChinaUMS's bills (C扫B) as a fake: OPEN-BODY-SIG on what comes, md5Key on what it tells."""

import json
import re
from datetime import datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.channels.gateways import Operation
from apps.channels.providers.chinaums import signing
from tests.channels.fakes.books import Attempt, Mood
from tests.channels.fakes.server import Answered, Asked, FakeProvider

APP_ID, APP_KEY = "f0ec96ad2c3848b5b810e7aadf369e2f", "775481e2556e4564985f5439a5e6a277"  # ChinaUMS's public test account
MID, TID, SOURCE_NO, NOTICE_KEY = "123456789900081", "00810001", "3194", "n" * 32
SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES = {"pending": "UNPAID", "paid": "PAID", "declined": "CLOSED", "expired": "CLOSED"}
_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')


class FakeChinaums(FakeProvider):
    """`extra` stands in each answer about a bill; a test puts there what it likes."""

    def __init__(self):
        super().__init__()
        self.extra: dict = {}

    def answer(self, asked: Asked) -> Answered:
        told = dict(_AUTHORIZATION.findall(asked.headers.get("authorization", "")))
        right = signing.body_signature(APP_ID, APP_KEY, told.get("Timestamp", ""), told.get("Nonce", ""), asked.body)
        if (told.get("AppId"), told.get("Signature")) != (APP_ID, right):
            return _json({"errCode": "9999", "errInfo": "认证失败"}, 401)
        said = json.loads(asked.body)
        return self._open(said) if asked.path.endswith("get-qrcode") else self._query(said)

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        return self.told(self._bill(self.books.payments[merchant_ref]))

    def told(self, bill: dict, sign_type: str = "SHA256") -> tuple[dict[str, str], bytes]:
        """A notice with these fields, signed now."""
        fields = {**bill, "billPayment": json.dumps(bill.get("billPayment", {})), "signType": sign_type, "zz": "1"}
        fields = {name: str(value) for name, value in fields.items()}
        signed = {"sign": signing.notice_signature(fields, NOTICE_KEY), **fields}
        return {"content-type": "application/x-www-form-urlencoded"}, urlencode(signed).encode()

    def odd(self) -> Answered:
        return _json({"errCode": "SOMETHING_NEW", "errMsg": "?"})

    def _open(self, said: dict) -> Answered:
        number = said["billNo"].removeprefix(SOURCE_NO)

        def effect(mood: Mood) -> Attempt:
            wallet = f"20261130220014{self.books.number():014d}"
            return self.books.open(number, said["totalAmount"], "CNY", "alipay", number=wallet, mood=mood, day=said["billDate"])

        held = self.carry_out(Operation.CREATE_PAYMENT, effect)
        return _json({"errCode": "SUCCESS", "billNo": said["billNo"], "billQRCode": f"https://qr.chinaums.com/bills/{held.number[-6:]}"})

    def _query(self, said: dict) -> Answered:
        held = self.carry_out(Operation.QUERY_PAYMENT, lambda _mood: self.books.find(said["billNo"].removeprefix(SOURCE_NO)))
        if held is None or held.more["day"] != said["billDate"]:
            return _json({"errCode": "BILL_UNKNOWN", "errMsg": "账单不存在"})
        return _json({"errCode": "SUCCESS", **self._bill(held), **self.extra})

    def _bill(self, held: Attempt) -> dict:
        bill = {"mid": MID, "billNo": SOURCE_NO + held.merchant_ref, "billStatus": STATES[held.state], "totalAmount": held.amount}
        if held.state == "paid":
            when: datetime = held.paid_at.astimezone(SHANGHAI)
            bill["billPayment"] = {"targetOrderId": held.number, "merOrderId": "M1", "payTime": f"{when:%Y-%m-%d %H:%M:%S}"}
        return bill


def _json(said: dict, status: int = 200) -> Answered:
    return Answered(json.dumps(said, ensure_ascii=False), status)

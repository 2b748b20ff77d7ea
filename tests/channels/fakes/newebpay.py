"""NewebPay's checkout: the form, QueryTradeInfo, and the acts on cards. A card that was paid counts as captured here."""

import json
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from apps.channels.providers.newebpay.signing import check_code, check_value, conceal, reveal, trade_sha
from tests.channels.fakes.books import Attempt, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

MERCHANT_ID, KEYS = "MS3430112", ("12345678901234567890123456789012", "1234567890123456")
CREDENTIALS = {"merchant_id": MERCHANT_ID, "hash_key": KEYS[0], "hash_iv": KEYS[1]}
TAIPEI = ZoneInfo("Asia/Taipei")
STATUS = {"pending": "0", "expired": "0", "paid": "1", "authorized": "1", "declined": "2", "cancelled": "3"}
REFUSALS = {"unknown": "CRE10001", "too_much": "CRE10003", "state": "CRE10003"}


def said(code: str, result: dict | list | None = None, message: str = "-") -> Answered:
    return Answered(json.dumps({"Status": code, "Message": message, "Result": result or []}, ensure_ascii=False))


class FakeNewebPay(FakeProvider):
    """`post(fields)` is what the payer's browser does with the form."""

    def post(self, fields: dict[str, str]) -> Attempt:
        assert fields["TradeSha"] == trade_sha(fields["TradeInfo"], *KEYS)
        plain = dict(parse_qsl(reveal(fields["TradeInfo"], *KEYS)))
        number, amount = f"2611200{self.books.number():010d}", int(plain["Amt"]) * 100
        return self.books.open(plain["MerchantOrderNo"], amount, "TWD", "CREDIT", number=number, form=plain)

    def answer(self, asked: Asked) -> Answered:
        if asked.path == "/API/QueryTradeInfo":
            return self.carry_out("query_payment", lambda _mood: self._query(asked.form))
        wanted = dict(parse_qsl(reveal(asked.form["PostData_"], *KEYS)))
        one = self.books.find(wanted["MerchantOrderNo"])
        if asked.path == "/API/CreditCard/Cancel":
            return self.carry_out("cancel_payment", lambda _mood: self._release(one))
        if wanted["CloseType"] == "1":
            return self.carry_out("capture_payment", lambda _mood: self._capture(one, wanted))
        return self.carry_out("refund", lambda mood: self._refund(one, wanted, mood))

    def odd(self) -> Answered:
        return said("ZZZ77777")

    def notice(self, merchant_ref: str, code: str = "SUCCESS", **other) -> tuple[dict[str, str], bytes]:
        one = self.books.payments[merchant_ref]
        paid = one.paid_at.astimezone(TAIPEI).strftime("%Y-%m-%d%H:%M:%S") if one.paid_at else ""  # the blank is lost, as it happens
        result = {**self._about(one), "PaymentType": "CREDIT", "RespondCode": "00", "PayTime": paid, **other}
        return {}, sealed({"Status": code, "Message": "授權成功", "Result": result})

    def _about(self, one: Attempt) -> dict:
        return {"MerchantID": MERCHANT_ID, "Amt": one.amount // 100, "TradeNo": one.number, "MerchantOrderNo": one.merchant_ref}

    def _query(self, form: dict[str, str]) -> Answered:
        number, amount = form["MerchantOrderNo"], int(form["Amt"])
        if form["CheckValue"] != check_value(MERCHANT_ID, number, amount, *KEYS):
            return said("TRA10002", message="CheckValue 檢核錯誤")
        one = self.books.find(number)
        if one is None or one.amount != amount * 100:
            return said("TRA10001", message="查無此筆交易")
        paid = one.paid_at.astimezone(TAIPEI).strftime("%Y-%m-%d %H:%M:%S") if one.paid_at else "0000-00-00 00:00:00"
        about = {**self._about(one), "TradeStatus": STATUS[one.state], "PaymentType": "CREDIT", "PayTime": paid}
        about["CheckCode"] = check_code(MERCHANT_ID, number, amount, one.number, *KEYS)
        close = {"paid": one.more.get("close", "3"), "authorized": "0"}.get(one.state, "0")
        back = "0" if not one.refunded else "1" if any(back.state == "pending" for back in one.backs.values()) else "3"
        balance = str((one.amount - one.refunded) // 100)
        return said("SUCCESS", {**about, "CloseStatus": close, "BackStatus": back, "BackBalance": balance})

    def _release(self, one: Attempt | None) -> Answered:
        if one is None or (one.state != "authorized" and one.more.get("close") != "0"):
            return said("CRE10002")
        self.books.move(one.merchant_ref, "cancelled")
        return said("SUCCESS", self._about(one))

    def _capture(self, one: Attempt | None, wanted: dict[str, str]) -> Answered:
        if one is None or one.state != "authorized":
            return said("CRE10001")
        one.captured, one.more["close"] = int(wanted["Amt"]) * 100, "1"
        self.books.move(one.merchant_ref, "paid")
        return said("SUCCESS", self._about(one))

    def _refund(self, one: Attempt | None, wanted: dict[str, str], mood: Mood) -> Answered:
        number = f"R{self.books.number()}"
        try:
            back = self.books.refund(one, number, int(wanted["Amt"]) * 100, number=number, mood=mood)
        except Refused as error:
            return said(REFUSALS[str(error)])
        return said("CRE10004" if back.state == "failed" else "SUCCESS", self._about(one))


def sealed(told: dict, keys: tuple[str, str] = KEYS) -> bytes:
    """A notice as NewebPay posts it: the JSON encrypted and signed. Its signature stands last here."""
    info = conceal(json.dumps(told, ensure_ascii=False), *keys)
    about = {"Status": told["Status"], "MerchantID": MERCHANT_ID, "Version": "2.0", "TradeInfo": info}
    return urlencode({**about, "TradeSha": trade_sha(info, *keys)}).encode()

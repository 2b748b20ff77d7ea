"""LINE Pay's online API: what it says of requests, its list of payments, and refunds without a key."""

import base64
import hmac
import json
from hashlib import sha256
from urllib.parse import urlencode

from apps.core.money import exponent
from tests.channels.fakes.books import Attempt, Books, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

CHANNEL, SECRET = "1479000000", "a channel secret of thirty-two ch"
CREDENTIALS = {"channel_id": CHANNEL, "channel_secret": SECRET}
CHECK = {"pending": "0000", "approved": "0110", "expired": "0121", "declined": "0122"}
REFUSALS = {"unknown": "1150", "too_much": "1164", "state": "1155"}


def said(code: str, **more) -> Answered:
    return Answered(json.dumps({"returnCode": code, "returnMessage": "-", **more}))


class FakeLinePay(FakeProvider):
    """`version` is the one it speaks. Amounts are whole dollars or yen."""

    version = "v3"

    def __init__(self, books: Books | None = None):
        super().__init__(books)
        self.confirmed: list[dict] = []

    def answer(self, asked: Asked) -> Answered:
        if not self._is_genuine(asked):
            return said("1106")
        path, wanted = asked.path.removeprefix(f"/{self.version}/payments"), json.loads(asked.body or b"{}")
        if path == "/request":
            return self.carry_out("create_payment", lambda mood: self._request(wanted, mood))
        if path == "":
            return self.carry_out("query_payment", lambda _mood: self._list(asked.query))
        parts = path.strip("/").split("/")
        verb, one = parts[-1], self.books.find(number=parts[-2])
        if verb == "check":
            return self.carry_out("query_payment", lambda _mood: said(CHECK.get(one.state, "0123")) if one else said("1150"))
        if verb == "refund":
            return self.carry_out("refund", lambda mood: self._refund(one, wanted, mood))
        operation = {"confirm": "finish_payment", "capture": "capture_payment", "void": "cancel_payment"}[verb]
        return self.carry_out(operation, lambda _mood: self._take(verb, one, wanted))

    def odd(self) -> Answered:
        return said("7777")

    def _is_genuine(self, asked: Asked) -> bool:
        nonce, text = asked.headers["x-line-authorization-nonce"], asked.body.decode() or urlencode(asked.query)
        wanted = hmac.new(SECRET.encode(), f"{SECRET}{asked.path}{text}{nonce}".encode(), sha256).digest()
        return asked.headers["x-line-channelid"] == CHANNEL and asked.headers["x-line-authorization"] == base64.b64encode(wanted).decode()

    def _request(self, wanted: dict, mood: Mood) -> Answered:
        assert wanted["amount"] == sum(one["quantity"] * one["price"] for pack in wanted["packages"] for one in pack["products"])
        minor = wanted["amount"] * 10 ** exponent(wanted["currency"])
        number = f"{2026113000000000000 + self.books.number()}"
        capture = wanted["options"]["payment"]["capture"]
        one = self.books.open(wanted["orderId"], minor, wanted["currency"], "line_pay", number=number, mood=mood, capture=capture)
        info = {"transactionId": int(one.number), "paymentUrl": {"web": f"{self.base_url}/pay/{one.number}", "app": "line://pay"}}
        return said("0000", info=info)

    def _take(self, verb: str, one: Attempt | None, wanted: dict) -> Answered:
        if one is None:
            return said("1150")
        if verb == "confirm":
            self.confirmed.append(wanted)
            if one.state != "approved":
                return said({"paid": "1152", "pending": "1169"}.get(one.state, "1180"))
            if wanted != {"amount": self._whole(one.amount, one), "currency": one.currency}:
                return said("1153")
            self.books.move(one.merchant_ref, "paid" if one.more["capture"] else "authorized")
        elif one.state != "authorized":
            return said("1179")
        elif verb == "capture":
            one.captured = wanted["amount"] * 10 ** exponent(one.currency)
            self.books.move(one.merchant_ref, "paid")
        else:
            self.books.move(one.merchant_ref, "cancelled")
        return said("0000", info={"orderId": one.merchant_ref, "transactionId": int(one.number)})

    def _list(self, query: dict[str, str]) -> Answered:
        one = self.books.find(query.get("orderId", ""), query.get("transactionId", ""))
        if one is None or one.state not in ("paid", "authorized", "cancelled"):
            return said("1150")
        at = (one.paid_at or one.opened_at).strftime("%Y-%m-%dT%H:%M:%SZ")
        about = {
            "transactionId": int(one.number), "transactionDate": at, "transactionType": "PAYMENT", "currency": one.currency,
            "payInfo": [{"method": "BALANCE", "amount": self._whole(one.captured or one.amount, one)}], "orderId": one.merchant_ref,
        }  # fmt: skip
        if one.state != "paid":
            about["payStatus"] = {"authorized": "AUTHORIZATION", "cancelled": "VOIDED_AUTHORIZATION"}[one.state]
        gone = [
            {
                "refundTransactionId": int(back.number), "transactionType": "PARTIAL_REFUND", "refundAmount": self._whole(back.amount, one),
                "refundTransactionDate": back.done_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            for back in one.backs.values() if back.state == "succeeded"
        ]  # fmt: skip
        return said("0000", info=[{**about, "refundList": gone} if gone else about])

    def _refund(self, one: Attempt | None, wanted: dict, mood: Mood) -> Answered:
        number = f"{2026113000000900000 + self.books.number()}"
        try:
            minor = wanted["refundAmount"] * 10 ** exponent(one.currency if one else "TWD")
            back = self.books.refund(one, number, minor, number=number, mood=mood)
        except Refused as error:
            return said(REFUSALS[str(error)])
        if back.state == "failed":
            return said("1163")
        at = back.done_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return said("0000", info={"refundTransactionId": int(number), "refundTransactionDate": at})

    def _whole(self, minor: int, one: Attempt) -> int | float:
        scale = 10 ** exponent(one.currency)
        return minor / scale if minor % scale else minor // scale

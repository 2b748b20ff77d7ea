"""JKOPAY's online interface: orders, its inquiry with the list of refunds, and signed results."""

import json
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apps.channels.providers.jkopay.told import digest
from tests.channels.fakes.books import Attempt, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

API_KEY, SECRET = "an-api-key-of-jkopay", "a-secret-key-of-jkopay"
CREDENTIALS = {"store_id": "35f12dff-1581-11e9-a054-00505684fd45", "api_key": API_KEY, "secret_key": SECRET}
TAIPEI = ZoneInfo("Asia/Taipei")
STATUS = {"pending": 101, "expired": 101, "declined": 101, "paid": 0, "working": 1}
REFUSALS = {"unknown": "100", "too_much": "922", "state": "103"}


def said(code: str, result_object: dict | None = None, message: str | None = None) -> Answered:
    return Answered(json.dumps({"result": code, "message": message, "result_object": result_object}))


def stamp(at) -> str:
    return at.astimezone(TAIPEI).strftime("%Y-%m-%d %H:%M:%S")


class FakeJkopay(FakeProvider):
    """A quarter of each payment is paid with coins, and goes back with them."""

    def answer(self, asked: Asked) -> Answered:
        text = asked.body or urlencode(asked.query).encode()
        if asked.headers["api-key"] != API_KEY or asked.headers["digest"] != digest(SECRET, text):
            return said("201", message="Validation error")
        if asked.path == "/platform/inquiry":
            return self.carry_out("query_payment", lambda _mood: self._inquiry(asked.query["platform_order_ids"]))
        wanted = json.loads(asked.body)
        if asked.path == "/platform/entry":
            return self.carry_out("create_payment", lambda mood: self._entry(wanted, mood))
        return self.carry_out("refund", lambda mood: self._refund(wanted, mood))

    def odd(self) -> Answered:
        return said("777", message="?")

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        body = json.dumps({"transaction": self._about(self.books.payments[merchant_ref])}).encode()
        return {"digest": digest(SECRET, body)}, body

    def _entry(self, wanted: dict, mood: Mood) -> Answered:
        number = f"J2611300{self.books.number():011d}"
        one = self.books.open(wanted["platform_order_id"], wanted["final_price"] * 100, "TWD", "jkopay", number=number, mood=mood)
        if one.amount != wanted["final_price"] * 100:
            return said("200", message="Order has been used as entry but they do not match with each others")
        if one.state == "paid":
            return said("101", message="Order is paid")
        about = {"payment_url": f"{self.base_url}/pay/{one.number}", "qr_img": f"{self.base_url}/qr/{one.number}", "qr_timeout": 600}
        return said("000", about)

    def _inquiry(self, number: str) -> Answered:
        one = self.books.find(number)
        about = self._about(one) if one else {"platform_order_id": number, "status": 102}
        return said("000", {"transactions": [about]})

    def _about(self, one: Attempt) -> dict:
        about = {"platform_order_id": one.merchant_ref, "status": STATUS[one.state]}
        if one.state != "paid":
            return about
        gone = [
            {"refund_tradeNo": back.number, "time": stamp(back.done_at), **_parts(back.amount)}
            for back in one.backs.values()
            if back.state == "succeeded"
        ]
        more = {"tradeNo": one.number, "trans_time": stamp(one.paid_at), "final_price": f"{one.captured // 100}.00", "currency": "TWD"}
        return {**about, **more, **_parts(one.captured), "channel_type": "account", "refund_history": gone}

    def _refund(self, wanted: dict, mood: Mood) -> Answered:
        number = f"R2611300{self.books.number():011d}"
        try:
            one, amount = self.books.find(wanted["platform_order_id"]), wanted["refund_amount"] * 100
            back = self.books.refund(one, wanted["refund_order_id"], amount, number=number, mood=mood)
        except Refused as error:
            return said(REFUSALS[str(error)])
        if back.state == "failed":
            return said("113")
        return said("000", {"refund_tradeNo": back.number, "refund_time": stamp(back.done_at), **_parts(back.amount)})


def _parts(minor: int) -> dict[str, str]:
    coins = minor // 400
    return {"redeem_amount": str(coins), "debit_amount": str(minor // 100 - coins)}

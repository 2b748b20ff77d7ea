"""Shouqianba as a fake: a terminal whose key of the day signs, orders with their sums, refunds by number. Its answers are not signed."""

import json
from datetime import datetime
from typing import ClassVar

from apps.channels.gateways import Operation
from apps.channels.providers.shouqianba.api import signature
from tests.channels.fakes.books import Attempt, Back, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

SN, KEY, DEVICE = "100000000000000001", "0123456789abcdef0123456789abcdef", "hezhang-1"
WALLETS = {"1": "alipay", "3": "wechat_pay", "17": "unionpay"}
STATES = {"pending": "CREATED", "declined": "PAY_CANCELED", "expired": "PAY_CANCELED", "cancelled": "CANCELED", "disturbed": "PAY_ERROR"}


class Vault:
    """What `gateways.Vault` promises, in memory."""

    def __init__(self, **credentials: str):
        self.credentials, self.is_claimed = credentials, False

    def claim(self) -> dict[str, str] | None:
        if self.is_claimed:
            return None
        self.is_claimed = True
        return dict(self.credentials)

    def store(self, fresh: dict[str, str]) -> None:
        self.is_claimed = False
        self.credentials |= fresh


class FakeShouqianba(FakeProvider):
    """`keys` are those that sign at present: an old one is good until the new one was used."""

    refusals: ClassVar = {"unknown": "UPAY_ORDER_NOT_EXISTS", "state": "UPAY_REFUND_INVALID_ORDER_STATE"}

    def __init__(self):
        super().__init__()
        self.keys = [KEY]

    def answer(self, asked: Asked) -> Answered:
        sn, _, signed = asked.headers.get("authorization", "").partition(" ")
        used = next((key for key in self.keys if signature(asked.body, key) == signed), None)
        if sn != SN or used is None:
            return _json({"result_code": "400", "error_code": "INVALID_TERMINAL" if sn != SN else "ILLEGAL_SIGN", "error_message": "错误"})
        self.keys = self.keys[self.keys.index(used) :]
        said = json.loads(asked.body)
        if asked.path == "/terminal/checkin":
            self.keys.append(f"{len(self.keys)}{KEY[1:]}")
            return _json({"result_code": "200", "biz_response": {"terminal_sn": SN, "terminal_key": self.keys[-1]}})
        does = {"precreate": self._precreate, "query": self._query, "refund": self._refund}
        return _json({"result_code": "200", "biz_response": does[asked.path.rsplit("/", 1)[1]](said)})

    def odd(self) -> Answered:
        return _json({"result_code": "200", "biz_response": {"result_code": "SOMETHING_NEW", "error_code": "NEVER_SEEN"}})

    def _precreate(self, said: dict) -> dict:
        ref = said["client_sn"]
        if self.books.find(ref):
            return {"result_code": "FAIL", "error_code": "CLIENT_SN_CONFLICT", "error_message": "client_sn在系统中已存在"}

        def effect(mood: Mood) -> Attempt:
            sn, wallet = f"78942592{self.books.number():08d}", WALLETS[said["payway"]]
            return self.books.open(ref, int(said["total_amount"]), "CNY", wallet, number=sn, mood=mood)

        held = self.carry_out(Operation.CREATE_PAYMENT, effect)
        return {"result_code": "PRECREATE_SUCCESS", "data": {**_order(held), "qr_code": f"https://qr.alipay.com/bax{held.number}"}}

    def _query(self, said: dict) -> dict:
        held = self.carry_out(Operation.QUERY_PAYMENT, lambda _mood: self.books.find(said["client_sn"]))
        if held is None:
            return {"result_code": "FAIL", "error_code": "UPAY_ORDER_NOT_EXISTS", "error_message": "订单不存在"}
        return {"result_code": "SUCCESS", "data": _order(self.books.ask(held))}

    def _refund(self, said: dict) -> dict:
        amount, number, held = int(said["refund_amount"]), said["refund_request_no"], self.books.find(said["client_sn"])
        if held and number in held.backs:
            return {"result_code": "FAIL", "error_code": "UPAY_REFUND_ORDER_NOOP", "error_message": "本次退款已经完成了"}

        def effect(mood: Mood) -> Back:
            if mood == Mood.DECLINE:
                raise Refused("poor")
            return self.books.refund(held, number, amount, number=f"R{self.books.number()}", mood=mood)

        try:
            back = self.carry_out(Operation.REFUND, effect)
        except Refused as refused:
            known = {**self.refusals, "too_much": "REFUNDABLE_AMOUNT_NOT_ENOUGH", "poor": "ACCOUNT_BALANCE_NOT_ENOUGH"}
            return {"result_code": "FAIL", "error_code": known[str(refused)], "error_message": "拒绝"}
        if back.state == "pending":
            back.state = "succeeded"
            return {"result_code": "REFUND_IN_PROGRESS", "data": _order(held)}
        return {"result_code": "REFUND_SUCCESS", "data": _order(held)}


def _order(held: Attempt) -> dict:
    back = held.refunded
    state = STATES.get(held.state) or ("PAID" if not back else "REFUNDED" if back == held.amount else "PARTIAL_REFUNDED")
    told = {
        "sn": held.number, "client_sn": held.merchant_ref, "status": "SUCCESS", "order_status": state, "total_amount": str(held.amount),
        "net_amount": str(held.amount - back),
    }  # fmt: skip
    return told | ({"finish_time": _ms(held.paid_at), "channel_finish_time": _ms(held.paid_at)} if held.paid_at else {})


def _ms(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


def _json(said: dict) -> Answered:
    return Answered(json.dumps(said, ensure_ascii=False))

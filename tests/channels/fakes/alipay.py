"""Alipay's gateway as a fake: RSA2 both ways, answers whose text (with its escaped slashes) is what is signed, refunds by number.

`scans_at_once` is the payer who scans a code as soon as it is shown; otherwise there is no trade yet, as at Alipay.
"""

import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from apps.channels import rsa
from apps.channels.gateways import Operation
from apps.channels.providers.alipay import signing
from tests.channels.fakes import keys
from tests.channels.fakes.books import Attempt, Back, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider
from tests.channels.providers import bills

APP_ID, SELLER_ID = "2021004100000001", "2088021765432109"
SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES = {
    "pending": "WAIT_BUYER_PAY", "paid": "TRADE_SUCCESS", "finished": "TRADE_FINISHED", "declined": "TRADE_CLOSED",
    "expired": "TRADE_CLOSED", "cancelled": "TRADE_CLOSED",
}  # fmt: skip
REFUSALS = {"unknown": "ACQ.TRADE_NOT_EXIST", "state": "ACQ.TRADE_HAS_CLOSE", "too_much": "ACQ.REASON_TRADE_REFUND_FEE_ERR"}


class FakeAlipay(FakeProvider):
    """Speaks for the application `APP_ID`, whose key is "alipay-app"; signs with "alipay"."""

    def __init__(self):
        super().__init__()
        self.scans_at_once = True
        self.files: dict[str, bytes] = {}

    def answer(self, asked: Asked) -> Answered:
        if asked.method == "GET":
            return Answered(self.files[asked.query["fileId"]])
        form = asked.form
        if form.get("app_id") != APP_ID:
            said = json.dumps({"code": "40002", "msg": "Invalid Arguments", "sub_code": "isv.invalid-app-id"})
            return Answered(f'{{"error_response":{said}}}')
        method = form["method"]
        message = signing.joined(form, without=("sign",))
        if not rsa.is_signed(keys.key("alipay-app").public_key(), message, form["sign"]):
            return self._signed(method, _refused("40002", "isv.invalid-signature"))
        does = {
            "alipay.trade.precreate": self._precreate,
            "alipay.trade.query": self._query,
            "alipay.trade.close": self._close,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._query_refund,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill,
        }[method]
        return self._signed(method, does(json.loads(form["biz_content"])))

    def submit(self, fields: dict[str, str]) -> Attempt:
        """What the payer's browser does with a form: the trade is opened."""
        assert rsa.is_signed(keys.key("alipay-app").public_key(), signing.joined(fields, without=("sign",)), fields["sign"])
        return self._opened(json.loads(fields["biz_content"]), Mood.OK)

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        held = self.books.payments[merchant_ref]
        return self.told(held, {"gmt_payment": _text(held.paid_at)})

    def refund_notice(self, key: str) -> tuple[dict[str, str], bytes]:
        held, back = self.books.find_back(key)
        more = {"gmt_payment": _text(held.paid_at), "gmt_refund": _text(back.done_at) + ".123", "out_biz_no": key}
        return self.told(held, {**more, "refund_fee": _yuan(held.refunded)})

    def told(self, held: Attempt, more: dict[str, str]) -> tuple[dict[str, str], bytes]:
        """A notice about a trade, signed now."""
        fields = {
            "notify_type": "trade_status_sync", "app_id": APP_ID, "charset": "utf-8", "version": "1.0", "sign_type": "RSA2",
            "seller_id": SELLER_ID, "trade_no": held.number, "out_trade_no": held.merchant_ref, "trade_status": self._state(held),
            "subject": "青瓷茶杯 & 一對", "body": "", "total_amount": _yuan(held.amount), "zz_last": "9", **more,
        }  # fmt: skip
        fields["sign"] = rsa.signature(keys.key("alipay"), signing.joined(fields, without=("sign", "sign_type")))
        # The signature stands first, as the last digit of the body is to be one that it covers.
        ordered = {"sign": fields.pop("sign"), **fields}
        return {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}, urlencode(ordered).encode()

    def odd(self) -> Answered:
        return self._signed("alipay.trade.precreate", _refused("40004", "ACQ.SOMETHING_NEW"))

    def _precreate(self, asked: dict) -> dict:
        held = self.carry_out(Operation.CREATE_PAYMENT, lambda mood: self._opened(asked, mood))
        if held.state == "paid":
            return _refused("40004", "ACQ.TRADE_HAS_SUCCESS")
        return _done(out_trade_no=held.merchant_ref, qr_code=f"https://qr.alipay.com/bax{held.number[-8:]}")

    def _opened(self, asked: dict, mood: Mood) -> Attempt:
        number = f"20261130220014{self.books.number():014d}"
        amount = round(float(asked["total_amount"]) * 100)
        return self.books.open(asked["out_trade_no"], amount, "CNY", "alipay", number=number, mood=mood)

    def _trade(self, asked: dict) -> Attempt | None:
        held = self.books.find(asked.get("out_trade_no", ""), asked.get("trade_no", ""))
        return held if held and (self.scans_at_once or held.state != "pending") else None

    def _query(self, asked: dict) -> dict:
        held = self.carry_out(Operation.QUERY_PAYMENT, lambda _mood: self._trade(asked))
        if held is None:
            return _refused("40004", "ACQ.TRADE_NOT_EXIST")
        self.books.ask(held)
        said = {"out_trade_no": held.merchant_ref, "trade_no": held.number, "trade_status": self._state(held)}
        return _done(**said, total_amount=_yuan(held.amount), **({"send_pay_date": _text(held.paid_at)} if held.paid_at else {}))

    def _close(self, asked: dict) -> dict:
        held = self.carry_out(Operation.CANCEL_PAYMENT, lambda _mood: self._trade(asked))
        if held is None:
            return _refused("40004", "ACQ.TRADE_NOT_EXIST")
        if held.state == "paid":
            return _refused("40004", "ACQ.TRADE_HAS_SUCCESS")
        self.books.move(held.merchant_ref, "cancelled")
        return _done(out_trade_no=held.merchant_ref, trade_no=held.number)

    def _refund(self, asked: dict) -> dict:
        amount, key = round(float(asked["refund_amount"]) * 100), asked["out_request_no"]

        def effect(mood: Mood) -> Back:
            if mood == Mood.DECLINE:
                raise Refused("poor")
            return self.books.refund(self._trade(asked), key, amount, number="", mood=mood)

        before = self._trade(asked).refunded
        try:
            self.carry_out(Operation.REFUND, effect)
        except Refused as refused:
            return _refused("40004", REFUSALS.get(str(refused), "ACQ.SELLER_BALANCE_NOT_ENOUGH"))
        held = self._trade(asked)
        moved = "Y" if held.refunded > before else "N"
        return _done(out_trade_no=held.merchant_ref, trade_no=held.number, fund_change=moved, refund_fee=_yuan(held.refunded))

    def _query_refund(self, asked: dict) -> dict:
        found = self.carry_out(Operation.QUERY_REFUND, lambda _mood: self.books.find_back(asked["out_request_no"]))
        if found is None:
            return _done()
        held, back = found
        told = {"out_request_no": back.key, "refund_amount": _yuan(back.amount), "total_amount": _yuan(held.amount)}
        return _done(trade_no=held.number, out_trade_no=held.merchant_ref, **told, refund_status="REFUND_SUCCESS")

    def _bill(self, asked: dict) -> dict:
        day = date.fromisoformat(asked["bill_date"])
        paid = [one for one in self.books.payments.values() if one.paid_at and one.paid_at.astimezone(SHANGHAI).date() == day]
        backs = self.backs_of(lambda at: at.astimezone(SHANGHAI).date() == day)
        if not paid and not backs:
            return _refused("40004", "isp.NO_BILL_DATA")
        rows = [self._row(one, "交易", one.paid_at, _yuan(one.amount), f"-{_yuan(self.fees.get(one.amount, 10))}") for one in paid]
        rows += [
            self._row(one, "退款", back.done_at, f"-{_yuan(back.amount)}", _yuan(self.fees.get(back.amount, 0)), back.key)
            for one, back in backs
        ]
        total = f"#交易合计：{len(paid)}笔，商家实收共{_yuan(sum(one.amount for one in paid))}元，商家优惠共0.00元\r\n"
        gone = _yuan(sum(back.amount for _one, back in backs))
        footer = total + f"#退款合计：{len(backs)}笔，商家实收退款共{'-' if backs else ''}{gone}元，商家优惠退款共0.00元\r\n"
        name = f"f{self.books.number()}"
        self.files[name] = bills.zipped(业务明细=bills.alipay(tuple(rows), footer=footer))
        return _done(bill_download_url=f"{self.base_url}/downloadBillFile.resource?fileId={name}")

    def _row(self, one: Attempt, kind: str, at: datetime, amount: str, fee: str, key: str = "") -> tuple[str, ...]:
        return one.number, one.merchant_ref, kind, "手工皂", _text(at), amount, key, fee

    def _state(self, held: Attempt) -> str:
        return "TRADE_CLOSED" if held.paid_at and held.refunded == held.amount else STATES[held.state]

    def _signed(self, method: str, said: dict) -> Answered:
        text = json.dumps(said, ensure_ascii=False).replace("/", "\\/")
        signed = rsa.signature(keys.key("alipay"), text.encode())
        return Answered(f'{{"{method.replace(".", "_")}_response": {text},"sign":"{signed}"}}')


def _done(**said: str) -> dict:
    return {"code": "10000", "msg": "Success", **said}


def _refused(code: str, sub_code: str) -> dict:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": "说明"}


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _text(moment: datetime | None) -> str:
    return f"{(moment or datetime.now(UTC)).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def changed(body: bytes, **fields: str) -> bytes:
    """A notice with other fields, and the signature of the old ones."""
    return urlencode(dict(parse_qsl(body.decode())) | fields).encode()

"""ECPay's cashier: the form, QueryTradeInfo, notices and 對帳媒體檔, on top of the card desk that `fake_ecpay` already is."""

from datetime import datetime
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from apps.channels.providers.ecpay.signing import CHECK, check_value, is_genuine
from tests.channels.fakes.books import Attempt, Back, Books, Mood
from tests.channels.fakes.server import Answered, Asked, FakeProvider
from tests.channels.providers.fake_ecpay import HASH_IV, HASH_KEY, MERCHANT_ID, FakeEcpay

TAIPEI = ZoneInfo("Asia/Taipei")
PAID_BY = {"Credit": "Credit_CreditCard", "ATM": "ATM_TAISHIN"}
LISTED_AS = {"Credit": "信用卡", "ATM": "ATM櫃員機"}
STATUS = {"pending": "0", "expired": "0", "paid": "1", "declined": "10200095"}
HEADER = (
    "訂單日期,廠商訂單編號,綠界訂單編號,平台名稱,付款方式,費率(每筆),信用卡授權單號,信用卡卡號末4碼,超商資訊/ATM繳款帳號,付款狀態,交易金額,"
    "退款日期,退款金額,交易手續費,平台手續費,應收款項(淨額),撥款狀態,買家備註,廠商備註"
)


def signed(fields: dict[str, str]) -> str:
    return urlencode({**fields, CHECK: check_value(fields, HASH_KEY, HASH_IV)})


def stamp(at: datetime | None) -> str:
    return at.astimezone(TAIPEI).strftime("%Y/%m/%d %H:%M:%S") if at else ""


class FakeEcpayCashier(FakeProvider):
    """`post(fields)` is what the payer's browser does with the form; `cards` answers DoAction and QueryTrade."""

    def __init__(self, books: Books | None = None):
        super().__init__(books)
        self.cards = FakeEcpay()

    def post(self, fields: dict[str, str]) -> Attempt:
        """The payer opens the page: the form must be genuine, and a number is opened once."""
        assert is_genuine(fields, HASH_KEY, HASH_IV)
        number = f"2611{self.books.number():016d}"
        opened = self.books.open(fields["MerchantTradeNo"], int(fields["TotalAmount"]) * 100, "TWD", fields["ChoosePayment"], number=number)
        opened.more.update(form=fields)
        return opened

    def answer(self, asked: Asked) -> Answered:
        if asked.path == "/Cashier/QueryTradeInfo/V5":
            return Answered(self.carry_out("query_payment", lambda _mood: self._trade_info(asked.form)))
        if asked.path == "/PaymentMedia/TradeNoAio":
            return Answered(self._statement(asked.form))
        for one in self.books.payments.values():
            if one.state == "paid":
                self.cards.trades.setdefault(one.merchant_ref, [one.captured // 100])
        if asked.path == "/CreditDetail/DoAction":
            return Answered(self.carry_out("refund", lambda mood: self._act(asked, mood)))
        return Answered(self.cards.answer(asked.path, asked.body.decode())[1])

    def odd(self) -> Answered:
        return Answered(signed({"MerchantID": MERCHANT_ID, "TradeStatus": "99999999"}))

    def notice(self, merchant_ref: str, **other: str) -> tuple[dict[str, str], bytes]:
        one = self.books.payments[merchant_ref]
        return {}, signed({**self._about(one), "RtnCode": "1", "RtnMsg": "交易成功", "SimulatePaid": "0", **other}).encode()

    def _about(self, one: Attempt) -> dict[str, str]:
        return {
            "MerchantID": MERCHANT_ID, "MerchantTradeNo": one.merchant_ref, "StoreID": "", "TradeNo": one.number,
            "TradeAmt": str(one.amount // 100), "PaymentDate": stamp(one.paid_at), "PaymentType": PAID_BY[one.method],
            "PaymentTypeChargeFee": "35", "TradeDate": stamp(one.opened_at), "CustomField1": "",
        }  # fmt: skip

    def _trade_info(self, form: dict[str, str]) -> str:
        if not is_genuine(form, HASH_KEY, HASH_IV):
            return "10200073|CheckMacValue Error"
        one = self.books.find(form["MerchantTradeNo"])
        if one is None:
            about = {"MerchantID": MERCHANT_ID, "MerchantTradeNo": form["MerchantTradeNo"], "TradeNo": "", "TradeAmt": "0"}
            return signed({**about, "TradeStatus": "10200047"})
        return signed({**self._about(self.books.ask(one)), "HandlingCharge": "35", "TradeStatus": STATUS[one.state]})

    def _act(self, asked: Asked, mood: Mood) -> str:
        if mood == Mood.DECLINE:
            about = {name: asked.form[name] for name in ("MerchantID", "MerchantTradeNo", "TradeNo")}
            return urlencode({**about, "RtnCode": "10200050", "RtnMsg": "TotalAmount Error"})
        said = self.cards.answer(asked.path, asked.body.decode())[1]
        if dict(parse_qsl(said))["RtnCode"] == "1":
            one, number = self.books.payments[asked.form["MerchantTradeNo"]], f"R{self.books.number()}"
            one.backs[number] = Back(number, number, int(asked.form["TotalAmount"]) * 100, "succeeded", self.books.moment())
        return said

    def _statement(self, form: dict[str, str]) -> bytes:
        """One day's list, in Big5 as ECPay sends it where nobody asks otherwise; what went back is a row of its own, negative."""
        assert is_genuine(form, HASH_KEY, HASH_IV)

        def is_wanted(at: datetime | None) -> bool:
            return stamp(at)[:10].replace("/", "-") == form["BeginDate"]

        paid = [one for one in self.books.payments.values() if one.state == "paid" and is_wanted(one.paid_at)]
        rows = [self._row(one, one.amount // 100, self.fees.get(one.amount, 3500) // 100) for one in paid]
        rows += [self._row(one, -back.amount // 100, -self.fees.get(back.amount, 0) // 100) for one, back in self.backs_of(is_wanted)]
        return "\r\n".join([HEADER, *rows, ""]).encode("cp950")

    def _row(self, one: Attempt, amount: int, fee: int) -> str:
        wrapped = ",".join(f'="{cell}"' for cell in (stamp(one.opened_at), one.merchant_ref, one.number))
        state = "已付款" if amount > 0 else "已退款"
        return f'{wrapped},一般,{LISTED_AS[one.method]},2.75%,="1",="2222",,{state},{amount},,0,{fee},0,{amount - fee},未撥款,,'

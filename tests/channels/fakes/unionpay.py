"""UnionPay's gateway (5.1.0) as a fake: a deal is known by its number and time, and only once the payer has come to its page."""

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.serialization import Encoding

from apps.channels import rsa
from apps.channels.gateways import Operation
from apps.channels.providers.unionpay import signing
from tests.channels.fakes import keys
from tests.channels.fakes.books import Attempt, Back, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

MER_ID = "777290058110097"
OWNER = "041@Z12@中国银联股份有限公司@00016495"
SHANGHAI = ZoneInfo("Asia/Shanghai")
STATES = {"pending": "05", "paid": "00", "declined": "61", "expired": "40"}
REFUSALS = {"unknown": "34", "state": "76", "too_much": "36"}


def certificate_pem(owner: str = OWNER, issuer: str = "unionpay-middle") -> str:
    """The certificate that travels along with what UnionPay signs."""
    return keys.certificate_pem("unionpay", common_name=owner, issuer=issuer)


def chain() -> dict[str, str]:
    """The credentials by which its certificate is proved."""
    return {
        "middle_certificate": keys.certificate_pem("unionpay-middle", issuer="unionpay-root", is_ca=True),
        "root_certificate": keys.certificate_pem("unionpay-root", is_ca=True),
    }


class FakeUnionpay(FakeProvider):
    """Knows the merchant `MER_ID`, whose certificate is "unionpay-merchant"."""

    def __init__(self, books=None):
        super().__init__(books)
        self.own_certificate = certificate_pem()

    def answer(self, asked: Asked) -> Answered:
        form = asked.form
        if not self._knows(form):
            return self._signed({"respCode": "11", "respMsg": "验证签名失败"})
        if asked.path.endswith("queryTrans.do"):
            return self._query(form)
        return self._refund(form)

    def submit(self, fields: dict[str, str]) -> Attempt:
        """What the payer's browser does with the form."""
        assert self._knows(fields)
        number = f"9{self.books.number():020d}"
        more = {"txnTime": fields["txnTime"]}
        return self.books.open(fields["orderId"], int(fields["txnAmt"]), "CNY", "unionpay", number=number, **more)

    def notice(self, merchant_ref: str) -> tuple[dict[str, str], bytes]:
        held = self.books.payments[merchant_ref]
        return self.told({**self._deal(held), "respCode": "00", "respMsg": "成功", "txnType": "01"})

    def told(self, fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
        """A notice with these fields, signed now."""
        return {"content-type": "application/x-www-form-urlencoded"}, urlencode(self._proved(fields)).encode()

    def odd(self) -> Answered:
        return self._signed({"respCode": "ZZ", "respMsg": "?"})

    def _knows(self, form: dict[str, str]) -> bool:
        known = keys.certificate("unionpay-merchant")
        if (form.get("merId"), form.get("certId")) != (MER_ID, str(known.serial_number)):
            return False
        return rsa.is_signed(known.public_key(), signing.digest(form), form.get("signature", ""))

    def _query(self, form: dict[str, str]) -> Answered:
        number, time = form["orderId"], form["txnTime"]

        def effect(_mood: Mood) -> dict[str, str] | None:
            held = self.books.find(number)
            if held and held.more["txnTime"] == time:
                return {**self._deal(self.books.ask(held)), "origRespCode": STATES[held.state], "origRespMsg": "说明", "txnType": "01"}
            found = self.books.find_back(number)
            return self._told_back(*found) if found else None

        is_refund = self.books.find_back(number) is not None
        deal = self.carry_out(Operation.QUERY_REFUND if is_refund else Operation.QUERY_PAYMENT, effect)
        if deal is None:
            return self._signed({"respCode": "34", "respMsg": "查无此交易", "orderId": number, "txnTime": time})
        return self._signed({"respCode": "00", "respMsg": "成功[0000000]", **deal})

    def _refund(self, form: dict[str, str]) -> Answered:
        amount = int(form["txnAmt"])

        def effect(mood: Mood) -> Back:
            held, number = self.books.find(number=form["origQryId"]), f"8{self.books.number():020d}"
            return self.books.refund(held, form["orderId"], amount, number=number, mood=mood)

        try:
            back = self.carry_out(Operation.REFUND, effect)
        except Refused as refused:
            return self._signed({"respCode": REFUSALS[str(refused)], "respMsg": "拒绝", "orderId": form["orderId"]})
        echo = {name: form[name] for name in ("orderId", "txnTime", "txnAmt")}
        return self._signed({**echo, "respCode": "00", "respMsg": "成功[0000000]", "queryId": back.number})

    def _deal(self, held: Attempt) -> dict[str, str]:
        return {
            "merId": MER_ID, "orderId": held.merchant_ref, "txnTime": held.more["txnTime"], "txnAmt": str(held.amount),
            "currencyCode": "156", "queryId": held.number,
        }  # fmt: skip

    def _told_back(self, held: Attempt, back: Back) -> dict[str, str]:
        self.books.ask_back(back)
        code = {"succeeded": "00", "pending": "05", "failed": "61"}[back.state]
        return {
            "merId": MER_ID, "orderId": back.key, "txnAmt": str(back.amount), "currencyCode": "156", "queryId": back.number,
            "origRespCode": code, "origRespMsg": "说明", "txnType": "04", "reserved": "{a=1&b=2}",
        }  # fmt: skip

    def _proved(self, fields: dict[str, str]) -> dict[str, str]:
        usual = {"version": "5.1.0", "encoding": "UTF-8", "signMethod": "01", "signPubKeyCert": self.own_certificate}
        return signing.signed({**usual, **fields}, keys.key("unionpay"))

    def _signed(self, fields: dict[str, str]) -> Answered:
        return Answered("&".join(f"{name}={value}" for name, value in self._proved(fields).items()))


def merchant_pem() -> str:
    return keys.certificate("unionpay-merchant").public_bytes(Encoding.PEM).decode()

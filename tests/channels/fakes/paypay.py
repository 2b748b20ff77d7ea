"""PayPay's open payment API: codes, payments by our number, captures, reverts and refunds under our number."""

import base64
import hmac
import json
from hashlib import md5, sha256

from tests.channels.fakes.books import Attempt, Back, Mood, Refused
from tests.channels.fakes.server import Answered, Asked, FakeProvider

API_KEY, SECRET, MERCHANT_ID = "APIKeyGenerated", "APIKeySecretGenerated", "243000000000000000"
CREDENTIALS = {"merchant_id": MERCHANT_ID, "api_key": API_KEY, "api_secret": SECRET}
STATES = {
    "pending": "CREATED", "authorized": "AUTHORIZED", "paid": "COMPLETED", "declined": "FAILED", "expired": "EXPIRED",
    "cancelled": "CANCELED",
}  # fmt: skip
REFUND_STATES = {"pending": "CREATED", "succeeded": "REFUNDED", "failed": "FAILED"}
REFUSALS = {"unknown": "RESOURCE_NOT_FOUND", "too_much": "INVALID_PARAMS", "state": "ORDER_NOT_REVERSIBLE"}


def said(code: str, data: dict | None = None, status: int | None = None) -> Answered:
    info = {"code": code, "message": "-", "codeId": "08100001"}
    return Answered(json.dumps({"resultInfo": info, "data": data}), status or (201 if code == "SUCCESS" else 400))


def yen(amount: int) -> dict:
    return {"amount": amount, "currency": "JPY"}


class FakePayPay(FakeProvider):
    """Numbers: codes are `04-…`, payments 18 digits. Deleted codes can no longer be paid."""

    def answer(self, asked: Asked) -> Answered:
        if not self._is_genuine(asked):
            return said("UNAUTHORIZED", status=401)
        wanted, last = json.loads(asked.body or b"{}"), asked.path.rsplit("/", 1)[-1]
        match asked.method, asked.path.removesuffix(f"/{last}"):
            case "POST", "/v2" if last == "codes":
                return self.carry_out("create_payment", lambda mood: self._open(wanted, mood))
            case "GET", "/v2/codes/payments":
                return self.carry_out("query_payment", lambda _mood: self._about(self.books.find(last)))
            case "DELETE", "/v2/codes":
                return self.carry_out("cancel_payment", lambda _mood: self._delete(last))
            case "POST", "/v2/payments":
                return self.carry_out("capture_payment", lambda _mood: self._capture(wanted))
            case "POST", "/v2/payments/preauthorize":
                return self.carry_out("cancel_payment", lambda _mood: self._revert(wanted))
            case "POST", "/v2":
                return self.carry_out("refund", lambda mood: self._refund(wanted, mood))
            case "GET", "/v2/refunds":
                return self._refund_of(self.books.find_back(last))
        raise AssertionError(asked.path)

    def odd(self) -> Answered:
        return said("SOMETHING_NEW")

    def _is_genuine(self, asked: Asked) -> bool:
        _scheme, key, signed, nonce, epoch, hashed = asked.headers["authorization"].split(":")
        kind = asked.headers.get("content-type", "") if asked.body else "empty"
        own = base64.b64encode(md5(kind.encode() + asked.body).digest()).decode() if asked.body else "empty"
        text = "\n".join((asked.path, asked.method, nonce, epoch, kind, own)).encode()
        wanted = base64.b64encode(hmac.new(SECRET.encode(), text, sha256).digest()).decode()
        return (key, signed, hashed, asked.headers["x-assume-merchant"]) == (API_KEY, wanted, own, MERCHANT_ID)

    def _open(self, wanted: dict, mood: Mood) -> Answered:
        number = wanted["merchantPaymentId"]
        if number in self.books.payments:
            return said("DUPLICATE_DYNAMIC_QR_REQUEST")
        code = f"04-{self.books.number():010d}"
        one = self.books.open(number, wanted["amount"]["amount"], "JPY", "paypay", number=f"{self.books.number():018d}", mood=mood)
        one.more.update(code=code, holds=wanted["isAuthorization"])
        about = {"codeId": code, "url": f"{self.base_url}/{code}", "expiryDate": int(one.opened_at.timestamp()) + 300}
        return said("SUCCESS", {**about, "merchantPaymentId": number, "amount": yen(one.amount)})

    def _about(self, one: Attempt | None) -> Answered:
        if one is None:
            return said("DYNAMIC_QR_NOT_FOUND", status=404)
        about = {"merchantPaymentId": one.merchant_ref, "status": STATES[one.state], "amount": yen(one.amount), "refunds": None}
        if one.state in ("paid", "authorized"):
            about |= {"paymentId": one.number, "acceptedAt": int((one.paid_at or one.opened_at).timestamp())}
            about["refunds"] = {"data": [self._back(one, back) for back in one.backs.values()]}
        return said("SUCCESS", about)

    def _back(self, one: Attempt, back: Back) -> dict:
        about = {"merchantRefundId": back.key, "paymentId": one.number, "amount": yen(back.amount)}
        return {**about, "status": REFUND_STATES[back.state], "acceptedAt": int(back.done_at.timestamp())}

    def _delete(self, code: str) -> Answered:
        one = next((one for one in self.books.payments.values() if one.more["code"] == code), None)
        if one is None or one.state != "pending":
            return said("DYNAMIC_QR_NOT_FOUND", status=404)
        self.books.move(one.merchant_ref, "cancelled")
        return said("SUCCESS")

    def _capture(self, wanted: dict) -> Answered:
        one = self.books.find(wanted["merchantPaymentId"])
        if one is None or one.state != "authorized":
            return said("ALREADY_CAPTURED")
        one.captured = wanted["amount"]["amount"]
        self.books.move(one.merchant_ref, "paid")
        return said("SUCCESS", {"status": "COMPLETED"})

    def _revert(self, wanted: dict) -> Answered:
        one = self.books.find(number=wanted["paymentId"])
        if one is None or one.state != "authorized":
            return said("ORDER_NOT_REVERSIBLE")
        self.books.move(one.merchant_ref, "cancelled")
        return said("SUCCESS", {"status": "CANCELED"})

    def _refund(self, wanted: dict, mood: Mood) -> Answered:
        one, key = self.books.find(number=wanted["paymentId"]), wanted["merchantRefundId"]
        if one and key in one.backs:
            return said("DUPLICATE_REFUND_REQUEST")
        try:
            back = self.books.refund(one, key, wanted["amount"]["amount"], number=key, mood=mood)
        except Refused as error:
            return said(REFUSALS[str(error)])
        # As its mocks show: a refund is accepted first, whatever becomes of it.
        return said("SUCCESS", {**self._back(one, back), "status": "CREATED"})

    def _refund_of(self, found: tuple[Attempt, Back] | None) -> Answered:
        if found is None:
            return said("NO_SUCH_REFUND_ORDER", status=404)
        return said("SUCCESS", self._back(found[0], self.books.ask_back(found[1])))

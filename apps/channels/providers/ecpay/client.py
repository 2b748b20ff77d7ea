"""ECPay 綠界 as a gateway: cards are refunded with DoAction, Action=R; what became of it is read from the trade's closing rows.

ECPay knows no number of ours for a refund and no key: the same request twice is two refunds. So it is sent once, one at a time for a
payment, and whether it was done is told by the sum that went back of the trade (`RefundCall.refunded_minor` before it, plus itself).
https://developers.ecpay.com.tw/?p=2890 (DoAction), ?p=45925 (QueryTrade)
"""

import logging
import time
from urllib.parse import parse_qsl

import httpx
import stamina

from apps.channels.gateways import (
    Account,
    Acknowledgement,
    DisputeTold,
    NoticeForged,
    NoticeUnreadable,
    Outcome,
    RefundAnswer,
    RefundCall,
    RefundNotice,
)
from apps.channels.providers.ecpay.closing import TradeUnreadable, refunded_of
from apps.channels.providers.ecpay.signing import CHECK, check_value, conceal, is_genuine, reveal

LIVE = ("https://payment.ecpay.com.tw", "https://ecpayment.ecpay.com.tw")  # DoAction, QueryTrade
SANDBOX = ("https://payment-stage.ecpay.com.tw", "https://ecpayment-stage.ecpay.com.tw")
TIMEOUT = httpx.Timeout(25.0, connect=8.0)  # seconds
ASKS = 3
WHOLE = 100  # minor units of a whole New Taiwan dollar: ECPay knows no cents
# Refused before anything was done: no such trade, amount, check value, closed too long ago, merchant stopped.
REFUSED_CODES = frozenset({"10200047", "10200050", "10200073", "10200095"})
REFUSED_WORDS = ("error_nopay", "error_Stop", "error_overDate")
logger = logging.getLogger(__name__)


class EcpayGateway:
    """`credentials` hold `merchant_id`, `hash_key` and `hash_iv`, as the console shows them."""

    def __init__(self, account: Account):
        self.merchant_id = account.credentials["merchant_id"]
        self.keys = (account.credentials["hash_key"], account.credentials["hash_iv"])
        usual = LIVE if account.is_live else SANDBOX
        self.act_at, self.ask_at = (account.base_url, account.base_url) if account.base_url else usual

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. What ECPay cannot do by its own rules is refused here and never sent."""
        if call.currency != "TWD" or call.amount_minor % WHOLE:
            return RefundAnswer(Outcome.DECLINED, code="not_whole", message="ECPay refunds whole New Taiwan dollars only")
        if call.method == "installment" and call.amount_minor != call.payment_amount_minor:
            return RefundAnswer(Outcome.DECLINED, code="installment", message="ECPay refunds instalments as a whole only")
        form = {
            "MerchantID": self.merchant_id,
            "MerchantTradeNo": call.merchant_ref,
            "TradeNo": call.provider_ref,
            "Action": "R",
            "TotalAmount": str(call.amount_minor // WHOLE),
        }
        try:
            with httpx.Client(timeout=TIMEOUT) as web:
                reply = web.post(f"{self.act_at}/CreditDetail/DoAction", data={**form, CHECK: check_value(form, *self.keys)})
        except httpx.ConnectError as error:
            return _unknown(call, "not_reached", error)
        except httpx.HTTPError as error:
            return _unknown(call, "timeout" if isinstance(error, httpx.TimeoutException) else "network", error)
        return self._acted(call, form, reply)

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`: by what the closing rows of the trade say went back."""
        try:
            told = self._trade(call)
            refunded = refunded_of(told)
        except httpx.HTTPError as error:
            return _unknown(call, "timeout" if isinstance(error, httpx.TimeoutException) else "network", error)
        except (TradeUnreadable, ValueError, KeyError) as error:
            logger.warning("ecpay.query.unreadable key=%s why=%s", call.key, error)
            return _unknown(call, "unreadable", error)
        raw = {"key": call.key, "refunded": refunded, "status": told.get("Status") or told.get("status")}
        before, after = call.refunded_minor // WHOLE, (call.refunded_minor + call.amount_minor) // WHOLE
        if refunded == after:
            return RefundAnswer(Outcome.SUCCEEDED, code="closed", raw=raw)
        if refunded == before:
            return RefundAnswer(Outcome.NOT_FOUND, code="not_closed", raw=raw)
        return RefundAnswer(Outcome.UNKNOWN, code="other_sum", message=f"ECPay says that {refunded} went back", raw=raw)

    def read_notices(self, headers: dict[str, str], body: bytes) -> list[RefundNotice | DisputeTold]:
        """See `Gateway`. ECPay sends notices of payments alone: a genuine one is answered and tells nothing about refunds."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        except UnicodeDecodeError as error:
            raise NoticeForged from error
        if not is_genuine(fields, *self.keys):
            raise NoticeForged
        if fields.get("MerchantID") != self.merchant_id:
            raise NoticeUnreadable
        return []

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; anything but these bytes is sent again."""
        return Acknowledgement(b"1|OK")

    def _acted(self, call: RefundCall, form: dict[str, str], reply: httpx.Response) -> RefundAnswer:
        said = dict(parse_qsl(reply.text, keep_blank_values=True))
        code, message = said.get("RtnCode", ""), said.get("RtnMsg", "")[:300]
        raw = {"key": call.key, "http_status": reply.status_code, "amount": form["TotalAmount"], "RtnCode": code, "RtnMsg": message}
        is_ours = reply.status_code == 200 and said.get("MerchantTradeNo", form["MerchantTradeNo"]) == form["MerchantTradeNo"]
        if CHECK in said:
            is_ours = is_ours and is_genuine(said, *self.keys)
        if is_ours and code == "1":
            return RefundAnswer(Outcome.SUCCEEDED, code=code, message=message, raw=raw)
        if is_ours and (code in REFUSED_CODES or message.startswith(REFUSED_WORDS)):
            return RefundAnswer(Outcome.DECLINED, code=code, message=message, raw=raw)
        logger.warning("ecpay.refund.unknown key=%s http=%s code=%s", call.key, reply.status_code, code)
        return RefundAnswer(Outcome.UNKNOWN, code=code or f"http_{reply.status_code}", message=message, raw=raw)

    @stamina.retry(on=httpx.TransportError, attempts=ASKS, timeout=40, wait_initial=0.5, wait_max=3)
    def _trade(self, call: RefundCall) -> dict:
        """What QueryTrade says of the trade. :raises httpx.HTTPError, TradeUnreadable, ValueError: it cannot be told."""
        asked = {"MerchantID": self.merchant_id, "MerchantTradeNo": call.merchant_ref}
        if call.provider_ref:
            asked["TradeNo"] = call.provider_ref
        sent = {"MerchantID": self.merchant_id, "RqHeader": {"Timestamp": int(time.time())}, "Data": conceal(asked, *self.keys)}
        with httpx.Client(timeout=TIMEOUT) as web:
            reply = web.post(f"{self.ask_at}/1.0.0/CreditDetail/QueryTrade", json=sent).raise_for_status().json()
        if not isinstance(reply, dict) or str(reply.get("TransCode")) != "1":
            raise TradeUnreadable("not transferred")
        data = reveal(str(reply.get("Data", "")), *self.keys)
        if str(data.get("RtnCode")) != "1" or not isinstance(data.get("RtnValue"), dict):
            raise TradeUnreadable(f"RtnCode {data.get('RtnCode')} {data.get('RtnMsg')}"[:200])
        return data["RtnValue"]


def _unknown(call: RefundCall, code: str, error: Exception) -> RefundAnswer:
    return RefundAnswer(Outcome.UNKNOWN, code=code, message=str(error)[:300], raw={"key": call.key, "code": code})

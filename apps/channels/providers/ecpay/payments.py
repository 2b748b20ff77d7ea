"""ECPay takes money by a form that the payer posts, and tells how it went by notices and to who asks.

Nothing can be called off at ECPay before it was paid, and whether a card is captured at once is set in its console, not with the order.
"""

import logging
import time
from datetime import UTC, date, datetime
from urllib.parse import parse_qsl, urlencode

from apps.channels.fetching import ConnectionAnswer, FetchAnswer, FetchedFile, FetchOutcome, Verdict
from apps.channels.gateways import NoticeForged, NoticeUnreadable
from apps.channels.own_codes import OWN_CODES, not_known, not_sent
from apps.channels.paying import ActionKind, PayerAction, PaymentAnswer, PaymentCall, PaymentNotice, PaymentOutcome
from apps.channels.providers.ecpay import checkout, codes, statement, told
from apps.channels.providers.ecpay.signing import CHECK, check_value, is_genuine
from apps.channels.wire import NoAnswer, Reply, Wire

QUERY, STATEMENT = "/Cashier/QueryTradeInfo/V5", "/PaymentMedia/TradeNoAio"
FORM = {"content-type": "application/x-www-form-urlencoded"}
NOBODYS = "HezhangTest000000000"  # a number of ours that no payment has
BY_PAID_DAY, LAYOUT = "2", "1"  # DateType, MediaFormated
logger = logging.getLogger(__name__)


class EcpayPayments:
    """The part of ECPay's gateway that takes money. `pay_at` and `statement_at` are its addresses."""

    merchant_id: str
    keys: tuple[str, str]
    pay_at: str
    statement_at: str

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`: a signed form. ECPay hears of the payment when the payer posts it."""
        now = datetime.now(UTC)
        code = checkout.refusal(call, now)
        if code:
            return not_sent(call, code)
        fields = checkout.form_of(call, self.merchant_id, self.keys, now)
        action = PayerAction(ActionKind.FORM, url=self.pay_at + checkout.PATH, fields=fields, expires_at=call.expires_at)
        raw = {"key": call.key, "form": {name: value for name, value in fields.items() if name != CHECK}}
        return PaymentAnswer(PaymentOutcome.PENDING, code="0", action=action, raw=raw)

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """See `PaymentGateway`. An account that nobody paid into has EXPIRED only when a late transfer would have been told."""
        wire = Wire(self.pay_at, secrets=self.keys)
        try:
            said, code = self._ask(wire, call.merchant_ref)
        except NoAnswer as error:
            return not_known(error.code, raw=wire.record(key=call.key))
        raw = wire.record(key=call.key)
        if code:
            return not_known(code, raw=raw)
        if said.get("MerchantTradeNo", call.merchant_ref) != call.merchant_ref:
            return not_known("answer_differs", raw=raw)
        try:
            answer = told.read_trade_info(call, said, datetime.now(UTC), raw)
        except told.Unreadable as error:
            return not_known("unreadable", message=str(error), raw=raw)
        if answer.outcome == PaymentOutcome.UNKNOWN and answer.code not in codes.RETURN_CODES:
            logger.warning("provider.unknown_code provider=ecpay key=%s code=%s", call.key, answer.code)
        return answer

    def read_payment_notice(self, fields: dict[str, str]) -> list[PaymentNotice]:
        """A notice to ReturnURL or PaymentInfoURL. A payment that the console only pretended tells nothing: no money came.

        :raises NoticeForged: :raises NoticeUnreadable: see `Gateway`.
        """
        if not is_genuine(fields, *self.keys):
            raise NoticeForged
        if fields.get("MerchantID") != self.merchant_id:
            raise NoticeUnreadable("another shop's")
        if fields.get("SimulatePaid", "0") not in ("", "0"):
            logger.info("ecpay.notice.simulated number=%s", fields.get("MerchantTradeNo", ""))
            return []
        return [told.notice_of(fields)]

    def test_connection(self) -> ConnectionAnswer:
        """Asks about a number that no payment has: only right keys get a signed answer."""
        wire = Wire(self.pay_at, secrets=self.keys)
        try:
            said, code = self._ask(wire, NOBODYS)
        except NoAnswer as error:
            return ConnectionAnswer(Verdict.UNREACHABLE, code=error.code, message=str(error), raw=wire.record())
        if not code and (told.outcome_of(said.get("TradeStatus", "")) != PaymentOutcome.UNKNOWN):
            return ConnectionAnswer(Verdict.WORKS, code=said["TradeStatus"], raw=wire.record())
        code = code or said.get("TradeStatus", "") or "unreadable"
        if code in ("10200073", "bad_signature"):
            known = codes.RETURN_CODES["10200073"].staff
            return ConnectionAnswer(Verdict.WRONG_CREDENTIALS, "hash_key", code, known, wire.record())
        return ConnectionAnswer(Verdict.UNCLEAR, code=code, raw=wire.record())

    def fetch_statement(self, day: date) -> FetchAnswer:
        """See `StatementGateway`: what was paid on that day (對帳媒體檔). ECPay gives one file a minute, to addresses it was told."""
        wire = Wire(self.statement_at, secrets=self.keys)
        fields = {
            "MerchantID": self.merchant_id,
            "DateType": BY_PAID_DAY,
            "BeginDate": day.isoformat(),
            "EndDate": day.isoformat(),
            "MediaFormated": LAYOUT,
        }
        try:
            reply = wire.ask("POST", STATEMENT, content=self._signed(fields), headers=FORM)
        except NoAnswer as error:
            return FetchAnswer(FetchOutcome.UNKNOWN, code=error.code, message=str(error), raw=wire.record())
        file = FetchedFile(f"TradeNoAio_{day:%Y%m%d}.csv", reply.body)
        raw = {"day": day.isoformat(), "http_status": reply.status, "bytes": len(reply.body)}
        if reply.status == 200 and statement.recognise(file.name, file.data):
            rows = [line for line in statement.text(file.name, file.data).splitlines() if line.strip(" ,")]
            return FetchAnswer(FetchOutcome.FETCHED, (file,), raw=raw) if len(rows) > 1 else FetchAnswer(FetchOutcome.EMPTY, raw=raw)
        return self._no_statement(reply, raw)

    def _no_statement(self, reply: Reply, raw: dict) -> FetchAnswer:
        raw = {**raw, "said": reply.text[:200]}
        if reply.status == 403 or reply.status >= 500:
            code = "too_fast" if reply.status == 403 else "unreadable"
            known = {**OWN_CODES, **codes.RETURN_CODES}[code]
            return FetchAnswer(FetchOutcome.UNKNOWN, code=code, message=known.staff, raw=raw)
        code = next((code for code in codes.RETURN_CODES if len(code) > 2 and code in reply.text), "no_statement")
        return FetchAnswer(FetchOutcome.FAILED, code=code, message=codes.RETURN_CODES[code].staff, raw=raw)

    def _ask(self, wire: Wire, number: str) -> tuple[dict[str, str], str]:
        """The fields of a genuine answer, or {} and a code why nothing can be said. :raises NoAnswer: see `Wire`."""
        fields = {"MerchantID": self.merchant_id, "MerchantTradeNo": number, "TimeStamp": str(int(time.time()))}
        reply = wire.ask("POST", QUERY, content=self._signed(fields), headers=FORM)
        if reply.status == 403:
            return {}, "too_fast"
        said = dict(parse_qsl(reply.text.strip(), keep_blank_values=True)) if reply.status == 200 else {}
        if CHECK not in said:
            refused = said.get("TradeStatus") == "10200073" or reply.text.startswith("10200073")
            return {}, "10200073" if refused else "unreadable"
        if not is_genuine(said, *self.keys) or said.get("MerchantID", self.merchant_id) != self.merchant_id:
            return {}, "bad_signature"
        return said, ""

    def _signed(self, fields: dict[str, str]) -> str:
        return urlencode({**fields, CHECK: check_value(fields, *self.keys)})

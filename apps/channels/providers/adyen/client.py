"""Adyen as a gateway: payment links, refunds and signed notices. https://docs.adyen.com/online-payments/refund/

Adyen only accepts a refund; whether it was made is told by a notice. The same Idempotency-Key is the same refund, by Adyen's promise, and
our refund number stands in the settlement report as the modification's reference.
"""

import json
import logging
from datetime import datetime

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
from apps.channels.paying import PaymentNotice
from apps.channels.providers.adyen.api import OTHER_UNITS, AdyenApi, Refused, why
from apps.channels.providers.adyen.codes import is_link
from apps.channels.providers.adyen.hmac_items import verify
from apps.channels.providers.adyen.payments import TROUBLES, AdyenPayments
from apps.channels.providers.adyen.refusals import CODES, FINAL
from apps.channels.providers.adyen.told import told_by

logger = logging.getLogger(__name__)


class AdyenGateway(AdyenPayments):
    """`credentials` hold `merchant_account`, `api_key`, `hmac_key` and, for a live account, `live_prefix`."""

    def __init__(self, account: Account):
        self.api = AdyenApi(account)
        self.hmac_key = account.credentials.get("hmac_key", "")

    def refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. An accepted one is PENDING."""
        if not call.provider_ref or is_link(call.provider_ref):
            return RefundAnswer(Outcome.DECLINED, code="no_payment_id", raw={"key": call.key})
        if call.currency in OTHER_UNITS:
            return RefundAnswer(Outcome.DECLINED, code="wrong_currency", raw={"key": call.key})
        if call.refunded_minor + call.amount_minor > call.payment_amount_minor:  # Adyen would accept it first, and refuse it later
            return RefundAnswer(Outcome.DECLINED, code="too_much", raw={"key": call.key})
        body = {
            "merchantAccount": self.api.merchant_account,
            "amount": {"value": call.amount_minor, "currency": call.currency},
            "reference": call.refund_no,
        }
        try:
            said = self.api.act("POST", f"/payments/{call.provider_ref}/refunds", body, key=call.key)
            ref, code, raw = str(said["pspReference"]), str(said["status"]), self.api.record(key=call.key)
            # Adyen repeats what it was asked; a key that was used for another refund brings that one's answer.
            asked = {"paymentPspReference": call.provider_ref, "amount": body["amount"], "reference": body["reference"]}
            if any(said.get(name, wanted) != wanted for name, wanted in asked.items()):
                return RefundAnswer(Outcome.UNKNOWN, ref, "answer_differs", raw=raw)
            return RefundAnswer(Outcome.PENDING if code == "received" else Outcome.UNKNOWN, ref, code, raw=raw)
        except TROUBLES as error:
            code, message = why(error)
            final = isinstance(error, Refused) and error.status < 500 and code in CODES and CODES[code].code_class in FINAL
            if not final:
                logger.warning("adyen.refund.unknown key=%s code=%s", call.key, code)
            outcome = Outcome.DECLINED if final else Outcome.UNKNOWN
            return RefundAnswer(outcome, code=code, message=message, raw=self.api.record(key=call.key))

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """See `Gateway`. Adyen answers no question about a refund: one that it accepted waits for its notice, any other is not known."""
        outcome = Outcome.PENDING if call.provider_refund_ref else Outcome.UNKNOWN
        return RefundAnswer(outcome, call.provider_refund_ref, "told_by_notice", raw={"key": call.key})

    def read_notices(self, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice | DisputeTold]:
        """See `Gateway`. Every item must be signed; one of another merchant account is passed over."""
        try:
            items = [one["NotificationRequestItem"] for one in json.loads(body)["notificationItems"]]
        except (ValueError, KeyError, TypeError) as error:
            raise NoticeForged from error
        if not items:
            raise NoticeForged
        for item in items:
            verify(item, self.hmac_key)
        try:
            ours = [item for item in items if item["merchantAccountCode"] == self.api.merchant_account]
            return [told for item in ours for told in told_by(item)]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error

    def acknowledgement(self) -> Acknowledgement:
        """See `Gateway`; without it Adyen sends again, and everything behind it waits."""
        return Acknowledgement(b"[accepted]")

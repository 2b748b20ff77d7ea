"""What Alipay tells of payments and refunds, in forms."""

import logging
import re
from datetime import datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from apps.channels.gateways import NoticeForged, NoticeUnreadable, Outcome, RefundNotice
from apps.channels.paying import PaymentNotice, PaymentOutcome
from apps.channels.providers.alipay.amounts import CURRENCY, fen
from apps.channels.providers.alipay.api import AlipayApi
from apps.channels.rsa import KeyUnusable

SHANGHAI = ZoneInfo("Asia/Shanghai")
_FRACTION = re.compile(r"\.\d+$")
logger = logging.getLogger(__name__)


def moment(text: object) -> datetime | None:
    """A time as Alipay writes it, on Shanghai's clock; None for what is none."""
    try:
        return datetime.strptime(_FRACTION.sub("", str(text or "")), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def payment_outcome(state: str, *, was_paid: bool) -> PaymentOutcome:
    """A closed trade was either never paid, or paid and given back as a whole."""
    if state == "TRADE_CLOSED":
        return PaymentOutcome.PAID if was_paid else PaymentOutcome.EXPIRED
    known = {
        "WAIT_BUYER_PAY": PaymentOutcome.PENDING,
        "TRADE_SUCCESS": PaymentOutcome.PAID,
        "TRADE_FINISHED": PaymentOutcome.PAID,
    }
    return known.get(state, PaymentOutcome.UNKNOWN)


def read(api: AlipayApi, body: bytes) -> list[PaymentNotice | RefundNotice]:
    """:raises NoticeForged: :raises NoticeUnreadable: also when a refund could not be asked about; Alipay sends it again."""
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        if not api.is_genuine(fields):
            raise NoticeForged
    except (UnicodeDecodeError, ValueError, KeyUnusable) as error:
        raise NoticeForged("nobody could prove it") from error
    if fields.get("app_id") != api.app_id or (api.seller_id and fields.get("seller_id") != api.seller_id):
        raise NoticeUnreadable("another shop's")
    if not {"trade_no", "out_trade_no", "trade_status"} <= set(fields):
        return []
    return [_refund(api, fields)] if fields.get("refund_fee") else [_payment(fields)]


def _payment(fields: dict[str, str]) -> PaymentNotice:
    amount, state = fen(fields.get("total_amount")), fields["trade_status"]
    if amount is None:
        raise NoticeUnreadable("no amount")
    outcome = payment_outcome(state, was_paid=bool(fields.get("gmt_payment")))
    if outcome == PaymentOutcome.UNKNOWN:
        logger.warning("provider.unknown_code provider=alipay code=%s", state)
    return PaymentNotice(
        event_id=f"{fields['trade_no']}:{state}",
        outcome=outcome,
        amount_minor=amount,
        currency=CURRENCY,
        merchant_ref=fields["out_trade_no"],
        provider_ref=fields["trade_no"],
        occurred_at=moment(fields.get("gmt_payment") or fields.get("gmt_close")),
        code=state,
    )


def _refund(api: AlipayApi, fields: dict[str, str]) -> RefundNotice:
    """`refund_fee` is the sum of all refunds so far; `out_biz_no` says which one this is."""
    trade_no, number = fields["trade_no"], fields.get("out_biz_no") or fields["out_trade_no"]
    said = api.ask("alipay.trade.fastpay.refund.query", {"trade_no": trade_no, "out_request_no": number})
    amount = fen(said.data.get("refund_amount"))
    if said.code or amount is None or said.data.get("out_request_no") != number:
        raise NoticeUnreadable(f"the refund cannot be asked about: {said.code or 'not found'}"[:200])
    done = str(said.data.get("refund_status") or "REFUND_SUCCESS") == "REFUND_SUCCESS"
    return RefundNotice(
        event_id=f"{trade_no}:refund:{number}"[:120],
        outcome=Outcome.SUCCEEDED if done else Outcome.UNKNOWN,
        amount_minor=amount,
        currency=CURRENCY,
        key=number,
        provider_ref=trade_no,
        merchant_ref=fields["out_trade_no"],
        provider_refund_ref=number,  # Alipay gives a refund no number of its own
        occurred_at=moment(fields.get("gmt_refund")),
        code=fields["trade_status"],
    )

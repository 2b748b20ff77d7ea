"""What WeChat Pay tells of payments and refunds."""

import json
import logging
from datetime import datetime

from apps.channels.gateways import NoticeForged, NoticeUnreadable, Outcome, RefundNotice
from apps.channels.paying import PaymentNotice, PaymentOutcome
from apps.channels.providers.wechat import signing
from apps.channels.providers.wechat.api import WechatApi
from apps.channels.providers.wechat.codes import PAYMENT_STATES, REFUND_STATES
from apps.channels.rsa import KeyUnusable
from apps.channels.wire import NoAnswer

logger = logging.getLogger(__name__)


def moment(text: object) -> datetime | None:
    """A time as WeChat Pay writes it (RFC 3339); None for what is none."""
    try:
        read = datetime.fromisoformat(str(text or ""))
    except ValueError:
        return None
    return read if read.tzinfo else None


def read(api: WechatApi, headers: dict[str, str], body: bytes, at: datetime) -> list[PaymentNotice | RefundNotice]:
    """:raises NoticeForged: also when the key to prove it cannot be had; WeChat Pay sends it again. :raises NoticeUnreadable: see there."""
    try:
        if not api.is_genuine(headers, body, at):
            raise NoticeForged
    except (NoAnswer, KeyUnusable) as error:
        raise NoticeForged("nobody could prove it") from error
    try:
        event = json.loads(body)
        event_id, kind = str(event["id"]), str(event["event_type"])
        if not kind.startswith(("TRANSACTION.", "REFUND.")):
            return []
        told = signing.opened_json(event["resource"], api.api_v3_key)
        if told["mchid"] != api.mchid:
            raise NoticeUnreadable("another merchant's")
        return [_refund(event_id, told) if kind.startswith("REFUND.") else _payment(event_id, told)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoticeUnreadable(f"{type(error).__name__}: {error}"[:200]) from error


def _payment(event_id: str, told: dict) -> PaymentNotice:
    state = told["trade_state"]
    if state not in PAYMENT_STATES:
        logger.warning("provider.unknown_code provider=wechat code=%s", state)
    return PaymentNotice(
        event_id=event_id,
        outcome=PAYMENT_STATES.get(state, PaymentOutcome.UNKNOWN),
        amount_minor=_fen(told["amount"]["total"]),
        currency=told["amount"].get("currency", "CNY"),
        merchant_ref=told["out_trade_no"],
        provider_ref=told.get("transaction_id", ""),
        occurred_at=moment(told.get("success_time")),
        code=state,
        message=str(told.get("trade_state_desc") or "")[:300],
    )


def _refund(event_id: str, told: dict) -> RefundNotice:
    """Its amount names no currency: refunds of this interface are in CNY."""
    state = told["refund_status"]
    if state not in REFUND_STATES:
        logger.warning("provider.unknown_code provider=wechat code=%s", state)
    return RefundNotice(
        event_id=event_id,
        outcome=REFUND_STATES.get(state, Outcome.UNKNOWN),
        amount_minor=_fen(told["amount"]["refund"]),
        currency=told["amount"].get("currency", "CNY"),
        key=told["out_refund_no"],
        provider_ref=told.get("transaction_id", ""),
        merchant_ref=told.get("out_trade_no", ""),
        provider_refund_ref=told["refund_id"],
        occurred_at=moment(told.get("success_time")),
        code=state,
    )


def _fen(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not an amount")
    return value

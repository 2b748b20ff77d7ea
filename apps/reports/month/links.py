"""Where each figure of a month leads: the list that holds the rows behind it, already filtered."""

from urllib.parse import urlencode

from apps.disputes.models import Dispute
from apps.merchants.context import address
from apps.merchants.models import Merchant
from apps.reports.figures.months import Month


def check_links(merchant: Merchant, month: Month) -> dict[str, str]:
    """Check code → address; empty where a page does not exist."""
    days = _days(month)
    return {
        "reconciled": _to(merchant, "settlements:queue", **days),
        "statements": _to(merchant, "settlements:statements", month=str(month)),
        "bank_statements": _to(merchant, "settlements:statements", month=str(month)),
        "differences": _to(merchant, "settlements:queue", **days),
        "refunds": _to(merchant, "orders:refund_list", **days),
        "payouts": _to(merchant, "settlements:payouts", state="waiting", **days),
    }


def term_links(merchant: Merchant, month: Month, channel: dict, channel_id: int, currency: str) -> dict[str, str]:
    """Term of the certificate or of the books side → address."""
    days, code = _days(month), channel["code"]
    came = {"came_first": days["first"], "came_last": days["last"]}
    payments = _to(merchant, "orders:payments", channel=channel_id, **days)
    refunds = _to(merchant, "orders:refund_list", channel=channel_id, **days)
    statements = _to(merchant, "settlements:statements", month=str(month))
    payouts = _to(merchant, "settlements:payouts", channel=code, currency=currency, **came)
    waiting = _to(merchant, "settlements:payouts", channel=code, currency=currency, state="waiting")
    disputes = _disputes(merchant, month, channel_id, code)
    fees = _to(merchant, "settlements:queue", channel=code, kind="fee_mismatch", state="all", **days)
    before = _to(merchant, "settlements:payouts", channel=code, currency=currency, first=month.first.isoformat())
    return {
        "opening": before,
        "sales": payments,
        "refunds": refunds,
        "fees": fees,
        "disputes": disputes,
        "adjustments": statements,
        "payouts": payouts,
        "closing": waiting,
        "paid": payments,
        "in_transit": waiting,
        "paid_out": payouts,
        "refunded": refunds,
        "disputed": disputes,
        "reserved": statements,
        "adjusted": statements,
        "differences": _to(merchant, "settlements:queue", channel=code, state="all", last=days["last"]),
    }


def _disputes(merchant: Merchant, month: Month, channel_id: int, code: str) -> str:
    """The disputes whose lines the month holds; where none is on record, the differences that say so."""
    if Dispute.objects.for_merchant(merchant).filter(channel_id=channel_id).exists():
        days = {"listed_first": month.first.isoformat(), "listed_last": month.last.isoformat()}
        return _to(merchant, "disputes:disputes", view="all", channel=code, **days)
    return _to(merchant, "settlements:queue", channel=code, kind="dispute_missing_in_books", state="all", **_days(month))


def difference_link(merchant: Merchant, pk: int) -> str:
    return address("settlements:discrepancy", merchant_slug=merchant.slug, pk=pk)


def _days(month: Month) -> dict[str, str]:
    return {"first": month.first.isoformat(), "last": month.last.isoformat()}


def _to(merchant: Merchant, name: str, **query) -> str:
    found = address(name, merchant_slug=merchant.slug)
    return f"{found}?{urlencode(query)}" if found else ""

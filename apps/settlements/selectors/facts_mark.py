"""A fingerprint of what reconciliation reads of a channel: as long as it is the same, what a replay told is still so."""

import hashlib
import json
from datetime import date

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Count, Max, QuerySet, Sum

from apps.channels.models import BookedRate, Channel, FeeRule, HolidayCalendar, RuleSet
from apps.orders.models import BookImport, Payment, Refund
from apps.settlements.models import BankLine, BankMatch, BankStatement, Discrepancy, Match, Payout, Statement, StatementLine

AGREED = ("id", "statements", "settles", "calendar", "grace_days", "bank_account_id", "bank_keywords")


def facts_mark(channel: Channel, as_of: date) -> str:
    """Sixteen queries that add up, whatever the size of the books; 64 hexadecimal digits.

    It reads sums and counts by state, not the rows: a row of the books changes by an import alone, and imports are counted.
    """
    merchant = channel.merchant_id
    channels = Channel.objects.for_merchant(merchant).order_by("pk")
    seen = [
        as_of,
        list(channels.values_list(*AGREED)),
        *(_rows(model.objects.for_merchant(merchant), "channel_id") for model in (RuleSet, FeeRule, BookedRate)),
        list(BookedRate.objects.for_merchant(merchant).order_by().aggregate(at=Max("created_at")).values()),
        list(HolidayCalendar.objects.for_merchant(merchant).order_by("pk").values_list("code", "weekend", "holidays", "workdays")),
        _rows(BookImport.objects.for_merchant(merchant)),
        _rows(Payment.objects.for_merchant(merchant).filter(channel=channel), "state", money="amount_minor"),
        _rows(Refund.objects.for_merchant(merchant).filter(channel=channel), "state", money="amount_minor"),
        _rows(Statement.objects.for_merchant(merchant).filter(channel=channel), "state"),
        _rows(StatementLine.objects.for_merchant(merchant).filter(channel=channel), "is_live", money="net"),
        _rows(Match.objects.for_merchant(merchant).filter(channel_id=channel.pk), "voided_by_id", moment="voided_at"),
        _rows(Payout.objects.for_merchant(merchant), money="lines_net_minor"),
        _rows(BankStatement.objects.for_merchant(merchant), "state"),
        _rows(BankLine.objects.for_merchant(merchant), "is_live", money="amount_minor"),
        _rows(BankMatch.objects.for_merchant(merchant), "voided_by_id", moment="voided_at"),
        _rows(Discrepancy.objects.for_merchant(merchant), "state", money="difference_minor", moment="closed_at"),
    ]
    return hashlib.sha256(json.dumps(seen, cls=DjangoJSONEncoder).encode()).hexdigest()


def _rows(rows: QuerySet, by: str = "", *, money: str = "", moment: str = "") -> list:
    """How many rows there are, the newest key, and where they have one the sum of their money and the last moment; by group."""
    asked = {"n": Count("pk"), "newest": Max("pk")}
    if money:
        asked["money"] = Sum(money)
    if moment:
        asked["moment"] = Max(moment)
    if not by:
        return [rows.order_by().aggregate(**asked)]
    return list(rows.order_by(by).values(by).annotate(**asked))

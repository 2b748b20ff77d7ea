"""A rule's settings in one line."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.enums import METHOD_LABELS
from apps.core.figures import cash_text, count_text, percent_text
from apps.disputes.enums import RiskKind
from apps.disputes.models import RiskRule
from apps.merchants.models import Merchant

LIMITS = {
    RiskKind.SINGLE_DIFFERENCE: lambda: _("from %(amount)s"),
    RiskKind.REFUND_RATE: lambda: _("above %(part)s of the payments of %(days)s"),
    RiskKind.REFUND_SURGE: lambda: _("from %(number)s percent of a normal day"),
    RiskKind.IP_VELOCITY: lambda: _("from %(number)s within %(minutes)s"),
    RiskKind.BUYER_VELOCITY: lambda: _("from %(number)s within %(minutes)s"),
    RiskKind.LARGE_AMOUNT: lambda: _("from %(amount)s"),
    RiskKind.UNUSUAL_COUNTRY: lambda: _("below %(part)s of the payments of %(days)s"),
    RiskKind.FAILURE_RATE: lambda: _("%(part)s above the usual within %(hours)s"),
    RiskKind.CARD_TESTING: lambda: _("up to %(amount)s, from %(floor)s within %(minutes)s"),
    RiskKind.FEE_RATIO: lambda: _("%(part)s above the usual of %(days)s"),
    RiskKind.PAYOUT_LATE: lambda: _("from %(open_days)s"),
}


def limit_text(rule: RiskRule, merchant: Merchant) -> str:
    """When it fires: “from NT$500”, “above 10 % of the payments of 7 days”."""
    threshold, window, floor = rule.threshold, rule.window, rule.floor
    values = {
        "amount": cash_text(threshold or merchant.difference_threshold_minor, rule.currency or merchant.currency),
        "part": percent_text(threshold, 2 if threshold % 10_000 else 0),
        "number": count_text(threshold),
        "floor": count_text(floor),
        "days": ngettext("%d day", "%d days", window) % window,
        "hours": ngettext("%d hour", "%d hours", window) % window,
        "minutes": ngettext("%d minute", "%d minutes", window) % window,
        "open_days": ngettext("%d open day", "%d open days", threshold) % threshold,
    }
    return LIMITS[RiskKind(rule.kind)]() % values


def scope_text(rule: RiskRule) -> str:
    """What it is narrowed to, or that it watches the whole shop."""
    parts = [
        rule.channel.label if rule.channel else "",
        str(METHOD_LABELS.get(rule.method, rule.method)) if rule.method else "",
        rule.storefront.code if rule.storefront else "",
        rule.currency,
    ]
    return " · ".join(filter(None, parts)) or _("whole shop")

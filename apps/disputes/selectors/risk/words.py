"""What a rule found, in one plain sentence in the reader's language. Facts are those of `rules.frames.Finding`."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.enums import METHOD_LABELS
from apps.channels.models import Channel
from apps.core.figures import cash_text, count_text, day_text, percent_text, when_text
from apps.disputes.enums import RiskKind
from apps.merchants.models import Merchant
from apps.settlements.enums import Kind as DifferenceKind

SENTENCES = {
    RiskKind.SINGLE_DIFFERENCE: lambda: _("%(difference)s at %(channel)s: %(what)s"),
    RiskKind.REFUND_RATE: lambda: _("%(refunds)s refunds for %(payments)s payments in %(days)s: %(rate)s"),
    RiskKind.REFUND_SURGE: lambda: _("%(refunds)s refunds on %(day)s; this weekday usually has %(normal)s"),
    RiskKind.IP_VELOCITY: lambda: _("%(peak)s payments from the address %(ip)s within %(minutes)s"),
    RiskKind.BUYER_VELOCITY: lambda: _("%(peak)s payments by the buyer %(buyer)s within %(minutes)s"),
    RiskKind.LARGE_AMOUNT: lambda: _("A payment of %(most)s at %(channel)s"),
    RiskKind.UNUSUAL_COUNTRY: lambda: _("Payments from %(country)s at %(channel)s: %(before)s of %(of)s in the %(days)s before"),
    RiskKind.FAILURE_RATE: lambda: _(
        "%(failed)s of %(attempts)s attempts with %(method)s at %(channel)s failed: %(rate)s, usually %(normal)s"
    ),
    RiskKind.CARD_TESTING: lambda: _("%(peak)s small charges at %(channel)s within %(minutes)s, %(failed)s of them refused"),
    RiskKind.FEE_RATIO: lambda: _("Fees of %(method)s at %(channel)s take %(ratio)s, usually %(normal)s"),
    RiskKind.PAYOUT_LATE: lambda: _("The payout of %(channel)s due %(due)s has not arrived %(late)s later"),
}
BY_DAY = {
    RiskKind.REFUND_RATE, RiskKind.REFUND_SURGE, RiskKind.UNUSUAL_COUNTRY, RiskKind.FEE_RATIO, RiskKind.PAYOUT_LATE,
}  # fmt: skip
PARTS_PER_TEN = 10


def at_text(kind: str, at: datetime) -> str:
    """When it was: a day of the merchant's clock where the rule counts by days."""
    return day_text(timezone.localtime(at).date()) if kind in BY_DAY else when_text(at)


def channel_labels(merchant: Merchant) -> dict[int, str]:
    return dict(Channel.objects.for_merchant(merchant).values_list("pk", "label"))


def sentence(kind: str, facts: dict, currency: str, channels: dict[int, str]) -> str:
    """`channels` are the merchant's labels by key; one that is gone is not named."""
    pattern = SENTENCES[RiskKind(kind)]()
    if facts.get("arrived"):
        pattern = _("The payout of %(channel)s due %(due)s arrived %(late)s later")
    return pattern % _values(facts, currency, channels)


def _values(facts: dict, currency: str, channels: dict[int, str]) -> dict[str, str]:
    values = {name: str(value) for name, value in facts.items()}
    channel = facts.get("channel")
    values["channel"] = channels.get(int(channel), "") if channel is not None else ""
    for name in ("refunds", "payments", "peak", "failed", "attempts", "of", "before"):
        if name in facts:
            values[name] = count_text(facts[name])
    for name in ("rate", "ratio"):
        if name in facts:
            values[name] = percent_text(facts[name])
    for name in ("difference", "most"):
        if name in facts:
            values[name] = cash_text(facts[name], currency)
    for name in ("day", "due"):
        if name in facts:
            values[name] = day_text(date.fromisoformat(facts[name]))
    values |= _lengths(facts)
    if "method" in facts:
        values["method"] = str(METHOD_LABELS.get(facts["method"], facts["method"]))
    if "kind" in facts:
        values["what"] = str(DifferenceKind(facts["kind"]).label)
    if "normal" in facts:
        has_rate = "rate" in facts or "ratio" in facts
        values["normal"] = percent_text(facts["normal"]) if has_rate else f"{facts['normal'] / PARTS_PER_TEN:g}"
    return values


def _lengths(facts: dict) -> dict[str, str]:
    lengths = {}
    if "days" in facts:
        lengths["days"] = ngettext("%d day", "%d days", facts["days"]) % facts["days"]
    if "minutes" in facts:
        lengths["minutes"] = ngettext("%d minute", "%d minutes", facts["minutes"]) % facts["minutes"]
    if "late" in facts:
        lengths["late"] = ngettext("%d open day", "%d open days", facts["late"]) % facts["late"]
    return lengths

"""The payouts that concern a month: due in it, arrived in it, or still open at its end."""

from django.db.models import Q

from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.settlements.models import Payout


def payouts_of(merchant: Merchant, month: Month):
    """By due day; empty ones (all their lines were withdrawn, nothing came) are left out."""
    due = Q(due_on__range=(month.first, month.last))
    came = Q(arrived_on__range=(month.first, month.last))
    is_open = Q(due_on__lt=month.first) & (Q(arrived_on=None) | Q(arrived_on__gte=month.first)) & ~Q(lines_net_minor=0)
    straddles = Q(covers_from__lte=month.last, due_on__gt=month.last)
    rows = Payout.objects.for_merchant(merchant).filter(due | came | is_open | straddles).exclude(line_count=0, arrived_on=None)
    return rows.select_related("channel").order_by("due_on", "channel__code", "ref", "pk")

"""Paid and arrived, day by day: the chart of the report."""

from collections import defaultdict

from django.db.models import Sum

from apps.channels.contracts import LineKind
from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.figures.movements import live_lines
from apps.settlements.models import Payout


def daily(merchant: Merchant, month: Month) -> dict[str, list[list]]:
    """Currency → one `[ISO day, sales, payouts booked by the bank]` a day of the month, minor units."""
    sales, came = defaultdict(int), defaultdict(int)
    inside = (month.first, month.last)
    lines = live_lines(merchant).filter(kind=LineKind.PAYMENT, business_date__range=inside)
    for row in lines.order_by().values("currency", "business_date").annotate(amount=Sum("gross")):
        sales[row["currency"], row["business_date"]] = int(row["amount"])
    payouts = Payout.objects.for_merchant(merchant).filter(arrived_on__range=inside)
    for row in payouts.order_by().values("currency", "arrived_on").annotate(amount=Sum("arrived_minor")):
        came[row["currency"], row["arrived_on"]] = int(row["amount"])
    currencies = sorted({currency for currency, _day in [*sales, *came]})
    return {currency: [[day.isoformat(), sales[currency, day], came[currency, day]] for day in month.days] for currency in currencies}

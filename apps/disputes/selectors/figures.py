"""What disputes cost and how many are won: by reason, channel, payment product (the method the customer paid by) and storefront."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, F, QuerySet, Sum
from django.utils.translation import gettext as _

from apps.disputes.enums import Family
from apps.disputes.models import Dispute
from apps.merchants.models import Merchant
from apps.settlements.selectors.headlines import method_label

GROUPS = {
    "reason": ("family",),
    "channel": ("channel__label",),
    "method": ("payment__method",),
    "storefront": ("payment__order__storefront__code",),
}


@dataclass
class Row:
    """One group. Money is in minor units by currency: what stayed with customers, fees, and what is still under way."""

    label: str
    opened: int = 0
    won: int = 0
    lost: int = 0
    accepted: int = 0
    lost_minor: dict[str, int] = field(default_factory=dict)
    fees_minor: dict[str, int] = field(default_factory=dict)
    at_risk_minor: dict[str, int] = field(default_factory=dict)

    @property
    def still_open(self) -> int:
        return self.opened - self.won - self.lost - self.accepted

    @property
    def win_ppm(self) -> int | None:
        """Won of those that were fought to the end, in millionths; accepted ones were not fought. None before the first."""
        fought = self.won + self.lost
        return round(self.won * 1_000_000 / fought) if fought else None

    @property
    def currencies(self) -> list[str]:
        return sorted({*self.lost_minor, *self.fees_minor, *self.at_risk_minor})

    @property
    def money(self) -> list[tuple[str, int, int, int, int]]:
        """(currency, lost, fees, cost, still at risk) a currency."""
        found = []
        for currency in self.currencies:
            lost, fees = self.lost_minor.get(currency, 0), self.fees_minor.get(currency, 0)
            found.append((currency, lost, fees, lost + fees, self.at_risk_minor.get(currency, 0)))
        return found


def opened_between(merchant: Merchant, first: datetime | None, last: datetime | None) -> QuerySet[Dispute]:
    """Disputes opened from `first` (included) to `last` (excluded)."""
    rows = Dispute.objects.for_merchant(merchant)
    rows = rows.filter(opened_at__gte=first) if first else rows
    return rows.filter(opened_at__lt=last) if last else rows


def rows_by(rows: QuerySet[Dispute], group: str) -> list[Row]:
    """One row a group, the dearest first (by number where currencies differ). One query."""
    [column] = GROUPS[group]
    found: dict[str, Row] = {}
    sums = rows.order_by().values_list(column, "currency", "state").annotate(
        n=Count("pk"), amount=Sum("amount_minor"), gone=Sum(F("amount_minor") - F("returned_minor")), fees=Sum("fee_minor")
    )  # fmt: skip
    for key, currency, state, n, amount, gone, fees in sums:
        _add(found.setdefault(key or "", Row(_label(group, key))), currency, state, n, amount, gone or 0, fees or 0)
    return sorted(found.values(), key=lambda row: (-row.opened, row.label))


def total_of(rows: QuerySet[Dispute]) -> Row:
    """All of them as one row; one query."""
    whole = Row(_("All disputes"))
    sums = rows.order_by().values_list("currency", "state").annotate(
        n=Count("pk"), amount=Sum("amount_minor"), gone=Sum(F("amount_minor") - F("returned_minor")), fees=Sum("fee_minor")
    )  # fmt: skip
    for currency, state, n, amount, gone, fees in sums:
        _add(whole, currency, state, n, amount, gone or 0, fees or 0)
    return whole


def _add(row: Row, currency: str, state: str, n: int, amount: int, gone: int, fees: int) -> None:
    row.opened += n
    if state in ("won", "lost", "accepted"):
        setattr(row, state, getattr(row, state) + n)
        row.lost_minor[currency] = row.lost_minor.get(currency, 0) + gone
    else:
        row.at_risk_minor[currency] = row.at_risk_minor.get(currency, 0) + amount
    row.fees_minor[currency] = row.fees_minor.get(currency, 0) + fees


def _label(group: str, key: str | None) -> str:
    if group == "reason":
        return str(Family(key).label)
    if group == "method":
        return method_label(key) if key else _("payment not in our books")
    return key or (_("without a storefront") if group == "storefront" else "—")

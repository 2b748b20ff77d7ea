"""What a provider took too much in a period: the fees above the plan that nobody has accepted, each with its likeliest cause."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from apps.channels.models import Channel
from apps.channels.selectors.cards import method_list
from apps.merchants.models import Merchant
from apps.settlements.enums import Kind, Resolution
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.fee_causes import cause_text, causes_for
from apps.settlements.states import OPEN


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One overcharge. Fees and the claim are positive minor units of `currency`."""

    pk: int
    day: date
    order_no: str
    merchant_ref: str
    provider_ref: str
    method: str
    currency: str
    gross: int
    agreed: int
    charged: int
    claimed: int
    cause: str
    source: str  # file and row where the provider says it


@dataclass(frozen=True, slots=True)
class CauseSum:
    """What one cause comes to in one currency."""

    cause: str
    currency: str
    count: int
    claimed: int


@dataclass(frozen=True, slots=True)
class Claim:
    """All overcharges of one channel in a period, oldest first."""

    rows: list[ClaimRow]
    causes: list[CauseSum]  # the largest first

    @property
    def totals(self) -> list[tuple[str, int, int]]:
        """(currency, number of fees, claim in minor units), by currency."""
        sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for row in self.rows:
            sums[row.currency][0] += 1
            sums[row.currency][1] += row.claimed
        return [(currency, *sums[currency]) for currency in sorted(sums)]


def overcharges(channel: Channel, first: date, last: date) -> QuerySet[Discrepancy]:
    """Fees above the plan from `first` to `last` (business dates) that are open or claimed; what was accepted or written off is not."""
    claimable = Q(state__in=sorted(OPEN)) | Q(resolution=Resolution.CLAIMED)
    found = Discrepancy.objects.for_merchant(channel.merchant_id).filter(claimable, channel=channel, kind=Kind.FEE_MISMATCH)
    return found.filter(difference_minor__lt=0, business_date__range=(first, last))


def claim_of(channel: Channel, first: date, last: date, *, most: int | None = None) -> Claim:
    """The claim against one provider; causes are worked out over all of it and put in the active language. With `most`, so many
    rows at the most, the oldest."""
    found = overcharges(channel, first, last).select_related("line__statement", "payment").order_by("business_date", "pk")
    items = list(found[:most] if most else found)
    rows = [_row(item, cause_text(cause, item.currency)) for item, cause in zip(items, causes_for(channel, items), strict=True)]
    return Claim(rows, _by_cause(rows))


def _source(name: str, row: int | None) -> str:
    return _("%(file)s, row %(row)s") % {"file": name, "row": row} if row else name


def _row(item: Discrepancy, cause: str) -> ClaimRow:
    method = item.payment.method if item.payment else item.method
    return ClaimRow(
        pk=item.pk,
        day=item.business_date,
        order_no=item.order_no,
        merchant_ref=item.merchant_ref,
        provider_ref=item.provider_ref,
        method=method_list([method]) if method else "",
        currency=item.currency,
        gross=item.line.gross if item.line else 0,
        agreed=-item.expected_minor,
        charged=-item.actual_minor,
        claimed=-item.difference_minor,
        cause=cause,
        source=_source(item.source_file, item.source_row),
    )


def _by_cause(rows: list[ClaimRow]) -> list[CauseSum]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[row.cause, row.currency][0] += 1
        sums[row.cause, row.currency][1] += row.claimed
    found = [CauseSum(cause, currency, *figures) for (cause, currency), figures in sums.items()]
    return sorted(found, key=lambda one: (-one.claimed, one.cause, one.currency))


@dataclass(frozen=True, slots=True)
class ChannelClaim:
    """What could be claimed from one channel, in one currency."""

    channel: Channel
    currency: str
    count: int
    claimed: int


def claims_by_channel(merchant: Merchant, first: date, last: date) -> list[ChannelClaim]:
    """Every channel that took too much in the period, in the order of their codes; two queries."""
    channels = {channel.pk: channel for channel in Channel.objects.for_merchant(merchant)}
    claimable = Q(state__in=sorted(OPEN)) | Q(resolution=Resolution.CLAIMED)
    found = Discrepancy.objects.for_merchant(merchant).filter(claimable, kind=Kind.FEE_MISMATCH, difference_minor__lt=0)
    sums = found.filter(business_date__range=(first, last)).order_by().values("channel_id", "currency")
    rows = sums.annotate(n=Count("pk"), claimed=-Sum(F("difference_minor")))
    every = [ChannelClaim(channels[row["channel_id"]], row["currency"], row["n"], row["claimed"]) for row in rows]
    return sorted(every, key=lambda one: (one.channel.code, one.currency))

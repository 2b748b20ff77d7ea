"""What an approver should notice before anything else, as chips: on every row of the queue, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from apps.core.clock import local_date
from apps.core.figures import cash_text, count_text
from apps.core.signs import signs_for_many
from apps.core.ui import Chip
from apps.merchants.models import Merchant
from apps.orders.enums import RefundRoute, RefundState
from apps.orders.models import PaymentHold, Refund
from apps.orders.selectors.refund_context import ChannelBalance, balances_of
from apps.orders.states import HOLDS_MONEY

SAME_BUYER_WITHIN = timedelta(days=30)
OFTEN = 2  # so many refunds of one buyer within that time are worth a word


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around the requests of a list. Amounts in minor units; by payment, buyer, channel and currency, refund."""

    refunded: dict[int, int] = field(default_factory=dict)
    holds: dict[int, list[PaymentHold]] = field(default_factory=dict)
    buyers: dict[str, list[tuple[int, datetime]]] = field(default_factory=dict)
    balances: dict[tuple[int, str], ChannelBalance] = field(default_factory=dict)
    signs: dict[int, list[Chip]] = field(default_factory=dict)


def around(merchant: Merchant, refunds: Sequence[Refund], now: datetime, *, with_signs: bool = True) -> Around:
    """Three queries and those of the registries, however many requests."""
    if not refunds:
        return Around()
    payments = {refund.payment_id for refund in refunds}
    done = Refund.objects.for_merchant(merchant).filter(payment_id__in=payments, state=RefundState.SUCCEEDED)
    done = done.filter(currency=F("payment__currency"))
    holds = defaultdict(list)
    for hold in PaymentHold.objects.for_merchant(merchant).filter(payment_id__in=payments, released_at=None).order_by("pk"):
        holds[hold.payment_id].append(hold)
    return Around(
        refunded=dict(done.order_by().values_list("payment_id").annotate(total=Sum("amount_minor"))),
        holds=dict(holds),
        buyers=_buyers(merchant, refunds, now),
        balances=balances_of(merchant, {refund.channel_id for refund in refunds}, local_date(now, merchant.timezone)),
        signs=signs_for_many(merchant, refunds) if with_signs else {},
    )


def _buyers(merchant: Merchant, refunds: Sequence[Refund], now: datetime) -> dict[str, list[tuple[int, datetime]]]:
    """(id, moment) of the refunds of each buyer, for the last days before now."""
    names = {refund.payment.customer_ref for refund in refunds} - {""}
    if not names:
        return {}
    first = min([now, *(refund.requested_at for refund in refunds)]) - SAME_BUYER_WITHIN
    rows = Refund.objects.for_merchant(merchant).filter(requested_at__gte=first, state__in=HOLDS_MONEY, payment__customer_ref__in=names)
    found = defaultdict(list)
    for pk, moment, name in rows.order_by("requested_at", "pk").values_list("pk", "requested_at", "payment__customer_ref"):
        found[name].append((pk, moment))
    return dict(found)


def warnings_of(refund: Refund, known: Around) -> list[Chip]:
    """The chips of one request that still waits; what is over has none but its result."""
    if refund.state != RefundState.REQUESTED:
        return []
    chips = [chip for chip in (_stale(refund), _held(refund, known), _partly(refund, known), _short(refund, known)) if chip]
    nth = buyer_count(refund, known)
    if nth >= OFTEN:
        chips.append(Chip(_("same buyer, refund no. %(n)s in 30 days") % {"n": count_text(nth)}, "amber"))
    return [*known.signs.get(refund.pk, []), *chips]


def buyer_count(refund: Refund, known: Around) -> int:
    """How many refunds the buyer had in the 30 days until this one, this one included; 0 when the buyer is not known."""
    first = refund.requested_at - SAME_BUYER_WITHIN
    rows = known.buyers.get(refund.payment.customer_ref, [])
    return sum(first <= moment and (moment, pk) <= (refund.requested_at, refund.pk) for pk, moment in rows)


def balance_of(refund: Refund, known: Around) -> ChannelBalance | None:
    """The balance that will pay a refund through its provider; None when unknown."""
    return known.balances.get((refund.channel_id, refund.currency))


def shortfall(refund: Refund, known: Around) -> int:
    """Minor units that the channel's balance lacks for this refund; 0 when it is enough, or not known, or not asked."""
    balance = balance_of(refund, known)
    if balance is None or refund.request.route != RefundRoute.PROVIDER:
        return 0
    return max(0, refund.amount_minor - max(0, balance.minor))


def _stale(refund: Refund) -> Chip | None:
    return Chip(_("figures changed, look again"), "red") if refund.request.stale_at else None


def _held(refund: Refund, known: Around) -> Chip | None:
    return Chip(_("disputed"), "red", "gavel") if known.holds.get(refund.payment_id) else None


def _partly(refund: Refund, known: Around) -> Chip | None:
    amount = known.refunded.get(refund.payment_id, 0)
    if not amount:
        return None
    return Chip(_("%(amount)s refunded already") % {"amount": cash_text(amount, refund.currency)}, "amber")


def _short(refund: Refund, known: Around) -> Chip | None:
    missing = shortfall(refund, known)
    if not missing:
        return None
    return Chip(_("channel balance too small by %(amount)s") % {"amount": cash_text(missing, refund.currency)}, "amber")

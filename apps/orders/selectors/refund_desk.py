"""The review queue: which requests wait, for whom, and what became of the others. Money is never added up across currencies."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User
from apps.orders.enums import RefundState, Verdict
from apps.orders.models import Refund, RefundDecision

GOING = (RefundState.APPROVED, RefundState.SUBMITTING, RefundState.UNKNOWN)
OVER = (RefundState.SUCCEEDED, RefundState.FAILED, RefundState.REJECTED, RefundState.WITHDRAWN)
MOST_WAITING = 50  # rows of one part of the queue
MOST_OVER = 10
RECENT = timedelta(days=7)
OLDEST_FIRST = ("request__due_at", "pk")


@dataclass(frozen=True, slots=True)
class Total:
    """Requests of one currency; `amount_minor` is positive."""

    currency: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests each tab holds."""

    waiting: int
    going: int
    over: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request stands among those that wait for me: its number (0: it is none of them), how many there are, its neighbours."""

    number: int
    count: int
    previous: int | None
    next: int | None


def requests_of(merchant: Merchant) -> QuerySet[Refund]:
    """Every refund that a person asked for here, ready to be listed. One query, and one more for the decisions."""
    decisions = RefundDecision.objects.for_merchant(merchant).select_related("decided_by").order_by("pk")
    rows = Refund.objects.for_merchant(merchant).filter(request__isnull=False)
    return rows.select_related("request__requested_by", "payment__order", "channel", "payee", "execution").prefetch_related(
        Prefetch("decisions", decisions)
    )


def of_merchant(merchant: Merchant) -> QuerySet[Refund]:
    """The same rows, to be counted."""
    return Refund.objects.for_merchant(merchant).filter(request__isnull=False)


def waiting(rows: QuerySet[Refund]) -> QuerySet[Refund]:
    return rows.filter(state=RefundState.REQUESTED)


def waiting_for(rows: QuerySet[Refund], user: User, role: str) -> QuerySet[Refund]:
    """Requests on which this person (with the right to approve) can give the next approval."""
    now_given = RefundDecision.objects.filter(refund=OuterRef("pk"), round=OuterRef("request__round"), verdict=Verdict.APPROVE)
    mine = Exists(now_given.filter(decided_by=user))
    rows = waiting(rows).exclude(request__requested_by=user).exclude(mine)
    if role == Role.OWNER:
        return rows
    counted = now_given.order_by().values("refund").annotate(n=Count("pk")).values("n")
    by_owner = Exists(now_given.filter(role=Role.OWNER))
    given = Coalesce(Subquery(counted), 0)
    last_is_owners = Q(request__needs_owner=True) & Q(given__gte=F("request__approvals_needed") - 1) & ~Q(by_owner)
    return rows.alias(given=given, by_owner=by_owner).exclude(last_is_owners)


def asked_of(rows: QuerySet[Refund], user: User) -> QuerySet[Refund]:
    """This person's own requests that need something: an answer, or another look."""
    mine = waiting(rows).filter(request__requested_by=user)
    return mine.filter(Q(request__asked_at__isnull=False) | Q(request__stale_at__isnull=False))


def waiting_count(merchant: Merchant, user: User, role: str, *, may_approve: bool) -> int:
    """What the badge of the navigation says: decisions and answers that this person owes. Two queries at most."""
    rows = of_merchant(merchant)
    count = waiting_for(rows, user, role).count() if may_approve else 0
    return count + asked_of(rows, user).count()


def counts_of(merchant: Merchant) -> Counts:
    """The tabs' figures, in one query."""
    found = dict(of_merchant(merchant).order_by().values_list("state").annotate(n=Count("pk")))
    return Counts(
        waiting=found.get(RefundState.REQUESTED, 0),
        going=sum(found.get(state, 0) for state in GOING),
        over=sum(found.get(state, 0) for state in OVER),
    )


def totals_of(rows: QuerySet[Refund]) -> list[Total]:
    """Count and sum of a list, per currency."""
    found = rows.order_by("currency").values("currency").annotate(n=Count("pk"), total=Sum("amount_minor"))
    return [Total(row["currency"], row["n"], row["total"]) for row in found]


def oldest(rows: QuerySet[Refund], limit: int = MOST_WAITING) -> list[Refund]:
    """First come, first decided: by deadline."""
    return list(rows.order_by(*OLDEST_FIRST)[:limit])


def lately_over(rows: QuerySet[Refund], now: datetime) -> list[Refund]:
    """What ended within a few days, newest first."""
    return list(rows.filter(state__in=OVER, requested_at__gte=now - RECENT).order_by("-requested_at", "-pk")[:MOST_OVER])


def place_of(rows: QuerySet[Refund], refund: Refund) -> Place:
    """The place of one request among `rows`, those that wait for me; two queries."""
    keys = list(rows.order_by(*OLDEST_FIRST).values_list("pk", flat=True)[:200])
    if refund.pk not in keys:
        return Place(0, len(keys), None, keys[0] if keys else None)
    at = keys.index(refund.pk)
    return Place(at + 1, len(keys), keys[at - 1] if at else None, keys[at + 1] if at + 1 < len(keys) else None)


def people_of(merchant: Merchant) -> QuerySet[User]:
    """Those who asked for a refund here."""
    return User.objects.filter(pk__in=of_merchant(merchant).order_by().values("request__requested_by")).order_by("name", "email")


def with_ids(merchant: Merchant, ids: Iterable[int]) -> list[Refund]:
    """The merchant's requests among `ids`."""
    return list(requests_of(merchant).filter(pk__in=list(ids)).order_by("pk"))

"""The queue: which differences wait, in which order, and how many there are. Money is never added up across currencies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Abs

from apps.core.clock import local_date, start_of_day
from apps.core.models import OPEN_JOB_STATES, Job
from apps.core.money import THREE_DIGITS, ZERO_DIGITS, exponent
from apps.merchants.models import Membership, Merchant, SavedView, User
from apps.settlements.enums import DiscrepancyState, JobKind, SignatureState
from apps.settlements.models import Discrepancy, ReconciliationRun, SecondSignature

PAGE_SIZE = 30  # a row of eight cells costs 2 ms to draw
SAVED_VIEWS_PAGE = "settlements:queue"
# What is at stake: the difference, or the whole amount where the two sides agree on it but not on currency or day.
STAKE = Case(When(difference_minor=0, then=Abs("actual_minor")), default=Abs("difference_minor"))
# The last field of each order is unique, so that a row has one place; a minus means largest first.
SORTS = {
    "due": ("due_at", "pk"),
    "amount": ("-stake", "pk"),
    "age": ("opened_at", "pk"),
    "kind": ("kind", "due_at", "pk"),
}


@dataclass(frozen=True, slots=True)
class Total:
    """Open differences in one currency; `net_minor` is signed, from the merchant's side."""

    currency: str
    count: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many open differences each tab holds, and the sums per currency."""

    every: int
    mine: int
    overdue: int
    large: int
    second: int  # waits for a second person
    totals: list[Total]


@dataclass(frozen=True, slots=True)
class Page:
    """Up to PAGE_SIZE rows; `before` and `after` are the keys of the rows that lead to the neighbouring pages, or None."""

    rows: list[Discrepancy]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the filtered order: its number, how many there are, and its neighbours."""

    number: int
    count: int
    previous: Discrepancy | None
    next: Discrepancy | None


def of_merchant(merchant: Merchant) -> QuerySet[Discrepancy]:
    """Every difference of the merchant, ready to be listed."""
    return Discrepancy.objects.for_merchant(merchant).select_related("channel", "owner")


def open_of(merchant: Merchant) -> QuerySet[Discrepancy]:
    return only_open(Discrepancy.objects.for_merchant(merchant))


def only_open(rows: QuerySet[Discrepancy]) -> QuerySet[Discrepancy]:
    """Those that wait. By `closed_at`, which a constraint ties to the state, because the index of the queue is built on it."""
    return rows.filter(closed_at=None)


def at_stake(least: Callable[[int], int]) -> Q:
    """Stakes at or above a figure; `least(digits)` is that figure in minor units of a currency with so many digits. Needs `stake`."""
    zero, three = sorted(ZERO_DIGITS), sorted(THREE_DIGITS)
    return (
        Q(currency__in=zero, stake__gte=least(0))
        | Q(currency__in=three, stake__gte=least(3))
        | (~Q(currency__in=[*zero, *three]) & Q(stake__gte=least(2)))
    )


def is_large(merchant: Merchant) -> Q:
    """At or above the merchant's threshold, taken by its figure in every currency: no rate is assumed."""
    return at_stake(lambda digits: _threshold(merchant, digits))


def _threshold(merchant: Merchant, digits: int) -> int:
    return merchant.difference_threshold_minor * 10**digits // 10 ** exponent(merchant.currency)


def _digits(currency: str) -> int:
    """As `at_stake` sorts currencies."""
    return 0 if currency in ZERO_DIGITS else 3 if currency in THREE_DIGITS else 2


def counts_of(merchant: Merchant, user: User, now: datetime) -> Counts:
    """The tabs' figures and the sums per currency, in two queries."""
    # Counted for each number of digits and chosen by currency here: looking the currency up row by row costs more than all else.
    large = {f"large{digits}": Count("pk", filter=Q(stake__gte=_threshold(merchant, digits))) for digits in (0, 2, 3)}
    rows = (
        open_of(merchant)
        .alias(stake=STAKE)
        .order_by("currency")
        .values("currency")
        .annotate(
            count=Count("pk"),
            mine=Count("pk", filter=Q(owner=user)),
            overdue=Count("pk", filter=Q(due_at__lt=now)),
            **large,
            net=Sum("difference_minor"),
        )
    )
    found = list(rows)
    totals = [Total(row["currency"], row["count"], row["net"]) for row in found]
    many = sum(row[f"large{_digits(row['currency'])}"] for row in found)
    second = waiting_signatures(merchant).count()
    return Counts(*(sum(row[name] for row in found) for name in ("count", "mine", "overdue")), many, second, totals)


def waiting_signatures(merchant: Merchant) -> QuerySet[SecondSignature]:
    """What waits for a second person; it lapses when its difference closes, so every one is of an open difference."""
    return SecondSignature.objects.for_merchant(merchant).filter(state=SignatureState.PENDING)


def waiting_among(rows: Iterable[Discrepancy]) -> set[int]:
    """Which of these wait for a second person."""
    waiting = SecondSignature.objects.filter(discrepancy__in=[row.pk for row in rows], state=SignatureState.PENDING)
    return set(waiting.values_list("discrepancy_id", flat=True))


def signature_of(item: Discrepancy) -> SecondSignature | None:
    """The request that waits at the difference, or the approval it was closed by; else the last rejection while it is open."""
    rows = SecondSignature.objects.for_merchant(item.merchant_id).filter(discrepancy=item)
    shown = [SignatureState.PENDING, SignatureState.REJECTED] if item.is_open else [SignatureState.APPROVED]
    rows = rows.filter(state__in=shown).select_related("requested_by", "decided_by", "line", "payment", "refund", "discrepancy")
    return rows.order_by("-pk").first()


def totals_of(rows: QuerySet[Discrepancy]) -> list[Total]:
    """Count and signed sum of a list, per currency."""
    found = rows.order_by("currency").values("currency").annotate(count=Count("pk"), net=Sum("difference_minor"))
    return [Total(row["currency"], row["count"], row["net"]) for row in found]


def page_of(merchant: Merchant, rows: QuerySet[Discrepancy], sort: str, query, size: int = PAGE_SIZE) -> Page:
    """One page by key. `query["after"]` and `query["before"]` name a row; one that is not in this merchant's list is ignored."""
    for name, onward in (("before", False), ("after", True)):
        anchor = _anchor(merchant, query.get(name, ""))
        if anchor is None:
            continue
        found = list(beyond(rows, sort, anchor, onward=onward)[: size + 1])
        if not found and not onward:
            break
        more, found = len(found) > size, found[:size]
        if onward:
            return Page(found, found[0].pk if found else None, found[-1].pk if more else None)
        found.reverse()
        return Page(found, found[0].pk if more else None, found[-1].pk)
    found = list(ordered(rows, sort)[: size + 1])
    return Page(found[:size], None, found[size - 1].pk if len(found) > size else None)


def _anchor(merchant: Merchant, text: str) -> Discrepancy | None:
    """The row a page starts from. It may have left the filter since (somebody resolved it) and still marks the place."""
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return Discrepancy.objects.for_merchant(merchant).filter(pk=text).first()


def ordered(rows: QuerySet[Discrepancy], sort: str, *, backward: bool = False) -> QuerySet[Discrepancy]:
    """The rows in a named order, or exactly the reverse of it."""
    fields = [_flip(name) if backward else name for name in SORTS[sort]]
    return (rows.annotate(stake=STAKE) if "stake" in SORTS[sort][0] else rows).order_by(*fields)


def beyond(rows: QuerySet[Discrepancy], sort: str, item: Discrepancy, *, onward: bool = True) -> QuerySet[Discrepancy]:
    """What comes after a row (or before it, nearest first) in a named order, whether or not the row itself is in the list."""
    condition, equal = Q(pk__in=[]), Q()
    for name in SORTS[sort]:
        field = name.removeprefix("-")
        falls = name.startswith("-") == onward
        value = stake_of(item) if field == "stake" else getattr(item, field)
        condition |= equal & Q(**{f"{field}__{'lt' if falls else 'gt'}": value})
        equal &= Q(**{field: value})
    return ordered(rows, sort, backward=not onward).filter(condition)


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def stake_of(item: Discrepancy) -> int:
    """`STAKE` of one row in Python, in minor units."""
    return abs(item.difference_minor) or abs(item.actual_minor)


def place_of(rows: QuerySet[Discrepancy], sort: str, item: Discrepancy, count: int) -> Place:
    """The row's place among `rows`, of which there are `count`."""
    before = beyond(rows, sort, item, onward=False)
    return Place(
        number=before.order_by().count() + 1,
        count=count,
        previous=before.first(),
        next=beyond(rows, sort, item).first(),
    )


def closed_today(merchant: Merchant, now: datetime, limit: int = 5) -> tuple[list[Discrepancy], int, int]:
    """What was closed since midnight in the merchant's zone: the newest rows, how many, and how many cleared by themselves."""
    midnight = start_of_day(local_date(now, merchant.timezone), merchant.timezone)
    rows = Discrepancy.objects.for_merchant(merchant).filter(closed_at__gte=midnight)
    figures = rows.aggregate(n=Count("pk"), alone=Count("pk", filter=Q(state=DiscrepancyState.CLEARED)))
    newest = rows.select_related("channel", "closed_by").order_by("-closed_at", "-pk")[:limit]
    return list(newest), figures["n"], figures["alone"]


def people_of(merchant: Merchant) -> QuerySet[User]:
    """Members to whom a difference can be given."""
    members = Membership.objects.for_merchant(merchant).active()
    return User.objects.filter(pk__in=members.values("user_id")).order_by(F("name").asc(), "email")


def saved_views_of(merchant: Merchant, user: User) -> QuerySet[SavedView]:
    return SavedView.objects.for_merchant(merchant).filter(user=user, page=SAVED_VIEWS_PAGE).order_by("name", "pk")


def running_reconciliation(merchant: Merchant) -> Job | None:
    """The reconciliation that waits or runs at this moment."""
    return Job.objects.for_merchant(merchant).filter(kind=JobKind.RECONCILE, state__in=OPEN_JOB_STATES).order_by("-pk").first()


def last_run(merchant: Merchant) -> ReconciliationRun | None:
    return ReconciliationRun.objects.for_merchant(merchant).exclude(finished_at=None).order_by("-started_at").first()


def with_ids(merchant: Merchant, ids: Iterable[int]) -> list[Discrepancy]:
    """The merchant's rows among `ids`, for telling what was done to them."""
    return list(Discrepancy.objects.for_merchant(merchant).filter(pk__in=list(ids)).order_by("pk"))

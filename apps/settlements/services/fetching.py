"""Statements fetched from providers day by day: an empty day is told from a failure, and what fails is tried again.

A day brought in by hand is not asked for. Each step commits before the next: the lease, the call outside of any transaction, the files.
"""

import logging
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.fetching import FetchAnswer, FetchOutcome, StatementHours
from apps.channels.gateways import GatewayKind, Operation
from apps.channels.models import Channel, FetchState, ProviderCall, StatementFetch
from apps.channels.services.circuit import CircuitOpen, open_circuits
from apps.channels.services.gateway import can_be_called, end_call, gateway_for, gateway_kind, start_call
from apps.core import clock, files
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify
from apps.settlements.enums import StatementLists, StatementState
from apps.settlements.errors import UnableToImport
from apps.settlements.models import Statement
from apps.settlements.services.intake import import_file

logger = logging.getLogger(__name__)
DAYS_BACK = 14  # older days are brought in by hand
LEASE = timedelta(minutes=15)
PAUSES = [timedelta(minutes=minutes) for minutes in (10, 30, 60, 120, 240)]
REFUSED_PAUSE = timedelta(days=1)
PATIENCE = 5  # questions without a statement after which people are told
EMPTY_LAYOUT = "empty_day"
NOT_FETCHED = "channel.statement_not_fetched"


def days_to_fetch(*, now: datetime) -> list[tuple[Channel, date]]:
    """Channel and day of every statement that can be asked for now, oldest first: not in by hand, not fetched, not leased.

    Four queries, however many channels there are.
    """
    rows = Channel.objects.filter(is_on=True, merchant__is_practice=False).exclude(credentials="").select_related("merchant")
    resting, ready = open_circuits(now), []
    for channel in rows.order_by("pk"):
        kind = gateway_kind(channel)
        if kind and fetches(kind) and can_be_called(channel) and channel.pk not in resting:
            ready += [(channel, day) for day in _ready_days(channel, kind.statement_hours, now)]
    if not ready:
        return []
    days = [day for _channel, day in ready]
    settled = _settled_days(rows, min(days), max(days), now)
    return [(channel, day) for channel, day in ready if (channel.pk, day) not in settled]


def fetches(kind: GatewayKind) -> bool:
    """Whether the provider's statements can be fetched."""
    return Operation.FETCH_STATEMENT in kind.operations and kind.statement_hours is not None


def _ready_days(channel: Channel, hours: StatementHours, now: datetime) -> list[date]:
    """Business days whose statements the provider has by now, from the channel's first on."""
    today = now.astimezone(ZoneInfo(hours.zone)).date()
    first = max(clock.local_date(channel.created_at, hours.zone), today - timedelta(days=DAYS_BACK))
    days = (first + timedelta(days=at) for at in range((today - first).days + 1))
    return [day for day in days if hours.ready_at(day) <= now]


def _settled_days(channels: QuerySet[Channel], first: date, last: date, now: datetime) -> set[tuple[int, date]]:
    """(channel id, day) of what need not be asked for now, from `first` to `last`: a statement is in, or its turn has not come."""
    # An account flow or a list of payouts says nothing of a day's trades.
    rows = Statement.objects.filter(channel__in=channels.values("pk"), state=StatementState.POSTED, lists=StatementLists.TRADES)
    posted = rows.filter(first_day__lte=last, last_day__gte=first)
    settled = set()
    for channel_id, starts, ends in posted.values_list("channel_id", "first_day", "last_day").iterator():
        starts, ends = max(starts, first), min(ends, last)
        settled.update((channel_id, starts + timedelta(days=at)) for at in range((ends - starts).days + 1))
    asked = StatementFetch.objects.filter(channel__in=channels.values("pk"), day__range=(first, last))
    settled.update(asked.filter(Q(ask_at=None) | Q(ask_at__gt=now)).values_list("channel_id", "day"))
    return settled


def fetch_day(*, channel: Channel, day: date, now: datetime) -> StatementFetch:
    """Asks for one day and takes its files in. A day that is in, or that another worker asks for, is left alone.

    :raises GatewayMissing: the channel cannot be called; nothing was asked.
    """
    gateway = gateway_for(channel)
    try:
        fetch, call = _begin(channel, day, now)
    except CircuitOpen as error:
        StatementFetch.objects.filter(channel=channel, day=day, ask_at__lte=now).update(ask_at=error.until)
        return StatementFetch(merchant=channel.merchant, channel=channel, day=day, ask_at=error.until)
    if call is None:
        return fetch
    try:
        answer = gateway.fetch_statement(day)
    except Exception as error:
        logger.exception("Unable to fetch the statement of channel=%s day=%s", channel.pk, day)
        answer = FetchAnswer(FetchOutcome.UNKNOWN, code="broken", message=type(error).__name__)
    end_call(call, answer, clock.now())
    return _take(channel, fetch, answer)


@transaction.atomic
def _begin(channel: Channel, day: date, now: datetime) -> tuple[StatementFetch, ProviderCall | None]:
    """The lease and the record of the call; no call where the day is done or leased."""
    values = {"merchant_id": channel.merchant_id, "ask_at": now}
    row, _made = StatementFetch.objects.get_or_create(channel=channel, day=day, defaults=values)
    row = StatementFetch.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if row.ask_at is None or row.ask_at > now:
        return row, None
    row.ask_at, row.asks = now + LEASE, row.asks + 1
    row.save(update_fields=["ask_at", "asks"])
    return row, start_call(channel=channel, operation=Operation.FETCH_STATEMENT, key=f"{channel.code} {day}"[:40], now=now)


def _take(channel: Channel, fetch: StatementFetch, answer: FetchAnswer) -> StatementFetch:
    now = clock.now()
    if answer.outcome == FetchOutcome.EMPTY:
        post_empty_day(channel=channel, day=fetch.day, now=now)
        return _end(fetch, FetchState.EMPTY, 0, now)
    if answer.outcome == FetchOutcome.FETCHED:
        return _import(channel, fetch, answer, now)
    return _later(channel, fetch, answer.outcome, answer.code, answer.message, now)


def _import(channel: Channel, fetch: StatementFetch, answer: FetchAnswer, now: datetime) -> StatementFetch:
    """Each file is posted whole or refused whole, as one brought in by hand."""
    for file in answer.files:
        try:
            import_file(owner=channel, name=file.name, data=file.data, by=None, now=now)
        except UnableToImport as refused:
            return _later(channel, fetch, FetchOutcome.FAILED, refused.code, str(refused.message), now)
    return _end(fetch, FetchState.FETCHED, len(answer.files), now)


def _end(fetch: StatementFetch, state: FetchState, count: int, now: datetime) -> StatementFetch:
    fetch.state, fetch.ask_at, fetch.ended_at, fetch.files, fetch.code, fetch.message = state, None, now, count, "", ""
    fetch.save(update_fields=["state", "ask_at", "ended_at", "files", "code", "message"])
    return fetch


def _later(channel: Channel, fetch: StatementFetch, outcome: FetchOutcome, code: str, message: str, now: datetime) -> StatementFetch:
    """Not ready or not answered: again after a pause. Refused: once a day, and people are told at once."""
    is_refused = outcome == FetchOutcome.FAILED
    fetch.state = FetchState.REFUSED if is_refused else FetchState.WAITING
    fetch.ask_at = now + (REFUSED_PAUSE if is_refused else PAUSES[min(fetch.asks, len(PAUSES)) - 1])
    fetch.code, fetch.message = (code or str(outcome))[:60], message[:300]
    fetch.save(update_fields=["state", "ask_at", "code", "message"])
    if is_refused or fetch.asks == PATIENCE:
        _tell(channel, fetch, now)
    return fetch


def _tell(channel: Channel, fetch: StatementFetch, now: datetime) -> None:
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "import_files"),
        kind=NOT_FETCHED,
        title=format_lazy(_("The statement of {channel} for {day} could not be fetched"), channel=channel.label, day=fetch.day.isoformat()),
        body=_("It is tried again. You can also download it from the provider's console and drop it on the page of statements."),
        href=reverse("settlements:statements", args=[channel.merchant.slug]),
        severity=NoticeSeverity.NORMAL,
        group_key=f"fetch:{channel.public_id}",
        now=now,
    )


@transaction.atomic
def post_empty_day(*, channel: Channel, day: date, now: datetime) -> Statement:
    """The provider's own word that nothing happened on a day: a statement without rows, so that the day is no gap."""
    Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    sha256 = files.store(b"")
    known = Statement.objects.for_merchant(channel.merchant_id).filter(channel=channel, state=StatementState.POSTED, sha256=sha256)
    if found := known.filter(first_day=day, last_day=day).first():
        return found
    statement = Statement.objects.create(
        merchant=channel.merchant, channel=channel, name=f"{channel.code} {day} (nothing)", sha256=sha256, size=0, first_day=day,
        last_day=day, layout=EMPTY_LAYOUT, state=StatementState.POSTED, created_at=now,
    )  # fmt: skip
    record(merchant_id=channel.merchant_id, action="file.empty_day", subject=statement, by=None, now=now, after={"day": day.isoformat()})
    return statement

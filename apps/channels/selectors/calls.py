"""A channel's calls and notices, and how its provider answers at present."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.models import CallHour, Channel, Circuit, CircuitState, NoticeState, ProviderCall, WebhookEvent
from apps.channels.return_codes import CodeClass, ReturnCode
from apps.channels.services.gateway import credentials_of, gateway_kind

HOURS = 24
HIDDEN = "•••"
SHOWN_OF_BODY = 4_000
GRAVITY = ("open", "trouble", "fine", "quiet")
CLASS_WORDS = {
    CodeClass.OK: gettext_lazy("It was done."),
    CodeClass.PENDING: gettext_lazy("Accepted, and not yet done."),
    CodeClass.RETRY: gettext_lazy("The provider could not say: it is asked again."),
    CodeClass.DECLINED: gettext_lazy("The payer's bank or wallet said no."),
    CodeClass.CONFIG: gettext_lazy("The shop's set-up at the provider is wrong."),
    CodeClass.DUPLICATE: gettext_lazy("It was done before."),
    CodeClass.STATE: gettext_lazy("Not possible as the payment stands."),
    CodeClass.NOT_FOUND: gettext_lazy("The provider knows no such number."),
}


@dataclass(frozen=True, slots=True)
class HealthHour:
    """One bar: how many calls, and which share of them went well; None without calls."""

    hour: datetime
    calls: int
    share: float | None
    tone: str  # green | amber | red | wait


@dataclass(frozen=True, slots=True)
class Health:
    """A channel's day. `share_ppm` and `ms` are over all its calls of the day; None without any."""

    state: str  # fine | trouble | open | quiet
    sentence: str
    hours: tuple[HealthHour, ...]
    calls: int
    share_ppm: int | None
    ms: int | None
    retry_at: datetime | None = None


def calls_of(channel: Channel, *, only_trouble: bool = False) -> QuerySet[ProviderCall]:
    """Every call, or those that nobody answered, that were refused for the shop's set-up, or never ended."""
    rows = ProviderCall.objects.for_merchant(channel.merchant_id).filter(channel=channel).defer("raw")
    trouble = Q(outcome__in=["unknown", "unreachable", "wrong_creden"]) | Q(code_class=CodeClass.CONFIG) | Q(ended_at=None)
    return rows.filter(trouble) if only_trouble else rows


def notices_of(channel: Channel, *, only_trouble: bool = False) -> QuerySet[WebhookEvent]:
    """Every notice, or those that were forged, could not be read, or wait."""
    rows = WebhookEvent.objects.for_merchant(channel.merchant_id).filter(channel=channel).defer("body")
    return rows.filter(state__in=[NoticeState.FORGED, NoticeState.UNREADABLE, NoticeState.RECEIVED]) if only_trouble else rows


def code_of(channel: Channel, code: str) -> ReturnCode | None:
    """What the provider's dictionary has under a code."""
    kind = gateway_kind(channel)
    return kind.codes.get(code) if kind and code else None


def code_sentence(channel: Channel, code: str) -> str:
    """A code in plain words for staff; empty where nothing is known of it."""
    known = code_of(channel, code)
    if known is None:
        return ""
    return _(known.staff) if known.staff else str(CLASS_WORDS[known.code_class])


def code_words(channel: Channel, code: str) -> str:
    """A code beside what came of a call: its sentence, nothing where it only says the same again, or the code that nobody knows."""
    known = code_of(channel, code)
    if known is None or known.staff:
        return _(known.staff) if known else code
    return "" if known.code_class in (CodeClass.OK, CodeClass.PENDING) else str(CLASS_WORDS[known.code_class])


def shown_body(channel: Channel, notice: WebhookEvent) -> str:
    """A notice's bytes as text, without anything that is one of the channel's credentials."""
    text = notice.body[:SHOWN_OF_BODY]
    for secret in credentials_of(channel).values():
        text = text.replace(secret, HIDDEN) if len(secret) >= len(HIDDEN) + 1 else text
    return text


def health_of(channel: Channel, now: datetime) -> Health:
    """The last HOURS hours of a channel; two queries."""
    return health_of_all([channel], now)[channel.pk]


def health_of_all(channels: list[Channel], now: datetime) -> dict[int, Health]:
    """The same for many channels; two queries whatever their number."""
    since = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    counts = CallHour.objects.filter(channel__in=channels, hour__gte=since).values("channel_id", "hour")
    rows = counts.annotate(calls=Sum("calls"), well=Sum("well"), declined=Sum("declined"), ms=Sum("ms_total")).order_by(
        "channel_id", "hour"
    )
    by_channel: dict[int, dict[datetime, dict]] = {}
    for row in rows:
        by_channel.setdefault(row["channel_id"], {})[row["hour"]] = row
    circuits = {row.channel_id: row for row in Circuit.objects.filter(channel__in=channels).exclude(state=CircuitState.CLOSED)}
    return {one.pk: _health(by_channel.get(one.pk, {}), circuits.get(one.pk), since) for one in channels}


def _health(rows: dict[datetime, dict], circuit: Circuit | None, since: datetime) -> Health:
    hours = tuple(_hour(since + timedelta(hours=at), rows.get(since + timedelta(hours=at))) for at in range(HOURS))
    calls = sum(row["calls"] for row in rows.values())
    # What a payer's bank declines is no fault of the channel's.
    fine = sum(row["well"] + row["declined"] for row in rows.values())
    share = fine * 1_000_000 // calls if calls else None
    ms = sum(row["ms"] for row in rows.values()) // calls if calls else None
    if circuit:
        return Health("open", _("Does not answer: calls pause"), hours, calls, share, ms, circuit.retry_at)
    if not calls:
        return Health("quiet", _("No calls in the last 24 hours"), hours, 0, None, None)
    recent = [hour for hour in hours[-2:] if hour.calls]
    if any(hour.tone == "red" for hour in recent):
        return Health("trouble", _("Many calls go wrong"), hours, calls, share, ms)
    return Health("fine", _("Answers as usual"), hours, calls, share, ms)


def _hour(hour: datetime, row: dict | None) -> HealthHour:
    if row is None:
        return HealthHour(hour, 0, None, "wait")
    share = (row["well"] + row["declined"]) / row["calls"]
    tone = "green" if share >= 0.95 else "amber" if share >= 0.8 else "red"
    return HealthHour(hour, row["calls"], share, tone)


def answering(channels: list[Channel], now: datetime) -> list[tuple[Channel, Health]]:
    """Those that are on and were called in the last day, or whose breaker is open, those in trouble first; two queries."""
    channels = [channel for channel in channels if channel.is_on]
    found = health_of_all(channels, now)
    rows = [(channel, found[channel.pk]) for channel in channels if found[channel.pk].state != "quiet"]
    return sorted(rows, key=lambda row: GRAVITY.index(row[1].state))

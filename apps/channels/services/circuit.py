"""The breaker between us and a provider that does not answer: calls stop, one tries later, and people are told once."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel, Circuit, CircuitState
from apps.core.errors import HezhangError
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

FAILURES = 5  # calls in a row without an answer
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
TRY_LASTS = timedelta(minutes=2)  # longer than any gateway waits; then another call may try
PROVIDER_SILENT = "channel.silent"


class CircuitOpen(HezhangError):
    """The provider did not answer lately: nothing is sent for the moment, nothing was changed. `until` says when one call will try."""

    message = _("%(channel)s has not answered lately. Calls to it pause until %(time)s; nothing was sent.")

    def __init__(self, *, channel: Channel, until: datetime):
        self.until = until
        super().__init__(channel=channel.label, time=until.astimezone(ZoneInfo(channel.timezone)).strftime("%H:%M:%S"))


def open_until(channel: Channel, now: datetime) -> datetime | None:
    """When the next call may try; None when calls may leave."""
    row = Circuit.objects.filter(channel=channel).first()
    return row.retry_at if row and row.state != CircuitState.CLOSED and row.retry_at > now else None


def open_circuits(now: datetime) -> set[int]:
    """The channels whose next call may not leave yet, by id: one question for all, where a row at a time would ask for each."""
    return set(Circuit.objects.exclude(state=CircuitState.CLOSED).filter(retry_at__gt=now).values_list("channel_id", flat=True))


def pass_circuit(*, channel: Channel, now: datetime) -> None:
    """Lets a call leave, or not. After the pause one call alone passes; the others wait for what it brings.

    :raises CircuitOpen: see there.
    """
    row = Circuit.objects.filter(channel=channel).first()
    if row is None or row.state == CircuitState.CLOSED:
        return
    due = Circuit.objects.filter(pk=row.pk, retry_at__lte=now).exclude(state=CircuitState.CLOSED)
    if not due.update(state=CircuitState.TRYING, retry_at=now + TRY_LASTS):
        row.refresh_from_db()
        if row.state != CircuitState.CLOSED:
            raise CircuitOpen(channel=channel, until=row.retry_at)


def note_answer(*, channel: Channel, reached: bool, code: str, now: datetime) -> None:
    """What a call brought: an answer closes the breaker; the FAILURES-th silence in a row, or a failed try, opens it."""
    if reached:
        rows = Circuit.objects.filter(channel=channel).filter(~Q(state=CircuitState.CLOSED) | Q(failures__gt=0))
        rows.update(state=CircuitState.CLOSED, failures=0, pauses=0, opened_at=None, retry_at=None, last_code=code[:60])
        return
    Circuit.objects.get_or_create(channel=channel, defaults={"merchant_id": channel.merchant_id})
    rows = Circuit.objects.filter(channel=channel)
    rows.update(failures=F("failures") + 1, last_code=code[:60])
    row = rows.select_for_update(of=("self",)).get()
    if row.state == CircuitState.TRYING or (row.state == CircuitState.CLOSED and row.failures >= FAILURES):
        _open(channel, row, now)


def _open(channel: Channel, row: Circuit, now: datetime) -> None:
    is_news = row.state == CircuitState.CLOSED
    row.state, row.opened_at = CircuitState.OPEN, row.opened_at or now
    row.retry_at = now + min(FIRST_PAUSE * 2**row.pauses, LONGEST_PAUSE)
    row.pauses = min(row.pauses + 1, 10)
    row.save(update_fields=["state", "opened_at", "retry_at", "pauses"])
    if is_news:
        notify(
            merchant=channel.merchant,
            users=members_with(channel.merchant, "edit_channels"),
            kind=PROVIDER_SILENT,
            title=format_lazy(_("{channel} does not answer"), channel=channel.label),
            body=_("Calls pause and try again by themselves. What was being done is kept and goes on when the provider answers."),
            href=reverse("channels:calls", args=[channel.merchant.slug, channel.code]),
            severity=NoticeSeverity.HIGH,
            group_key=f"silent:{channel.public_id}",
            now=now,
        )

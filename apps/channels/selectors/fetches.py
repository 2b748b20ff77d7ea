"""How fetching a channel's statements stands, day by day."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.channels.gateways import Operation
from apps.channels.models import Channel, FetchState, StatementFetch
from apps.channels.selectors.calls import code_sentence
from apps.channels.services.gateway import can_be_called, gateway_kind
from apps.core.figures import when_text
from apps.core.ui import Chip

SHOWN = 10
TONES = {FetchState.FETCHED: "neutral", FetchState.EMPTY: "neutral", FetchState.WAITING: "outline", FetchState.REFUSED: "red"}


@dataclass(frozen=True, slots=True)
class FetchRow:
    """One day: how it stands, and why or when it goes on."""

    day: date
    chip: Chip
    note: str


@dataclass(frozen=True, slots=True)
class Fetching:
    """`sentence` says whether and when statements come by themselves."""

    sentence: str
    rows: list[FetchRow]


def fetching_of(channel: Channel) -> Fetching | None:
    """The newest days first; None for a channel whose statements are only brought in by hand. One query."""
    kind = gateway_kind(channel)
    if kind is None or Operation.FETCH_STATEMENT not in kind.operations:
        return None
    rows = StatementFetch.objects.for_merchant(channel.merchant_id).filter(channel=channel).order_by("-day")[:SHOWN]
    return Fetching(_sentence(channel, kind.statement_hours), [_row(channel, row) for row in rows])


def _sentence(channel: Channel, hours) -> str:
    if channel.merchant.is_practice:
        return _("In practice the simulator's statements are fetched on the page of practice payments.")
    if not can_be_called(channel):
        return _("They would come by themselves once the credentials are entered.")
    if not channel.is_on:
        return _("The channel is off, so nothing is fetched.")
    said = {"days": hours.days_after, "time": hours.at.strftime("%H:%M"), "zone": hours.zone}
    if hours.days_after == 0:
        return _("Each day's statement is asked for from %(time)s of the same day on (%(zone)s).") % said
    return (
        ngettext(
            "Each day's statement is asked for from %(time)s of the next day on (%(zone)s).",
            "Each day's statement is asked for from %(time)s, %(days)s days later, on (%(zone)s).",
            hours.days_after,
        )
        % said
    )


def _row(channel: Channel, row: StatementFetch) -> FetchRow:
    state = FetchState(row.state)
    return FetchRow(row.day, Chip(str(state.label), TONES[state]), _note(channel, row))


def _note(channel: Channel, row: StatementFetch) -> str:
    if row.ended_at:
        return when_text(row.ended_at)
    why = row.message or code_sentence(channel, row.code) or row.code
    again = _("asked again %(when)s") % {"when": when_text(row.ask_at)}
    return " · ".join(part for part in (why, again) if part)

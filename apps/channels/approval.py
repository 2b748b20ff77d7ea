"""Whether new payments may be started on a channel: what the approval of its papers rests on, and until when.

Nothing of it is stored: it follows from the case, its papers and the day. Payments under way, refunds, notices and statements never
ask; only an opening that was lost on its way to the provider is not made again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.channels.models import CaseState, Channel, QualificationCase
from apps.channels.papers import PAPERS
from apps.core.clock import local_date
from apps.core.errors import HezhangError
from apps.core.figures import day_text
from apps.merchants.models import Merchant

# A paper that was replaced still counts on so many days after, never beyond its own last day. No fewer than the first reminder comes
# before that day, so that a shop which renews when it is told to is never worse off than one that waits.
REPLACED_COUNTS = timedelta(days=30)
A_DAY = timedelta(days=1)
SOON = timedelta(days=30)  # before the last day with new payments
WAITING = (CaseState.SUBMITTED, CaseState.IN_REVIEW)


class StopReason(StrEnum):
    """Why new payments stop."""

    MISSING = "missing"  # live, and its papers were never approved
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the approval of a live channel stands. `stops_on` is the first day without new payments, in the channel's time zone.

    `reason` and `paper` say what ends it then; None and empty where nothing does.
    """

    channel: Channel
    state: CaseState
    reason: StopReason | None = None
    stops_on: date | None = None
    paper: str = ""
    is_stopped: bool = False

    @property
    def stops_soon(self) -> bool:
        return self.is_stopped or self.reason is not None


class ApprovalLapsed(HezhangError):
    """A new payment on a channel whose papers do not hold: nothing was started. `code` is a StopReason."""

    message = gettext_lazy("%(channel)s takes no new payments. %(why)s %(until)s")

    def __init__(self, standing: Standing):
        self.code = standing.reason
        super().__init__(channel=standing.channel.label, why=why_text(standing), until=until_text(standing))


def standing_of(channel: Channel, now: datetime) -> Standing | None:
    """How the approval stands; None where none is needed: in practice and in the provider's test system. At most one query."""
    if not needs_approval(channel):
        return None
    return judged(channel, QualificationCase.objects.with_ends().filter(channel=channel).first(), now)


def standings_of(merchant: Merchant, channels: Iterable[Channel], now: datetime) -> dict[int, Standing]:
    """The same for channels of one merchant by id, those that need none left out; at most one query."""
    live = [] if merchant.is_practice else [channel for channel in channels if channel.is_live]
    if not live:
        return {}
    cases = {case.channel_id: case for case in QualificationCase.objects.for_merchant(merchant).with_ends().filter(channel__in=live)}
    return {channel.pk: judged(channel, cases.get(channel.pk), now) for channel in live}


def stopped_of(merchant: Merchant, channels: Iterable[Channel], now: datetime) -> list[tuple[Channel, str, str]]:
    """Channels that are on and take no new payments, each with why and until when; at most one query."""
    found = standings_of(merchant, [channel for channel in channels if channel.is_on], now).values()
    return [(one.channel, note_text(one), until_text(one)) for one in found if one.is_stopped]


def hold_approval(channel: Channel, now: datetime) -> None:
    """Called where a payment is started, in its transaction: the platform cannot withdraw the approval before that is committed.

    :raises ApprovalLapsed: no new payment may be started.
    """
    if not needs_approval(channel):
        return
    standing = judged(channel, _held_case(channel), now)
    if standing.is_stopped:
        raise ApprovalLapsed(standing)


def is_stopped(channel: Channel, now: datetime) -> bool:
    """Whether no new payment may be started because of the papers. At most one query."""
    standing = standing_of(channel, now)
    return standing is not None and standing.is_stopped


def needs_approval(channel: Channel) -> bool:
    return channel.is_live and not channel.merchant.is_practice


def judged(channel: Channel, case: QualificationCase | None, now: datetime) -> Standing:
    """The rule itself; `case` comes from `with_ends`. Days are those of the channel's time zone."""
    if case is None:
        return Standing(channel, CaseState.DRAFT, StopReason.MISSING, is_stopped=True)
    state = CaseState(case.state)
    if case.approved_at is None:
        if case.withdrawn_at is None:
            return Standing(channel, state, StopReason.MISSING, is_stopped=True)
        return Standing(channel, state, StopReason.WITHDRAWN, local_date(case.withdrawn_at, channel.timezone), is_stopped=True)
    ends = []
    if case.first_end:
        ends.append((case.first_end, StopReason.EXPIRED, case.ending_paper))
    if case.first_replaced:
        ends.append((local_date(case.first_replaced, channel.timezone) + REPLACED_COUNTS, StopReason.REPLACED, case.replaced_paper))
    today = local_date(now, channel.timezone)
    last, reason, paper = min(ends, default=(None, None, ""))
    if last is None or last - today > SOON:
        return Standing(channel, state)
    return Standing(channel, state, reason, last + A_DAY, paper, is_stopped=last < today)


def why_text(standing: Standing) -> str:
    """A sentence on what has ended the approval."""
    if standing.reason == StopReason.WITHDRAWN:
        return _("The platform withdrew the approval of its papers on %(day)s.") % {"day": _day(standing.stops_on)}
    if standing.reason == StopReason.MISSING:
        return _("Its papers are not approved.")
    words = {"paper": _paper(standing), "day": _day(standing.stops_on - A_DAY)}
    if standing.reason == StopReason.EXPIRED:
        return _("“%(paper)s” was valid until %(day)s.") % words
    return _("“%(paper)s” was replaced, and the new one was not approved by %(day)s.") % words


def until_text(standing: Standing) -> str:
    """A sentence on what has to be done."""
    if standing.state in WAITING:
        return _("New payments are possible again as soon as the platform has approved the papers that were handed in.")
    return _("Bring what is missing under Papers and hand it in; once the platform has approved it, new payments are possible again.")


def stop_text(standing: Standing) -> str:
    """What a page says of a channel that takes no new payments."""
    goes_on = _("Payments under way, notices, refunds and statements go on.")
    said = [_("This channel takes no new payments."), why_text(standing), until_text(standing), goes_on]
    return ("" if (get_language() or "").startswith("zh") else " ").join(said)  # Chinese has no space between sentences


def note_text(standing: Standing) -> str:
    """The same in the few words that a card has room for."""
    return _("No new payments. %(why)s") % {"why": why_text(standing)}


def soon_text(standing: Standing) -> str:
    """A sentence on what will end the approval within a month."""
    words = {"paper": _paper(standing), "day": _day(standing.stops_on - A_DAY)}
    if standing.reason == StopReason.EXPIRED:
        return (
            _("“%(paper)s” is valid until %(day)s. Unless a new one is approved by then, there are no new payments after that day.") % words
        )
    return _("The new “%(paper)s” has to be approved by %(day)s, else there are no new payments after that day.") % words


def _paper(standing: Standing) -> str:
    known = PAPERS.get(standing.paper)
    return str(known.label) if known else standing.paper


def _day(day: date) -> str:
    return day_text(day, with_year=True)


def _held_case(channel: Channel) -> QualificationCase | None:
    """The case, shared with others who start payments and closed to whoever decides on it (they take it for update).

    Django has no name for this lock, and any it knows would make payments of one channel wait for each other. SQLite has one writer.
    """
    rows = QualificationCase.objects.with_ends().filter(channel=channel)
    if connection.vendor != "postgresql":
        return rows.first()
    sql, params = rows.query.sql_with_params()
    held = QualificationCase.objects.raw(f"{sql} FOR KEY SHARE OF {QualificationCase._meta.db_table}", params)
    return next(iter(held), None)

"""A merchant's channels as the list shows them: one card each, with the one thing to do about it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from apps.audit.models import AuditEvent
from apps.channels import approval, fees, registry, terms
from apps.channels.calendar import BusinessCalendar, CalendarError
from apps.channels.contracts import Method
from apps.channels.enums import METHOD_LABELS
from apps.channels.models import Channel, FeeRule
from apps.core import clock
from apps.core.figures import day_text, money_text
from apps.core.money import exponent
from apps.merchants.models import Merchant

SAMPLE_MAJOR = 1000  # the amount that costs are compared on, in major units
INITIALS = 2
CERTIFICATE_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ChannelCard:
    """Ready text for one card. `next_payout_on` is the next day on which money is due in the bank; None when it cannot be told."""

    channel: Channel
    initials: str
    methods: str
    sample: str
    cost: str  # on the sample by the first method; empty without terms
    cost_method: str
    next_payout_on: date | None
    arrives_on: date | None  # for a payment of today
    note: str
    needs_work: bool


def channels_of(merchant: Merchant) -> QuerySet[Channel]:
    """All channels with their terms and bank accounts, those that are on first; three queries."""
    rules = Prefetch("fee_rules", FeeRule.objects.order_by("methods_key", "valid_from"))
    return Channel.objects.for_merchant(merchant).select_related("bank_account").prefetch_related(rules).order_by("-is_on", "pk")


def cards_of(merchant: Merchant, now: datetime) -> list[ChannelCard]:
    """Every channel of the merchant as a card; the number of queries does not depend on how many there are."""
    channels = list(channels_of(merchant))
    calendars = terms.calendars_of(merchant)
    switched = _last_switched_off([channel for channel in channels if not channel.is_on])
    standings = approval.standings_of(merchant, channels, now)
    return [card_of(channel, calendars, now, switched.get(str(channel.pk)), standings.get(channel.pk)) for channel in channels]


def card_of(
    channel: Channel,
    calendars: dict[str, BusinessCalendar],
    now: datetime,
    switched_off: AuditEvent | None = None,
    standing: approval.Standing | None = None,
) -> ChannelCard:
    """One card; no query when the channel comes from `channels_of`."""
    today = clock.local_date(now, channel.timezone)
    rules = terms.terms_for(channel)
    methods = methods_of(rules) or _offered(channel)
    method = next((name for name in methods if fees.rule_for(rules, name, today)), "")
    rule = fees.rule_for(rules, method, today) if method else None
    sample = SAMPLE_MAJOR * 10 ** exponent(channel.currency)
    next_payout_on, arrives_on = _payout_days(channel, calendars, today)
    note, needs_work = (
        _papers_note(channel, standing)
        or _certificate_note(channel, now)
        or _note(channel, rule is not None, arrives_on, calendars.get(channel.calendar), switched_off)
    )
    return ChannelCard(
        channel=channel,
        initials=initials_of(channel),
        methods=method_list(methods),
        sample=money_text(sample, channel.currency),
        cost=money_text(fees.expected_fee(rule, sample), channel.currency) if rule else "",
        cost_method=method_list([method]) if method else "",
        next_payout_on=next_payout_on if channel.is_on else None,
        arrives_on=arrives_on if channel.is_on else None,
        note=note,
        needs_work=needs_work,
    )


def initials_of(channel: Channel) -> str:
    """Two letters for the tile: of the code, which is always Latin."""
    return channel.code.replace("-", "").replace("_", "")[:INITIALS].upper()


def methods_of(rules: list[fees.FeeTerms]) -> list[str]:
    """The methods that the terms name, each once: cards first, then in the order they were agreed, `*` last."""
    named = list(dict.fromkeys(method for rule in rules for method in rule.methods))
    return sorted(named, key=lambda method: {Method.CREDIT_CARD: 0, fees.ANY_METHOD: 2}.get(method, 1))


def method_list(methods: list[str]) -> str:
    """Names for people, joined."""
    return _(", ").join(str(METHOD_LABELS.get(method, method)) for method in methods)


def provider_name(channel: Channel) -> str:
    """The provider's own name; its code where the registry no longer knows it."""
    known = registry.PROVIDERS.get(channel.provider)
    return known.name if known else channel.provider


def _offered(channel: Channel) -> list[str]:
    """What the provider can do, for a channel without terms; a mapped file can hold anything, which says nothing."""
    known = registry.PROVIDERS.get(channel.provider)
    return list(known.capabilities.methods) if known and channel.provider != registry.GENERIC else []


def _payout_days(channel: Channel, calendars: dict[str, BusinessCalendar], today: date) -> tuple[date | None, date | None]:
    """The next due day from today on, and the due day of today's payments."""
    try:
        calendar = terms.calendar_for(channel, calendars)
        settlement = terms.settlement_for(channel)
        arrives_on = settlement.due(today, calendar)
        if settlement.kind == "days":  # every open day pays for some business date
            return (calendar.next_open(today) if settlement.number else today), arrives_on
        # Due days never fall as business days rise, so the first one that is not past is the next.
        day = today
        while settlement.due(day - timedelta(days=1), calendar) >= today:
            day -= timedelta(days=1)
        return settlement.due(day, calendar), arrives_on
    except CalendarError:
        return None, None


def _papers_note(channel: Channel, standing: approval.Standing | None) -> tuple[str, bool] | None:
    """That a channel which is on takes no new payments, or soon will not, because of its papers."""
    if not channel.is_on or standing is None or not standing.stops_soon:
        return None
    return (approval.note_text(standing) if standing.is_stopped else approval.soon_text(standing)), True


def _certificate_note(channel: Channel, now: datetime) -> tuple[str, bool] | None:
    """What is graver than anything else of a channel that is on: a certificate that ends soon or has ended."""
    ends_at = channel.certificate_ends_at
    if not channel.is_on or ends_at is None or ends_at - now > CERTIFICATE_SOON:
        return None
    day = day_text(clock.local_date(ends_at, channel.timezone))
    if ends_at <= now:
        return _("A certificate ended on %(day)s: calls fail") % {"day": day}, True
    return _("A certificate ends on %(day)s") % {"day": day}, True


def _note(
    channel: Channel, has_terms: bool, arrives_on: date | None, own: BusinessCalendar | None, switched_off: AuditEvent | None
) -> tuple[str, bool]:
    """The foot of the card: the most important thing to do, or that there is none."""
    if not channel.is_on:
        if switched_off is None:
            return _("Switched off"), False
        return _("Switched off on %(day)s by %(who)s") % {
            "day": day_text(switched_off.happened_at.date()),
            "who": switched_off.actor_label,
        }, False
    if registry.is_mapped(channel.provider) and not channel.mapping:
        return _("Column mapping is missing: statements cannot be read"), True
    if not has_terms and not registry.reports_itself(channel.provider):
        return _("No fee terms in force: fees cannot be checked"), True
    if arrives_on is None:
        return _("Calendar %(code)s is unknown: no due days") % {"code": channel.calendar}, True
    if channel.bank_account_id is None:
        return _("No bank account: payouts cannot be found in the bank"), True
    if not channel.bank_keywords:
        return _("No words on the bank statement: its bank lines cannot be told"), True
    if own and own.holidays and max(own.holidays).year < arrives_on.year:
        return _("Your calendar %(code)s has no holidays for %(year)d yet") % {"code": channel.calendar, "year": arrives_on.year}, True
    return _("Nothing to do"), False


def _last_switched_off(channels: list[Channel]) -> dict[str, AuditEvent]:
    """Who switched these channels off last, by channel id; one query, none when all are on."""
    if not channels:
        return {}
    ids = [str(channel.pk) for channel in channels]
    events = AuditEvent.objects.for_merchant(channels[0].merchant_id).filter(
        subject_type="channel", subject_id__in=ids, action="channel.changed"
    )
    return {event.subject_id: event for event in events.order_by("happened_at", "pk") if event.after.get("is_on") is False}

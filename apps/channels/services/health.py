"""How channels do: calls counted into hours, and people told when one does worse than it used to."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Case, Count, IntegerField, Max, Q, Sum, Value, When
from django.db.models.functions import Coalesce, TruncHour
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import METHOD_LABELS
from apps.channels.gateways import Operation
from apps.channels.health import Cause, Finding, Hour, judge
from apps.channels.models import CallHour, Channel, ProviderCall
from apps.channels.return_codes import CodeClass
from apps.merchants.enums import NoticeSeverity
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify

COUNTED_AGAIN = timedelta(hours=2)  # an hour is counted anew until its last call has ended
PAST = timedelta(days=14)
DROPPED = "channel.dropped"
# What says nothing of a payment or a refund: a person's test, and files of the day before.
ASIDE = (Operation.TEST_CONNECTION, Operation.FETCH_STATEMENT)
WORDS = {
    Cause.PROVIDER_DOWN: _("Most likely the provider is down: many calls got no answer."),
    Cause.CREDENTIALS: _("Most likely the credentials have expired or were changed at the provider: it refuses the shop's own set-up."),
    Cause.ONE_METHOD: _("Only {method} fails; other methods of the channel go well."),
    Cause.DECLINES: _("More payments than usual are declined."),
}
_COUNTS = ("calls", "well", "declined", "config", "unanswered", "ms_total", "ms_slowest")


def _count(condition: Q) -> Sum:
    return Sum(Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField()))


def count_hours(*, now: datetime) -> int:
    """Counts the young hours' ended calls into CallHour, set-based; returns how many rows. Safe to repeat."""
    since = (now - COUNTED_AGAIN).replace(minute=0, second=0, microsecond=0)
    config = Q(code_class=CodeClass.CONFIG)
    unanswered = Q(outcome__in=["unknown", "unreachable"]) & ~config
    declined = Q(outcome="declined") & ~config
    calls = ProviderCall.objects.filter(started_at__gte=since, ended_at__isnull=False, is_practice=False).exclude(operation__in=ASIDE)
    rows = (
        calls.annotate(hour=TruncHour("started_at"))
        .values("merchant_id", "channel_id", "hour", "operation", "method")
        .annotate(
            calls=Count("pk"),
            well=_count(~config & ~unanswered & ~declined),
            declined=_count(declined),
            config=_count(config),
            unanswered=_count(unanswered),
            ms_total=Coalesce(Sum("ms"), 0),
            ms_slowest=Coalesce(Max("ms"), 0),
        )
        .order_by("channel_id", "hour", "operation", "method")
    )
    made = [CallHour(**row) for row in rows]
    CallHour.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["channel", "hour", "operation", "method"], update_fields=list(_COUNTS), batch_size=500
    )
    return len(made)


def watch_channels(*, now: datetime) -> list[Finding]:
    """Counts, judges each channel's last hour against its own fortnight, and tells its people; what was found, for the log."""
    count_hours(now=now)
    start = now - timedelta(hours=1)
    latest, past = defaultdict(list), defaultdict(list)
    hours = CallHour.objects.filter(hour__gte=now - PAST).exclude(operation__in=ASIDE)
    busy = set(hours.filter(hour__gte=start.replace(minute=0, second=0, microsecond=0)).values_list("channel_id", flat=True))
    newest = start.replace(minute=0, second=0, microsecond=0)
    for row in hours.filter(channel__in=busy).order_by("hour", "pk"):
        hour = Hour(row.hour, row.method, row.calls, row.well, row.declined, row.config, row.unanswered, row.ms_total)
        (latest if row.hour >= newest else past)[row.channel_id].append(hour)
    found = []
    for channel in Channel.objects.filter(pk__in=busy).select_related("merchant").order_by("pk"):
        finding = judge(_by_method(latest[channel.pk]), past[channel.pk])
        if finding:
            _tell(channel, finding, now)
            found.append(finding)
    return found


def _by_method(hours: list[Hour]) -> list[Hour]:
    """The latest hours as one row a method."""
    rows: dict[str, Hour] = {}
    for one in hours:
        was = rows.get(one.method)
        rows[one.method] = (
            one if was is None else Hour(was.hour, was.method, *(a + b for a, b in zip(_figures(was), _figures(one), strict=True)))
        )
    return list(rows.values())


def _figures(hour: Hour) -> tuple[int, ...]:
    return (hour.calls, hour.well, hour.declined, hour.config, hour.unanswered, hour.ms_total)


def _tell(channel: Channel, finding: Finding, now: datetime) -> None:
    label = METHOD_LABELS.get(finding.method, finding.method)
    title = _("{channel}: only {share} % of {calls} calls went well in the last hour")
    notify(
        merchant=channel.merchant,
        users=members_with(channel.merchant, "edit_channels"),
        kind=DROPPED,
        title=format_lazy(title, channel=channel.label, share=round(finding.share_now * 100), calls=finding.calls),
        body=format_lazy(WORDS[finding.cause], method=label),
        href=reverse("channels:calls", args=[channel.merchant.slug, channel.code]),
        severity=NoticeSeverity.HIGH,
        group_key=f"dropped:{channel.public_id}:{finding.cause}",
        now=now,
    )

"""Lists of alerts, and one alert with what stands behind it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from apps.audit.models import AuditEvent
from apps.disputes.enums import AlertState, RiskSeverity
from apps.disputes.models import Alert, Finding
from apps.disputes.models.risk import LIVE
from apps.merchants.models import Merchant

SNOOZED, CLOSED = "snoozed", "closed"
FINDINGS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Counts:
    """Alerts by the tabs of the list."""

    open: int
    acknowledged: int
    snoozed: int


def alerts_in(merchant: Merchant, view: str, now: datetime) -> QuerySet[Alert]:
    """The alerts of a tab: open by default."""
    rows = Alert.objects.for_merchant(merchant)
    asleep = Q(snoozed_until__gt=now)
    if view == CLOSED:
        return rows.filter(state=AlertState.CLOSED)
    if view == SNOOZED:
        return rows.filter(asleep, state__in=LIVE)
    return rows.filter(state=AlertState.ACKNOWLEDGED if view == AlertState.ACKNOWLEDGED else AlertState.OPEN).exclude(asleep)


def counts_of(merchant: Merchant, now: datetime) -> Counts:
    """One query."""
    asleep = Q(snoozed_until__gt=now)
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    found = (
        Alert.objects.for_merchant(merchant)
        .filter(state__in=LIVE)
        .aggregate(
            open=Count("pk", filter=awake & Q(state=AlertState.OPEN)),
            acknowledged=Count("pk", filter=awake & Q(state=AlertState.ACKNOWLEDGED)),
            snoozed=Count("pk", filter=asleep),
        )
    )
    return Counts(**found)


def open_count(merchant: Merchant, now: datetime) -> int:
    """What waits for somebody to look."""
    return alerts_in(merchant, "", now).count()


def gravest_first(rows: QuerySet[Alert]) -> QuerySet[Alert]:
    """For short lists."""
    order = [When(severity=severity, then=Value(at)) for at, severity in enumerate(RiskSeverity.values)]
    return rows.annotate(gravity=Case(*order, output_field=IntegerField())).order_by("gravity", "-last_at", "-pk")


def alert_for(merchant: Merchant) -> QuerySet[Alert]:
    return Alert.objects.for_merchant(merchant).select_related("rule", "acknowledged_by", "closed_by")


def findings_of(alert: Alert) -> list[Finding]:
    """The newest findings of an alert."""
    return list(alert.findings.order_by("-at", "-pk")[:FINDINGS_SHOWN])


def history_of(alert: Alert) -> list[AuditEvent]:
    """What people did with it, oldest first."""
    rows = AuditEvent.objects.filter(merchant_id=alert.merchant_id, subject_type="alert", subject_id=str(alert.pk))
    return list(rows.order_by("pk"))

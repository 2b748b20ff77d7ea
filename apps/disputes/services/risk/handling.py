"""What people do with alerts: acknowledge, let them rest, close them with a reason."""

from datetime import datetime, timedelta

from django.db import transaction

from apps.audit.services import record
from apps.disputes.enums import AlertState
from apps.disputes.errors import AlertMoved, ReasonMissing, SnoozeWrong
from apps.disputes.models import Alert
from apps.disputes.states import ALERT_MOVES
from apps.merchants.models import Merchant

LONGEST_SNOOZE = timedelta(days=30)


def acknowledge(*, merchant: Merchant, ids: list[int], by, now: datetime) -> list[Alert]:
    """Somebody looks into these.

    :raises AlertMoved: one of them is acknowledged or closed already; nothing was changed.
    """
    with transaction.atomic():
        alerts = _locked(merchant, ids)
        for alert in alerts:
            _refuse(alert, AlertState.ACKNOWLEDGED in ALERT_MOVES[AlertState(alert.state)])
            alert.state, alert.acknowledged_at, alert.acknowledged_by = AlertState.ACKNOWLEDGED, now, by
            alert.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
            _write(alert, "risk.alert_acknowledged", by, now, before={"state": AlertState.OPEN.value})
    return alerts


def close(*, merchant: Merchant, ids: list[int], reason: str, by, now: datetime) -> list[Alert]:
    """The end of these alerts; the same thing found anew opens another.

    :raises ReasonMissing: without a reason.
    :raises AlertMoved: one of them is closed already; nothing was changed.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    with transaction.atomic():
        alerts = _locked(merchant, ids)
        for alert in alerts:
            _refuse(alert, AlertState.CLOSED in ALERT_MOVES[AlertState(alert.state)])
            before = {"state": alert.state}
            alert.state, alert.closed_at, alert.closed_by, alert.reason = AlertState.CLOSED, now, by, reason
            alert.tell_at = alert.snoozed_until = None
            alert.save(update_fields=["state", "closed_at", "closed_by", "reason", "tell_at", "snoozed_until"])
            _write(alert, "risk.alert_closed", by, now, before=before, reason=reason)
    return alerts


def snooze(*, merchant: Merchant, ids: list[int], until: datetime | None, by, now: datetime) -> list[Alert]:
    """Out of sight until a moment; None brings it back. What is found meanwhile is counted, and told after it.

    :raises SnoozeWrong: the moment is past or too far ahead.
    :raises AlertMoved: one of them is closed.
    """
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise SnoozeWrong
    with transaction.atomic():
        alerts = _locked(merchant, ids)
        for alert in alerts:
            _refuse(alert, alert.is_live)
            before = {"snoozed_until": alert.snoozed_until and alert.snoozed_until.isoformat()}
            alert.snoozed_until = until
            if alert.tell_at is not None and until is not None:
                alert.tell_at = max(alert.tell_at, until)
            alert.save(update_fields=["snoozed_until", "tell_at"])
            _write(alert, "risk.alert_snoozed", by, now, before=before)
    return alerts


def _locked(merchant: Merchant, ids: list[int]) -> list[Alert]:
    rows = Alert.objects.for_merchant(merchant).filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    return list(rows)


def _refuse(alert: Alert, is_fine: bool) -> None:
    if not is_fine:
        raise AlertMoved(state=alert.get_state_display())


def _write(alert: Alert, action: str, by, now: datetime, *, before: dict, reason: str = "") -> None:
    after = {"state": str(alert.state), "snoozed_until": alert.snoozed_until and alert.snoozed_until.isoformat()}
    record(
        merchant_id=alert.merchant_id,
        action=action,
        subject=alert,
        by=by,
        now=now,
        reason=reason,
        before=before,
        after={name: after[name] for name in before},
    )

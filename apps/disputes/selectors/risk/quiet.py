"""Quiet hours: on the merchant's clock, over midnight where the end is before the beginning. Critical knows none."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.disputes.enums import RiskSeverity
from apps.disputes.models import RiskRule


def moment_to_tell(rule: RiskRule, severity: str, moment: datetime, zone: str) -> datetime:
    """The moment itself, or the end of the quiet hours it lies in."""
    start, end = rule.quiet_from, rule.quiet_until
    if severity == RiskSeverity.CRITICAL or start is None or end is None or start == end:
        return moment
    local = moment.astimezone(ZoneInfo(zone))
    at = local.time()
    is_quiet = start <= at < end if start < end else at >= start or at < end
    if not is_quiet:
        return moment
    day = local.date() + timedelta(days=1) if at >= end else local.date()
    return datetime.combine(day, end, tzinfo=ZoneInfo(zone)).astimezone(moment.tzinfo)

"""One valid row of each table of risk."""

from datetime import timedelta

from apps.disputes.models import Alert, DryRun, Finding, RiskRule, WatchlistEntry
from apps.disputes.selectors.risk.rule_settings import kept
from tests import cast


def make_rule(merchant, kind: str = "ip_velocity", **fields) -> RiskRule:
    fields = {"threshold": 8, "window": 60, "severity": "high", "tell_roles": ["owner"], "created_at": cast.NOW, **fields}
    return RiskRule.objects.create(merchant=merchant, kind=kind, **fields)


def make_dry_run(rule: RiskRule, **fields) -> DryRun:
    fields = {"since": cast.NOW - timedelta(days=30), "until": cast.NOW, "asked_at": cast.NOW, "finished_at": cast.NOW, **fields}
    return DryRun.objects.create(merchant=rule.merchant, rule=rule, settings=kept(rule), **fields)


def make_alert(rule: RiskRule, ip: str = "198.51.100.23", **fields) -> Alert:
    """An open alert with one finding, an hour old."""
    facts = {"ip": ip, "peak": 9, "failed": 0, "minutes": 60}
    at = cast.NOW - timedelta(hours=1)
    fields = {"severity": "high", "found": 1, "rows": 9, "amount_minor": 612000, "currency": "TWD", "opened_at": cast.NOW, **fields}
    fields = {"first_at": at, "last_at": at, **fields}
    alert = Alert.objects.create(merchant=rule.merchant, rule=rule, kind=rule.kind, group_key=f"ip:{ip}", facts=facts, **fields)
    evidence = {"rows": "payments", "ip": ip, "currency": "TWD", "since": (at - timedelta(hours=1)).isoformat(), "until": at.isoformat()}
    figures = {"amount_minor": 612000, "currency": "TWD", "count": 9, "facts": facts, "evidence": evidence, "found_at": cast.NOW}
    Finding.objects.create(merchant=rule.merchant, rule=rule, alert=alert, key=f"{ip}:1", at=at, **figures)
    return alert


def make_watched(merchant, value: str = "C77041", **fields) -> WatchlistEntry:
    fields = {"kind": "customer", "value_key": value.lower(), "reason": "Three chargebacks", "added_at": cast.NOW, **fields}
    return WatchlistEntry.objects.create(merchant=merchant, value=value, **fields)

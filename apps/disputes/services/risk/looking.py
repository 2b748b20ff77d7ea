"""Looking with every rule that is on. The same rows give the same findings, so that looking again changes nothing.

A look reaches back 30 days, since books may come late; nothing before the rule was switched on makes an alert. Findings of one group
make one alert: its count grows, and people are told again after a day at the earliest.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from apps.disputes.models import Alert, Finding, RiskRule
from apps.disputes.models.risk import LIVE
from apps.disputes.rules import frames
from apps.disputes.rules.engine import find
from apps.disputes.rules.frames import Span
from apps.disputes.selectors.risk.counts import frame_for
from apps.disputes.selectors.risk.quiet import moment_to_tell
from apps.disputes.selectors.risk.rule_settings import settings_of
from apps.merchants.models import Merchant

REACHES_BACK = timedelta(days=30)
MOST_ALERTS = 12  # live ones of a rule; what comes on top is gathered in one
GATHERED = "many"
AGAIN_AFTER = timedelta(days=1)
FIGURES = ("count", "amount_minor", "facts", "evidence")


def look(*, merchant: Merchant, now: datetime, progress: Callable | None = None) -> dict:
    """Counts of new findings, findings whose figures grew, and alerts opened. A rule that rests is left out."""
    counts: Counter = Counter()
    rules = [rule for rule in RiskRule.objects.for_merchant(merchant).filter(is_on=True).order_by("pk") if not _rests(rule, now)]
    for at, rule in enumerate(rules):
        if progress:
            progress(5 + 90 * at // len(rules), rule.get_kind_display())
        span = Span(max(rule.looks_from, now - REACHES_BACK), now, merchant.timezone)
        settings = settings_of(rule)
        counts.update(_apply(rule.pk, merchant, find(settings, frame_for(merchant, settings, span, live=True), span), now))
    return {name: counts[name] for name in ("new", "grown", "alerts")}


def _rests(rule: RiskRule, now: datetime) -> bool:
    return rule.snoozed_until is not None and rule.snoozed_until > now


def _apply(rule_id: int, merchant: Merchant, found: list[frames.Finding], now: datetime) -> Counter:
    """Everything of one rule in one transaction, under its lock; what was found while it was being switched off is dropped."""
    counts: Counter = Counter()
    with transaction.atomic():
        rule = RiskRule.objects.for_merchant(merchant).select_for_update(of=("self",)).filter(pk=rule_id, is_on=True).first()
        if rule is None:
            return counts
        rule.looked_at = now
        rule.save(update_fields=["looked_at"])
        known = {one.key: one for one in Finding.objects.filter(rule=rule, key__in=[one.key for one in found])}
        shelf, rows = _Shelf(rule, merchant, now), []
        for one in found:
            old = known.get(one.key)
            if old is None:
                rows.append(shelf.add(one))
            elif any(getattr(old, name) != getattr(one, name) for name in FIGURES):
                shelf.grow(old, one)
                counts["grown"] += 1
        Finding.objects.bulk_create(rows)
        shelf.save()
        counts["new"], counts["alerts"] = len(rows), len(shelf.opened)
    return counts


class _Shelf:
    """The live alerts of a rule while findings are put into them."""

    def __init__(self, rule: RiskRule, merchant: Merchant, now: datetime):
        self.rule, self.merchant, self.now = rule, merchant, now
        live = Alert.objects.for_merchant(merchant).filter(rule=rule, state__in=LIVE).select_for_update(of=("self",)).order_by("pk")
        self.alerts = {(one.group_key, one.currency): one for one in live}
        self.by_pk = {one.pk: one for one in self.alerts.values()}
        self.opened: set[int] = set()
        self.fed: set[int] = set()
        self.touched: set[int] = set()

    def add(self, one: frames.Finding) -> Finding:
        alert = self._alert_for(one)
        alert.found, alert.rows, alert.amount_minor = alert.found + 1, alert.rows + one.count, alert.amount_minor + one.amount_minor
        if one.at >= alert.last_at:
            alert.last_at, alert.facts = one.at, one.facts
        alert.first_at = min(alert.first_at, one.at)
        self.fed.add(alert.pk)
        self.touched.add(alert.pk)
        return Finding(
            merchant=self.merchant,
            rule=self.rule,
            alert=alert,
            key=one.key,
            at=one.at,
            currency=one.currency,
            found_at=self.now,
            **{name: getattr(one, name) for name in FIGURES},
        )

    def grow(self, old: Finding, one: frames.Finding) -> None:
        """More rows have come to a finding that is known; its alert follows while it is live."""
        alert = self.by_pk.get(old.alert_id)
        if alert is not None:
            alert.rows += one.count - old.count
            alert.amount_minor += one.amount_minor - old.amount_minor
            alert.facts = one.facts if old.at >= alert.last_at else alert.facts
            self.touched.add(alert.pk)
        for name in FIGURES:
            setattr(old, name, getattr(one, name))
        old.save(update_fields=[*FIGURES])

    def save(self) -> None:
        """Writes what changed, and when people are to be told of it."""
        for pk in sorted(self.touched):
            alert = self.by_pk[pk]
            is_news = pk in self.opened or (pk in self.fed and alert.told_at and self.now - alert.told_at >= AGAIN_AFTER)
            if is_news and alert.tell_at is None:
                after = max(self.now, alert.snoozed_until or self.now)
                alert.tell_at = moment_to_tell(self.rule, alert.severity, after, self.merchant.timezone)
            alert.save(update_fields=["found", "rows", "amount_minor", "first_at", "last_at", "facts", "tell_at"])

    def _alert_for(self, one: frames.Finding) -> Alert:
        place = (one.group, one.currency)
        if place not in self.alerts and len(self.alerts) >= MOST_ALERTS:
            place = (GATHERED, one.currency)
        if place not in self.alerts:
            alert = Alert.objects.create(
                merchant=self.merchant,
                rule=self.rule,
                kind=self.rule.kind,
                group_key=place[0],
                currency=place[1],
                severity=self.rule.severity,
                facts=one.facts,
                first_at=one.at,
                last_at=one.at,
                opened_at=self.now,
            )
            self.alerts[place] = self.by_pk[alert.pk] = alert
            self.opened.add(alert.pk)
        return self.alerts[place]

"""Rules: the presets of a shop, trying one on the last 30 days, switching it on and off."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.audit.services import record
from apps.channels.models import Channel
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.disputes.enums import RiskJob
from apps.disputes.errors import DryRunFirst, DryRunStale, SnoozeWrong
from apps.disputes.models import DryRun, RiskRule
from apps.disputes.rules.engine import find
from apps.disputes.rules.frames import Finding, Span
from apps.disputes.rules.kinds import OF_ONE_CURRENCY, Kind
from apps.disputes.rules.settings import preset
from apps.disputes.selectors.risk.counts import frame_for
from apps.disputes.selectors.risk.rule_settings import kept, put, settings_from
from apps.merchants.enums import Role
from apps.merchants.models import Merchant

TRIED_ON = timedelta(days=30)
LONGEST_SNOOZE = timedelta(days=30)
ROWS_KEPT = 200  # newest findings that a dry run shows one by one; its sums are of all
TOLD = [Role.OWNER.value, Role.ACCOUNTANT.value]
QUIET = ("22:00", "08:00")


def add_presets(*, merchant: Merchant, by=None, now: datetime) -> list[RiskRule]:
    """Every preset the shop does not have yet, switched off; those of amounts once for each currency its channels settle in."""
    with transaction.atomic():
        Merchant.objects.select_for_update().get(pk=merchant.pk)
        currencies = {merchant.currency, *Channel.objects.for_merchant(merchant).values_list("currency", flat=True)}
        has = set(RiskRule.objects.for_merchant(merchant).values_list("kind", "currency"))
        wanted = [(kind, currency) for kind in Kind for currency in (sorted(currencies) if kind in OF_ONE_CURRENCY else [""])]
        return [_add(merchant, kind, currency, by, now) for kind, currency in wanted if (kind.value, currency) not in has]


def add_rule(*, merchant: Merchant, kind: str, currency: str = "", by, now: datetime) -> RiskRule:
    """One more rule of a kind, as its preset is; switched off."""
    with transaction.atomic():
        return _add(merchant, Kind(kind), (currency or merchant.currency) if kind in OF_ONE_CURRENCY else "", by, now)


def _add(merchant: Merchant, kind: Kind, currency: str, by, now: datetime) -> RiskRule:
    start = preset(kind, currency)
    rule = RiskRule(merchant=merchant, kind=kind.value, created_at=now)
    fields = {"threshold": start.threshold, "window": start.window, "floor": start.floor, "currency": start.currency}
    scope = {"channel": None, "storefront": None, "method": "", "countries": [], "tell_roles": TOLD, "tell_people": []}
    put(rule, {**fields, **scope, "severity": start.severity, "quiet_from": QUIET[0], "quiet_until": QUIET[1]})
    rule.save()
    record(merchant_id=merchant.pk, action="risk.rule_added", subject=rule, by=by, now=now, after=kept(rule))
    return rule


def ask_dry_run(*, merchant: Merchant, rule_id: int, settings: dict[str, Any], by, now: datetime) -> tuple[DryRun, Job]:
    """Keeps the settings to be tried and asks for the job. Nothing about the rule changes."""
    with transaction.atomic():
        rule = RiskRule.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=rule_id)
        tried = _keep(rule, settings, by, now)
        job = enqueue(kind=RiskJob.DRY_RUN, merchant_id=merchant.pk, payload={"dry_run": tried.pk}, by=by, dedupe_key=f"dry-run:{tried.pk}")
    return tried, job


def try_now(*, merchant: Merchant, rule_id: int, by, now: datetime) -> DryRun:
    """A dry run of the rule's own settings while the caller waits."""
    with transaction.atomic():
        rule = RiskRule.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=rule_id)
        tried = _keep(rule, kept(rule), by, now)
        return run_dry(merchant=merchant, dry_run_id=tried.pk, now=now)


def _keep(rule: RiskRule, settings: dict[str, Any], by, now: datetime) -> DryRun:
    place = {"merchant_id": rule.merchant_id, "rule": rule, "settings": settings}
    return DryRun.objects.create(**place, since=now - TRIED_ON, until=now, asked_at=now, asked_by=by)


def run_dry(*, merchant: Merchant, dry_run_id: int, now: datetime, progress: Callable | None = None) -> DryRun:
    """What would have been found, when, and with how much money. Safe to repeat."""
    tried = DryRun.objects.for_merchant(merchant).select_related("rule").get(pk=dry_run_id)
    started = time.monotonic()
    if progress:
        progress(10, "")
    found = _look(merchant, tried.rule.kind, tried.settings, Span(tried.since, tried.until, merchant.timezone))
    tried.found, tried.alerts = len(found), len({(one.group, one.currency) for one in found})
    money = Counter()
    for one in found:
        money[one.currency] += one.amount_minor
    tried.money = dict(money)
    tried.rows = [_shown(one) for one in reversed(found[-ROWS_KEPT:])]
    tried.took_ms, tried.finished_at = int((time.monotonic() - started) * 1000), now
    tried.save(update_fields=["found", "alerts", "money", "rows", "took_ms", "finished_at"])
    return tried


def _look(merchant: Merchant, kind: str, values: dict, span: Span) -> list[Finding]:
    settings = settings_from(kind, values)
    return find(settings, frame_for(merchant, settings, span), span)


def _shown(one: Finding) -> dict:
    return {
        "key": one.key,
        "at": one.at.isoformat(),
        "amount": one.amount_minor,
        "currency": one.currency,
        "count": one.count,
        "facts": one.facts,
        "evidence": one.evidence,
    }


def use_dry_run(*, merchant: Merchant, rule_id: int, dry_run_id: int, by, now: datetime, looks_from: datetime | None = None) -> RiskRule:
    """Sets the rule as it was tried and switches it on; what happened before `looks_from` (now) raises no alert.

    :raises DryRunStale: the dry run is of another rule, or has not ended.
    """
    with transaction.atomic():
        rule = RiskRule.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=rule_id)
        tried = DryRun.objects.for_merchant(merchant).filter(pk=dry_run_id, rule=rule, finished_at__isnull=False).first()
        if tried is None:
            raise DryRunStale
        before = {**kept(rule), "is_on": rule.is_on}
        changed = put(rule, tried.settings)
        rule.dry_run, rule.looks_from = tried, (rule.looks_from if rule.is_on else None) or looks_from or now
        rule.is_on = True
        rule.save(update_fields=[*changed, "dry_run", "looks_from", "is_on"])
        after = {**kept(rule), "is_on": True, "dry_run": tried.pk}
        record(merchant_id=merchant.pk, action="risk.rule_on", subject=rule, by=by, now=now, before=before, after=after)
    return rule


def switch_on(*, merchant: Merchant, rule_id: int, by, now: datetime) -> RiskRule:
    """On again with the settings it was last tried with.

    :raises DryRunFirst: it was never tried.
    """
    rule = RiskRule.objects.for_merchant(merchant).get(pk=rule_id)
    if rule.dry_run_id is None:
        raise DryRunFirst
    return use_dry_run(merchant=merchant, rule_id=rule_id, dry_run_id=rule.dry_run_id, by=by, now=now)


def switch_off(*, merchant: Merchant, rule_id: int, by, now: datetime) -> RiskRule:
    """Looks no more; its alerts stay."""
    with transaction.atomic():
        rule = RiskRule.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=rule_id)
        if rule.is_on:
            rule.is_on = False
            rule.save(update_fields=["is_on"])
            record(
                merchant_id=merchant.pk,
                action="risk.rule_off",
                subject=rule,
                by=by,
                now=now,
                before={"is_on": True},
                after={"is_on": False},
            )
    return rule


def snooze_rule(*, merchant: Merchant, rule_id: int, until: datetime | None, by, now: datetime) -> RiskRule:
    """Lets the rule rest until a moment; None wakes it.

    :raises SnoozeWrong: the moment is past or too far ahead.
    """
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise SnoozeWrong
    with transaction.atomic():
        rule = RiskRule.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=rule_id)
        before, rule.snoozed_until = rule.snoozed_until, until
        rule.save(update_fields=["snoozed_until"])
        record(
            merchant_id=merchant.pk,
            action="risk.rule_snoozed",
            subject=rule,
            by=by,
            now=now,
            before={"snoozed_until": before and before.isoformat()},
            after={"snoozed_until": until and until.isoformat()},
        )
    return rule

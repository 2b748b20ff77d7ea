"""Trying other rules on a channel's whole history, and saving them once people have seen what they change."""

import time
from collections.abc import Callable
from datetime import date, datetime

import polars as pl
from django.db import transaction
from django.db.models import Q

from apps.channels.models import Channel, RuleSet
from apps.channels.services.match_rules import LIMITS, set_rules
from apps.channels.terms import rules_of
from apps.core.bulk import queryset_frame
from apps.core.clock import local_date
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.models import Merchant
from apps.settlements.enums import Change, JobKind
from apps.settlements.errors import ReplayFirst, ReplayStale, ReplayUsed, SameRules
from apps.settlements.matching.replaying import FIGURES, SUBJECT, Facts, changes, look, summed, with_rules
from apps.settlements.models import Discrepancy, RuleReplay
from apps.settlements.selectors.facts_mark import facts_mark
from apps.settlements.selectors.rules import in_force
from apps.settlements.services.bank_books import bank_books_of
from apps.settlements.services.books import books_of, terms_of
from apps.settlements.services.replayed_rows import named
from apps.settlements.states import CLOSED_BY_PERSON

ROWS_KEPT = 100  # changes that are shown one by one; the sums are of all
NAMES = {"expected": "expected_minor", "actual": "actual_minor"}


def ask_replay(*, channel: Channel, rules: dict, by, now: datetime) -> tuple[RuleReplay, Job]:
    """Keeps the rules to be tried (RuleSet's limits and `grace_days`) and asks for the job. What is in force stays in force.

    :raises SameRules: they are those in force.
    """
    before = in_force(channel)
    if rules == before:
        raise SameRules
    with transaction.atomic():
        asked = RuleReplay.objects.create(
            merchant_id=channel.merchant_id, channel=channel, rules=rules, before=before, asked_at=now, asked_by=by
        )
        payload, key = {"replay": asked.pk}, f"replay:{asked.pk}"
        job = enqueue(kind=JobKind.REPLAY, merchant_id=channel.merchant_id, payload=payload, by=by, dedupe_key=key)
    return asked, job


def run_replay(*, merchant: Merchant, replay_id: int, now: datetime, progress: Callable | None = None) -> RuleReplay:
    """What a pass under the kept rules would change today. Writes its own row and nothing else; safe to repeat until it was used."""
    asked = RuleReplay.objects.for_merchant(merchant).select_related("channel").get(pk=replay_id)
    if asked.rule_set_id:
        return asked
    started, step = time.monotonic(), progress or (lambda percent, word: None)
    asked.as_of = local_date(now, merchant.timezone)
    # Before the facts are read: what comes in meanwhile makes the replay stale, never wrong.
    asked.facts = facts_mark(asked.channel, asked.as_of)
    step(5, asked.channel.label)
    facts = _facts(merchant, asked.channel, asked.as_of)
    terms = next(one for one in facts.terms if one.channel_id == asked.channel_id)
    limits = {name: asked.rules[name] for name in LIMITS}
    proposed = with_rules(terms, rules_of(RuleSet(version=terms.rules.version + 1, **limits)), asked.rules["grace_days"])
    step(30, asked.channel.label)
    standing = look(facts, terms)
    step(60, asked.channel.label)
    found = changes(standing, look(facts, proposed))
    step(90, "")
    one_by_one = found.filter(~pl.col("what").is_in([Change.ACCEPTED, Change.NO_LONGER_ACCEPTED]))  # their differences tell the same
    asked.sums, asked.row_count = summed(found), one_by_one.height
    asked.rows = named(merchant, one_by_one.head(ROWS_KEPT))
    asked.took_ms, asked.finished_at = int((time.monotonic() - started) * 1000), now
    asked.save(update_fields=["as_of", "facts", "sums", "rows", "row_count", "took_ms", "finished_at"])
    return asked


def _facts(merchant: Merchant, channel: Channel, as_of: date) -> Facts:
    closed = Discrepancy.objects.for_merchant(merchant).filter(state__in=CLOSED_BY_PERSON)
    closed = closed.filter(Q(channel=channel) | Q(payout__isnull=False) | Q(bank_line__isnull=False))
    shape = {"channel_id": pl.Int64(), **dict.fromkeys(SUBJECT[1:], pl.String()), "currency": pl.String()}
    shape |= {NAMES[name]: pl.Int64() for name in FIGURES[1:]}
    return Facts(
        books=books_of(channel),
        bank=bank_books_of(merchant),
        terms=[terms_of(one) for one in Channel.objects.for_merchant(merchant).order_by("code")],
        closed=queryset_frame(closed.order_by(), shape).rename({field: name for name, field in NAMES.items()}),
        currency=channel.currency,
        as_of=as_of,
    )


def save_replay(*, merchant: Merchant, replay_id: int, reason: str, by, now: datetime) -> RuleSet:
    """Puts the rules of a replay in force as a new version, and asks for a pass.

    :raises ReplayFirst: it has not ended.
    :raises ReplayUsed: it was saved before.
    :raises ReplayStale: what it looked at is not what there is now; another day counts, too.
    """
    with transaction.atomic():
        Merchant.objects.select_for_update(of=("self",)).get(pk=merchant.pk)  # as a pass does: none runs between the check and the end
        seen = RuleReplay.objects.for_merchant(merchant).select_for_update(of=("self",)).select_related("channel").get(pk=replay_id)
        if seen.finished_at is None:
            raise ReplayFirst
        if seen.rule_set_id:
            raise ReplayUsed
        if seen.facts != facts_mark(seen.channel, local_date(now, merchant.timezone)):
            raise ReplayStale
        limits = {name: seen.rules[name] for name in LIMITS}
        grace = seen.rules["grace_days"]
        seen.rule_set = set_rules(channel=seen.channel, reason=reason, by=by, now=now, replay=seen.pk, grace_days=grace, **limits)
        seen.save(update_fields=["rule_set"])
        enqueue(kind=JobKind.RECONCILE, merchant_id=merchant.pk, by=by, dedupe_key="reconcile")
    return seen.rule_set

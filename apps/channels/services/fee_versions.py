"""A channel's contract changes by dated versions: the past keeps its terms."""

from datetime import date, datetime, timedelta

from django.db import transaction

from apps.audit.services import record
from apps.channels.enums import METHOD_LABELS
from apps.channels.errors import FeeVersionHasBegun, FeeVersionsOverlap, FeeVersionTaken, PastKeepsItsTerms
from apps.channels.models import Channel, FeeRule
from apps.channels.services.changes import as_json, record_created
from apps.core import clock
from apps.core.figures import names_text
from apps.merchants.models import User

ANY = "*"


def add_fee_version(*, channel: Channel, methods: list[str], valid_from: date, by: User, now: datetime, **terms) -> FeeRule:
    """Adds terms that apply from a day on; `terms` are FeeRule's own fields. Earlier versions are left as they are.

    Where terms for these methods exist already, the day must be later than theirs and not before today in the channel's zone:
    a payment's fee is checked against the terms of its day, and that check must not change afterwards. The merchant file may do
    what this door refuses.

    :raises PastKeepsItsTerms: the day would change terms that have applied.
    :raises FeeVersionTaken: the same methods already have a version from that day.
    :raises FeeVersionsOverlap: another rule names one of the methods from that day.
    """
    methods = sorted(set(methods))
    key = ",".join(methods)
    with transaction.atomic():
        channel = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
        rules = list(channel.fee_rules.all())
        if any(rule.methods_key == key and rule.valid_from == valid_from for rule in rules):
            raise FeeVersionTaken(methods=method_names(methods), day=valid_from.isoformat())
        shared = [method for rule in rules if rule.valid_from == valid_from for method in rule.methods if method in methods]
        if shared:
            raise FeeVersionsOverlap(methods=method_names(shared))
        earliest = first_free_day(rules, methods, clock.local_date(now, channel.timezone))
        if earliest and valid_from < earliest:
            raise PastKeepsItsTerms(day=earliest.isoformat())
        values = {"methods": methods, "methods_key": key, "valid_from": valid_from, **terms}
        rule = FeeRule.objects.create(merchant_id=channel.merchant_id, channel=channel, **values)
        record_created(rule, {"channel": channel.code, **values}, merchant_id=channel.merchant_id, by=by, now=now)
    return rule


def withdraw_fee_version(*, rule: FeeRule, by: User, now: datetime) -> None:
    """Removes a version that has not begun, as if it had never been agreed; history keeps it.

    :raises FeeVersionHasBegun: the version applies already.
    """
    with transaction.atomic():
        channel = Channel.objects.select_for_update(of=("self",)).get(pk=rule.channel_id)
        if has_begun(rule, clock.local_date(now, channel.timezone)):
            raise FeeVersionHasBegun(day=rule.valid_from.isoformat())
        names = (
            "methods",
            "percent_ppm",
            "fixed_minor",
            "minimum_minor",
            "cap_minor",
            "refund_fee",
            "tolerance_minor",
            "rounding",
            "unit_minor",
        )
        before = {"channel": channel.code, "valid_from": as_json(rule.valid_from), **{name: getattr(rule, name) for name in names}}
        record(merchant_id=channel.merchant_id, action="feerule.withdrawn", subject=rule, by=by, now=now, before=before)
        rule.delete()


def has_begun(rule: FeeRule, today: date) -> bool:
    """Whether payments may have been charged by it."""
    return rule.valid_from <= today


def first_free_day(rules: list[FeeRule], methods: list[str], today: date) -> date | None:
    """The earliest day from which new terms for these methods change nothing that has applied; None when any day does.

    A rule for every method speaks for the methods that have none of their own, so naming one of them changes its past too.
    """
    mine = [rule for rule in rules if set(rule.methods) & set(methods) or (rule.methods == [ANY] and methods != [ANY])]
    if not mine:
        return None
    same = [rule.valid_from for rule in mine if set(rule.methods) & set(methods)]
    return max([today, *(day + timedelta(days=1) for day in same)])


def method_names(methods: list[str]) -> str:
    """For sentences."""
    return names_text(METHOD_LABELS.get(method, method) for method in methods)

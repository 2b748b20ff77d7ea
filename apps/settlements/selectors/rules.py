"""Tolerances and windows as people read them, their versions, and what replays told."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.channels.models import Channel, RuleSet
from apps.channels.services.changes import percent_text
from apps.channels.services.match_rules import LIMITS
from apps.core.figures import cash_text
from apps.core.models import Job
from apps.merchants.models import Merchant
from apps.settlements.enums import JobKind
from apps.settlements.models import RuleReplay


@dataclass(frozen=True, slots=True)
class RulesRow:
    """One channel with its rules in force, in words."""

    channel: Channel
    version: int
    amount: str
    fee: str
    fx: str
    values: dict


def in_force(channel: Channel, row: RuleSet | None = None) -> dict:
    """RuleSet's limits and `grace_days` of a channel; the defaults where nobody has set any. One query unless the row is given."""
    row = row or RuleSet.objects.filter(channel=channel).order_by("-version").first() or RuleSet()
    return {**{name: getattr(row, name) for name in LIMITS}, "grace_days": channel.grace_days}


def rules_of(merchant: Merchant) -> list[RulesRow]:
    """Every channel of a merchant by its name. Two queries."""
    newest = {row.channel_id: row for row in RuleSet.objects.for_merchant(merchant).order_by("version")}
    return [_row(channel, newest.get(channel.pk)) for channel in Channel.objects.for_merchant(merchant).order_by("label", "pk")]


def _row(channel: Channel, row: RuleSet | None) -> RulesRow:
    values = in_force(channel, row or RuleSet())
    return RulesRow(
        channel,
        row.version if row else 0,
        limit_text(values["amount_minor"], values["amount_ppm"], channel.currency),
        _("that of the fee plan") if values["fee_ppm"] is None else percent_text(values["fee_ppm"]),
        limit_text(values["fx_minor"], values["fx_ppm"], channel.currency),
        values,
    )


def row_of(channel: Channel) -> RulesRow:
    """One channel with its rules in force."""
    return _row(channel, RuleSet.objects.filter(channel=channel).order_by("-version").first())


def limit_text(minor: int | None, ppm: int | None, currency: str) -> str:
    """`NT$1, at most 0.1 %`: of an absolute and a relative limit the smaller wins."""
    if (not minor and not ppm) or 0 in (minor, ppm):
        return _("none")
    if minor is None:
        return percent_text(ppm)
    money = cash_text(minor, currency)
    return money if ppm is None else _("%(money)s, at most %(share)s") % {"money": money, "share": percent_text(ppm)}


def versions_of(channel: Channel) -> list[tuple[RuleSet, str, str, int | None]]:
    """Every version, the newest first: the row, its limits of amounts and of exchange in words, and the grace saved with it."""
    rows = RuleSet.objects.filter(channel=channel).select_related("created_by", "replay").order_by("-version")
    return [
        (
            row,
            limit_text(row.amount_minor, row.amount_ppm, channel.currency),
            limit_text(row.fx_minor, row.fx_ppm, channel.currency),
            row.grace_days if row.grace_days is not None or not hasattr(row, "replay") else row.replay.rules["grace_days"],
        )
        for row in rows
    ]


def replays_of(channel: Channel) -> QuerySet[RuleReplay]:
    return RuleReplay.objects.for_merchant(channel.merchant_id).filter(channel=channel).order_by("-asked_at", "-pk")


def job_of(replay: RuleReplay) -> Job | None:
    rows = Job.objects.for_merchant(replay.merchant_id).filter(kind=JobKind.REPLAY, payload__replay=replay.pk)
    return rows.order_by("-pk").first()

"""Frames in, findings out. The same frames give the same findings; nothing here knows a database or the clock."""

from dataclasses import replace

import polars as pl

from apps.disputes.rules import frames, payments, refunds, settled
from apps.disputes.rules.frames import Finding, Span
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.settings import Settings

RULES = {
    Kind.SINGLE_DIFFERENCE: (settled.single_difference, frames.DIFFERENCES),
    Kind.REFUND_RATE: (refunds.refund_rate, frames.REFUND_DAYS),
    Kind.REFUND_SURGE: (refunds.refund_surge, frames.REFUND_DAYS),
    Kind.IP_VELOCITY: (payments.bursts, frames.BURSTS),
    Kind.BUYER_VELOCITY: (payments.bursts, frames.BURSTS),
    Kind.CARD_TESTING: (payments.bursts, frames.BURSTS),
    Kind.LARGE_AMOUNT: (payments.large_amount, frames.LARGE_DAYS),
    Kind.UNUSUAL_COUNTRY: (payments.unusual_country, frames.COUNTRY_DAYS),
    Kind.FAILURE_RATE: (payments.failure_rate, frames.ATTEMPT_HOURS),
    Kind.FEE_RATIO: (settled.fee_ratio, frames.FEE_DAYS),
    Kind.PAYOUT_LATE: (settled.payout_late, frames.PAYOUTS),
}


def find(settings: Settings, frame: pl.DataFrame, span: Span) -> list[Finding]:
    """What the rule finds in the span, oldest first. The frame is the one its kind reads (`RULES`)."""
    rule, _schema = RULES[settings.kind]
    found = [_within_scope(settings, one) for one in rule(settings, frame, span)]
    return sorted(found, key=lambda one: (one.at, one.key))


def _within_scope(settings: Settings, finding: Finding) -> Finding:
    """The evidence of a rule that watches a part of the shop is of that part only."""
    scope = {"channel": settings.channel_id, "method": settings.method, "storefront": settings.storefront_id}
    more = {name: value for name, value in scope.items() if value and name not in finding.evidence and "id" not in finding.evidence}
    return replace(finding, evidence={**finding.evidence, **more}) if more else finding

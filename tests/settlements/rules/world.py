"""A small shop with one difference of each sort that rules decide about. NOW is Friday 20 November; amounts are minor units.

A1  1,280.00 in our books, 1,281.00 at the provider       amount_mismatch of one dollar
A2    500.00, the provider has no reference and is 20 h later     a pair by amount and time
A3    700.00 of Wednesday, not listed                     missing once its grace has passed
"""

from datetime import date, timedelta

from apps.audit.models import AuditEvent
from apps.channels.models import Channel, RuleSet
from apps.settlements.models import AcceptedDifference, BankMatch, Discrepancy, Match, Payout, ReconciliationRun, RuleReplay
from apps.settlements.selectors.rules import in_force
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.replaying import ask_replay, run_replay
from tests import cast

MONDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 18)
PAID_AT = cast.NOW - timedelta(days=4)  # Monday 15:46 in Taipei
TABLES = (AcceptedDifference, AuditEvent, BankMatch, Channel, Discrepancy, Match, Payout, ReconciliationRun, RuleSet)


def make_world(slug: str = "qingtian", **terms) -> Channel:
    """The three payments, their statements, and one pass over them."""
    channel = cast.make_channel(cast.make_merchant(slug), provider="ecpay", **terms)
    first, *_others = [cast.make_statement(channel, day=MONDAY + timedelta(days=at)) for at in range(3)]
    for number, amount, paid_at in ((1, 128_000, PAID_AT), (2, 50_000, PAID_AT), (3, 70_000, PAID_AT + timedelta(days=2))):
        cast.make_payment(channel, f"A{number}", amount, placed_at=paid_at, provider_ref=f"P{number}" if number == 1 else "")
    cast.make_line(first, gross=128_100, merchant_ref="A1", provider_ref="P1", occurred_at=PAID_AT)
    cast.make_line(first, gross=50_000, merchant_ref="", occurred_at=PAID_AT + timedelta(hours=20))
    reconcile(merchant=channel.merchant, now=cast.NOW)
    return channel


def replayed(channel: Channel, *, now=cast.NOW, **changes) -> RuleReplay:
    """A replay of the rules in force with changes."""
    asked, _job = ask_replay(channel=channel, rules=in_force(channel) | changes, by=None, now=now)
    return run_replay(merchant=channel.merchant, replay_id=asked.pk, now=now)


def sums(replay: RuleReplay) -> list[tuple]:
    """(what, kind, currency, how many, how much) of every sum."""
    return [tuple(one.values()) for one in replay.sums]


def everything() -> list:
    """All that a replay must leave as it is."""
    return [list(table.objects.order_by("pk").values()) for table in TABLES]

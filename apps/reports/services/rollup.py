"""Daily figures: made anew, set-based, whenever the facts below them have changed."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

import polars as pl
from django.db import connection, transaction
from django.db.models import Count, Exists, Max, OuterRef, Sum

from apps.audit.models import AuditEvent
from apps.channels.contracts import LineKind
from apps.channels.models import Channel, StatementRhythm
from apps.channels.terms import calendar_for, calendars_of, settlement_for
from apps.core.bulk import read_frame
from apps.merchants.models import Merchant
from apps.orders.models import Payment
from apps.orders.states import CAPTURED
from apps.reports.figures.movements import GROSS_TERM
from apps.reports.models import DailyFigure, Rollup, Term
from apps.settlements.enums import DiscrepancyState, Kind
from apps.settlements.models import Discrepancy, Match, Payout, ReconciliationRun, StatementLine

# What changes payments, lines or pairs. Other decisions (who owns a difference, how it was resolved) move no figure.
MOVING = ("books.imported", "file.imported", "file.withdrawn", "match.made", "match.undone")
CHUNK = 1_000
AT_ONCE = 50_000  # payments; more than that take longer to add up than a person should wait for a page
ROLLUP_JOB = "reports.rollup"
_LINES: dict[str, pl.DataType] = {
    "channel_id": pl.Int64(),
    "currency": pl.String(),
    "kind": pl.String(),
    "day": pl.Date(),
    "business_date": pl.Date(),
    "payout_on": pl.Date(),
    "payout_ref": pl.String(),
    "booked_in": pl.String(),
    "n": pl.Int64(),
    "gross": pl.Int64(),
    "fee": pl.Int64(),
    "other": pl.Int64(),
    "net": pl.Int64(),
    "paid_n": pl.Int64(),
    "paid": pl.Int64(),
}
# A payment that several lines share has one of them in slot 0, and a line that several payments share one in line slot 0: each side
# is counted once. `booked_in` is the currency of the captured payment a line is paired with, empty where there is none.
_LINES_SQL = """
SELECT l.channel_id, l.currency, l.kind, COALESCE(p.business_date, l.business_date), l.business_date, l.payout_on, l.payout_ref,
       COALESCE(p.currency, ''), COUNT(*),
       CAST(SUM(l.gross) AS BIGINT), CAST(SUM(l.fee) AS BIGINT), CAST(SUM(l.other) AS BIGINT), CAST(SUM(l.net) AS BIGINT),
       SUM(CASE WHEN p.id IS NOT NULL AND m.slot = 0 THEN 1 ELSE 0 END),
       CAST(SUM(CASE WHEN p.id IS NOT NULL AND m.slot = 0 THEN p.amount_minor ELSE 0 END) AS BIGINT)
FROM settlements_statementline l
LEFT JOIN settlements_match m ON m.line_id = l.id AND m.voided_at IS NULL AND m.line_slot = 0
LEFT JOIN orders_payment p ON p.id = m.payment_id AND p.state IN ({captured}) AND p.channel_id IN ({channels})
WHERE l.channel_id IN ({channels}) AND l.is_live AND l.kind <> 'payout'
GROUP BY l.channel_id, l.currency, l.kind, COALESCE(p.business_date, l.business_date), l.business_date, l.payout_on, l.payout_ref,
         COALESCE(p.currency, '')
"""
Key = tuple[int, str, date, str, int | None]  # channel, currency, day, term, payout


@dataclass
class _Sum:
    count: int = 0
    amount: int = 0

    def add(self, count: int, amount: int) -> None:
        self.count += count
        self.amount += amount


def facts_of(merchant: Merchant) -> str:
    """Names the facts as they stand: the last pass, and the last import or pair by hand. Two cheap queries."""
    run = ReconciliationRun.objects.for_merchant(merchant).exclude(finished_at=None).aggregate(last=Max("pk"))["last"] or 0
    moved = AuditEvent.objects.for_merchant(merchant).filter(action__in=MOVING).aggregate(last=Max("pk"))["last"] or 0
    return f"run {run} event {moved}"


def fresh_rollup(*, merchant: Merchant, now: datetime) -> Rollup:
    """The merchant's daily figures, made anew where a pass or an import is newer than they are."""
    rollup = Rollup.objects.filter(merchant=merchant).first()
    if rollup and rollup.facts == facts_of(merchant):
        return rollup
    return _replace(merchant, now, even_if_fresh=False)


def page_rollup(*, merchant: Merchant, now: datetime) -> tuple[Rollup, bool]:
    """The figures a page shows, and whether they are behind: a large shop sees dated ones while a job makes them anew."""
    rollup = Rollup.objects.filter(merchant=merchant).exclude(refreshed_at=None).first()
    if rollup is None or rollup.facts == facts_of(merchant):
        return rollup or _replace(merchant, now, even_if_fresh=False), False
    if _is_large(merchant):
        return rollup, True
    return _replace(merchant, now, even_if_fresh=False), False


def _is_large(merchant: Merchant) -> bool:
    paid = DailyFigure.objects.for_merchant(merchant).filter(term=Term.PAID).aggregate(n=Sum("count"))["n"]
    return (paid or 0) > AT_ONCE


def refresh(*, merchant: Merchant, now: datetime) -> Rollup:
    """Makes every daily figure of the merchant anew in one transaction."""
    return _replace(merchant, now, even_if_fresh=True)


def _replace(merchant: Merchant, now: datetime, *, even_if_fresh: bool) -> Rollup:
    """Of two that ask at once the second waits, and finds the first one's figures fresh."""
    Rollup.objects.get_or_create(merchant=merchant)
    with transaction.atomic():
        rollup = Rollup.objects.select_for_update().get(merchant=merchant)
        facts = facts_of(merchant)
        if rollup.facts == facts and not even_if_fresh:
            return rollup
        sums = daily_sums(merchant)
        DailyFigure.objects.for_merchant(merchant).delete()
        rows = [_figure(merchant, key, one) for key, one in sums.items() if one.count or one.amount]
        DailyFigure.objects.bulk_create(rows, batch_size=CHUNK)
        rollup.facts, rollup.refreshed_at = facts, now
        rollup.save(update_fields=["facts", "refreshed_at"])
    return rollup


def _figure(merchant: Merchant, key: Key, one: _Sum) -> DailyFigure:
    channel, currency, day, term, payout = key
    return DailyFigure(
        merchant=merchant,
        channel_id=channel,
        currency=currency,
        day=day,
        term=term,
        payout_id=payout,
        count=one.count,
        amount_minor=one.amount,
    )


def daily_sums(merchant: Merchant) -> dict[Key, _Sum]:
    """The figures as they should be: one pass over payments, one over the lines of each channel."""
    sums: dict[Key, _Sum] = defaultdict(_Sum)
    _add_payments(merchant, sums)
    channels = list(Channel.objects.for_merchant(merchant))
    if channels:
        _add_lines(merchant, channels, sums)
    _add_unreported(sums)
    return sums


def _add_payments(merchant: Merchant, sums: dict[Key, _Sum]) -> None:
    """Captured payments; those told missing at the provider; those that share a line with another (few)."""
    captured = Payment.objects.for_merchant(merchant).filter(state__in=CAPTURED).order_by()
    lines = StatementLine.objects.filter(pk=OuterRef("line_id"), is_live=True)
    paired = Match.objects.filter(Exists(lines), payment_id=OuterRef("pk"), voided_at=None)
    told = Discrepancy.objects.for_merchant(merchant).filter(kind=Kind.MISSING_AT_PROVIDER).exclude(state=DiscrepancyState.CLEARED)
    missing = captured.filter(~Exists(paired), pk__in=told.values("payment_id"))
    sharing = Match.objects.filter(Exists(lines), payment_id=OuterRef("pk"), voided_at=None, slot=0, line_slot__gt=0)
    with_others = captured.filter(pk__in=_sharing(merchant)).filter(Exists(sharing))
    for term, rows in ((Term.PAID, captured), (Term.NOT_REPORTED, missing), (Term.MATCHED, with_others)):
        groups = rows.values("channel_id", "currency", "business_date").annotate(n=Count("pk"), amount=Sum("amount_minor"))
        for row in groups:
            sums[row["channel_id"], row["currency"], row["business_date"], term.value, None].add(row["n"], int(row["amount"]))


def _sharing(merchant: Merchant):
    return Match.objects.for_merchant(merchant).filter(line_slot__gt=0, voided_at=None, payment__isnull=False).values("payment_id")


def _add_unreported(sums: dict[Key, _Sum]) -> None:
    """What is paid and neither paired nor told missing."""
    for channel, currency, day, term, _payout in list(sums):
        if term != Term.PAID:
            continue
        paid, known = sums[channel, currency, day, term, None], [Term.MATCHED.value, Term.NOT_REPORTED.value]
        rest = _Sum(paid.count, paid.amount)
        for name in known:
            one = sums.get((channel, currency, day, name, None), _Sum())
            rest.add(-one.count, -one.amount)
        sums[channel, currency, day, Term.UNREPORTED.value, None] = rest


def _add_lines(merchant: Merchant, channels: list[Channel], sums: dict[Key, _Sum]) -> None:
    """All channels in one query: each further one would read pairs and payments again."""
    known = {(p.channel_id, p.currency, p.ref): p.pk for p in Payout.objects.for_merchant(merchant).only("channel_id", "currency", "ref")}
    own = calendars_of(merchant)
    payday = {channel.pk: _payday(channel, own) for channel in channels}
    for row in _line_groups(channels).iter_rows(named=True):
        where = (row["channel_id"], row["currency"], row["day"])
        _add_terms(where, row, sums)
        ref = row["payout_ref"] or payday[row["channel_id"]](row["business_date"], row["payout_on"])
        payout = known.get((row["channel_id"], row["currency"], ref)) if ref else None
        sums[*where, Term.NET.value, payout].add(row["n"], row["net"])


def _line_groups(channels: list[Channel]) -> pl.DataFrame:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '128MB'")  # the joins of a million rows stay in memory; ends with the transaction
    sql = _LINES_SQL.format(
        captured=", ".join(f"'{state}'" for state in sorted(CAPTURED)), channels=", ".join(str(channel.pk) for channel in channels)
    )
    return read_frame(sql, [], _LINES)


def _payday(channel: Channel, own: dict) -> Callable[[date, date | None], str]:
    """The reference of the unnamed payout that carries a line: its bank date; empty where the channel has not paid it out."""
    settlement, calendar = settlement_for(channel), calendar_for(channel, own)
    due = cache(lambda day: settlement.due(day, calendar).isoformat())
    pays_by_calendar = channel.statements != StatementRhythm.PER_PAYOUT
    return lambda day, stated: stated.isoformat() if stated else due(day) if pays_by_calendar else ""


def _add_terms(where: tuple, row: dict, sums: dict[Key, _Sum]) -> None:
    term = GROSS_TERM.get(row["kind"], "adjustments")
    if row["kind"] == LineKind.PAYMENT:
        term = Term.SALES.value if row["booked_in"] else Term.NOT_BOOKED.value
        sums[*where, Term.SALES_FEES.value, None].add(row["n"], row["fee"])
        if row["booked_in"]:
            sums[where[0], row["booked_in"], row["day"], Term.MATCHED.value, None].add(row["paid_n"], row["paid"])
    sums[*where, term, None].add(row["n"], row["gross"])
    sums[*where, Term.FEES.value, None].add(0, row["fee"])
    sums[*where, Term.ADJUSTMENTS.value, None].add(0, row["other"])

"""What payments and lines come to by day, straight from the rows: of everything, or of some channels and days."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

import polars as pl
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Sum

from apps.channels.contracts import LineKind
from apps.channels.models import Channel, StatementRhythm
from apps.channels.terms import calendar_for, calendars_of, settlement_for
from apps.core.bulk import read_frame
from apps.merchants.models import Merchant
from apps.orders.models import Payment
from apps.orders.states import CAPTURED
from apps.reports.figures.movements import GROSS_TERM
from apps.reports.models import Term
from apps.settlements.enums import DiscrepancyState, Kind
from apps.settlements.models import Discrepancy, Match, Payout, StatementLine

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
_COLUMNS = """l.channel_id AS channel_id, l.currency AS currency, l.kind AS kind, COALESCE(p.business_date, l.business_date) AS day,
    l.business_date AS business_date, l.payout_on AS payout_on, l.payout_ref AS payout_ref, COALESCE(p.currency, '') AS booked_in,
    l.gross AS gross, l.fee AS fee, l.other AS other, l.net AS net,
    CASE WHEN p.id IS NOT NULL AND m.slot = 0 THEN 1 ELSE 0 END AS paid_n,
    CASE WHEN p.id IS NOT NULL AND m.slot = 0 THEN p.amount_minor ELSE 0 END AS paid"""
_LINE_COUNTS = "l.channel_id IN ({channels}) AND l.is_live AND l.kind <> 'payout'"
_LINK_COUNTS = "m.voided_at IS NULL AND m.line_slot = 0"
_PAYMENT_COUNTS = "p.state IN ({captured}) AND p.channel_id IN ({channels})"
_EACH = f"""
SELECT {_COLUMNS} FROM settlements_statementline l
LEFT JOIN settlements_match m ON m.line_id = l.id AND {_LINK_COUNTS}
LEFT JOIN orders_payment p ON p.id = m.payment_id AND {_PAYMENT_COUNTS}
WHERE {_LINE_COUNTS}"""  # noqa: S608  composed from our own SQL
# The same of some days. A line stands on its payment's day or, without one, on its own: each half goes by an index of days.
_OF_DAYS = f"""
SELECT {_COLUMNS} FROM orders_payment p
JOIN settlements_match m ON m.payment_id = p.id AND {_LINK_COUNTS}
JOIN settlements_statementline l ON l.id = m.line_id
WHERE {_PAYMENT_COUNTS} AND p.business_date IN ({{days}}) AND {_LINE_COUNTS}
UNION ALL{_EACH} AND p.id IS NULL AND l.business_date IN ({{days}})"""  # noqa: S608
_GROUPS = """
SELECT channel_id, currency, kind, day, business_date, payout_on, payout_ref, booked_in, COUNT(*),
       CAST(SUM(gross) AS BIGINT), CAST(SUM(fee) AS BIGINT), CAST(SUM(other) AS BIGINT), CAST(SUM(net) AS BIGINT),
       SUM(paid_n), CAST(SUM(paid) AS BIGINT)
FROM ({each}) one
GROUP BY channel_id, currency, kind, day, business_date, payout_on, payout_ref, booked_in
"""
Key = tuple[int, str, date, str, int | None]  # channel, currency, day, term, payout


@dataclass
class Tally:
    """How many, and how much in minor units, signed from the merchant's side."""

    count: int = 0
    amount: int = 0

    def add(self, count: int, amount: int) -> None:
        self.count += count
        self.amount += amount


@dataclass(frozen=True)
class Days:
    """The part of a merchant's figures in question: every one of these days of every one of these channels."""

    channels: frozenset[int]
    days: frozenset[date]


def daily_sums(merchant: Merchant, part: Days | None = None) -> dict[Key, Tally]:
    """The figures as they should be, of everything unless a `part` is named: one pass over payments, one over lines."""
    sums: dict[Key, Tally] = defaultdict(Tally)
    _add_payments(merchant, part, sums)
    channels = list(Channel.objects.for_merchant(merchant).filter(**({"pk__in": part.channels} if part else {})))
    if channels:
        _add_lines(merchant, channels, part, sums)
    _add_unreported(sums)
    return sums


def _add_payments(merchant: Merchant, part: Days | None, sums: dict[Key, Tally]) -> None:
    """Captured payments; those told missing at the provider; those that share a line with another (few)."""
    captured = Payment.objects.for_merchant(merchant).filter(state__in=CAPTURED).order_by()
    if part:
        captured = captured.filter(channel_id__in=part.channels, business_date__in=part.days)
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


def _add_unreported(sums: dict[Key, Tally]) -> None:
    """What is paid and neither paired nor told missing."""
    for channel, currency, day, term, _payout in list(sums):
        if term != Term.PAID:
            continue
        paid, known = sums[channel, currency, day, term, None], [Term.MATCHED.value, Term.NOT_REPORTED.value]
        rest = Tally(paid.count, paid.amount)
        for name in known:
            one = sums.get((channel, currency, day, name, None), Tally())
            rest.add(-one.count, -one.amount)
        sums[channel, currency, day, Term.UNREPORTED.value, None] = rest


def _add_lines(merchant: Merchant, channels: list[Channel], part: Days | None, sums: dict[Key, Tally]) -> None:
    """All channels in one query: each further one would read pairs and payments again."""
    known = {(p.channel_id, p.currency, p.ref): p.pk for p in Payout.objects.for_merchant(merchant).only("channel_id", "currency", "ref")}
    own = calendars_of(merchant)
    payday = {channel.pk: _payday(channel, own) for channel in channels}
    for row in _line_groups(channels, part).iter_rows(named=True):
        where = (row["channel_id"], row["currency"], row["day"])
        _add_terms(where, row, sums)
        ref = row["payout_ref"] or payday[row["channel_id"]](row["business_date"], row["payout_on"])
        payout = known.get((row["channel_id"], row["currency"], ref)) if ref else None
        sums[*where, Term.NET.value, payout].add(row["n"], row["net"])


def _line_groups(channels: list[Channel], part: Days | None) -> pl.DataFrame:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '128MB'")  # the joins of a million rows stay in memory; ends with the transaction
    sql = _GROUPS.format(each=_OF_DAYS if part else _EACH).format(
        captured=", ".join(f"'{state}'" for state in sorted(CAPTURED)),
        channels=", ".join(str(channel.pk) for channel in channels),
        days=", ".join(f"'{day.isoformat()}'" for day in sorted(part.days)) if part else "",
    )
    return read_frame(sql, [], _LINES)


def _payday(channel: Channel, own: dict) -> Callable[[date, date | None], str]:
    """The reference of the unnamed payout that carries a line: its bank date; empty where the channel has not paid it out."""
    settlement, calendar = settlement_for(channel), calendar_for(channel, own)
    due = cache(lambda day: settlement.due(day, calendar).isoformat())
    pays_by_calendar = channel.statements != StatementRhythm.PER_PAYOUT
    return lambda day, stated: stated.isoformat() if stated else due(day) if pays_by_calendar else ""


def _add_terms(where: tuple, row: dict, sums: dict[Key, Tally]) -> None:
    term = GROSS_TERM.get(row["kind"], "adjustments")
    if row["kind"] == LineKind.PAYMENT:
        term = Term.SALES.value if row["booked_in"] else Term.NOT_BOOKED.value
        sums[*where, Term.SALES_FEES.value, None].add(row["n"], row["fee"])
        if row["booked_in"]:
            sums[where[0], row["booked_in"], row["day"], Term.MATCHED.value, None].add(row["paid_n"], row["paid"])
    sums[*where, term, None].add(row["n"], row["gross"])
    sums[*where, Term.FEES.value, None].add(0, row["fee"])
    sums[*where, Term.ADJUSTMENTS.value, None].add(0, row["other"])

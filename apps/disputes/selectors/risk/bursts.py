"""Bursts of payments: as many as the limit within the window, slid over time and not cut at the hour. One query, in both dialects.

Rows that reach the limit and lie no further apart than the window are one burst; it begins with the first row of its first window.
"""

from datetime import datetime, timedelta

import polars as pl
from django.db import connection

from apps.core.bulk import read_frame
from apps.disputes.rules.frames import BURSTS, Span
from apps.disputes.rules.kinds import Kind
from apps.disputes.rules.payments import HALF
from apps.disputes.rules.settings import Settings
from apps.merchants.models import Merchant
from apps.orders.enums import PaymentState
from apps.orders.models import Order, Payment
from apps.orders.states import CAPTURED

MICROS = 60_000_000  # in a minute
WHO = {Kind.IP_VELOCITY: "p.payer_ip", Kind.BUYER_VELOCITY: "p.customer_ref", Kind.CARD_TESTING: "p.channel_id"}
TIME = {
    "postgresql": "(extract(epoch from p.placed_at) * 1000000)::bigint",
    "sqlite": "CAST(strftime('%%s', p.placed_at) AS INTEGER) * 1000000 + CAST(substr(p.placed_at || '.000000', 21, 6) AS INTEGER)",
}
# `busy` leaves out, before anything is sorted, all who never come near the limit: nearly everybody.
SQL = """
SELECT * FROM (
WITH scope AS (
  SELECT {who} AS who, p.currency, {time} AS t, p.amount_minor AS minor, CASE WHEN p.state = '{failed}' THEN 1 ELSE 0 END AS failed
  FROM {payments} p {joins} WHERE {where}
), busy AS (SELECT who, currency FROM scope GROUP BY who, currency HAVING count(*) >= {least}),
counted AS (
  SELECT s.*, count(*) OVER w AS n, sum(failed) OVER w AS f, sum(minor) OVER w AS m, min(t) OVER w AS t_first
  FROM scope s JOIN busy USING (who, currency)
  WINDOW w AS (PARTITION BY s.who, s.currency ORDER BY s.t RANGE BETWEEN {window} PRECEDING AND CURRENT ROW)
), hits AS (
  SELECT counted.*, CASE WHEN t - lag(t) OVER (PARTITION BY who, currency ORDER BY t) <= {window} THEN 0 ELSE 1 END AS begins
  FROM counted WHERE n >= {least} AND f * 1000000 >= n * {share}
), numbered AS (SELECT hits.*, sum(begins) OVER (PARTITION BY who, currency ORDER BY t) AS burst FROM hits),
known AS (SELECT numbered.*, min(t) OVER (PARTITION BY who, currency, burst) AS t_hit FROM numbered)
SELECT who, currency, min(t_first), max(t), t_hit, max(n),
  sum(CASE WHEN t > t_hit THEN 1 ELSE 0 END) + max(CASE WHEN t = t_hit THEN n ELSE 0 END),
  sum(CASE WHEN t > t_hit THEN failed ELSE 0 END) + max(CASE WHEN t = t_hit THEN f ELSE 0 END),
  sum(CASE WHEN t > t_hit THEN minor ELSE 0 END) + max(CASE WHEN t = t_hit THEN m ELSE 0 END)
FROM known GROUP BY who, currency, burst, t_hit
) AS found
"""


def bursts(merchant: Merchant, settings: Settings, span: Span) -> pl.DataFrame:
    """The bursts whose limit was reached in the span; the hour before it is read, too."""
    is_test = settings.kind == Kind.CARD_TESTING
    where, params = _conditions(merchant, settings, span)
    quote = connection.ops.quote_name
    who = f"CAST({WHO[settings.kind]} AS varchar(20))" if is_test else WHO[settings.kind]
    sql = SQL.format(
        who=who,
        time=TIME[connection.vendor],
        failed=PaymentState.FAILED.value,
        payments=quote(Payment._meta.db_table),
        joins=f"JOIN {quote(Order._meta.db_table)} o ON o.id = p.order_id" if settings.storefront_id else "",
        where=" AND ".join(where),
        least=int(max(settings.floor if is_test else settings.threshold, 2)),
        window=int(settings.window) * MICROS,
        share=HALF if is_test else 0,
    )
    return read_frame(sql, params, BURSTS)


def _conditions(merchant: Merchant, settings: Settings, span: Span) -> tuple[list[str], list]:
    since = span.since - timedelta(minutes=settings.window)
    where, params = ["p.merchant_id = %s", "p.placed_at BETWEEN %s AND %s"], [merchant.pk, _param(since), _param(span.until)]
    for column, value in (
        ("p.channel_id", settings.channel_id),
        ("p.method", settings.method),
        ("p.currency", settings.currency),
        ("o.storefront_id", settings.storefront_id),
    ):
        if value:
            where.append(f"{column} = %s")
            params.append(value)
    if settings.kind == Kind.CARD_TESTING:
        states = sorted(state.value for state in (*CAPTURED, PaymentState.AUTHORIZED, PaymentState.FAILED))
        where += ["p.amount_minor BETWEEN 1 AND %s", f"p.state IN ({', '.join(['%s'] * len(states))})"]
        params += [settings.threshold, *states]
    else:
        where.append(f"{WHO[settings.kind]} <> ''")
    return where, params


def _param(moment: datetime) -> object:
    """A moment as the database compares it; SQLite keeps text."""
    return connection.ops.adapt_datetimefield_value(moment)

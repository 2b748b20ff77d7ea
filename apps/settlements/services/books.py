"""Reading one channel's facts into frames, with the terms that were agreed."""

from concurrent.futures import ThreadPoolExecutor

import polars as pl
from django.db.models import Count, F

from apps.channels import registry
from apps.channels.cells import key
from apps.channels.models import Channel
from apps.channels.terms import calendar_for, rates_for, rules_for, settlement_for, terms_for
from apps.core.bulk import queryset_frame
from apps.orders.enums import RefundRoute
from apps.orders.models import Order, Payment, Refund
from apps.orders.states import CAPTURED
from apps.settlements.enums import Rule, StatementState
from apps.settlements.matching import frames
from apps.settlements.matching.keys import ordered_lines, ordered_payments
from apps.settlements.models import BankLine, BankStatement, LineSighting, Match, Statement, StatementLine
from apps.settlements.services.dispute_books import disputes_of

PORTION = 900  # ids a query: below what any database takes as parameters


def _read(queryset, schema: dict, **lookups: str) -> pl.DataFrame:
    """A queryset as a frame of `schema`; `lookups` names the fields that are called otherwise in the database."""
    columns = {lookups.get(name, name): dtype for name, dtype in schema.items()}
    return queryset_frame(queryset.order_by(), columns).rename({lookups[name]: name for name in schema if name in lookups})


def terms_of(channel: Channel) -> frames.ChannelTerms:
    """What was agreed with one provider. Where its statements say nothing of fees there is nothing to compare with the plan."""
    can = registry.get(channel.provider).capabilities
    return frames.ChannelTerms(
        channel_id=channel.pk,
        statements=channel.statements,
        calendar=calendar_for(channel),
        settlement=settlement_for(channel),
        fees=tuple(terms_for(channel)) if can.states_fees else (),
        grace_days=channel.grace_days,
        bank_account_id=channel.bank_account_id,
        bank_keywords=tuple(channel.bank_keywords),
        rules=rules_for(channel),
        rates=rates_for(channel),
        sweeps=can.sweeps,
    )


def books_of(channel: Channel) -> frames.ChannelBooks:
    """Payments, refunds, live lines and posted statements of one channel, and what people paired or parted."""
    matches = Match.objects.for_merchant(channel.merchant_id).filter(channel_id=channel.pk)
    ours = Payment.objects.for_merchant(channel.merchant_id).filter(channel=channel)
    # One side is put in order while the other is read. Neither frame of a million rows is held twice: see `ordered_lines`.
    with ThreadPoolExecutor(1) as pool:
        payments = pool.submit(ordered_payments, payments_frame(ours))
        lines = pool.submit(ordered_lines, _lines(channel))
        refunds = _read(_refunds(channel), frames.REFUNDS, amount="amount_minor")
    return frames.ChannelBooks(
        payments=payments.result(),
        refunds=refunds,
        lines=lines.result(),
        statements=_read(Statement.objects.filter(channel=channel, state=StatementState.POSTED), frames.STATEMENTS),
        made_by_hand=_read(matches.filter(rule=Rule.MANUAL, voided_at=None), frames.LINKS),
        undone_by_hand=_read(matches.filter(voided_by__isnull=False), frames.LINKS),
        disputes=disputes_of(channel),
    )


def _refunds(channel: Channel):
    """Those that the provider pays; it never hears of one that our own bank paid."""
    return Refund.objects.for_merchant(channel.merchant_id).filter(channel=channel).exclude(request__route=RefundRoute.BANK_TRANSFER)


def _lines(channel: Channel) -> pl.DataFrame:
    """Live lines; their references become keys one column at a time, so that a million of them are not held twice."""
    live = StatementLine.objects.for_merchant(channel.merchant_id).filter(channel=channel, is_live=True)
    names = {name: name.removesuffix("_key") for name in frames.LINES if name.endswith("_key")}
    lines = _read(live, frames.LINES, **names)
    for name in names:
        lines = lines.with_columns(key(pl.col(name)))
    return lines


def payments_frame(queryset) -> pl.DataFrame:
    """Payments as reconciliation sees them. Only where several pay one order, the order's key is asked for: few of a million."""
    schema = {name: dtype for name, dtype in frames.PAYMENTS.items() if name != "order_key"}
    payments = _read(queryset, schema, amount="amount_minor", order_total="order_total_minor")
    several = payments["order_id"].filter(payments["order_id"].is_duplicated())
    keys = names_of(Order.objects.all(), several, {"order_key": pl.String()}).rename({"id": "order_id"})
    return payments.join(keys, on="order_id", how="left", maintain_order="left").select([*frames.PAYMENTS])


def paid_in_full_again(merchant) -> pl.DataFrame:
    """Captured payments that pay a whole order which has another such payment."""
    whole = Payment.objects.for_merchant(merchant).filter(state__in=CAPTURED, amount_minor=F("order_total_minor"))
    again = whole.values("order_id").annotate(n=Count("id")).filter(n__gt=1).values("order_id")
    return payments_frame(whole.filter(order_id__in=again)).with_columns(pl.lit(True).alias("captured"))


def live_matches(channel: Channel) -> pl.DataFrame:
    """The links in force on a channel, with `id` and the rule that made each."""
    schema = {"id": pl.Int64(), **frames.MATCHES}
    live = Match.objects.for_merchant(channel.merchant_id).filter(channel_id=channel.pk, voided_at=None)
    return _read(live, schema, amount="amount_minor")


def bank_lines_of(merchant) -> pl.DataFrame:
    """Every live bank line of a merchant."""
    return _read(BankLine.objects.for_merchant(merchant).filter(is_live=True), frames.BANK_LINES, amount="amount_minor")


def bank_known_until(merchant) -> dict:
    """Bank account → the last day its statements or lines report."""
    known: dict = {}
    for account, day in (
        BankStatement.objects.for_merchant(merchant)
        .filter(state=StatementState.POSTED, is_final=True)
        .values_list("bank_account_id", "last_day")
    ):
        known[account] = max(day, known.get(account, day))
    return known


def sources_of(channel: Channel, books: frames.ChannelBooks, line_ids: pl.Series) -> pl.DataFrame:
    """`line_id` → `source_file`, `source_row`: of all files that hold the row the one with the fewest days, then the shortest name.

    So the answer does not depend on which file came first.
    """
    wanted = pl.DataFrame({"line_id": line_ids.drop_nulls().unique().cast(pl.Int64)})
    files = books.statements.select(pl.col("id").alias("statement_id"), pl.col("name").alias("source_file"), "first_day", "last_day")
    first = books.lines.select(pl.col("id").alias("line_id"), "statement_id", pl.col("row_no").alias("source_row"))
    shape = {"line_id": pl.Int64(), "statement_id": pl.Int64(), "row_no": pl.Int64()}
    again = _read(LineSighting.objects.filter(statement__channel=channel), shape).rename({"row_no": "source_row"})
    every = pl.concat([part.join(wanted, on="line_id", how="semi") for part in (first, again)]).join(files, on="statement_id")
    order = [pl.col("last_day") - pl.col("first_day"), pl.col("source_file").str.len_chars(), "source_file", "source_row"]
    return every.sort(order).unique("line_id", keep="first", maintain_order=True).select("line_id", "source_file", "source_row")


def names_of(queryset, ids: pl.Series, schema: dict) -> pl.DataFrame:
    """What people call the rows with these ids: `id` and the columns of `schema`, looked up by portions."""
    wanted = ids.drop_nulls().unique().sort()
    shape = {"id": pl.Int64(), **schema}
    parts = [_read(queryset.filter(pk__in=wanted.slice(at, PORTION).to_list()), shape) for at in range(0, len(wanted), PORTION)]
    return pl.concat([frames.empty(shape), *parts])

#!/usr/bin/env python
"""How long a dry run of all presets over the last 30 days takes, and how much memory, with a million payments of history.

    DATABASE_URL=postgres://… bench/alerts.py [--rows 1000000]     # an empty database of that server; else SQLite

Makes a throw-away merchant with three months of payments, as many statement lines and one refund in thirty, takes it away again, and
prints one line of JSON: seconds in all and by kind, findings by kind, and the peak of the measuring process in MB. Another process
makes the rows, so that its memory is not counted.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{tempfile.gettempdir()}/hezhang-alerts.sqlite3")

import django  # noqa: E402

django.setup()

import polars as pl  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from apps.core.bulk import copy_rows, reserve_ids  # noqa: E402
from apps.disputes.rules.engine import find  # noqa: E402
from apps.disputes.rules.frames import Span  # noqa: E402
from apps.disputes.rules.kinds import Kind  # noqa: E402
from apps.disputes.rules.settings import preset  # noqa: E402
from apps.disputes.selectors.risk.counts import frame_for  # noqa: E402
from apps.merchants.models import Merchant  # noqa: E402
from apps.orders.models import Order, Payment, Refund  # noqa: E402
from apps.reports.practice.throwaway import delete_merchant  # noqa: E402
from apps.settlements.models import StatementLine  # noqa: E402
from tests import cast  # noqa: E402

SLUG = "bench-alerts"
UNTIL = datetime(2026, 11, 20, 2, tzinfo=UTC)
DAYS = 90
CHUNK = 100_000
METHODS = ("credit_card", "line_pay", "atm", "apple_pay", "cvs_code")


def make(rows: int) -> None:
    """The merchant's history, chunk by chunk; the same rows every time."""
    merchant = cast.make_merchant(SLUG)
    channels = [cast.make_channel(merchant, code) for code in ("ecpay", "stripe", "line", "adyen")]
    statements = [cast.make_statement(channel) for channel in channels]
    for start in range(0, rows, CHUNK):
        with transaction.atomic():
            _chunk(merchant, channels, statements, start, min(CHUNK, rows - start), rows)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _chunk(merchant, channels, statements, start: int, count: int, rows: int) -> None:
    n = pl.int_range(start, start + count, eager=True).alias("n")
    step = int(timedelta(days=DAYS).total_seconds() * 1_000_000) // rows
    mixed = n.hash(7)
    base = pl.DataFrame({"n": n, "h": mixed}).with_columns(
        at=pl.lit(UNTIL - timedelta(days=DAYS)).dt.cast_time_unit("us") + pl.duration(microseconds=pl.col("n") * step),
        channel_id=pl.Series([one.pk for one in channels]).gather(mixed % 4),
        method=pl.Series(METHODS).gather(mixed // 7 % 5),
        ref=pl.format("BA{}", pl.col("n").cast(pl.String).str.zfill(9)),
        amount_minor=(pl.col("h") // 11 % 9_000 * 100 + 5_000).cast(pl.Int64),
        failed=pl.col("h") // 13 % 25 == 0,
        payer_country=pl.when(pl.col("h") // 17 % 100 < 96)
        .then(pl.lit("TW"))
        .otherwise(pl.lit("J") + (pl.col("h") // 17 % 9).cast(pl.String)),
        payer_ip=pl.format("10.{}.{}.{}", pl.col("h") // 19 % 40, pl.col("h") // 23 % 100, pl.col("h") // 29 % 100),
        customer_ref=pl.format("C{}", pl.col("h") // 31 % 300_000),
    )
    base = _patterns(base, rows)
    fixed = {"merchant_id": pl.lit(merchant.pk), "currency": pl.lit("TWD")}
    orders = reserve_ids(Order, count)
    base = base.with_columns(orders.alias("order_id"), day=pl.col("at").dt.date(), **fixed)
    copy_rows(Order, base.select(
        "merchant_id", "currency", "customer_ref", id="order_id", order_no="ref", order_key="ref", placed_at="at",
        total_minor="amount_minor",
    ))  # fmt: skip
    payments = reserve_ids(Payment, count)
    base = base.with_columns(payments.alias("payment_id"))
    paid = pl.when("failed").then(None)
    copy_rows(Payment, base.select(
        "merchant_id", "currency", "order_id", "channel_id", "method", "amount_minor", "payer_country", "payer_ip", "customer_ref",
        id="payment_id", merchant_ref="ref", merchant_ref_key="ref", provider_ref="ref", provider_ref_key="ref",
        order_total_minor="amount_minor", state=pl.when("failed").then(pl.lit("failed")).otherwise(pl.lit("paid")), placed_at="at",
        paid_at=paid.otherwise(pl.col("at")), business_date=paid.otherwise(pl.col("day")),
    ))  # fmt: skip
    copy_rows(Refund, base.filter(pl.col("n") % 30 == 7, ~pl.col("failed")).select(
        "merchant_id", "currency", "payment_id", "channel_id", "amount_minor", refund_no="ref", refund_no_key="ref",
        provider_refund_ref="ref", provider_refund_ref_key="ref", state=pl.lit("succeeded"), requested_at="at", refunded_at="at",
        business_date="day", reason=pl.lit(""),
    ))  # fmt: skip
    of = dict(zip((one.pk for one in channels), (one.pk for one in statements), strict=True))
    fee = -(pl.col("amount_minor") * 28 // 1000)
    copy_rows(StatementLine, base.select(
        "merchant_id", "currency", "channel_id", "method", statement_id=pl.col("channel_id").replace_strict(of), row_no="n",
        kind=pl.lit("payment"), provider_ref="ref", merchant_ref="ref", provider_refund_ref=pl.lit(""), refund_ref=pl.lit(""),
        line_ref=pl.lit(""), gross="amount_minor", fee=fee, other=pl.lit(0), net=pl.col("amount_minor") + fee, fee_residue=pl.lit(0),
        occurred_at="at", business_date="day", payout_ref=pl.lit(""), row_hash="n", ordinal=pl.lit(0), is_live=pl.lit(True),
    ))  # fmt: skip


def _patterns(base: pl.DataFrame, rows: int) -> pl.DataFrame:
    """A few things to find in the last weeks: a burst from one address, one buyer, one country, an outage, a card test, large orders."""

    def some(number: int, count: int) -> pl.Expr:
        first = rows - rows // 5 + number * (rows // 100)
        return pl.col("n").is_between(first, first + count - 1)

    return base.with_columns(
        payer_ip=pl.when(some(1, 40)).then(pl.lit("198.51.100.9")).otherwise("payer_ip"),
        customer_ref=pl.when(some(2, 20)).then(pl.lit("C999999")).otherwise("customer_ref"),
        payer_country=pl.when(some(3, 15)).then(pl.lit("BR")).otherwise("payer_country"),
        failed=pl.col("failed") | some(4, rows // 500) | some(5, 60),
        amount_minor=pl.when(some(5, 60)).then(100).when(some(6, 5)).then(9_000_000).otherwise("amount_minor"),
    )


def measure() -> dict:
    """A dry run of every preset, one after the other, as the product does it."""
    merchant = Merchant.objects.get(slug=SLUG)
    span = Span(UNTIL - timedelta(days=30), UNTIL, merchant.timezone)
    seconds, found = {}, Counter()
    for kind in Kind:
        started = time.perf_counter()
        settings = preset(kind, merchant.currency)
        found[kind.value] = len(find(settings, frame_for(merchant, settings, span), span))
        seconds[kind.value] = round(time.perf_counter() - started, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "linux" else 1024 * 1024)
    return {
        "payments": Payment.objects.for_merchant(merchant).count(),
        "total_s": round(sum(seconds.values()), 2),
        "seconds": seconds,
        "found": dict(found),
        "peak_mb": peak,
        "database": connection.vendor,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--make", action="store_true", help="only make the rows (what this script runs as another process)")
    parser.add_argument("--measure", action="store_true", help="only measure what is there")
    parser.add_argument("--keep", action="store_true", help="leave the merchant in the database")
    args = parser.parse_args()
    if args.make:
        make(args.rows)
        return
    if not args.measure:
        call_command("migrate", verbosity=0)
        for old in Merchant.objects.filter(slug=SLUG):
            delete_merchant(old)
        subprocess.run([sys.executable, __file__, "--make", "--rows", str(args.rows)], check=True)
    print(json.dumps(measure()))
    if not args.keep and not args.measure:
        delete_merchant(Merchant.objects.get(slug=SLUG))


if __name__ == "__main__":
    main()

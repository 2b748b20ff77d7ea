#!/usr/bin/env python
"""Server time of every orders list at 10,000 and at 1,000,000 payments, and the ratio of the two.

    bench/list_pages.py                  # SQLite in a temporary folder
    DATABASE_URL=postgres://… bench/list_pages.py   # an empty database of that server

Prints a line per page: median and p95 in milliseconds at each size, the ratio of the medians, and the number of queries.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
os.environ.setdefault("DATABASE_URL", f"sqlite:///{tempfile.mkdtemp()}/lists.sqlite3")

import django  # noqa: E402

django.setup()

import polars as pl  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from apps.core.paging import keyset_page  # noqa: E402
from apps.merchants.models import Merchant  # noqa: E402
from apps.orders.selectors.lists import payments_of  # noqa: E402
from apps.orders.services.books import import_payments, import_refunds  # noqa: E402
from tests import cast  # noqa: E402

SIZES = (10_000, 1_000_000)
RUNS = 30
START = datetime(2026, 8, 1, tzinfo=UTC)
CHANNELS = ("ecpay", "alipay", "wechat", "stripe")


def books(count: int) -> tuple[bytes, bytes]:
    """payments.csv and refunds.csv: three months, four channels, one in fifty not paid, one in forty refunded."""
    rows = pl.select(n=pl.int_range(count)).with_columns(
        at=pl.lit(START) + pl.duration(seconds=pl.col("n") * int(timedelta(days=90).total_seconds()) // count),
        channel=pl.Series(CHANNELS).gather(pl.int_range(count, eager=True) % 4),
        ref=pl.format("QT{}", pl.col("n").cast(pl.String).str.zfill(9)),
        amount=pl.format("{}.{}", 10 + pl.col("n") * 7919 % 9000, (pl.col("n") % 90) + 10),
        is_paid=pl.col("n") % 50 != 0,
    )
    moment = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    payments = rows.select(
        order_no="ref", placed_at=moment, storefront=pl.lit("shopify"), order_total="amount", currency=pl.lit("TWD"), channel="channel",
        method=pl.lit("credit_card"), merchant_ref="ref", provider_ref=pl.format("{}26", pl.col("n").hash()), amount="amount",
        status=pl.when("is_paid").then(pl.lit("paid")).otherwise(pl.lit("failed")),
        paid_at=pl.when("is_paid").then(moment).otherwise(pl.lit("")), customer_ref=pl.lit("C1"), payer_country=pl.lit("TW"),
        payer_ip=pl.lit("203.0.113.9"),
    )  # fmt: skip
    refunds = rows.filter(pl.col("is_paid") & (pl.col("n") % 40 == 1)).select(
        refund_no=pl.format("R{}", "ref"), order_no="ref", channel="channel", merchant_ref="ref", provider_ref=pl.lit(""),
        provider_refund_ref=pl.format("PR{}", "n"), amount=pl.lit("1"), currency=pl.lit("TWD"), status=pl.lit("succeeded"),
        requested_at=moment, refunded_at=moment, reason=pl.lit("damaged"),
    )  # fmt: skip
    return payments.write_csv().encode(), refunds.write_csv().encode()


def make_shop(count: int) -> Merchant:
    shop = cast.make_merchant(f"bench{count}")
    for code in CHANNELS:
        cast.make_channel(shop, code)
    payments, refunds = books(count)
    began = time.perf_counter()
    import_payments(merchant=shop, name="payments.csv", data=payments, by=None, now=cast.NOW)
    import_refunds(merchant=shop, name="refunds.csv", data=refunds, by=None, now=cast.NOW)
    print(f"# {count:,} payments loaded in {time.perf_counter() - began:.1f} s", flush=True)
    return shop


def pages(shop: Merchant) -> dict[str, str]:
    """What people open: the first page, one in the middle, filters common and rare, and searches."""
    root = f"/m/{shop.slug}/orders/"
    channel = shop.channels.get(code="stripe").pk
    half = START + timedelta(days=45)
    middle = f"first=2026-08-01&last={half.date()}"
    return {
        "orders": root,
        "orders, middle": f"{root}?{middle}",
        "payments": f"{root}payments/",
        "payments, deep": f"{root}payments/?after={deep_cursor(shop, half)}",
        "payments, middle": f"{root}payments/?{middle}",
        "payments, channel": f"{root}payments/?channel={channel}",
        "payments, failed": f"{root}payments/?state=failed",
        "payments, expired": f"{root}payments/?state=expired",
        "payments, amount": f"{root}payments/?at_least=5000&at_most=5600",
        "refunds": f"{root}refunds/",
        "refunds, channel": f"{root}refunds/?channel={channel}",
        "search, reference": f"{root}search/?q=QT00000",
        "search, provider": f"{root}search/?q=1234",
        "search, amount": f"{root}search/?q=1234.56",
    }


def deep_cursor(shop: Merchant, before: datetime) -> str:
    """The cursor of a page in the middle of the list."""
    rows = payments_of(shop).filter(placed_at__lt=before)
    return keyset_page(rows, {}, fields=("placed_at", "id")).older


def measure(client: Client, address: str) -> tuple[float, float, int]:
    """Median and p95 in milliseconds, and the queries of one request."""
    client.get(address)
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        answer = client.get(address)
        times.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return statistics.median(times), sorted(times)[int(RUNS * 0.95) - 1], len(queries)


def main() -> None:
    settings.MIGRATION_MODULES = {config.label: None for config in django.apps.apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
    found: dict[str, list] = {}
    for size in SIZES:
        shop = make_shop(size)
        client = Client()
        client.force_login(cast.viewer(shop), backend="django.contrib.auth.backends.ModelBackend")
        for name, address in pages(shop).items():
            found.setdefault(name, []).append(measure(client, address))
    print(f"# {connection.vendor}, {RUNS} runs, load {os.getloadavg()[0]:.1f}")
    print(f"{'page':22}" + "".join(f"{f'{size:,} median':>18}{'p95':>8}" for size in SIZES) + f"{'ratio':>8}{'queries':>9}")
    for name, sizes in found.items():
        figures = "".join(f"{median:>18.1f}{p95:>8.1f}" for median, p95, _queries in sizes)
        print(f"{name:22}{figures}{sizes[-1][0] / sizes[0][0]:>8.2f}{'/'.join(str(one[2]) for one in sizes):>9}")


if __name__ == "__main__":
    main()

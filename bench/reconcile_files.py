"""Writes the drop folder that `manage.py bench_reconcile` measures: one Stripe account, N payments, N statement lines, ~1 % exceptions.

    python bench/reconcile_files.py FOLDER ROWS      # prints the discrepancies that must be found, by kind, as JSON

Runs in a process of its own, so that neither its time nor its memory is counted. Same rows, same bytes.
"""

import json
import sys
from datetime import date
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.channels.calendar import country_calendar, parse_settlement, table  # the line above must come first

FIRST, DAYS = date(2026, 3, 2), 60
FILE_ROWS = 100_000
PER_THOUSAND = {
    "missing_at_provider": 2.0,
    "missing_in_books": 2.0,
    "amount_mismatch": 1.5,
    "fee_mismatch": 1.5,
    "status_mismatch": 1.0,
    "duplicate_line": 0.5,
    "refund_missing_at_provider": 0.5,
    "refund_amount_mismatch": 0.5,
    "late_settlement": 0.5,
}
REFUNDS = 0.02  # of the payments; so many payments have no line that the lines are N in all
MERCHANT = """
[merchant]
slug = "bench-throwaway"
name = "Bench"
currency = "USD"
timezone = "UTC"

[[bank_accounts]]
code = "bank"
bank = "Bench Bank"
currency = "USD"
format = "mt940"

[[channels]]
code = "stripe"
provider = "stripe"
label = "Stripe"
currency = "USD"
timezone = "UTC"
calendar = "US"
settles = "T+2"
statements = "per_payout"
bank_account = "bank"
bank_keywords = ["STRIPE"]
grace_days = 1

[[channels.fees]]
methods = ["*"]
percent = "2.9"
fixed = "0.30"
tolerance = "0.01"
unit = "0.01"
valid_from = 2025-01-01
"""


def main() -> None:
    folder, rows = Path(sys.argv[1]), int(sys.argv[2])
    (folder / "statements").mkdir(parents=True)
    (folder / "merchant.toml").write_text(MERCHANT)
    sales = make_sales(rows)
    (books := books_of(sales)).write_csv(folder / "payments.csv")
    backs = make_refunds(sales)
    refunds_of(backs).write_csv(folder / "refunds.csv")
    lines = pl.concat([sale_lines(sales), refund_lines(backs)]).sort("automatic_payout_effective_at", "balance_transaction_id")
    for number, part in enumerate(lines.iter_slices(FILE_ROWS)):
        days = part["automatic_payout_effective_at"].str.slice(0, 10).str.replace_all("-", "")
        part.write_csv(folder / "statements" / f"payout_reconciliation_{number:03d}_{days.min()}_{days.max()}.csv")
    expected = {kind: int(count) for kind, count in faults(sales, backs).items() if count}
    print(json.dumps({"payments": books.height, "lines": lines.height, "refunds": backs.height, "expected": expected}))


def make_sales(rows: int) -> pl.DataFrame:
    """`rows` payments; `fault` names what is wrong with the few. Numbers come from the row number, not from chance."""
    spread = pl.col("n").hash(seed=7)
    frame = pl.DataFrame({"n": pl.int_range(rows, eager=True)}).with_columns(
        (100 + spread % 49_900).cast(pl.Int64).alias("amount"),
        (pl.lit(FIRST).cast(pl.Datetime("us")) + pl.duration(seconds=pl.col("n").hash(seed=8) % (DAYS * 86_400))).alias("at"),
        pl.lit("").alias("fault"),
        pl.format("B{}", pl.col("n").cast(pl.String).str.zfill(9)).alias("order_no"),
        pl.format("pi_3Q{}{}", spread.cast(pl.String).str.slice(0, 10), pl.col("n").cast(pl.String).str.zfill(9)).alias("intent"),
    )
    at = pl.col("n").hash(seed=9) % 10_000
    choice, start = pl.lit(""), 0
    for kind, share in PER_THOUSAND.items():
        if not kind.startswith("refund"):
            choice = pl.when((at >= start) & (at < start + int(share * 10))).then(pl.lit(kind)).otherwise(choice)
            start += int(share * 10)
    refunded = (pl.col("fault") == "") & (pl.col("n").hash(seed=10) % 1000 < int(REFUNDS * 1000))
    frame = frame.with_columns(choice.alias("fault")).with_columns(refunded.alias("refunded"), fee_of(pl.col("amount")).alias("fee"))
    due = table(frame["at"].dt.date().unique().to_list(), country_calendar("US", [2026]), parse_settlement("T+2"))
    return frame.with_columns(pl.col("at").dt.date().alias("business_date")).join(due, on="business_date", how="left")


def fee_of(amount: pl.Expr) -> pl.Expr:
    """2.9 % half up and 30 cents."""
    return (amount * 29 + 500) // 1000 + 30


def books_of(sales: pl.DataFrame) -> pl.DataFrame:
    pending, paid = pl.col("fault") == "status_mismatch", pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return sales.filter(pl.col("fault") != "missing_in_books").select(
        "order_no", paid.alias("placed_at"), pl.lit("own").alias("storefront"), major("amount").alias("order_total"),
        pl.lit("USD").alias("currency"), pl.lit("stripe").alias("channel"), pl.lit("credit_card").alias("method"),
        (pl.col("order_no") + ".1").alias("merchant_ref"), pl.col("intent").alias("provider_ref"), major("amount").alias("amount"),
        pl.when(pending).then(pl.lit("pending")).otherwise(pl.lit("paid")).alias("status"),
        pl.when(pending).then(pl.lit("")).otherwise(paid).alias("paid_at"), pl.lit("C1").alias("customer_ref"),
        pl.lit("US").alias("payer_country"), pl.lit("203.0.113.9").alias("payer_ip"),
    )  # fmt: skip


def make_refunds(sales: pl.DataFrame) -> pl.DataFrame:
    """One refund of half the amount, a day later; a few of them wrong."""
    at = pl.col("n").hash(seed=11) % 1000
    missing, other = PER_THOUSAND["refund_missing_at_provider"] / REFUNDS, PER_THOUSAND["refund_amount_mismatch"] / REFUNDS
    wrong = pl.when(at < missing).then(pl.lit("refund_missing_at_provider"))
    wrong = wrong.when(at < missing + other).then(pl.lit("refund_amount_mismatch")).otherwise(pl.lit(""))
    backs = sales.filter("refunded").with_columns((pl.col("amount") // 2).alias("back"), wrong.alias("fault"))
    return backs.with_columns((pl.col("at") - pl.duration(minutes=1)).alias("at"))


def refunds_of(backs: pl.DataFrame) -> pl.DataFrame:
    done = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return backs.select(
        pl.format("RF{}", "order_no").alias("refund_no"), "order_no", pl.lit("stripe").alias("channel"),
        (pl.col("order_no") + ".1").alias("merchant_ref"), pl.col("intent").alias("provider_ref"),
        pl.format("re_{}", "intent").alias("provider_refund_ref"), major("back").alias("amount"), pl.lit("USD").alias("currency"),
        pl.lit("succeeded").alias("status"), done.alias("requested_at"), done.alias("refunded_at"), pl.lit("damaged").alias("reason"),
    )  # fmt: skip


def sale_lines(sales: pl.DataFrame) -> pl.DataFrame:
    """Lines of payments; the two kinds of missing cancel out, a repeat stands for a refund that has no line."""
    kind = pl.col("fault")
    charged = sales.filter(kind != "missing_at_provider").with_columns(
        pl.when(kind == "amount_mismatch").then(pl.col("amount") + 100).otherwise(pl.col("amount")).alias("gross"),
        pl.when(kind == "late_settlement").then(pl.col("due_on").dt.offset_by("7d")).otherwise(pl.col("due_on")).alias("payout_on"),
    )
    charged = charged.with_columns(fee_of(pl.col("gross")).alias("fee"))
    charged = charged.with_columns(pl.when(kind == "fee_mismatch").then(pl.col("fee") + 25).otherwise(pl.col("fee")).alias("fee"))
    again = charged.filter(kind == "duplicate_line")
    return pl.concat([_cells(charged, "charge", "a"), _cells(again, "charge", "d")])


def refund_lines(backs: pl.DataFrame) -> pl.DataFrame:
    given = backs.filter(pl.col("fault") != "refund_missing_at_provider").with_columns(
        pl.when(pl.col("fault") == "refund_amount_mismatch").then(-pl.col("back") - 1).otherwise(-pl.col("back")).alias("gross"),
        pl.lit(0, dtype=pl.Int64).alias("fee"),
        pl.col("due_on").alias("payout_on"),
    )
    return _cells(given, "refund", "r")


def _cells(frame: pl.DataFrame, category: str, mark: str) -> pl.DataFrame:
    effective, created = pl.col("payout_on").dt.strftime("%Y-%m-%d 00:00:00"), pl.col("at").dt.strftime("%Y-%m-%d %H:%M:%S")
    frame = frame.with_columns((pl.col("gross") - pl.col("fee")).alias("net"))
    source = pl.format("re_{}", "intent") if category == "refund" else pl.format("ch_{}", "intent")
    return frame.select(
        pl.format("po_1Q{}", pl.col("payout_on").dt.strftime("%Y%m%d")).alias("automatic_payout_id"),
        effective.alias("automatic_payout_effective_at"), pl.format("txn_{}{}", "intent", pl.lit(mark)).alias("balance_transaction_id"),
        created.alias("created_utc"), created.alias("created"), effective.alias("available_on_utc"), effective.alias("available_on"),
        pl.lit("usd").alias("currency"), major("gross").alias("gross"), major("fee").alias("fee"), major("net").alias("net"),
        pl.lit(category).alias("reporting_category"), source.alias("source_id"), pl.lit("Tea").alias("description"),
        pl.format("ch_{}", "intent").alias("charge_id"), pl.col("intent").alias("payment_intent_id"),
        pl.lit("card").alias("payment_method_type"), pl.lit("visa").alias("card_brand"), pl.lit("credit").alias("card_funding"),
        pl.lit("US").alias("card_country"), (pl.col("order_no") + ".1").alias("payment_metadata[merchant_ref]"),
        (pl.format("RF{}", "order_no") if category == "refund" else pl.lit("")).alias("refund_metadata[refund_no]"),
    )  # fmt: skip


def major(name: str) -> pl.Expr:
    """Minor units as text with two decimals."""
    value = pl.col(name)
    sign, whole = pl.when(value < 0).then(pl.lit("-")).otherwise(pl.lit("")), value.abs() // 100
    return pl.format("{}{}.{}", sign, whole, (value.abs() % 100).cast(pl.String).str.zfill(2))


def faults(sales: pl.DataFrame, backs: pl.DataFrame) -> dict[str, int]:
    both = pl.concat([sales["fault"], backs["fault"]])
    return dict(both.filter(both != "").value_counts().iter_rows())


if __name__ == "__main__":
    main()

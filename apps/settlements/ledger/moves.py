"""How a posting is written down: one amount from the credited account to the debited one, added up by entry."""

import polars as pl

from apps.settlements.ledger.accounts import Code
from apps.settlements.ledger.frames import POSTINGS, WHOLE


def account(code: Code | pl.Expr, channel_id: int, about: str | pl.Expr = "") -> pl.Expr:
    """The key of a channel's account in the row's currency."""
    name = pl.lit(code.value) if isinstance(code, Code) else code
    if isinstance(about, str):
        return pl.format("{}:c{}:{}", name, pl.lit(channel_id), pl.col("currency"))
    return pl.format("{}:c{}:{}:{}", name, pl.lit(channel_id), about, pl.col("currency"))


def bank(currency: str = "currency") -> pl.Expr:
    """The key of the row's bank account; without a number where we do not know into which it came."""
    number = pl.when(pl.col("bank_account_id").is_null()).then(pl.lit(":")).otherwise(pl.format(":b{}:", pl.col("bank_account_id")))
    return pl.format("{}{}{}", pl.lit(Code.BANK.value), number, pl.col(currency))


def move(rows: pl.DataFrame, source: str, *, debit: pl.Expr, credit: pl.Expr, amount: pl.Expr, day: str, by_row: bool) -> pl.DataFrame:
    """Postings of `rows`: one entry a row of its own id, or one for a day, kind and currency. A negative amount goes the other way."""
    is_back = pl.col("amount") < 0
    kind = pl.col("kind") if "kind" in rows.columns else pl.lit("")
    found = rows.with_columns(
        debit.alias("debit"), credit.alias("credit"), amount.alias("amount"), kind.alias("kind"), pl.col(day).alias("belongs_on")
    ).filter(pl.col("amount") != 0)
    if by_row:
        named = found.with_columns(
            pl.col("id").cast(WHOLE).alias("source_id"), pl.format("{}:{}", pl.lit(source), "id").alias("source_key")
        )
    else:
        place = pl.col("credit").str.extract(r":(c\d+):")
        named = found.with_columns(
            pl.lit(None, dtype=WHOLE).alias("source_id"),
            pl.format("{}:{}:{}:{}:{}", pl.lit(source), place, "kind", "currency", "belongs_on").alias("source_key"),
        )
    named = named.with_columns(pl.lit(source).alias("source")).select(*POSTINGS)
    return named.with_columns(
        pl.when(is_back).then("credit").otherwise("debit").alias("debit"),
        pl.when(is_back).then("debit").otherwise("credit").alias("credit"),
        pl.col("amount").abs(),
    )


def added_up(postings: pl.DataFrame) -> pl.DataFrame:
    """One posting for each pair of accounts of an entry, in the direction that is left over; none where nothing is."""
    turned = pl.col("debit") > pl.col("credit")  # one direction for both, so that they meet
    one_way = postings.with_columns(
        pl.when(turned).then("credit").otherwise("debit").alias("debit"),
        pl.when(turned).then("debit").otherwise("credit").alias("credit"),
        pl.when(turned).then(-pl.col("amount")).otherwise("amount").alias("amount"),
    )
    names = [name for name in POSTINGS if name != "amount"]
    sums = one_way.group_by(names).agg(pl.col("amount").sum()).filter(pl.col("amount") != 0)
    is_back = pl.col("amount") < 0
    return (
        sums.with_columns(
            pl.when(is_back).then("credit").otherwise("debit").alias("debit"),
            pl.when(is_back).then("debit").otherwise("credit").alias("credit"),
            pl.col("amount").abs(),
        )
        .select(*POSTINGS)
        .sort("belongs_on", "source_key", "debit", "credit")
    )

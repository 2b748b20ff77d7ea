"""What a provider's own exchange of a sale came to, against the booked rate.

PayPal exchanges a sale inside the account: a pair of rows that name the sale, so much out in its currency and so much in, in another.
The sale itself agrees with the books; whether the exchange was a fair one only the rate that the shop booked can tell.
"""

import polars as pl

from apps.settlements.matching.comparing import judged, with_booked
from apps.settlements.matching.frames import FAULTS, ChannelTerms, empty

SIDES = ["provider_ref_key", "currency"]


def compare_conversions(matches: pl.DataFrame, lines: pl.DataFrame, told: pl.DataFrame, terms: ChannelTerms) -> pl.DataFrame:
    """`fx_variance` of paired sales whose conversion brought another amount than the rate booked for its day says.

    Only sales that were exchanged once, from one currency into one other, are judged; and none that `told` has this kind for already.
    """
    halves = lines.filter((pl.col("kind") == "conversion") & (pl.col("provider_ref_key") != ""))
    if halves.is_empty() or not terms.rates:
        return empty(FAULTS)
    sums = halves.group_by(*SIDES, maintain_order=True).agg(pl.col("net").sum(), pl.col("business_date").first(), pl.len().alias("_n"))
    once = (pl.len().over("provider_ref_key") == 2) & (pl.col("_n") == 1).all().over("provider_ref_key")
    out, into = (sums.filter(once & (pl.col("net") * sign > 0)) for sign in (-1, 1))
    pairs = out.select("provider_ref_key", -pl.col("net").alias("amount"), currency_ours="currency").join(
        into.select("provider_ref_key", "currency", "business_date", got="net"), on="provider_ref_key", maintain_order="left"
    )
    sales = lines.filter((pl.col("kind") == "payment") & (pl.col("provider_ref_key") != ""))
    paired = matches.filter(pl.col("payment_id").is_not_null()).unique("payment_id", keep="first", maintain_order=True)
    owners = paired.select("payment_id", "line_id").join(
        sales.select("provider_ref_key", "statement_id", line_id="id"), on="line_id", maintain_order="left"
    )
    known = told.filter(pl.col("kind") == "fx_variance").select("payment_id")
    exchanged = pairs.join(owners, on="provider_ref_key", maintain_order="left").join(
        known, on="payment_id", how="anti", maintain_order="left"
    )
    booked, _without_rate = with_booked(exchanged, terms.rates)
    limit = terms.rules.fx.limit(pl.col("booked"))
    return judged(booked, "fx_variance", pl.col("booked"), pl.col("got"), limit)[0]

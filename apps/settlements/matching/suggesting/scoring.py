"""A score for each pair: grades of its parts, points for each grade, and the probability that their sum stands for."""

from math import log

import polars as pl

from apps.core.money import exponent
from apps.settlements.matching.suggesting.references import graded, plain, tokens
from apps.settlements.matching.suggesting.shapes import Evidence, Knowledge
from apps.settlements.matching.suggesting.weights import Weights

PARTS = ("amount", "day", "clock", "reference", "method", "sign", "rivals")
FIXED_FEE, FEE_SHARE = 60, 4  # major units, or percent, that a bank or provider may keep of a transfer
NEAR, FAR = 2, 20  # percent
CLOSE = ("same", "net", "learned", "fixed_fee")  # amounts of which another near in time is a rival
CLOSE_DAYS = (-1, 5)  # open days
SIDE = ["owner", "kind", "currency", "amount", "net", "open_day", "moment", "method"]


def scored(pairs: pl.DataFrame, theirs: pl.DataFrame, ours: pl.DataFrame, knowledge: Knowledge, weights: Weights) -> pl.DataFrame:
    """`pairs` with a grade for each of PARTS, what the words need, `points` and `score` (0 to 1)."""
    left = theirs.select(pl.col("id").alias("left_id"), *SIDE)
    right = ours.select(pl.col("id").alias("right_id"), *SIDE)
    both = pairs.join(left, on="left_id", maintain_order="left").join(right, on="right_id", suffix="_ours", maintain_order="left")
    both = _amounts(both, knowledge).with_columns(_days(), _clocks(), _methods())
    memos = theirs.select(pl.col("id").alias("left_id"), plain(pl.col("memo")).alias("memo")).filter(pl.col("memo") != "")
    both = _signs(graded(both, tokens(theirs), tokens(ours), memos), theirs, knowledge)
    both = _pointed(both, PARTS[:-1], weights)
    both = _pointed(both.with_columns(_rivals(both, weights)), PARTS[-1:], weights)
    return both.with_columns((1 / (1 + (-pl.col("points")).exp())).alias("score"))


def _pointed(both: pl.DataFrame, parts: tuple[str, ...], weights: Weights) -> pl.DataFrame:
    """Adds the points of some parts, each and in sum."""
    each = [
        pl.col(part).replace_strict(weights.points[part], default=0.0, return_dtype=pl.Float64).alias(f"{part}_points") for part in parts
    ]
    before = pl.col("points") if "points" in both.columns else pl.lit(weights.bias)
    return both.with_columns(each).with_columns((before + pl.sum_horizontal(f"{part}_points" for part in parts)).alias("points"))


def _rivals(both: pl.DataFrame, weights: Weights) -> pl.Series:
    """`only`, `two` or `several`: how many near in time have such an amount, on the side where they are more.

    It is asked only of pairs that have nothing but amount and day to show. An item that something better explains is nobody's rival, and
    its other pairs are `taken`.
    """
    close = pl.col("amount").is_in(CLOSE) & pl.col("days").is_between(*CLOSE_DAYS)
    sure = pl.col("points") >= log(weights.sure / (1 - weights.sure))
    explained = pl.any_horizontal(sure.any().over(side) for side in ("left_id", "right_id")) & ~sure
    bare = close & pl.col("reference").is_in(["blank", "alike"]) & (pl.col("clock") == "unknown")
    counted = both.select("left_id", "right_id", bare.alias("bare"), explained.alias("taken"), (close & ~explained).alias("rival"))
    most = pl.max_horizontal(pl.col("rival").cast(pl.Int64).sum().over(side) for side in ("left_id", "right_id"))
    grade = pl.when(most <= 1).then(pl.lit("only")).when(most == 2).then(pl.lit("two")).otherwise(pl.lit("several"))
    grade = pl.when("taken").then(pl.lit("taken")).otherwise(grade)
    return counted.select(pl.when("bare").then(grade).otherwise(pl.lit("unknown")).alias("rivals")).to_series()


def evidence_of(row: dict) -> tuple[Evidence, ...]:
    """A scored row's parts that say something, the weightiest first."""
    said = {
        "amount": (row["gap"], ""),
        "day": (row["days"], ""),
        "clock": (row["minutes"] or 0, ""),
        "reference": (row["reference_n"], row["reference_text"]),
        "method": (0, ""),
        "sign": (0, row["sign_text"]),
        "rivals": (0, ""),
    }
    parts = [Evidence(part, row[part], round(row[f"{part}_points"], 2), *said[part]) for part in PARTS]
    kept = [one for one in parts if one.grade not in ("unknown", "none") and (one.part, one.grade) != ("reference", "blank")]
    return tuple(sorted(kept, key=lambda one: -abs(one.points)))


def _amounts(both: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """`amount` as a grade and `gap`, theirs less ours in minor units."""
    both = both.rename({"amount": "got", "amount_ours": "due"}).with_columns((pl.col("got") - pl.col("due")).alias("gap"))
    gaps = knowledge.signs.filter(pl.col("sign") == "gap").select(
        pl.col("owner").alias("owner_ours"), pl.col("value").cast(pl.Int64).alias("gap"), pl.lit(True).alias("_known")
    )
    both = both.join(gaps.unique(), on=["owner_ours", "gap"], how="left", maintain_order="left")
    size, gap = pl.col("due").abs(), pl.col("gap").abs()
    unit = pl.col("currency").replace_strict(
        {"": 1} | {code: 10 ** exponent(code) for code in both["currency"].unique()}, return_dtype=pl.Int64
    )
    short = (pl.col("gap") < 0) & (pl.col("due") > 0)
    grade = (
        pl.when(pl.col("got").sign() != pl.col("due").sign()).then(pl.lit("other"))
        .when(gap == 0).then(pl.lit("same"))
        .when(pl.col("got") == pl.col("net_ours")).then(pl.lit("net"))
        .when(pl.col("_known")).then(pl.lit("learned"))
        .when(short & (gap <= FIXED_FEE * unit) & (gap * 5 <= size)).then(pl.lit("fixed_fee"))
        .when(short & (gap * 100 <= size * FEE_SHARE)).then(pl.lit("percent_fee"))
        .when(gap * 100 <= size * NEAR).then(pl.lit("near"))
        .when(gap * 100 <= size * FAR).then(pl.lit("far"))
        .otherwise(pl.lit("other"))
    )  # fmt: skip
    return both.with_columns(grade.alias("amount")).drop("_known")


def days_grade(days: pl.Expr) -> pl.Expr:
    """How many open days theirs is later than ours, in classes."""
    return (
        pl.when(days == 0).then(pl.lit("same"))
        .when(days == 1).then(pl.lit("late_1"))
        .when(days == 2).then(pl.lit("late_2"))
        .when(days.is_between(3, 5)).then(pl.lit("late_5"))
        .when(days.is_between(6, 10)).then(pl.lit("late_10"))
        .when(days > 10).then(pl.lit("late_more"))
        .when(days == -1).then(pl.lit("early_1"))
        .otherwise(pl.lit("early_more"))
    )  # fmt: skip


def _days() -> pl.Expr:
    days = (pl.col("open_day") - pl.col("open_day_ours")).fill_null(0)
    return pl.struct(days_grade(days).alias("day"), days.alias("days")).struct.unnest()


def _clocks() -> pl.Expr:
    """How far apart the two clocks are, where both sides know the time of day."""
    minutes = ((pl.col("moment") - pl.col("moment_ours")).abs().dt.total_seconds() // 60).alias("minutes")
    grade = (
        pl.when(minutes.is_null()).then(pl.lit("unknown"))
        .when(minutes <= 2).then(pl.lit("minutes"))
        .when(minutes <= 15).then(pl.lit("quarter"))
        .when(minutes <= 120).then(pl.lit("hours"))
        .when(minutes <= 26 * 60).then(pl.lit("day"))
        .otherwise(pl.lit("apart"))
    )  # fmt: skip
    return pl.struct(grade.alias("clock"), minutes).struct.unnest()


def _methods() -> pl.Expr:
    named = (pl.col("method") != "") & (pl.col("method_ours") != "")
    same = pl.when(pl.col("method") == pl.col("method_ours")).then(pl.lit("same")).otherwise(pl.lit("other"))
    return pl.when(named).then(same).otherwise(pl.lit("unknown")).alias("method")


def words_in(items: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """`left_id`, `owner`, `value`, `source`: every word known of a channel that an item's memo holds."""
    known = knowledge.signs.filter(pl.col("sign") == "word").select("owner", "source", pl.col("value").str.to_lowercase())
    memos = items.filter(pl.col("memo") != "").select(pl.col("id").alias("left_id"), "memo")
    found = [
        memos.filter(pl.col("memo").str.contains(word, literal=True)).with_columns(pl.lit(word).alias("value"))
        for word in known["value"].unique(maintain_order=True)
    ]
    hits = pl.concat([pl.DataFrame(schema={"left_id": pl.Int64, "memo": pl.String, "value": pl.String}), *found])
    return hits.join(known, on="value").select("left_id", "owner", "value", "source")


def _signs(both: pl.DataFrame, theirs: pl.DataFrame, knowledge: Knowledge) -> pl.DataFrame:
    """`sign`: whether the memo has a word of the channel (given or learned), or only one of another channel."""
    hits = words_in(theirs, knowledge).sort("source", "value")
    mine = hits.unique(["left_id", "owner"], keep="first", maintain_order=True).rename({"owner": "owner_ours", "value": "sign_text"})
    others = hits.select("left_id", pl.lit(True).alias("_other")).unique()
    both = both.join(mine, on=["left_id", "owner_ours"], how="left", maintain_order="left")
    both = both.join(others, on="left_id", how="left", maintain_order="left")
    grade = pl.when(pl.col("source").is_not_null()).then(pl.col("source")).when(pl.col("_other")).then(pl.lit("foreign"))
    return both.with_columns(grade.otherwise(pl.lit("none")).alias("sign"), pl.col("sign_text").fill_null("")).drop("source", "_other")

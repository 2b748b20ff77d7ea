"""How alike two references are: equal, mistyped, cut, buried in a memo, or about something else."""

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

# Best first: a pair takes the best grade that any two of its references earn.
GRADES = ("same", "look_alike", "buried", "typo", "cut", "two_typos", "short_cut", "alike", "blank", "other")
RANK = {grade: at for at, grade in enumerate(GRADES)}
SHORTEST = 5  # characters below which being alike says nothing
WORD = r"[a-z0-9][a-z0-9_\-]{3,}"  # what may be a reference within free text
LONG_CUT, TYPO_FROM, TWO_TYPOS_FROM, ALIKE = 7, 6, 9, 0.93


def plain(expression: pl.Expr) -> pl.Expr:
    """A key without punctuation, with the characters that eyes and scanners confuse made one: O and 0, I, L and 1."""
    bare = expression.str.replace_all(r"[^\p{L}\p{N}]", "")
    return bare.str.replace_all("o", "0", literal=True).str.replace_all("[il]", "1")


def tokens(items: pl.DataFrame) -> pl.DataFrame:
    """`id`, `field` (merchant, provider, memo), `token`, `plain`: every reference that an item carries, one row each."""
    named = [items.select("id", pl.lit(name).alias("field"), pl.col(f"{name}_ref").alias("token")) for name in ("merchant", "provider")]
    words = items.select("id", pl.lit("memo").alias("field"), pl.col("memo").str.extract_all(WORD).alias("token")).explode("token")
    words = words.filter(pl.col("token").str.contains("[0-9]"))
    every = pl.concat([*named, words]).filter(pl.col("token").fill_null("") != "").unique(maintain_order=True)
    return every.with_columns(plain(pl.col("token")).alias("plain"))


def graded(pairs: pl.DataFrame, left: pl.DataFrame, right: pl.DataFrame, memos: pl.DataFrame) -> pl.DataFrame:
    """Adds `reference` (a grade), `reference_n` (characters wrong or missing) and `reference_text` (what was written) to pairs.

    `left` and `right` are `tokens` of both sides; `memos` has `left_id` and `memo` as `plain`, for references without a gap around them.
    """
    ours = right.filter(pl.col("field") != "memo").rename({"id": "right_id", "token": "_ours", "plain": "_b", "field": "_field_ours"})
    theirs = left.rename({"id": "left_id", "token": "_theirs", "plain": "_a", "field": "_field"})
    ids = pairs.select("left_id", "right_id")
    both = ids.join(theirs, on="left_id").join(ours, on="right_id")
    best = _best(_compared(both)) if both.height else _none(ids)
    buried = ids.join(memos, on="left_id").join(ours, on="right_id").filter(pl.col("_b").str.len_chars() >= SHORTEST + 1)
    buried = buried.filter(pl.col("memo").str.contains(pl.col("_b"), literal=True)).unique(["left_id", "right_id"], maintain_order=True)
    buried = buried.select(
        "left_id", "right_id", pl.lit(RANK["buried"]).alias("_rank"), pl.lit(0).alias("_n"), pl.col("_ours").alias("_said")
    )
    every = pl.concat([best, buried.select(pl.col(name).cast(dtype) for name, dtype in best.schema.items())])
    top = every.sort("_rank", maintain_order=True).unique(["left_id", "right_id"], keep="first", maintain_order=True)
    found = pairs.join(top, on=["left_id", "right_id"], how="left", maintain_order="left")
    grade = pl.col("_rank").fill_null(RANK["blank"]).replace_strict({at: name for name, at in RANK.items()}, return_dtype=pl.String)
    return found.with_columns(
        grade.alias("reference"), pl.col("_n").fill_null(0).alias("reference_n"), pl.col("_said").fill_null("").alias("reference_text")
    ).drop("_rank", "_n", "_said")


def _none(ids: pl.DataFrame) -> pl.DataFrame:
    shape = {"_rank": pl.Int64, "_n": pl.Int64, "_said": pl.String}
    return ids.head(0).with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in shape.items())


def _compared(both: pl.DataFrame) -> pl.DataFrame:
    """One row for each two references of a pair, with the grade they earn."""
    a, b = both["_a"].to_list(), both["_b"].to_list()
    away = process.cpdist(a, b, scorer=OSA.distance, score_cutoff=2, workers=1)
    like = process.cpdist(a, b, scorer=JaroWinkler.similarity, score_cutoff=ALIKE, workers=1)
    both = both.with_columns(pl.Series("_away", away, dtype=pl.Int64), pl.Series("_like", like, dtype=pl.Float64))
    long_a, long_b = pl.col("_a").str.len_chars().cast(pl.Int64), pl.col("_b").str.len_chars().cast(pl.Int64)
    shorter = pl.min_horizontal(long_a, long_b)
    part = (
        pl.col("_a").str.starts_with(pl.col("_b")) | pl.col("_a").str.ends_with(pl.col("_b"))
        | pl.col("_b").str.starts_with(pl.col("_a")) | pl.col("_b").str.ends_with(pl.col("_a"))
    )  # fmt: skip
    same_field = (pl.col("_field") == pl.col("_field_ours")) | (_shape("_theirs") == _shape("_ours"))
    rank = (
        pl.when(pl.col("_theirs") == pl.col("_ours")).then(RANK["same"])
        .when((pl.col("_away") == 0) & (shorter >= SHORTEST)).then(RANK["look_alike"])
        .when((pl.col("_away") == 1) & (shorter >= TYPO_FROM)).then(RANK["typo"])
        .when(part & (shorter >= LONG_CUT)).then(RANK["cut"])
        .when((pl.col("_away") == 2) & (shorter >= TWO_TYPOS_FROM)).then(RANK["two_typos"])
        .when(part & (shorter >= SHORTEST)).then(RANK["short_cut"])
        .when(pl.col("_like") >= ALIKE).then(RANK["alike"])
        .when(same_field).then(RANK["other"])
        .otherwise(RANK["blank"])
    )  # fmt: skip
    gone = (long_a - long_b).abs()
    wrong = pl.when(rank.is_in([RANK["cut"], RANK["short_cut"]])).then(gone).when(rank <= RANK["two_typos"]).then(pl.col("_away"))
    return both.with_columns(rank.cast(pl.Int64).alias("_rank"), wrong.fill_null(0).cast(pl.Int64).alias("_n"))


def _best(rows: pl.DataFrame) -> pl.DataFrame:
    """The best grade of each pair. Where nothing is alike, one contradiction weighs more than what cannot be compared."""
    nothing = pl.col("_rank") == RANK["blank"]
    order = pl.when(nothing).then(len(GRADES)).otherwise(pl.col("_rank"))
    top = rows.with_columns(order.alias("_order")).sort("_order", "_n", maintain_order=True)
    top = top.unique(["left_id", "right_id"], keep="first", maintain_order=True)
    return top.select("left_id", "right_id", "_rank", "_n", pl.col("_theirs").alias("_said"))


def _shape(column: str) -> pl.Expr:
    """Letters and digits made one each: two references of one shape are of one kind, so that a difference is a contradiction."""
    return pl.col(column).str.replace_all("[a-z]", "a").str.replace_all("[0-9]", "9")

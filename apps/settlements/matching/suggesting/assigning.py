"""Who gets whom: the pairs of greatest sum, one to one, and which of them another choice could replace at hardly any loss."""

import numpy as np
import polars as pl

LARGE = 1_000.0  # above any sum of points; the solver takes costs that are greater than zero


def assigned(scored: pl.DataFrame, least: float, margin: float) -> pl.DataFrame:
    """The best one-to-one choice among scored pairs with at least `least` points, with `loss` and `is_ambiguous`.

    `loss` is how many points the whole would lose if one of the two took another instead, as far as an exchange with one other pair tells.
    """
    edges = scored.filter(pl.col("points") > least)
    if edges.is_empty():
        return edges.with_columns(pl.lit(0.0).alias("loss"), pl.lit(False).alias("is_ambiguous"))
    chosen = edges[_solved(edges, least)]
    loss = _losses(edges, chosen, least)
    return chosen.with_columns(pl.Series("loss", loss, dtype=pl.Float64)).with_columns((pl.col("loss") < margin).alias("is_ambiguous"))


def _solved(edges: pl.DataFrame, least: float) -> np.ndarray:
    """Positions of the chosen edges. Each item of theirs also has a place of its own, which it takes when nothing is worth it."""
    from scipy.sparse import csr_array  # noqa: PLC0415  a third of a second and 30 MB for every process that suggests nothing
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching  # noqa: PLC0415

    lefts, rows = np.unique(edges["left_id"].to_numpy(), return_inverse=True)
    rights, columns = np.unique(edges["right_id"].to_numpy(), return_inverse=True)
    gain = edges["points"].to_numpy() - least
    alone = np.arange(len(lefts))
    costs = csr_array(
        (
            np.concatenate([LARGE - gain, np.full(len(lefts), LARGE)]),
            (np.concatenate([rows, alone]), np.concatenate([columns, len(rights) + alone])),
        ),
        shape=(len(lefts), len(rights) + len(lefts)),
    )
    row_of, column_of = min_weight_full_bipartite_matching(costs)
    taken = dict(zip(row_of.tolist(), column_of.tolist(), strict=True))
    return np.array([at for at, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)) if taken[row] == column], int)


def _losses(edges: pl.DataFrame, chosen: pl.DataFrame, least: float) -> list[float]:
    gain = {(left, right): points - least for left, right, points in edges.select("left_id", "right_id", "points").iter_rows()}
    mate = dict(chosen.select("left_id", "right_id").iter_rows())
    back = {right: left for left, right in mate.items()}
    loss = dict.fromkeys(mate, float("inf"))
    for (left, right), worth in gain.items():
        if mate.get(left) == right:
            continue
        mine, other = mate.get(left), back.get(right)
        freed = (gain[left, mine] if mine is not None else 0.0) + (gain[other, right] if other is not None else 0.0)
        swapped = gain.get((other, mine), 0.0) if mine is not None and other is not None else 0.0
        lost = freed - worth - max(swapped, 0.0)
        for who in (left, other):
            if who in loss:
                loss[who] = min(loss[who], lost)
    return [loss[left] for left in chosen["left_id"]]

"""Fitting models; the one module that needs scikit-learn. Import it late, and in a job alone: it costs a second and 60 MB.

The same rows give the same model: the solver starts at zero, rows are in order, and what is kept is rounded.
"""

import numpy as np
import polars as pl
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from apps.settlements.learning.evaluating import split_day, truth_of
from apps.settlements.learning.measuring import log_loss
from apps.settlements.learning.scorecards import DIGITS, Scorecard
from apps.settlements.learning.tasks import Task

STRENGTHS = (0.03, 0.1, 0.3, 1.0)  # the smaller, the more a rare sign is distrusted
LEAST_POSITIVES = 2


def fit_scorecard(rows: pl.DataFrame, task: Task, extra: dict | None = None) -> Scorecard | None:
    """A scorecard learned from rows with LABELLED; `extra` is kept beside the cuts. None where there is nothing to tell apart.

    How much rare signs are trusted is chosen on the newest quarter of these rows, never on held-back ones.
    """
    cuts = {**task.limits(rows), **(extra or {})}
    whole, inner = task.cut(rows, cuts), split_day(rows["business_date"])
    if not LEAST_POSITIVES <= rows["is_positive"].sum() < rows.height:
        return None
    strength = STRENGTHS[1]
    if inner is not None:
        older, newer = whole.filter(pl.col("business_date") < inner), whole.filter(pl.col("business_date") >= inner)
        if LEAST_POSITIVES <= older["is_positive"].sum() < older.height and newer["is_positive"].any():
            strength = min(STRENGTHS, key=lambda one: _loss(_fitted(older, task, cuts, one), newer))
    return _fitted(whole, task, cuts, strength)


def _loss(card: Scorecard, rows: pl.DataFrame) -> float:
    return round(log_loss(card.scores(rows).to_numpy(), truth_of(rows, "channel")), DIGITS)


def _fitted(rows: pl.DataFrame, task: Task, cuts: dict, strength: float) -> Scorecard:
    names = [(facet, value) for facet in task.facets for value in _supported(rows, facet, task.support)]
    matrix = _matrix(rows, task, names)
    weight = rows["weight"].to_numpy()
    model = LogisticRegression(C=strength, max_iter=2_000, tol=1e-6)
    with threadpool_limits(1):  # threads cost more than they bring on so few columns, and their sums come in any order
        model.fit(matrix, rows["is_positive"].to_numpy(), sample_weight=weight)
    return _centred(names, model.coef_[0], float(model.intercept_[0]), matrix, weight, cuts)


def _supported(rows: pl.DataFrame, facet: str, support: int) -> list[str]:
    counts = rows.group_by(facet).agg(pl.len().alias("_n")).filter(pl.col("_n") >= support)
    return sorted(value for value in counts[facet] if value is not None)


def _matrix(rows: pl.DataFrame, task: Task, names: list[tuple[str, str]]) -> csr_matrix:
    """One column a facet value, one where the row has it."""
    at_row, at_column = [], []
    for facet in task.facets:
        columns = {value: place for place, (of, value) in enumerate(names) if of == facet}
        if columns:
            place = rows[facet].replace_strict(list(columns), list(columns.values()), default=-1, return_dtype=pl.Int64()).to_numpy()
            has = np.flatnonzero(place >= 0)
            at_row.append(has)
            at_column.append(place[has])
    rows_of, columns_of = np.concatenate(at_row), np.concatenate(at_column)
    return csr_matrix((np.ones(len(rows_of)), (rows_of, columns_of)), shape=(rows.height, len(names)))


def _centred(names, weights: np.ndarray, intercept: float, matrix: csr_matrix, weight: np.ndarray, cuts: dict) -> Scorecard:
    """Points of a facet are told against its average row, so that one is a reason for more than usual."""
    often = np.asarray(matrix.T @ weight).ravel() / weight.sum()
    points: dict[str, dict[str, float]] = {}
    mean = dict.fromkeys((facet for facet, _value in names), 0.0)
    for (facet, _value), one, share in zip(names, weights, often, strict=True):
        mean[facet] += float(one * share)
    for (facet, value), one in zip(names, weights, strict=True):
        points.setdefault(facet, {})[value] = round(float(one) - mean[facet], DIGITS)
    return Scorecard(round(intercept + sum(mean.values()), DIGITS), points, cuts)

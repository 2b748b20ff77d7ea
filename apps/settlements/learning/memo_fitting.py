"""Fitting the model of memos; needs scikit-learn, so import it late and in a job alone."""

import numpy as np
import polars as pl
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from apps.settlements.learning.memos import DIGITS, MemoModel, grams_of

MOST_GRAMS = 2_000  # a bound for what is kept; the most frequent ones stay
STRENGTH = 10.0
SPLIT = "\x1f"  # between the runs of a memo on their way through the vectoriser


def fit_memos(rows: pl.DataFrame) -> MemoModel | None:
    """A model learned from MEMOS; None where all are of one type. The same rows give the same model."""
    if rows["kind"].n_unique() < 2:
        return None
    documents = [SPLIT.join(grams_of(memo, is_credit)) for memo, is_credit in rows.select("memo", "is_credit").iter_rows()]
    reader = TfidfVectorizer(analyzer=_runs, sublinear_tf=True, min_df=2, max_features=MOST_GRAMS)
    matrix = reader.fit_transform(documents)
    model = LogisticRegression(C=STRENGTH, max_iter=2_000, tol=1e-6, class_weight="balanced")
    model.fit(matrix, rows["kind"].to_numpy().astype(str))
    weights, base = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # the solver keeps the second type's alone
        weights, base = np.vstack([np.zeros_like(weights), weights]), np.array([0.0, base[0]])
    grams = {
        str(gram): [round(float(reader.idf_[at]), DIGITS), *(round(float(one), DIGITS) for one in weights[:, at])]
        for gram, at in sorted(reader.vocabulary_.items())
    }
    return MemoModel([str(kind) for kind in model.classes_], [round(float(one), DIGITS) for one in base], grams)


def _runs(document: str) -> list[str]:
    return document.split(SPLIT)

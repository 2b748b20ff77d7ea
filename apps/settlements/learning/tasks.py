"""What a model of risk is asked, as data: from rows of history to facets, and what it has to beat."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

# Every frame that is learned from has these beside its facets: the day decides the split, the weight undoes the sampling.
LABELLED = {"business_date": pl.Date(), "is_positive": pl.Boolean(), "weight": pl.Float64()}


@dataclass(frozen=True, slots=True)
class Task:
    """`limits` reads the limits of facets from the rows that are trained on, `cut` makes the facets by them.

    `baseline` names the facets whose rates so far are the plain guess, the coarse one first; a facet value with fewer rows than
    `support` is not looked at.
    """

    facets: tuple[str, ...]
    baseline: tuple[str, ...]
    support: int
    limits: Callable[[pl.DataFrame], dict]
    cut: Callable[[pl.DataFrame, dict], pl.DataFrame]

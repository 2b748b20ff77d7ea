"""What a model is worth on the newest quarter of the days, whichever kind it is. No scikit-learn here."""

from dataclasses import dataclass, field

import polars as pl

from apps.settlements.learning.evaluating import risk_figures, split_day
from apps.settlements.learning.memo_evaluating import memo_figures
from apps.settlements.learning.memos import MemoModel
from apps.settlements.learning.scorecards import Scorecard
from apps.settlements.learning.tasks import Task
from apps.settlements.learning.verdicts import Check, memo_checks, risk_checks


@dataclass(frozen=True, slots=True)
class Past:
    """Labelled rows of a shop's history. Of a risk `task` says how they are read, of memos (no task) the rules need `keywords`.

    `extra` is kept with a risk's model beside its limits.
    """

    rows: pl.DataFrame
    task: Task | None
    keywords: list[str] = field(default_factory=list)
    extra: dict = field(default_factory=dict)

    def split(self) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        """Older and held-back rows by their day; None where there are too few days."""
        day = split_day(self.rows["business_date"])
        if day is None:
            return None
        return self.rows.filter(pl.col("business_date") < day), self.rows.filter(pl.col("business_date") >= day)


@dataclass(frozen=True, slots=True)
class Worth:
    """A model with its figures on held-back days and the rules it has to keep to be on."""

    model: Scorecard | MemoModel
    figures: dict
    checks: list[Check]

    @property
    def passes(self) -> bool:
        return all(check.holds for check in self.checks)

    @property
    def scores(self) -> tuple[float, float]:
        """Its own score and the plain guess's: average precision of a risk, macro F1 of memos."""
        pair = self.figures["average_precision" if "average_precision" in self.figures else "macro_f1"]
        return pair["own"], pair["plain"]


def worth_of(model: Scorecard | MemoModel, past: Past) -> Worth | None:
    """None where there are too few days to hold any back."""
    parts = past.split()
    if parts is None:
        return None
    if past.task is None:
        figures = memo_figures(model, *parts, past.keywords)
        return Worth(model, figures, memo_checks(figures))
    figures = risk_figures(model, *parts, past.task)
    return Worth(model, figures, risk_checks(figures))

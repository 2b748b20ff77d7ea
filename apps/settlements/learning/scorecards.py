"""What a model of risk has learned, as points for named facets of a row. A score is their sum, so each point is a reason.

Kept as plain numbers in JSON and never as a pickle: reading one must not run code.
"""

from dataclasses import dataclass

import polars as pl

DIGITS = 6  # of a point: what is kept is what is measured


@dataclass(frozen=True, slots=True)
class Reason:
    """One facet that moved a score: `points` are log odds above (or below) the average row."""

    facet: str
    value: str
    points: float


@dataclass(frozen=True, slots=True)
class Scorecard:
    """`base` are the log odds of the average row, `points` by facet and value what is added to them; a value it never saw adds nothing.

    `cuts` are the limits by which facets were made of figures, as the task's `cut` takes them.
    """

    base: float
    points: dict[str, dict[str, float]]
    cuts: dict

    def scores(self, rows: pl.DataFrame) -> pl.Series:
        """The probability of a difference for each row; needs a text column for each facet."""
        total = pl.lit(self.base)
        for facet, points in self.points.items():
            if points:
                total = total + pl.col(facet).replace_strict(list(points), list(points.values()), default=0.0, return_dtype=pl.Float64())
        return rows.select((1 / (1 + (-total).exp())).alias("score"))["score"].fill_null(0.0)

    def reasons(self, row: dict, *, most: int, least_points: float) -> list[Reason]:
        """What speaks most for a difference on this row, the weightiest first."""
        found = [Reason(facet, row[facet], points.get(row[facet], 0.0)) for facet, points in self.points.items()]
        strong = [one for one in found if one.points >= least_points]
        return sorted(strong, key=lambda one: (-one.points, one.facet))[:most]

    def strongest(self, most: int) -> list[Reason]:
        """Every facet value by the size of its points: what the model looks at."""
        every = [Reason(facet, value, number) for facet, points in self.points.items() for value, number in points.items()]
        return sorted(every, key=lambda one: (-abs(one.points), one.facet, one.value))[:most]

    def as_json(self) -> dict:
        return {"base": self.base, "points": self.points, "cuts": self.cuts}

    @classmethod
    def from_json(cls, kept: dict) -> "Scorecard":
        return cls(kept["base"], kept["points"], kept["cuts"])

"""How much each grade of each part counts: points are log-odds, the bias is how unlikely a pair is before anything is known of it.

Fitted by `manage.py evaluate_suggestions --fit` on the made-up sets of seeds 1 to 10, rounded to tenths, then left alone. What the sets
cannot teach (a sign people taught) was set beside its like, and a clock that is hours
off counts less than in the sets: real files may hold the time of settlement. docs/practice-world.md says what the sets are made of.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Weights:
    """Points by part and grade, for pairs and for batches (there `each` is for every part beyond two, `late` for every open day).

    `floor` is the least score shown, `sure` the posting threshold, `margin` what another choice must lose, in points, lest a suggestion
    be ambiguous.
    """

    bias: float
    points: dict[str, dict[str, float]]
    batch: dict[str, dict[str, float]]
    floor: float = 0.5
    sure: float = 0.99
    margin: float = 0.3


LINES = Weights(
    bias=-6.3,
    points={
        "amount": {"same": 2.8, "net": 3.3, "learned": 2.8, "fixed_fee": 0.9, "percent_fee": -1.2, "near": -1.9, "far": -3.9,
                   "other": -6.2},
        "day": {"same": 2.7, "late_1": 1.9, "late_2": 0.8, "late_5": 0.1, "late_10": -1.5, "late_more": -3.6, "early_1": -2.4,
                "early_more": -4.1},
        "clock": {"minutes": 5.4, "quarter": 2.4, "hours": -1.0, "day": -2.5, "apart": -3.5},
        "reference": {"same": 6.1, "look_alike": 6.1, "typo": 6.1, "buried": 5.0, "cut": 3.4, "two_typos": 1.8, "short_cut": 1.8,
                      "alike": -1.9, "other": -6.4},
        "method": {"same": 1.0, "other": -5.0},
        "sign": {},
        "rivals": {"only": 1.6, "two": 1.2, "several": -0.2, "taken": -6.1},
    },
    batch={
        "base": {"bias": -5.7, "each": 1.4, "late": -0.8},
        "sum": {"same": 3.5, "learned": 3.0, "fixed_fee": -3.5},
        "parts": {"whole": 3.1, "chosen": -3.1},
        "reference": {"buried": 3.0},
        "sign": {},
    },
)  # fmt: skip
BANK = Weights(
    bias=-6.1,
    points={
        "amount": {"same": 4.2, "learned": 4.0, "fixed_fee": 3.2, "near": -2.3, "percent_fee": -2.7, "far": -3.6, "other": -4.1},
        "day": {"same": 2.9, "late_1": 1.9, "late_2": 1.4, "late_5": 0.0, "late_10": -2.8, "late_more": -3.7, "early_1": -2.4,
                "early_more": -2.6},
        "clock": {},
        "reference": {"same": 3.8, "look_alike": 3.8, "typo": 3.6, "cut": 3.8, "buried": 3.8, "two_typos": 1.5, "short_cut": 1.5,
                      "alike": 0.0, "other": -1.4},
        "method": {},
        "sign": {"given": 1.1, "learned": 1.1, "foreign": -2.1},
        "rivals": {"only": 4.2, "two": 0.4, "several": -0.2, "taken": -2.0},
    },
    batch={
        "base": {"bias": -0.9, "each": 0.2, "late": -0.6},
        "sum": {"same": 2.1, "learned": 2.0, "fixed_fee": -2.1},
        "parts": {"whole": 0.3, "chosen": -0.3},
        "reference": {"buried": 0.5},
        "sign": {"given": 0.6, "learned": 0.6, "foreign": -1.5},
    },
)  # fmt: skip

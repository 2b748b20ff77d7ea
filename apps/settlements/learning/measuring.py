"""How good scores are on days that nobody trained on. Weighted, because of harmless rows only a sample is kept; ties count as ties."""

from dataclasses import dataclass

import numpy as np

RESAMPLES, SHUFFLES = 400, 999
SURE = 1e-6  # no score is surer than that when it is judged


@dataclass(frozen=True, slots=True)
class Held:
    """Rows that were held back: whether there was a difference, how many rows each stands for, the day it belongs to, and its group.

    Groups are those that the plain guess tells apart.
    """

    positive: np.ndarray
    weight: np.ndarray
    day: np.ndarray
    group: np.ndarray


def average_precision(scores: np.ndarray, held: Held) -> float:
    """The mean share of differences among the rows looked at first, over all of them found; what chance gives is the overall rate."""
    return _precision(_order(scores), held.positive, held.weight)


def log_loss(scores: np.ndarray, held: Held) -> float:
    """How far the probabilities are from what happened, in nats a row; less is better."""
    sure = np.clip(scores, SURE, 1 - SURE)
    each = -np.where(held.positive, np.log(sure), np.log1p(-sure))
    return float(np.average(each, weights=held.weight))


def first_looks(scores: np.ndarray, held: Held) -> float:
    """How many differences are found by looking at as many rows as there are differences, the highest score first; ties pro rata."""
    order, ends = _order(scores)
    weight, positive = held.weight[order], (held.weight * held.positive)[order]
    left, found, start = float(positive.sum()), 0.0, 0
    for end in ends:
        size, hits = float(weight[start : end + 1].sum()), float(positive[start : end + 1].sum())
        found += hits * min(1.0, left / size)
        left -= size
        start = end + 1
        if left <= 0:
            break
    return found


def share_of_wins(own: np.ndarray, plain: np.ndarray, held: Held, *, seed: int) -> float:
    """In which part of the resampled pasts the scores are better than the plain guess. Whole days are drawn: rows of a day go together."""
    rng = np.random.default_rng(seed)
    _days, place = np.unique(held.day, return_inverse=True)
    count, orders, wins, drawn = int(place.max()) + 1, (_order(own), _order(plain)), 0, 0
    for _ in range(RESAMPLES):
        times = np.bincount(rng.integers(0, count, count), minlength=count)
        weight = held.weight * times[place]
        if not (weight * held.positive).any():
            continue
        drawn += 1
        wins += _precision(orders[0], held.positive, weight) > _precision(orders[1], held.positive, weight)
    return wins / drawn if drawn else 0.0


def chance_of(scores: np.ndarray, held: Held, *, seed: int) -> float:
    """How often pure chance does as well: the part of shuffled pasts whose average precision reaches the real one.

    Differences are shuffled within their group, so that knowing the rate of each group alone is no merit.
    """
    rng, ranked = np.random.default_rng(seed), _order(scores)
    reached, count = _precision(ranked, held.positive, held.weight), 0
    places = [np.flatnonzero(held.group == one) for one in np.unique(held.group)]
    shuffled = np.arange(len(scores))
    for _ in range(SHUFFLES):
        for place in places:
            shuffled[place] = rng.permutation(place)
        count += _precision(ranked, held.positive[shuffled], held.weight[shuffled]) >= reached
    return (count + 1) / (SHUFFLES + 1)


def _order(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows by falling score, and where each group of equal scores ends."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    return order, np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)


def _precision(ranked: tuple[np.ndarray, np.ndarray], positive: np.ndarray, weight: np.ndarray) -> float:
    order, ends = ranked
    found = np.cumsum((weight * positive)[order])[ends]
    seen = np.cumsum(weight[order])[ends]
    steps = np.diff(found, prepend=0.0)
    some = steps > 0
    return float((steps[some] * found[some] / seen[some]).sum() / found[-1]) if found[-1] > 0 else 0.0


def macro_f1(true: np.ndarray, said: np.ndarray, names: list[str]) -> float:
    """The mean over `names` of the harmonic mean of precision and recall; a type nobody said and nobody meant is left out."""
    each = [f1_of(true, said, name) for name in names if (true == name).any() or (said == name).any()]
    return float(np.mean(each)) if each else 0.0


def f1_of(true: np.ndarray, said: np.ndarray, name: str) -> float:
    right = int(((true == name) & (said == name)).sum())
    named = int((true == name).sum()) + int((said == name).sum())
    return 2 * right / named if named else 0.0


def share_of_f1_wins(true: np.ndarray, own: np.ndarray, plain: np.ndarray, names: list[str], *, seed: int) -> float:
    """In which part of the resampled pasts the macro F1 is better than that of the plain rules."""
    rng, wins = np.random.default_rng(seed), 0
    for _ in range(RESAMPLES):
        pick = rng.integers(0, len(true), len(true))
        wins += macro_f1(true[pick], own[pick], names) > macro_f1(true[pick], plain[pick], names)
    return wins / RESAMPLES


def chance_of_f1(true: np.ndarray, said: np.ndarray, names: list[str], *, seed: int) -> float:
    """How often what was said fits as well when it is dealt out to the lines anew."""
    rng, reached = np.random.default_rng(seed), macro_f1(true, said, names)
    count = sum(macro_f1(true, rng.permutation(said), names) >= reached for _ in range(SHUFFLES))
    return (count + 1) / (SHUFFLES + 1)

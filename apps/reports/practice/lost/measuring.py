"""How well a set is read: precision, recall and F1 of links, first choices, and the same for two simple ways of pairing."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from apps.reports.practice.lost.records import Hop, LabelledSet, Relation
from apps.settlements.matching.suggesting import rank, suggest
from apps.settlements.matching.suggesting.shapes import Suggestion
from apps.settlements.matching.suggesting.weights import BANK, LINES, Weights

SIMILAR = 0.9  # from which Jaro-Winkler alone pairs two references


@dataclass(frozen=True, slots=True)
class Figures:
    """`links` are (their id, our id): a batch of three is three of them. `wrong_if_posted` are false ones at the posting threshold."""

    said: int
    right: int
    true: int
    posted: int = 0
    wrong_if_posted: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in Figures.__slots__))

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.said + self.true) if self.said + self.true else 0.0

    def as_dict(self) -> dict:
        shown = {name: round(getattr(self, name), 4) for name in ("precision", "recall", "f1")}
        return {**shown, **{name: getattr(self, name) for name in Figures.__slots__}}


def links_of(relations) -> set[tuple[int, int]]:
    """Every (their id, our id) of relations."""
    return {(left, right) for theirs, ours in relations for left in theirs for right in ours}


def hops(made: LabelledSet) -> list[tuple[Hop, Weights]]:
    return [(made.lines, LINES), (made.bank, BANK)]


def figures_of(said: list[Suggestion], key: dict[Relation, str], weights: Weights) -> Figures:
    """What is ambiguous is not said: it is left to people."""
    plain = [one for one in said if not one.is_ambiguous]
    links, true = links_of((one.theirs, one.ours) for one in plain), links_of(key)
    posted = links_of((one.theirs, one.ours) for one in plain if one.score >= weights.sure)
    return Figures(len(links), len(links & true), len(true), len(posted), len(posted - true))


def first_choices(hop: Hop, weights: Weights) -> tuple[int, int, int]:
    """Of relations between one and one: how many there are, in how many the first choice is right, and one of the first three."""
    wanted = {next(iter(theirs)): next(iter(ours)) for theirs, ours in hop.key if len(theirs) == len(ours) == 1}
    choices: dict[int, list[int]] = {}
    for one in rank(hop.theirs.filter(pl.col("id").is_in(list(wanted))), hop.ours, hop.knowledge, weights):
        choices.setdefault(one.theirs[0], []).append(one.ours[0])
    first = sum(choices.get(left, [])[:1] == [right] for left, right in wanted.items())
    three = sum(right in choices.get(left, [])[:3] for left, right in wanted.items())
    return len(wanted), first, three


def by_amount_and_day(hop: Hop) -> set[tuple[int, int]]:
    """Baseline: the only two of an amount and a day."""
    on = ["pool", "kind", "currency", "amount", "day"]
    both = hop.theirs.join(hop.ours, on=on, suffix="_ours").select("id", "id_ours")
    only = both.filter((pl.len().over("id") == 1) & (pl.len().over("id_ours") == 1))
    return set(only.iter_rows())


def by_jaro_winkler(hop: Hop) -> set[tuple[int, int]]:
    """Baseline: for each of theirs the most similar reference (or memo) of ours, each of ours once, the most similar first."""
    text = pl.concat_str("merchant_ref", "provider_ref", "memo")
    theirs = hop.theirs.select("id", text.alias("text")).filter(pl.col("text") != "")
    ours = hop.ours.select("id", pl.when(pl.col("merchant_ref") != "").then("merchant_ref").otherwise("provider_ref").alias("text"))
    ours = ours.filter(pl.col("text") != "")
    ids = ours["id"].to_list()
    scores = process.cdist(theirs["text"].to_list(), ours["text"].to_list(), scorer=JaroWinkler.similarity, score_cutoff=SIMILAR)
    ranked = sorted(
        ((-row.max(), left, ids[int(row.argmax())]) for left, row in zip(theirs["id"].to_list(), scores, strict=True) if row.max())
    )
    taken: dict[int, int] = {}
    for _score, left, right in ranked:
        taken.setdefault(right, left)
    return {(left, right) for right, left in taken.items()}


BASELINES: dict[str, Callable[[Hop], set[tuple[int, int]]]] = {"amount_and_day": by_amount_and_day, "jaro_winkler": by_jaro_winkler}


def measure(made: LabelledSet) -> dict:
    """Figures by way and hop, and how much of each kind of damage is found."""
    report: dict = {}
    found: dict[str, list[int]] = {}
    for name, (hop, weights) in zip(("lines", "bank"), hops(made), strict=True):
        said = suggest(hop.theirs, hop.ours, hop.knowledge, weights)
        report[name] = figures_of(said, hop.key, weights)
        plain = links_of((one.theirs, one.ours) for one in said if not one.is_ambiguous)
        for relation, kind in hop.key.items():
            links = links_of([relation])
            counts = found.setdefault(f"{name}_{kind}", [0, 0])
            counts[0] += len(links & plain)
            counts[1] += len(links)
    wholes = [first_choices(hop, weights) for hop, weights in hops(made)]
    total, first, three = (sum(column) for column in zip(*wholes, strict=True))
    baselines = {name: sum((_plain(way(hop), hop) for hop, _weights in hops(made)), Figures(0, 0, 0)) for name, way in BASELINES.items()}
    return {
        "all": (report["lines"] + report["bank"]).as_dict(),
        **{name: figures.as_dict() for name, figures in report.items()},
        "top_1": round(first / max(total, 1), 4),
        "top_3": round(three / max(total, 1), 4),
        "found_by_kind": {name: f"{part}/{whole}" for name, (part, whole) in sorted(found.items())},
        "baselines": {name: figures.as_dict() for name, figures in baselines.items()},
    }


def _plain(links: set[tuple[int, int]], hop: Hop) -> Figures:
    true = links_of(hop.key)
    return Figures(len(links), len(links & true), len(true))

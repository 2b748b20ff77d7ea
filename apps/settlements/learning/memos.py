"""What a bank line is, told from its memo: runs of two to four characters, each with what it says for each type.

Kept as plain numbers in JSON, like a scorecard. Digits count as a digit, whatever they are: numbers change from line to line.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from math import exp, log, sqrt

LONGEST = 200  # characters of a memo that are read
SIZES = (2, 3, 4)
WORD = re.compile(r"[^\W_]+")
IN, OUT = "\u2295", "\u2296"  # one of them stands for the direction of the money; no memo has them
DIGITS = 4
LONG_WORD = 8  # a longer run of characters without a break is told by its strongest part


@dataclass(frozen=True, slots=True)
class Said:
    """What a memo is taken for, how surely, and the words that speak for it, the strongest first."""

    kind: str
    probability: float
    words: list[str]


@dataclass(frozen=True, slots=True)
class MemoModel:
    """`grams` maps a run of characters to its rarity and its weights, one for each of `kinds`."""

    kinds: list[str]
    base: list[float]
    grams: dict[str, list[float]]

    def probabilities(self, memo: str, is_credit: bool) -> list[float]:
        """For each of `kinds`."""
        totals = list(self.base)
        for gram, strength in self._strengths(memo, is_credit).items():
            for at, weight in enumerate(self.grams[gram][1:]):
                totals[at] += strength * weight
        highest = max(totals)
        raised = [exp(total - highest) for total in totals]
        return [one / sum(raised) for one in raised]

    def say(self, memo: str, is_credit: bool) -> Said:
        """The likeliest type with its reasons."""
        found = self.probabilities(memo, is_credit)
        at = max(range(len(found)), key=lambda place: (found[place], -place))
        return Said(self.kinds[at], found[at], self._words(memo, is_credit, at))

    def _strengths(self, memo: str, is_credit: bool) -> dict[str, float]:
        """How much of each known run the memo has: damped counts times rarity, at length one."""
        counts = Counter(gram for gram in grams_of(memo, is_credit) if gram in self.grams)
        raw = {gram: (1 + log(count)) * self.grams[gram][0] for gram, count in counts.items()}
        length = sqrt(sum(one * one for one in raw.values()))
        return {gram: one / length for gram, one in raw.items()}

    def _words(self, memo: str, is_credit: bool, at: int) -> list[str]:
        strengths = self._strengths(memo, is_credit)
        mean = {gram: sum(self.grams[gram][1:]) / len(self.kinds) for gram in strengths}
        speaks = {gram: strength * (self.grams[gram][1 + at] - mean[gram]) for gram, strength in strengths.items()}
        totals: dict[str, float] = defaultdict(float)
        for word in words_of(memo):
            mine = [gram for gram in dict.fromkeys(_runs(word)) if speaks.get(gram, 0) > 0]
            if mine and len(word) > LONG_WORD:
                best = max(mine, key=lambda gram: (speaks[gram], gram))
                totals[best.strip()] += speaks[best]
            elif mine:
                totals[word] += sum(speaks[gram] for gram in mine)
        return sorted(totals, key=lambda word: (-totals[word], word))[:2]

    def strongest(self, most: int) -> list[tuple[str, list[str]]]:
        """For each type the runs that speak most for it; of runs within each other the strongest."""
        found = []
        for at, kind in enumerate(self.kinds):
            ranked = sorted(self.grams, key=lambda gram: (-self.grams[gram][1 + at], gram))
            chosen: list[str] = []
            for gram in ranked:
                text = gram.strip()
                if len(chosen) == most or self.grams[gram][1 + at] <= 0:
                    break
                if gram not in (IN, OUT) and not any(text in one or one in text for one in chosen):
                    chosen.append(text)
            found.append((kind, chosen))
        return found

    def as_json(self) -> dict:
        return {"kinds": self.kinds, "base": self.base, "grams": self.grams}

    @classmethod
    def from_json(cls, kept: dict) -> "MemoModel":
        return cls(kept["kinds"], kept["base"], kept["grams"])


def words_of(memo: str) -> list[str]:
    """Words in lower case and full-width letters as usual ones; numbers shortened to one digit."""
    text = unicodedata.normalize("NFKC", memo[:LONGEST]).lower()
    return [re.sub(r"\d+", "0", word) for word in WORD.findall(text)]


def grams_of(memo: str, is_credit: bool) -> list[str]:
    """Every run of a memo, and the direction of its money."""
    return [IN if is_credit else OUT, *(gram for word in words_of(memo) for gram in _runs(word))]


def _runs(word: str) -> list[str]:
    """Runs of a word between its blanks, so that beginnings and ends are told apart."""
    text = f" {word} "
    return [text[at : at + size] for size in SIZES for at in range(len(text) - size + 1)]

"""When a model may be switched on: plain rules over what was measured on held-back days. One that does not hold keeps it off."""

from dataclasses import dataclass

LEAST_TRAINED, LEAST_HELD = 20, 10  # rows with a difference: fewer prove nothing
LIFT = 1.25  # the average precision has to be this many times the plain guess's
SURENESS = 0.95  # the part of the resampled pasts in which it has to be better
CHANCE = 0.01  # how often chance alone may do as well
LEAST_MEMOS, LEAST_HELD_MEMOS, LEAST_TYPES = 60, 30, 3
F1_MORE = 0.05  # the macro F1 has to be so much above the rules'


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: what was found, what is asked for."""

    name: str
    found: float
    needed: float
    holds: bool

    def as_json(self) -> dict:
        return {"name": self.name, "found": self.found, "needed": self.needed, "holds": self.holds}


def risk_checks(figures: dict) -> list[Check]:
    """For figures of `evaluating.risk_figures`."""
    precision, loss = figures["average_precision"], figures["log_loss"]
    needed = round(precision["plain"] * LIFT, 6)
    return [
        _at_least("trained_differences", figures["trained"]["positives"], LEAST_TRAINED),
        _at_least("held_differences", figures["held"]["positives"], LEAST_HELD),
        _at_least("average_precision", precision["own"], needed),
        Check("log_loss", loss["own"], loss["plain"], loss["own"] <= loss["plain"]),
        _at_least("wins", figures["wins"], SURENESS),
        _no_accident(figures["chance"]),
    ]


def memo_checks(figures: dict) -> list[Check]:
    """For figures of `evaluating.memo_figures`."""
    return [
        _at_least("trained_memos", figures["trained"]["rows"], LEAST_MEMOS),
        _at_least("held_memos", figures["held"]["rows"], LEAST_HELD_MEMOS),
        _at_least("types", figures["types"], LEAST_TYPES),
        _at_least("macro_f1", figures["macro_f1"]["own"], round(figures["macro_f1"]["plain"] + F1_MORE, 6)),
        _at_least("right", figures["right"]["own"], figures["right"]["plain"]),
        _at_least("wins", figures["wins"], SURENESS),
        _no_accident(figures["chance"]),
    ]


def _at_least(name: str, found: float, needed: float) -> Check:
    return Check(name, found, needed, found >= needed)


def _no_accident(found: float) -> Check:
    return Check("chance", found, CHANCE, found <= CHANCE)

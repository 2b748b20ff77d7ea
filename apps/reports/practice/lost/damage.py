"""What happens to a reference on its way: cut, mistyped, or written into a memo."""

import random

MISREAD = {"0": "O", "1": "I", "O": "0", "I": "1", "l": "1"}
NAMES = ("王小姐", "陳先生", "林太太", "CHEN YU", "店面自取", "補寄", "客戶要求")


def cut(rng: random.Random, ref: str) -> str:
    """Some characters lost at the beginning (often the prefix) or at the end."""
    head = len(ref) - len(ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ-"))
    gone = head if head and rng.random() < 0.5 else rng.randint(2, 5)
    return ref[gone:] if rng.random() < 0.65 else ref[:-gone]


def mistyped(rng: random.Random, ref: str) -> str:
    """One character wrong, left out, doubled or swapped with the next; O for 0 and I for 1; now and then two mistakes."""
    once = _one_mistake(rng, ref)
    return _one_mistake(rng, once) if rng.random() < 0.12 else once


def _one_mistake(rng: random.Random, ref: str) -> str:
    at = rng.randrange(2, len(ref) - 1)
    kind = rng.choices(("wrong", "swapped", "left_out", "doubled", "misread"), (40, 25, 12, 8, 15))[0]
    if kind == "misread" and any(char in MISREAD for char in ref):
        spots = [spot for spot, char in enumerate(ref) if char in MISREAD]
        spot = rng.choice(spots)
        return ref[:spot] + MISREAD[ref[spot]] + ref[spot + 1 :]
    if kind == "swapped" and ref[at] != ref[at + 1]:
        return ref[:at] + ref[at + 1] + ref[at] + ref[at + 2 :]
    if kind == "left_out":
        return ref[:at] + ref[at + 1 :]
    if kind == "doubled":
        return ref[:at] + ref[at] + ref[at:]
    other = rng.choice([char for char in "0123456789" if char != ref[at]])
    return ref[:at] + other + ref[at + 1 :]


def in_memo(rng: random.Random, ref: str) -> str:
    """The reference among other words, sometimes without a gap, sometimes itself damaged."""
    roll = rng.random()
    written = cut(rng, ref) if roll < 0.15 else mistyped(rng, ref) if roll < 0.3 else ref
    gap = rng.choice((" ", " ", "", "/", "-"))
    return f"{rng.choice(('訂單', 'order', '付款', 'REF'))}{gap}{written}{gap}{rng.choice(NAMES)}"

"""Whether a file looks like those before it from the same channel or account: its columns, and how its figures lie. Pure.

A wrong stop costs a person a minute; a file read wrongly costs a month. Still no rule here may fire on an ordinary day, however few or
large its payments: each asks for a change that no trade makes, such as every quartile of the amounts being a hundred times what it was.
"""

from collections.abc import Callable

FEW = 20  # amounts, below which quartiles say nothing
SOME = 5
HUNDREDFOLD = (40.0, 250.0)  # all three quartiles within: cents read as units
FAR_DAYS = 25  # from the day in the name, where files before lay within NEAR_DAYS of theirs
NEAR_DAYS = 10
SURE = 1e-6  # how unlikely it must be by chance that no refund is among so many rows


def changed_columns(profile: dict, history: list[dict]) -> tuple[list[str], list[str]] | None:
    """(missing, new) columns against the newest file; None when some file before had the same ones, in whatever order."""
    known = [before["header"] for before in history if before.get("header")]
    header = profile.get("header") or []
    if not known or not header or any(set(header) == set(before) for before in known):
        return None
    return [name for name in known[0] if name and name not in header], [name for name in header if name and name not in known[0]]


def changed_values(profile: dict, history: list[dict]) -> list[dict]:
    """What no ordinary day explains: a code with the figure before and now. `history` is newest first."""
    before = [one for one in history if one.get("moved")]
    if not profile.get("moved") or not before:
        return []
    return [{"code": code, "was": told[0], "now": told[1]} for code, rule in RULES.items() if (told := rule(profile, before))]


def _scale(now: dict, before: list[dict]) -> tuple | None:
    """Every quartile a hundred times, or a hundredth of, what it was."""
    if now["moved"] < FEW or sum(one["moved"] for one in before) < FEW:
        return None
    usual = [_median(before, lambda one, at=at: one["quartiles"][at]) for at in range(3)]
    ratios = [size / max(was, 1) for size, was in zip(now["quartiles"], usual, strict=True)]
    low, high = HUNDREDFOLD
    if all(low <= ratio <= high for ratio in ratios) or all(low <= 1 / max(ratio, 1e-9) <= high for ratio in ratios):
        return usual[1], now["quartiles"][1]
    return None


def _negative(now: dict, before: list[dict]) -> tuple | None:
    """Payments, or all movements of an account, the other way round."""
    usual = _median(before, lambda one: one["negative"])
    if "kinds" in now and now["moved"] >= SOME and usual < 0.05 and now["negative"] > 0.5:
        return _percent(usual), _percent(now["negative"])
    return None


def _fee_sign(now: dict, before: list[dict]) -> tuple | None:
    """Fees that used to be taken are given, or the reverse."""
    charged = [one for one in before if one.get("charged")]
    if now.get("charged", 0) < SOME or sum(one["charged"] for one in charged) < SOME:
        return None
    usual = _median(charged, lambda one: one["fee_ratio"])
    return (_percent(usual), _percent(now["fee_ratio"])) if usual * now["fee_ratio"] < 0 else None


def _balance(now: dict, before: list[dict]) -> tuple | None:
    """The running balance no longer follows from the amounts."""
    known = [one for one in before if one.get("balances", 0) >= SOME]
    if now.get("balances", 0) < SOME or not known:
        return None
    usual, broken = _median(known, _broken), _broken(now)
    return (_percent(usual), _percent(broken)) if usual < 0.1 and broken > 0.6 else None


def _days(now: dict, before: list[dict]) -> tuple | None:
    """Rows months away from the day in the file's name, where they used to lie close to it: day and month changed places."""
    named = [one["offset"] for one in before if one.get("named") and "kinds" in one]
    if "kinds" not in now or not now.get("named") or len(named) < 3 or any(abs(offset) > NEAR_DAYS for offset in named):
        return None
    return (max(named, key=abs), now["offset"]) if abs(now["offset"]) >= FAR_DAYS else None


def _one_day_a_month(now: dict, before: list[dict]) -> tuple | None:
    """The same day of many months, where files used to hold many days of one or two: the other sign of days and months swapped."""
    if now["days"] < 3 or now["days_of_month"] != 1 or now["months"] < 3 or now["rows"] < 2 * SOME:
        return None
    usual = max(one["months"] for one in before)
    return (usual, now["months"]) if usual <= 2 and max(one["days_of_month"] for one in before) >= SOME else None


def _refunds(now: dict, before: list[dict]) -> tuple | None:
    """No refund among so many rows that chance does not explain it: they have lost their sign or their word."""
    if "kinds" not in now or now["kinds"].get("refund"):
        return None
    rows = sum(one["rows"] for one in before if "kinds" in one)
    share = sum(one["kinds"].get("refund", 0) for one in before if "kinds" in one) / max(rows, 1)
    return (_percent(share), _percent(0)) if rows >= 500 and (1 - share) ** now["rows"] < SURE else None


def _references(now: dict, before: list[dict]) -> tuple | None:
    """The provider's numbers look like ours used to, and ours like theirs."""
    if now["rows"] < 2 * SOME or "shapes" not in now:
        return None
    known = {name: {shape for one in before for shape in one.get("shapes", {}).get(name, ())} for name in ("provider_ref", "merchant_ref")}
    theirs, ours = set(now["shapes"]["provider_ref"]), set(now["shapes"]["merchant_ref"])
    swapped = (
        theirs
        and ours
        and theirs <= known["merchant_ref"] - known["provider_ref"]
        and ours <= known["provider_ref"] - known["merchant_ref"]
    )
    return (sorted(known["merchant_ref"])[0], sorted(ours)[0]) if swapped else None


RULES: dict[str, Callable[[dict, list[dict]], tuple | None]] = {
    "scale": _scale,
    "negative": _negative,
    "fee_sign": _fee_sign,
    "balance": _balance,
    "days": _days,
    "one_day_a_month": _one_day_a_month,
    "refunds": _refunds,
    "references": _references,
}


def _median(profiles: list[dict], value: Callable[[dict], float]) -> float:
    """The median over files, each counted by how many amounts it has."""
    told = sorted((value(one), one["moved"]) for one in profiles)
    half, seen = sum(weight for _, weight in told) / 2, 0
    for figure, weight in told:
        seen += weight
        if seen >= half:
            return figure
    return told[-1][0]


def _broken(profile: dict) -> float:
    return profile.get("breaks", 0) / max(profile.get("balances", 0) - 1, 1)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + " %"

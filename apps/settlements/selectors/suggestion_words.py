"""The parts of a score in plain words: same amount · a day later · number off by one character."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.figures import signed_text

LIKELY_PPM = 900_000


def words_of(evidence: Iterable[dict], currency: str) -> list[str]:
    """A phrase for each part that says something, the weightiest first."""
    said = [_PARTS[one["part"]](one["grade"], one["n"], one["text"], currency) for one in evidence if one["part"] in _PARTS]
    return [phrase for phrase in said if phrase]


def strength_of(score_ppm: int, is_ambiguous: bool) -> str:
    """How sure it is, in a word."""
    if is_ambiguous:
        return _("another fits as well")
    return _("very likely") if score_ppm >= LIKELY_PPM else _("likely") if score_ppm >= 500_000 else _("possible")


def _amount(grade: str, n: int, _text: str, currency: str) -> str:
    gap = signed_text(n, currency)
    match grade:
        case "same":
            return _("same amount")
        case "net":
            return _("the amount less the planned fee")
        case "learned":
            return _("off by %(gap)s, as confirmed before") % {"gap": gap}
        case "fixed_fee" | "percent_fee":
            return _("%(gap)s, as if a fee was kept") % {"gap": gap}
        case _:
            return _("amount off by %(gap)s") % {"gap": gap}


def _day(_grade: str, n: int, _text: str, _currency: str) -> str:
    if n == 0:
        return _("same day")
    if n > 0:
        return ngettext("%(n)s open day later", "%(n)s open days later", n) % {"n": n}
    return ngettext("%(n)s open day earlier", "%(n)s open days earlier", -n) % {"n": -n}


def _clock(grade: str, n: int, _text: str, _currency: str) -> str:
    if grade in ("minutes", "quarter"):
        return ngettext("%(n)s minute apart", "%(n)s minutes apart", n) % {"n": n} if n else _("within a minute")
    return _("hours apart") if grade in ("hours", "day") else _("more than a day apart")


def _reference(grade: str, n: int, text: str, _currency: str) -> str:
    match grade:
        case "same":
            return _("same number")
        case "look_alike":
            return _("same number, written otherwise")
        case "buried":
            return _("the memo holds the number")
        case "typo" | "two_typos":
            return ngettext("number off by %(n)s character", "number off by %(n)s characters", n) % {"n": n}
        case "cut" | "short_cut":
            return ngettext("number lacks %(n)s character", "number lacks %(n)s characters", n) % {"n": n}
        case "alike":
            return _("numbers alike")
        case _:
            return _("another number: %(text)s") % {"text": text} if text else _("another number")


def _method(grade: str, _n: int, _text: str, _currency: str) -> str:
    return _("same payment method") if grade == "same" else _("another payment method")


def _sign(grade: str, _n: int, text: str, _currency: str) -> str:
    match grade:
        case "given":
            return _("the memo has the keyword %(word)s") % {"word": text} if text else _("the memo names the channel")
        case "learned":
            return (
                _("the memo has %(word)s, as confirmed before") % {"word": text}
                if text
                else _("the memo names the channel, as confirmed before")
            )
        case _:
            return _("the memo names another channel")


def _rivals(grade: str, _n: int, _text: str, _currency: str) -> str:
    return {"only": _("the only one of this amount near that day"), "taken": _("something else explains one of the two")}.get(grade, "")


def _sum(grade: str, n: int, _text: str, currency: str) -> str:
    return _("they add up to the amount") if grade == "same" else _("they add up, but for %(gap)s") % {"gap": signed_text(n, currency)}


def _group(grade: str, n: int, _text: str, _currency: str) -> str:
    return _("all %(n)s of these days") % {"n": n} if grade == "whole" else _("%(n)s of several") % {"n": n}


_PARTS = {
    "amount": _amount,
    "day": _day,
    "clock": _clock,
    "reference": _reference,
    "method": _method,
    "sign": _sign,
    "rivals": _rivals,
    "sum": _sum,
    "parts": _group,
}

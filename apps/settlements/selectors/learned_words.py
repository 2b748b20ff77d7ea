"""What a model looks at, and what it has to keep to be on, in plain words."""

from collections.abc import Mapping

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.enums import METHOD_LABELS
from apps.core.figures import count_text, percent_text
from apps.settlements.learning.scorecards import Reason

PLAIN = {
    ("opening", "holiday"): gettext_lazy("a holiday"),
    ("opening", "after_holiday"): gettext_lazy("first open day after a holiday"),
    ("opening", "before_holiday"): gettext_lazy("last open day before a holiday"),
    ("opening", "usual"): gettext_lazy("no holiday near"),
    ("month_part", "first_days"): gettext_lazy("first days of the month"),
    ("month_part", "last_days"): gettext_lazy("last days of the month"),
    ("month_part", "middle"): gettext_lazy("middle of the month"),
    ("largest_payment", "top"): gettext_lazy("one very large amount"),
    ("largest_payment", "high"): gettext_lazy("large amounts"),
    ("largest_payment", "usual"): gettext_lazy("no large amounts"),
    ("new_method", "yes"): gettext_lazy("new payment method"),
    ("new_method", "no"): gettext_lazy("no new payment method"),
    ("volume", "none"): gettext_lazy("no payments"),
    ("volume", "twice"): gettext_lazy("twice as many payments as usual"),
    ("volume", "more"): gettext_lazy("more payments than usual"),
    ("volume", "less"): gettext_lazy("at most half the usual payments"),
    ("volume", "usual"): gettext_lazy("as many payments as usual"),
    ("refunded", "many"): gettext_lazy("many refunds"),
    ("refunded", "usual"): gettext_lazy("some refunds"),
    ("refunded", "none"): gettext_lazy("no refunds"),
    ("lately", "many"): gettext_lazy("many differences in the weeks before"),
    ("lately", "few"): gettext_lazy("few differences in the weeks before"),
    ("lately", "none"): gettext_lazy("no differences in the weeks before"),
    ("amount_band", "top"): gettext_lazy("very large amount"),
    ("amount_band", "high"): gettext_lazy("large amount"),
    ("amount_band", "small"): gettext_lazy("very small amount"),
    ("amount_band", "usual"): gettext_lazy("usual amount"),
    ("of_order", "part"): gettext_lazy("pays a part of its order"),
    ("of_order", "again"): gettext_lazy("not the first attempt for its order"),
    ("of_order", "alone"): gettext_lazy("the only attempt for its order"),
    ("currency_kind", "own"): gettext_lazy("in the channel's currency"),
    ("currency_kind", "other"): gettext_lazy("in another currency than the channel's"),
    ("provider_number", "none"): gettext_lazy("without the provider's number"),
    ("provider_number", "there"): gettext_lazy("with the provider's number"),
    ("country", ""): gettext_lazy("country not known"),
    ("storefront", ""): gettext_lazy("sales channel not known"),
}
HOURS = {
    "night": gettext_lazy("at night"),
    "morning": gettext_lazy("in the morning"),
    "afternoon": gettext_lazy("in the afternoon"),
    "evening": gettext_lazy("in the evening"),
    "late": gettext_lazy("in the last two hours of the day"),
}


def reason_words(facet: str, value: str, channels: Mapping[str, str]) -> str:
    """One facet of a row; `channels` are labels by key. What an old model names and nobody has any more is told by its key."""
    if (facet, value) in PLAIN:
        return str(PLAIN[facet, value])
    channel, _colon, rest = value.partition(":")
    label = channels.get(channel, channel)
    match facet:
        case "channel":
            return _("channel %(channel)s") % {"channel": label}
        case "weekday":
            return str(WEEKDAYS[int(value)])
        case "channel_weekday":
            return _("%(weekday)s at %(channel)s") % {"weekday": WEEKDAYS[int(rest)], "channel": label}
        case "channel_method":
            return _("%(method)s at %(channel)s") % {"method": METHOD_LABELS.get(rest, rest), "channel": label}
        case "channel_hour":
            return _("paid %(hour)s at %(channel)s") % {"hour": HOURS.get(rest, rest), "channel": label}
        case "country":
            return _("paid from %(country)s") % {"country": value}
        case "storefront":
            return _("sold through %(storefront)s") % {"storefront": value}
    return value


def reasons_words(reasons: list[Reason], channels: Mapping[str, str]) -> list[str]:
    return [reason_words(one.facet, one.value, channels) for one in reasons]


def check_words(check: dict) -> str:
    """One rule that a model does not keep, as the reason why it is off."""
    found, needed = check["found"], check["needed"]
    match check["name"]:
        case "trained_differences":
            text = _("It could learn from %(found)s differences; at least %(needed)s are needed.")
        case "held_differences":
            text = _("The held-back days have %(found)s differences; at least %(needed)s are needed to prove anything.")
        case "trained_memos":
            text = _("It could learn from %(found)s lines; at least %(needed)s are needed.")
        case "held_memos":
            text = _("%(found)s lines were held back; at least %(needed)s are needed to prove anything.")
        case "types":
            text = _("It saw %(found)s types of lines; at least %(needed)s are needed.")
        case "right":
            text = _("It names %(found)s held-back lines rightly; the plain rules %(needed)s.")
        case "log_loss":
            return _("Its probabilities are further from what happened than the plain guess's.")
        case "average_precision" | "macro_f1":
            text = _("Its score is %(found)s; %(needed)s would be clearly better than the plain guess.")
            return text % {"found": percent_text(round(found * 1_000_000), 1), "needed": percent_text(round(needed * 1_000_000), 1)}
        case "wins":
            text = _("It is better in %(found)s of resampled pasts; %(needed)s are asked for.")
            return text % {"found": percent_text(round(found * 1_000_000), 1), "needed": percent_text(round(needed * 1_000_000), 1)}
        case _:
            text = _("Chance alone does as well in %(found)s of cases; at most %(needed)s are allowed.")
            return text % {"found": percent_text(round(found * 1_000_000), 1), "needed": percent_text(round(needed * 1_000_000), 1)}
    return text % {"found": count_text(round(found)), "needed": count_text(round(needed))}

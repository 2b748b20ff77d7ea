"""Which days to look at first, as the model of days left it, with its reasons in words."""

from dataclasses import dataclass
from datetime import date

from apps.channels.models import Channel
from apps.core.figures import percent_text
from apps.merchants.models import Merchant
from apps.settlements.enums import ModelKind
from apps.settlements.selectors.learned import model_on
from apps.settlements.selectors.learned_words import reason_words


@dataclass(frozen=True, slots=True)
class FirstLook:
    """A day of a channel whose outcome is not known yet."""

    channel: Channel
    day: date
    risk: str
    why: str


@dataclass(frozen=True, slots=True)
class FirstLooks:
    """`usual` is how often any day differs."""

    rows: list[FirstLook]
    usual: str


def look_first(merchant: Merchant) -> FirstLooks | None:
    """None while the model is off or nothing stands out. One query while it is off, two while it is on."""
    row = model_on(merchant, ModelKind.RISK_DAY)
    if row is None or not row.advice:
        return None
    channels = {channel.pk: channel for channel in Channel.objects.for_merchant(merchant)}
    labels = {str(pk): channel.label for pk, channel in channels.items()}
    rows = [
        FirstLook(
            channel=channels[one["channel"]],
            day=date.fromisoformat(one["day"]),
            risk=percent_text(one["ppm"], 0),
            why=" · ".join(reason_words(facet, value, labels) for facet, value in one["why"]),
        )
        for one in row.advice
        if one["channel"] in channels
    ]
    return FirstLooks(rows, percent_text(round(row.positives / row.rows * 1_000_000), 0)) if rows else None

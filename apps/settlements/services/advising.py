"""Which days to look at first, worked out beside the passes and kept with the model that is on. Advice alone: no pass reads it."""

from datetime import datetime

import polars as pl

from apps.core.clock import local_date
from apps.merchants.models import Merchant
from apps.settlements.enums import ModelKind
from apps.settlements.learning.days import DAYS
from apps.settlements.models import LearnedModel
from apps.settlements.selectors.learned import model_of, model_on
from apps.settlements.selectors.past_days import day_history, past_channels, settled_only

SHOWN = 5
TIMES_USUAL = 1.5  # a day is worth a look when its risk is so many times the usual one
LEAST_POINTS = 0.15  # of a facet to be a reason: about a sixth more than usual
REASONS = 3


def refresh_advice(*, merchant: Merchant, now: datetime) -> int:
    """The riskiest days whose outcome is not known yet, the riskiest first; returns how many. Nothing while no model of days is on."""
    on = model_on(merchant, ModelKind.RISK_DAY)
    if on is None:
        return 0
    today = local_date(now, merchant.timezone)
    card, channels = model_of(on), past_channels(merchant, today)
    rows = DAYS.cut(day_history(merchant, channels, today), card.cuts)
    usual = on.positives / on.rows
    known = settled_only(rows, channels).select("channel_id", "business_date")
    waiting = rows.join(known, on=["channel_id", "business_date"], how="anti")
    scored = waiting.with_columns(card.scores(waiting)).filter(pl.col("score") >= usual * TIMES_USUAL)
    first = scored.sort("score", "business_date", "channel_id", descending=[True, False, False]).head(SHOWN)
    advice = [
        {
            "channel": row["channel_id"],
            "day": row["business_date"].isoformat(),
            "ppm": round(row["score"] * 1_000_000),
            "why": [[one.facet, one.value] for one in card.reasons(row, most=REASONS, least_points=LEAST_POINTS)],
        }
        for row in first.iter_rows(named=True)
    ]
    LearnedModel.objects.filter(pk=on.pk, is_on=True).update(advice=advice)
    return len(advice)

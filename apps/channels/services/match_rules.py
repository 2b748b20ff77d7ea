"""What a merchant accepts of a channel changes by versions, and its booked rates by days. Both stay on record."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from apps.audit.services import record
from apps.channels.errors import RateNotUsable
from apps.channels.models import BookedRate, Channel, RuleSet
from apps.channels.models.rules import RATE_LIMIT
from apps.channels.services.changes import save_changes
from apps.channels.tolerances import PICO
from apps.merchants.models import User

LIMITS = ("amount_minor", "amount_ppm", "fee_ppm", "fx_minor", "fx_ppm", "pairing_hours", "bank_days")


def set_rules(
    *, channel: Channel, reason: str, by: User | None, now: datetime, replay: int | None = None, grace_days: int | None = None, **limits
) -> RuleSet:
    """Puts tolerances, windows and grace in force from the next pass on; `limits` are RuleSet's own, what is not named stays as it was.

    `replay` is the key of the replay that showed what they change; it goes on record.
    """
    with transaction.atomic():
        channel = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
        if grace_days is not None:
            save_changes(channel, {"grace_days": grace_days}, merchant_id=channel.merchant_id, by=by, now=now, reason=reason.strip())
        before = RuleSet.objects.filter(channel=channel).order_by("-version").first()
        held = {name: getattr(before or RuleSet(), name) for name in LIMITS}
        fresh = RuleSet.objects.create(
            merchant_id=channel.merchant_id, channel=channel, version=(before.version if before else 0) + 1, reason=reason.strip()[:300],
            created_at=now, created_by=by, grace_days=channel.grace_days, **(held | limits),
        )  # fmt: skip
        record(
            merchant_id=channel.merchant_id, action="rules.changed", subject=fresh, by=by, now=now, reason=reason.strip(),
            before=held, after={name: getattr(fresh, name) for name in LIMITS} | ({"replay": replay} if replay else {}),
        )  # fmt: skip
    return fresh


def book_rate(*, channel: Channel, base: str, quote: str, valid_from: date, rate: Decimal, by: User | None, now: datetime) -> BookedRate:
    """The rate at which the books convert `base` into `quote` from a day on; the same day again replaces it.

    :raises RateNotUsable: not positive, too large, or with more than twelve decimals.
    """
    pico = rate * PICO
    if not rate.is_finite() or pico != pico.to_integral_value() or not 0 < pico < RATE_LIMIT or base == quote:
        raise RateNotUsable(rate=str(rate))
    with transaction.atomic():
        row, _made = BookedRate.objects.update_or_create(
            channel=channel, base=base, quote=quote, valid_from=valid_from,
            defaults={"merchant_id": channel.merchant_id, "rate_pico": int(pico), "created_at": now, "created_by": by},
        )  # fmt: skip
        record(
            merchant_id=channel.merchant_id, action="rate.booked", subject=row, by=by, now=now,
            after={"channel": channel.code, "pair": f"{base}/{quote}", "valid_from": valid_from.isoformat(), "rate": str(rate)},
        )  # fmt: skip
    return row

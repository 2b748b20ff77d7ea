"""Which merchants are to be looked at now."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from apps.disputes.models import Alert, RiskRule
from apps.disputes.models.risk import LIVE
from apps.orders.models import BookImport
from apps.settlements.models import ReconciliationRun

EVERY = timedelta(hours=1)


def merchants_to_look(now: datetime) -> list[int]:
    """Keys of merchants with a rule that has not looked for an hour or since books or statements came in, or with an alert to tell of."""
    since = Q(merchant=OuterRef("merchant"))
    books = Exists(BookImport.objects.filter(since, created_at__gt=OuterRef("looked_at")))
    runs = Exists(ReconciliationRun.objects.filter(since, finished_at__gt=OuterRef("looked_at")))
    awake = RiskRule.objects.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now), is_on=True)
    stale = awake.filter(Q(looked_at=None) | Q(looked_at__lte=now - EVERY) | books | runs)
    silent = Alert.objects.filter(tell_at__lte=now, state__in=LIVE)
    return sorted({*stale.values_list("merchant_id", flat=True), *silent.values_list("merchant_id", flat=True)})

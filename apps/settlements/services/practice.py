"""The simulator's statement of a day, fetched through the same door as any provider's, when somebody who practises asks for it."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from apps.audit.services import record
from apps.channels.fetching import FetchAnswer
from apps.channels.models import Channel, FetchState, StatementFetch
from apps.channels.services.gateway import gateway_for
from apps.merchants.models import User
from apps.orders.models import Payment, Refund
from apps.orders.services.payments.practice import NotPractice
from apps.settlements.enums import StatementState
from apps.settlements.models import Statement
from apps.settlements.services.fetching import DAYS_BACK, fetch_day


def fetch_practice_day(*, channel: Channel, day: date, by: User, now: datetime) -> StatementFetch:
    """Fetches a day as it is by now, again where it was fetched before, and with it the quiet days before: practice goes on.

    :raises NotPractice: in a real shop, whose statements come by the schedule.
    """
    if not channel.merchant.is_practice:
        raise NotPractice
    with transaction.atomic():
        done = StatementFetch.objects.for_merchant(channel.merchant_id).filter(channel=channel, day=day).exclude(state=FetchState.WAITING)
        done.update(state=FetchState.WAITING, ask_at=now, ended_at=None)
        record(
            merchant_id=channel.merchant_id,
            action="practice.statement_fetched",
            subject=channel,
            by=by,
            now=now,
            after={"day": day.isoformat()},
        )
    for quiet in _quiet_days(channel, day):
        fetch_day(channel=channel, day=quiet, now=now)
    return fetch_day(channel=channel, day=day, now=now)


def _quiet_days(channel: Channel, day: date) -> list[date]:
    """Days since the newest statement on which nobody practised: fetched, too, so that they are no gap. Days with books of ours are not."""
    posted = Statement.objects.for_merchant(channel.merchant_id).filter(channel=channel, state=StatementState.POSTED, last_day__lt=day)
    newest = posted.aggregate(day=Max("last_day"))["day"]
    if newest is None:
        return []
    first = max(newest + timedelta(days=1), day - timedelta(days=DAYS_BACK))
    between = [first + timedelta(days=at) for at in range((day - first).days)]
    busy = {one.at.date() for one in gateway_for(channel).movements()}
    for model in (Payment, Refund):
        ours = model.objects.for_merchant(channel.merchant_id).filter(channel=channel, business_date__in=between)
        busy.update(ours.values_list("business_date", flat=True))
    return [one for one in between if one not in busy]


def practice_file(*, channel: Channel, day: date) -> FetchAnswer:
    """The same statement to be looked at or brought in by hand. Nothing is kept. :raises NotPractice: in a real shop."""
    if not channel.merchant.is_practice:
        raise NotPractice
    return gateway_for(channel).fetch_statement(day)

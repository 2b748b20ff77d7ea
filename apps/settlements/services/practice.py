"""The simulator's statement of a day, fetched through the same door as any provider's, when somebody who practises asks for it."""

from datetime import date, datetime

from django.db import transaction

from apps.audit.services import record
from apps.channels.fetching import FetchAnswer
from apps.channels.models import Channel, FetchState, StatementFetch
from apps.channels.services.gateway import gateway_for
from apps.merchants.models import User
from apps.orders.services.payments.practice import NotPractice
from apps.settlements.services.fetching import fetch_day


def fetch_practice_day(*, channel: Channel, day: date, by: User, now: datetime) -> StatementFetch:
    """Fetches a day as it is by now, again where it was fetched before: practice goes on after its statement.

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
    return fetch_day(channel=channel, day=day, now=now)


def practice_file(*, channel: Channel, day: date) -> FetchAnswer:
    """The same statement to be looked at or brought in by hand. Nothing is kept. :raises NotPractice: in a real shop."""
    if not channel.merchant.is_practice:
        raise NotPractice
    return gateway_for(channel).fetch_statement(day)

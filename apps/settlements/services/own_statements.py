"""Statements of channels that no provider stands behind: what the books took there is listed at once, so that the bank can be asked.

When the money is due is what the channel's terms say; a bank transfer is due on the day the customer made it, and points never.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from itertools import zip_longest

from django.db.models import Exists, OuterRef, QuerySet

from apps.channels.calendar import BusinessCalendar
from apps.channels.contracts import OWN_COLUMNS, LineKind, Method
from apps.channels.models import Channel
from apps.channels.terms import calendar_for, settlement_for
from apps.core.money import plain
from apps.orders.enums import RefundRoute, RefundState
from apps.orders.models import Payment, Refund
from apps.orders.states import CAPTURED
from apps.settlements.models import StatementLine
from apps.settlements.services.intake import import_file

AT_ONCE = 10_000  # payments, and as many refunds, of one file


def list_own(channel: Channel, now: datetime) -> int:
    """Lists the captured payments and done refunds that no live line of the channel has, and says how many those are.

    In the caller's transaction: a pass that fails has listed nothing.
    """
    live = StatementLine.objects.filter(channel=channel, is_live=True)
    paid = Payment.objects.for_merchant(channel.merchant_id).filter(channel=channel, state__in=CAPTURED)
    paid = paid.exclude(Exists(live.filter(kind=LineKind.PAYMENT, merchant_ref=OuterRef("merchant_ref")))).order_by("pk")
    back = Refund.objects.for_merchant(channel.merchant_id).filter(channel=channel, state=RefundState.SUCCEEDED)
    back = back.exclude(request__route=RefundRoute.BANK_TRANSFER).exclude(business_date=None).select_related("payment")
    back = back.exclude(Exists(live.filter(kind=LineKind.REFUND, refund_ref=OuterRef("refund_no")))).order_by("pk")
    listed = 0
    for at, (payments, refunds) in enumerate(zip_longest(_portions(paid), _portions(back), fillvalue=()), start=1):
        rows = [*_payments(channel, payments), *_refunds(channel, refunds)]
        name = f"{channel.code}-own-{now:%Y%m%d-%H%M%S}{f'-{at}' if at > 1 else ''}.csv"
        import_file(owner=channel, name=name, data=_csv(rows), by=None, now=now)
        listed += len(rows)
    return listed


def _portions(rows: QuerySet) -> Iterator[list]:
    """Rows in the order of their keys, so many at a time."""
    last = 0
    while found := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield found
        last = found[-1].pk


def _csv(rows: list[dict]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, OWN_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _payments(channel: Channel, payments) -> Iterator[dict]:
    calendar, settlement = calendar_for(channel), settlement_for(channel)
    for one in payments:
        named = {Method.BANK_TRANSFER: one.merchant_ref, Method.ON_ACCOUNT: one.provider_ref}.get(one.method, "")
        due = one.business_date if one.method == Method.BANK_TRANSFER else settlement.due(one.business_date, calendar)
        yield _row(LineKind.PAYMENT, one, one.amount_minor, one.paid_at, one.business_date, due) | {"payout_ref": named}


def _refunds(channel: Channel, refunds) -> Iterator[dict]:
    calendar: BusinessCalendar = calendar_for(channel)
    settlement = settlement_for(channel)
    for one in refunds:
        due = settlement.due(one.business_date, calendar)
        row = _row(LineKind.REFUND, one.payment, -one.amount_minor, one.refunded_at, one.business_date, due)
        yield row | {"own_refund_no": one.refund_no}


def _row(kind: LineKind, payment: Payment, gross: int, at: datetime, day: date, due: date) -> dict:
    """Money of points never comes: what they were sold for is given away again on the same line, and nothing is due."""
    is_points = payment.method == Method.POINTS
    other = -gross if is_points else 0
    amounts = {name: plain(minor, payment.currency) for name, minor in (("gross", gross), ("other", other), ("net", gross + other))}
    return {
        "own_kind": kind.value,
        "own_ref": payment.merchant_ref,
        "method": payment.method,
        "currency": payment.currency,
        **amounts,
        "at": f"{at:%Y-%m-%d %H:%M:%S}",
        "day": day.isoformat(),
        "payout_on": "" if is_points else due.isoformat(),
    }

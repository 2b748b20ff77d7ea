"""A payment that a person saw arrive, or agreed to: recorded by hand on its order, once for the form that was sent."""

import csv
import io
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.cells import key_text
from apps.channels.models import Channel
from apps.channels.registry import get, reports_itself
from apps.core.clock import local_date
from apps.core.errors import HezhangError
from apps.core.money import plain
from apps.merchants.models import Merchant, User
from apps.orders.errors import RowsRejected
from apps.orders.ingest.books import PAYMENT_COLUMNS
from apps.orders.models import Order, Payment
from apps.orders.services.books import import_payments

RECORDED = "payment.recorded"
NOON = time(12)  # of a day that is over; people know the day, not the minute


class CannotRecord(HezhangError):
    """Nothing was written. `field` is the entry to look at; empty where it is none of them."""

    message = _("This payment cannot be recorded.")

    def __init__(self, text, field: str = ""):
        super().__init__()
        self.message, self.field = text, field


def record_payment(
    *, channel: Channel, order: Order, method: str, amount_minor: int, paid_on: date, reference: str, note: str, key: str, by: User,
    now: datetime,
) -> Payment:  # fmt: skip
    """Books a paid payment in the order's currency. The same `key` again is the same payment, whatever else it says.

    `reference` is how the bank, the courier or an invoice names it; `note` is for colleagues and stands in the trail.

    :raises CannotRecord: see there.
    """
    _check(channel, order, method, amount_minor, paid_on, now)
    merchant_ref = f"{order.order_no}-{key[:8]}"
    with transaction.atomic():
        Merchant.objects.select_for_update(of=("self",), no_key=True).get(pk=order.merchant_id)  # twice at once: the second waits here
        known = Payment.objects.for_merchant(order.merchant_id).filter(order=order, merchant_ref_key=key_text(merchant_ref))
        if found := known.first():
            return found
        name = f"{channel.code}-{merchant_ref}.csv"
        data = _row(channel, order, method, amount_minor, paid_on, reference, merchant_ref, now)
        try:
            import_payments(merchant=channel.merchant, name=name, data=data, by=by, now=now)
        except RowsRejected as rejected:
            raise CannotRecord(rejected.report.faults(1)[0].sentence) from rejected
        payment = known.get()
        after = {"order": order.order_no, "method": method, "amount": amount_minor, "currency": order.currency, "reference": reference}
        record(merchant_id=order.merchant_id, action=RECORDED, subject=payment, by=by, now=now, reason=note, after=after)
    return payment


def _check(channel: Channel, order: Order, method: str, amount_minor: int, paid_on: date, now: datetime) -> None:
    if channel.merchant_id != order.merchant_id or not reports_itself(channel.provider) or not channel.is_on:
        raise CannotRecord(_("Payments of this channel come from its provider."), "channel")
    if method not in get(channel.provider).capabilities.methods:
        raise CannotRecord(_("Payments by this method are not recorded by hand."), "method")
    if amount_minor <= 0:
        raise CannotRecord(_("The amount must be more than zero."), "amount")
    if paid_on > local_date(now, channel.timezone):
        raise CannotRecord(_("This day has not come yet."), "paid_on")


def _row(channel, order, method, amount_minor, paid_on, reference, merchant_ref, now) -> bytes:
    zone = ZoneInfo(channel.timezone)
    paid_at = min(datetime.combine(paid_on, NOON, zone), now.astimezone(zone))
    out = io.StringIO()
    writer = csv.DictWriter(out, PAYMENT_COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    row = {
        "order_no": order.order_no,
        "placed_at": order.placed_at.isoformat(),
        "storefront": order.storefront.code if order.storefront else "",
        "order_total": plain(order.total_minor, order.currency),
        "currency": order.currency,
        "channel": channel.code,
        "method": method,
        "merchant_ref": merchant_ref,
        "provider_ref": reference,
        "amount": plain(amount_minor, order.currency),
        "status": "paid",
        "paid_at": paid_at.replace(microsecond=0).isoformat(),
        "customer_ref": order.customer_ref,
    }
    writer.writerow(row)
    return out.getvalue().encode()

"""The open days a merchant states itself."""

from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.channels.calendar import has_country
from apps.channels.errors import CalendarInUse
from apps.channels.models import Channel, HolidayCalendar
from apps.channels.services.changes import record_created, save_changes
from apps.merchants.models import Merchant, User


def save_calendar(
    *, merchant: Merchant, code: str, weekend: list[str], holidays: list[str], workdays: list[str], by: User, now: datetime
) -> dict:
    """Makes or changes the merchant's own calendar. Days are ISO text. Returns {field: (before, after)}, empty for a new one."""
    values = {"weekend": weekend, "holidays": sorted(set(holidays)), "workdays": sorted(set(workdays))}
    with transaction.atomic():
        row = HolidayCalendar.objects.select_for_update(of=("self",)).for_merchant(merchant).filter(code=code).first()
        if row:
            return save_changes(row, values, merchant_id=merchant.pk, by=by, now=now)
        row = HolidayCalendar.objects.create(merchant=merchant, code=code, **values)
        record_created(row, {"code": code, **values}, merchant_id=merchant.pk, by=by, now=now)
    return {}


def forget_calendar(*, calendar: HolidayCalendar, by: User, now: datetime) -> None:
    """Removes the merchant's own calendar; its channels use the country's holidays again.

    :raises CalendarInUse: the code is no country and a channel counts by it.
    """
    with transaction.atomic():
        in_use = Channel.objects.for_merchant(calendar.merchant_id).filter(calendar=calendar.code).exists()
        if in_use and not has_country(calendar.code):
            raise CalendarInUse(code=calendar.code)
        before = {name: getattr(calendar, name) for name in ("code", "weekend", "holidays", "workdays")}
        record(merchant_id=calendar.merchant_id, action="holidaycalendar.removed", subject=calendar, by=by, now=now, before=before)
        calendar.delete()

"""When a channel's money is due: the month, and the open days a merchant states itself."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels import terms
from apps.channels.calendar import CalendarError, has_country
from apps.channels.errors import CalendarInUse
from apps.channels.forms import CalendarForm
from apps.channels.models import HolidayCalendar
from apps.channels.selectors.details import settles_text
from apps.channels.selectors.months import calendar_start, channels_by_calendar, month_of
from apps.channels.services.calendars import forget_calendar, save_calendar
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock
from apps.merchants.access import needs


@require_safe
@needs("view_money")
def month(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """A month of business dates (`?month=2026-11`) and the bank date of each."""
    channel = channel_for(request, code)
    today = clock.local_date(clock.now(), channel.timezone)
    first = _month(request.GET.get("month", ""), today)
    own = terms.calendars_of(request.merchant)
    try:
        weeks = month_of(channel, terms.calendar_for(channel, own), first, today)
    except CalendarError:
        weeks = []
    context = {
        "weeks": weeks,
        "first": first,
        "previous": first - timedelta(days=1),
        "next": first + timedelta(days=31),
        "is_own": channel.calendar in own,
        "settles": settles_text(channel),
    }
    return render(request, "channels/calendar.html", channel_page(request, channel, "channels:calendar", **context))


@needs("edit_channels")
def edit(request: HttpRequest, merchant_slug: str, calendar_code: str) -> HttpResponse:
    """The merchant's own calendar of that code; a country's holidays to start from where there is none."""
    row = HolidayCalendar.objects.for_merchant(request.merchant).filter(code=calendar_code).first()
    if row is None and not has_country(calendar_code):
        get_object_or_404(HolidayCalendar.objects.none())
    form = CalendarForm(request.POST or None, initial=calendar_start(calendar_code, row, clock.now().year))
    if request.method == "POST" and form.is_valid():
        save_calendar(merchant=request.merchant, code=calendar_code, by=request.user, now=clock.now(), **form.cleaned_data)
        messages.success(request, _("The calendar is saved."))
        return redirect("channels:channels", merchant_slug)
    context = {"form": form, "code": calendar_code, "row": row, "is_country": has_country(calendar_code)}
    context["channels"] = channels_by_calendar(request.merchant, calendar_code)
    return render(request, "channels/calendar_edit.html", context, status=422 if form.errors else 200)


@require_POST
@needs("edit_channels")
def forget(request: HttpRequest, merchant_slug: str, calendar_code: str) -> HttpResponse:
    row = get_object_or_404(HolidayCalendar.objects.for_merchant(request.merchant), code=calendar_code)
    try:
        forget_calendar(calendar=row, by=request.user, now=clock.now())
    except CalendarInUse as error:
        messages.error(request, str(error))
        return redirect("channels:calendar_edit", merchant_slug, calendar_code)
    messages.success(request, _("The country's holidays count again."))
    return redirect("channels:channels", merchant_slug)


def _month(text: str, today: date) -> date:
    """The first day of the month asked for; this month where nothing sensible is."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return asked if abs(asked.year - today.year) <= 5 else today.replace(day=1)

"""The inbox of a person in a merchant, and the bell that leads to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.paging import keyset_page
from apps.core.panels import Tab
from apps.core.ui import render_page
from apps.merchants.access import needs
from apps.merchants.selectors import notifications_of, unread_count
from apps.merchants.services.notify import mark_read

BELL_SHOWS_AT_MOST = 99


@require_safe
@needs("view_settings")
def inbox(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    only_unread = request.GET.get("show") != "all"
    page = keyset_page(notifications_of(request.merchant, request.user, only_unread=only_unread), request.GET, fields=("last_at", "pk"))
    unread = unread_count(request.merchant, request.user)
    tabs = [Tab(_("Unread"), "?", only_unread, str(unread) if unread else ""), Tab(_("All"), "?show=all", not only_unread)]
    context = {"page": page, "tabs": tabs, "unread": unread, "only_unread": only_unread}
    return render_page(request, "merchants/inbox.html", "merchants/_inbox.html", context)


@require_safe
@needs("view_settings")
def bell(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The bell with the number of unread rows; asks again by itself."""
    unread = unread_count(request.merchant, request.user)
    return render(request, "merchants/_bell.html", {"unread": unread, "shown": min(unread, BELL_SHOWS_AT_MOST)})


@require_safe
@needs("view_settings")
def open_one(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Where a row or a letter leads: what it is about, which counts as having read it. Rows of others lead to one's own inbox."""
    number = request.GET.get("id", "")
    mine = notifications_of(request.merchant, request.user, only_unread=False)
    row = mine.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if row is None:
        return redirect("merchants:inbox", merchant_slug)
    mark_read(merchant=request.merchant, user=request.user, ids=[row.pk], now=clock.now())
    return redirect(row.href or reverse("merchants:inbox", args=[merchant_slug]))


@require_POST
@needs("view_settings")
def read(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """`id` (several) marks these as read; without any, the whole inbox in this merchant."""
    ids = [int(number) for number in request.POST.getlist("id") if number.isdecimal() and len(number) < 19]
    mark_read(merchant=request.merchant, user=request.user, ids=ids if "id" in request.POST else None, now=clock.now())
    query = "?show=all" if request.POST.get("show") == "all" else ""
    return redirect(reverse("merchants:inbox", args=[merchant_slug]) + query)

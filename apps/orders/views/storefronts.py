"""The page of a storefront: how far its orders were read, which channel each of its payment gateways is, and what was not taken in."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels.gateways import Operation
from apps.channels.models import Channel
from apps.channels.services.gateway import can_be_called, provider_kind
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock
from apps.merchants.access import needs
from apps.orders.errors import reason
from apps.orders.forms.storefronts import GatewaysForm
from apps.orders.models import StorefrontReading
from apps.orders.services.storefronts.placing import first_places, place_gateways
from apps.orders.services.storefronts.reading import ask_reading, reads_orders


@require_safe
@needs("view_money")
def storefront(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """:raises Http404: also for a channel whose provider holds no orders."""
    channel = _channel(request, code)
    return _page(request, channel, _form(request, channel, None))


@require_POST
@needs("edit_channels")
def place(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Says which channel each gateway is, and reads again from a day on."""
    channel = _channel(request, code)
    form = _form(request, channel, request.POST)
    if not form.is_valid():
        return _page(request, channel, form, status=422)
    now = clock.now()
    place_gateways(channel=channel, gateways=form.gateways, since=form.moment, by=request.user, now=now)
    if reads_orders(channel) and can_be_called(channel):
        ask_reading(channel=channel, by=request.user, now=now)
    messages.success(request, _("The gateways are saved. Orders changed since that day are read again."))
    return redirect("orders:storefront", merchant_slug, code)


@require_POST
@needs("edit_channels")
def read(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Reads what changed, now instead of within five minutes."""
    channel = _channel(request, code)
    if reads_orders(channel) and can_be_called(channel):
        ask_reading(channel=channel, by=request.user, now=clock.now())
        messages.success(request, _("The orders are being read."))
    else:
        messages.error(request, _("Nothing is read: enter the credentials first; a practice shop has no storefront."))
    return redirect("orders:storefront", merchant_slug, code)


def _channel(request: HttpRequest, code: str) -> Channel:
    channel = channel_for(request, code)
    kind = provider_kind(channel)
    if kind is None or Operation.READ_ORDERS not in kind.operations:
        raise Http404
    return channel


def _reading(channel: Channel) -> StorefrontReading | None:
    return StorefrontReading.objects.filter(channel=channel).first()


def _form(request: HttpRequest, channel: Channel, data) -> GatewaysForm:
    row = _reading(channel)
    gateways, unplaced = (
        (row.gateways, {name: len(orders) for name, orders in row.unplaced.items()}) if row else (first_places(channel), {})
    )
    since = clock.local_date(row.read_until if row else clock.now(), request.merchant.timezone)
    return GatewaysForm(data, merchant=request.merchant, gateways=gateways, unplaced=unplaced, initial={"since": since})


def _page(request: HttpRequest, channel: Channel, form: GatewaysForm, status: int = 200) -> HttpResponse:
    row = _reading(channel)
    context = {
        "form": form,
        "reading": row or StorefrontReading(channel=channel),
        "is_reading": bool(row and row.claimed_until and row.claimed_until > clock.now()),
        "is_callable": can_be_called(channel) and not request.merchant.is_practice,
        "unplaced": bool(row and row.unplaced),
        "faults": [(one["order"], one["column"], reason(one["code"], one["value"])) for one in row.faults] if row else [],
    }
    return render(request, "orders/storefront.html", channel_page(request, channel, "orders:storefront", **context), status=status)

"""What a channel's pages have in common."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.channels import approval
from apps.channels.gateways import Operation
from apps.channels.models import Channel
from apps.channels.selectors.cards import channels_of, initials_of, provider_name
from apps.channels.services.gateway import provider_kind
from apps.core import clock
from apps.core.panels import Tab
from apps.merchants.access import has_right

TABS = {
    "channels:channel": _("Overview"),
    "channels:fees": pgettext_lazy("terms", "Fees"),
    "channels:calendar": _("Calendar"),
    "channels:statements": _("Statements"),
    "channels:calls": _("Calls and notices"),
    "channels:papers": _("Papers"),
}
# Of a channel whose provider holds the shop's orders; the page lies above, with the orders.
STOREFRONT_TABS = {"channels:channel": TABS["channels:channel"], "orders:storefront": _("Orders"), **TABS}


def channel_for(request: HttpRequest, code: str) -> Channel:
    """The merchant's channel of that code, its terms loaded.

    :raises Http404: there is none.
    """
    return get_object_or_404(channels_of(request.merchant), code=code)


def channel_page(request: HttpRequest, channel: Channel, tab: str, **context) -> dict:
    """The context of a channel's page: its head and tabs, beside what the tab itself shows."""
    kind = provider_kind(channel)
    is_storefront = kind is not None and Operation.READ_ORDERS in kind.operations
    tabs = STOREFRONT_TABS if is_storefront else TABS
    standing = approval.standings_of(request.merchant, [channel], clock.now()).get(channel.pk)
    return {
        "channel": channel,
        "initials": initials_of(channel),
        "provider": provider_name(channel),
        "tabs": [Tab(str(label), reverse(name, args=[request.merchant.slug, channel.code]), name == tab) for name, label in tabs.items()],
        "is_storefront": is_storefront,
        "standing": standing,
        "stop": approval.stop_text(standing) if standing and standing.is_stopped else "",
        "can_edit": has_right(request.membership, "edit_channels"),
        "can_edit_fees": has_right(request.membership, "edit_fees"),
        "can_map": has_right(request.membership, "edit_mappings"),
        **context,
    }

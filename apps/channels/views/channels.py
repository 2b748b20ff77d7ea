"""The list of channels, and a channel's own page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels import terms
from apps.channels.errors import UnableToChangeChannel
from apps.channels.forms import ChannelForm, NewChannelForm
from apps.channels.gateways import Operation
from apps.channels.registry import reports_itself
from apps.channels.selectors.cards import card_of, cards_of
from apps.channels.selectors.details import capabilities_of, history_of, is_mapped, mapping_rows, settles_text
from apps.channels.selectors.fetches import fetching_of
from apps.channels.services.channels import add_channel, change_channel, switch_channel
from apps.channels.services.gateway import can_be_called, provider_kind
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock
from apps.merchants.access import has_right, needs


@require_safe
@needs("view_money")
def index(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every channel as a card; `?show=work` only those that need something done."""
    cards = cards_of(request.merchant, clock.now())
    show_work = request.GET.get("show") == "work"
    context = {
        "cards": [card for card in cards if card.needs_work or not show_work],
        "count": len(cards),
        "on_count": sum(card.channel.is_on for card in cards),
        "off_count": sum(not card.channel.is_on for card in cards),
        "work_count": sum(card.needs_work for card in cards),
        "show_work": show_work,
        "can_edit": has_right(request.membership, "edit_channels"),
    }
    return render(request, "channels/channels.html", context)


@require_safe
@needs("view_money")
def detail(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    channel = channel_for(request, code)
    kind = provider_kind(channel)
    page = channel_page(request, channel, "channels:channel")
    context = {
        "card": card_of(channel, terms.calendars_of(request.merchant), clock.now(), standing=page["standing"]),
        "settles": settles_text(channel),
        "reports_itself": reports_itself(channel.provider),
        "has_gateway": kind is not None and bool(kind.credentials),
        "refunds_here": kind is not None and Operation.REFUND in kind.operations,
        "is_callable": can_be_called(channel),
        "history": history_of(channel) if has_right(request.membership, "view_audit") else [],
    }
    return render(request, "channels/channel.html", {**page, **context})


@require_safe
@needs("view_money")
def statements(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Which files the channel delivers and how they are read."""
    channel = channel_for(request, code)
    context = {"capabilities": capabilities_of(channel), "mapping": mapping_rows(channel), "is_mapped": is_mapped(channel)}
    context["fetching"] = fetching_of(channel)
    return render(request, "channels/statements.html", channel_page(request, channel, "channels:statements", **context))


@needs("edit_channels")
def add(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    start = {"currency": request.merchant.currency, "timezone": request.merchant.timezone, "statements": "daily", "grace_days": 1}
    form = NewChannelForm(request.POST or None, merchant=request.merchant, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            channel = add_channel(merchant=request.merchant, by=request.user, now=clock.now(), **form.cleaned_data)
        except UnableToChangeChannel as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, _("%(channel)s is added.") % {"channel": channel})
            return redirect("channels:mapping" if is_mapped(channel) else "channels:fees", merchant_slug, channel.code)
    return render(request, "channels/add.html", {"form": form}, status=422 if form.errors else 200)


@needs("edit_channels")
def edit(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    channel = channel_for(request, code)
    start = ChannelForm.initial_of(channel)
    form = ChannelForm(request.POST or None, merchant=request.merchant, channel=channel, initial=start)
    if request.method == "POST" and form.is_valid():
        change_channel(channel=channel, by=request.user, now=clock.now(), **form.cleaned_data)
        messages.success(request, _("The channel is saved."))
        return redirect("channels:channel", merchant_slug, code)
    context = channel_page(request, channel, "channels:channel", form=form)
    return render(request, "channels/edit.html", context, status=422 if form.errors else 200)


@require_POST
@needs("edit_channels")
def switch(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Turns the channel to what the button says, so that pressing twice does no harm."""
    channel = channel_for(request, code)
    is_on = request.POST.get("to") == "on"
    switch_channel(channel=channel, is_on=is_on, by=request.user, now=clock.now())
    text = _("%(channel)s is switched on.") if is_on else _("%(channel)s is switched off. Its books and statements are still reconciled.")
    messages.success(request, text % {"channel": channel})
    return redirect("channels:channels", merchant_slug)

"""What a channel charges: its dated terms, a calculator, and a new version."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels.errors import ChannelError, UnableToAddFeeVersion
from apps.channels.forms import CalculatorForm, FeeVersionForm
from apps.channels.models import FeeRule
from apps.channels.selectors.samples import sample_of, sample_start
from apps.channels.selectors.terms_view import groups_of
from apps.channels.services.fee_versions import add_fee_version, withdraw_fee_version
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock
from apps.core.ui import render_page
from apps.merchants.access import needs


@require_safe
@needs("view_money")
def index(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """The terms on a time line; `?amount=…&method=…` works the sample out, for htmx as a part of the page."""
    channel = channel_for(request, code)
    today = clock.local_date(clock.now(), channel.timezone)
    start, methods = sample_start(channel)
    form = CalculatorForm({**start, **request.GET.dict()}, currency=channel.currency, methods=methods)
    sample = sample_of(channel, **form.cleaned_data, today=today) if methods and form.is_valid() else None
    context = channel_page(request, channel, "channels:fees", form=form, sample=sample, has_methods=bool(methods))
    context["groups"] = groups_of(list(channel.fee_rules.all()), today, channel.currency)
    return render_page(request, "channels/fees.html", "channels/_sample.html", context)


@needs("edit_fees")
def add(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """A dated version, filled in from the one named by `?from=`."""
    channel = channel_for(request, code)
    source = next((rule for rule in channel.fee_rules.all() if str(rule.pk) == request.GET.get("from")), None)
    form = FeeVersionForm(request.POST or None, currency=channel.currency, initial=FeeVersionForm.initial_of(source, channel.currency))
    if request.method == "POST" and form.is_valid():
        try:
            rule = add_fee_version(channel=channel, by=request.user, now=clock.now(), **form.cleaned_data)
        except UnableToAddFeeVersion as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("The new terms apply from %(day)s.") % {"day": rule.valid_from.isoformat()})
            return redirect("channels:fees", merchant_slug, code)
    context = channel_page(request, channel, "channels:fees", form=form, source=source)
    return render(request, "channels/fee_version.html", context, status=422 if form.errors else 200)


@require_POST
@needs("edit_fees")
def withdraw(request: HttpRequest, merchant_slug: str, code: str, pk: int) -> HttpResponse:
    rule = get_object_or_404(FeeRule.objects.for_merchant(request.merchant), pk=pk, channel__code=code)
    try:
        withdraw_fee_version(rule=rule, by=request.user, now=clock.now())
    except ChannelError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The version is withdrawn."))
    return redirect("channels:fees", merchant_slug, code)

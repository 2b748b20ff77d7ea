"""The credentials of a channel: what lets refunds be sent to its provider, and lets us prove the provider's notices."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.channels.forms_credentials import CredentialsForm
from apps.channels.gateways import Operation
from apps.channels.services.connection import NothingToTest, can_be_tested, latest_test, test_connection
from apps.channels.services.gateway import (
    GatewayMissing,
    can_be_called,
    credentials_of,
    enter_credentials,
    forget_credentials,
    provider_kind,
)
from apps.channels.services.qualification import CaseNotApproved
from apps.channels.views.shared import channel_for, channel_page
from apps.core import clock
from apps.merchants.access import needs


@sensitive_post_parameters()
@needs("edit_channels")
def credentials(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """The form, or in a practice shop the word that the simulator answers.

    :raises Http404: nobody calls this channel's provider, or it asks for nothing.
    """
    channel = channel_for(request, code)
    kind = provider_kind(channel)
    if kind is None or not kind.credentials:
        raise Http404
    entered = {name for name, value in credentials_of(channel).items() if value}
    start = {"system": "live" if channel.is_live else "test"}
    form = CredentialsForm(request.POST or None, asked=kind.credentials, entered=entered, initial=start)
    if request.method == "POST" and not request.merchant.is_practice:
        if request.POST.get("act") == "forget":
            forget_credentials(channel=channel, by=request.user, now=clock.now())
            messages.success(request, _("The credentials are removed."))
            return redirect("channels:credentials", merchant_slug, code)
        if form.is_valid():
            is_live = form.cleaned_data["system"] == "live"
            try:
                enter_credentials(channel=channel, values=form.values, is_live=is_live, by=request.user, now=clock.now())
            except CaseNotApproved as error:
                form.add_error("system", str(error))
            else:
                messages.success(request, _("The credentials are saved. Nobody sees them again, you neither."))
                return redirect("channels:credentials", merchant_slug, code)
    context = {
        "form": form,
        "is_complete": can_be_called(channel),
        "waits": Operation.REFUND in kind.operations and not can_be_called(channel),
        "has_some": bool(entered),
        "can_test": can_be_tested(channel),
        "last_test": latest_test(channel),
        "notices": settings.SITE_URL.rstrip("/") + reverse("notice", args=[channel.public_id]) if kind.sends_notices else "",
    }
    page = channel_page(request, channel, "channels:channel", **context)
    return render(request, "channels/credentials.html", page, status=422 if form.errors else 200)


@require_POST
@needs("edit_channels")
def test(request: HttpRequest, merchant_slug: str, code: str) -> HttpResponse:
    """Asks the provider whether it knows the credentials; what came of it stands on their page."""
    channel = channel_for(request, code)
    try:
        test_connection(channel=channel, by=request.user, now=clock.now())
    except (GatewayMissing, NothingToTest) as error:
        messages.error(request, str(error))
    return redirect("channels:credentials", merchant_slug, code)

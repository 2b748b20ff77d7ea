"""The settings page of addresses that are told of events."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.paging import keyset_page
from apps.merchants.access import needs
from apps.orders.enums import EventType
from apps.orders.forms.webhooks import EndpointForm, EventsForm
from apps.orders.models import WebhookDelivery, WebhookEndpoint
from apps.orders.selectors.webhooks import deliveries_of, endpoints_of
from apps.orders.services import webhooks as services


@needs("edit_webhooks")
def webhooks(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The list, and the form that adds one."""
    form = EndpointForm(request.POST or None, merchant=request.merchant)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_endpoint(merchant=request.merchant, **form.cleaned_data, by=request.user, now=clock.now())
        except HezhangError as error:
            form.add_error("url", error.message)
        else:
            messages.success(request, _("The address is added. Give its secret to the system that receives."))
            return redirect("orders:webhook", merchant_slug, made.pk)
    rows = [(one, [EventType(name).label for name in one.types]) for one in endpoints_of(request.merchant)]
    return render(request, "orders/webhooks.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)


@needs("edit_webhooks")
def webhook(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One address: what it is told, its secret, and what was sent."""
    endpoint = get_object_or_404(endpoints_of(request.merchant), pk=pk)
    form = EventsForm(request.POST or None, initial={"types": endpoint.types, "is_active": endpoint.is_active})
    if request.method == "POST" and form.is_valid():
        fields = {**form.cleaned_data, "by": request.user, "now": clock.now()}
        services.change_endpoint(merchant=request.merchant, endpoint_id=pk, **fields)
        messages.success(request, _("The address is saved."))
        return redirect("orders:webhook", merchant_slug, pk)
    page = keyset_page(deliveries_of(request.merchant, endpoint), request.GET, fields=("pk",), size=30)
    context = {"endpoint": endpoint, "form": form, "page": page, "both_until": _still(endpoint)}
    return render(request, "orders/webhook.html", context, status=422 if form.errors else 200)


def _still(endpoint: WebhookEndpoint):
    """Until when the secret before signs, too; None when it no longer does."""
    until = endpoint.previous_until
    return until if until and until > clock.now() else None


@require_POST
@needs("edit_webhooks")
def act(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """`act` is rotate, test or remove."""
    get_object_or_404(endpoints_of(request.merchant), pk=pk)
    fields = {"merchant": request.merchant, "endpoint_id": pk, "by": request.user, "now": clock.now()}
    wanted = request.POST.get("act")
    if wanted == "rotate":
        services.rotate_secret(**fields)
        messages.success(request, _("There is a new secret. For a day messages are signed with both."))
    elif wanted == "test":
        services.send_test(**fields)
        messages.success(request, _("A test message is on its way."))
    elif wanted == "remove":
        services.remove_endpoint(**fields)
        messages.success(request, _("The address is removed."))
        return redirect("orders:webhooks", merchant_slug)
    return redirect("orders:webhook", merchant_slug, pk)


@require_POST
@needs("edit_webhooks")
def resend(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    delivery = get_object_or_404(WebhookDelivery.objects.for_merchant(request.merchant), pk=pk)
    services.resend(merchant=request.merchant, delivery_id=pk, by=request.user, now=clock.now())
    messages.success(request, _("The message is on its way again."))
    return redirect("orders:webhook", merchant_slug, delivery.endpoint_id)

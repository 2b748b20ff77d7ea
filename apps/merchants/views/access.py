"""Who gets in beyond the role table: which roles need a second factor, and the look that platform support may be given."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.merchants.access import has_right, needs, staff_only
from apps.merchants.errors import MerchantError
from apps.merchants.forms import FactorRolesForm, GrantForm, SupportForm
from apps.merchants.models import Merchant, SupportAccess
from apps.merchants.services.settings import change_merchant
from apps.merchants.services.support import ask_for_support, decide_support, end_support, grant_support


@require_safe
@needs("view_settings")
def access(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    return _access(request, GrantForm())


def _access(request: HttpRequest, form: GrantForm, status: int = 200) -> HttpResponse:
    rows = SupportAccess.objects.for_merchant(request.merchant).select_related("staff", "decided_by").order_by("-pk")
    now = clock.now()
    context = {
        "can_manage": has_right(request.membership, "manage_people"),
        "factor_form": FactorRolesForm(merchant=request.merchant),
        "form": form,
        "asked": [one for one in rows if not (one.granted_at or one.refused_at or one.ended_at)],
        "running": [one for one in rows if one.granted_at and not one.ended_at and one.expires_at > now],
        "past": [one for one in rows if one.refused_at or one.ended_at or (one.expires_at and one.expires_at <= now)][:20],
    }
    return render(request, "merchants/access.html", context, status=status)


@require_POST
@needs("manage_people")
def factor_roles(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = FactorRolesForm(request.POST, merchant=request.merchant)
    if form.is_valid():
        change_merchant(
            merchant=request.merchant, changes={"second_factor_roles": form.cleaned_data["roles"]}, by=request.user, now=clock.now()
        )
        messages.success(request, _("The settings are saved."))
    return redirect("merchants:access", merchant_slug)


@require_POST
@needs("manage_people")
def grant(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = GrantForm(request.POST)
    if form.is_valid():
        try:
            grant_support(merchant=request.merchant, **form.cleaned_data, by=request.user, now=clock.now())
        except MerchantError as error:
            form.add_error("email", error.message)
        else:
            messages.success(request, _("The access is granted. It ends by itself."))
            return redirect("merchants:access", merchant_slug)
    return _access(request, form, status=422)


@require_POST
@needs("manage_people")
def decide(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(SupportAccess.objects.for_merchant(request.merchant), pk=pk)
    verdict = request.POST.get("verdict") == "grant"
    done = _("The access is granted. It ends by itself.") if verdict else _("The request is refused.")
    _try(request, decide_support, merchant=request.merchant, access_id=pk, grant=verdict, done=done)
    return redirect("merchants:access", merchant_slug)


@require_POST
@needs("manage_people")
def end(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(SupportAccess.objects.for_merchant(request.merchant), pk=pk)
    _try(request, end_support, merchant=request.merchant, access_id=pk, done=_("The access is ended."))
    return redirect("merchants:access", merchant_slug)


@staff_only
def staff_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """The platform's side: asking one merchant's owners for a look."""
    merchant = get_object_or_404(Merchant, pk=pk)
    form = SupportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_support(merchant=merchant, **form.cleaned_data, by=request.user, now=clock.now())
        except MerchantError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("The owners of the shop are asked."))
            return redirect("merchants:staff")
    return render(request, "merchants/staff_ask.html", {"form": form, "shop": merchant}, status=422 if form.errors else 200)


@require_POST
@staff_only
def staff_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends one's own access."""
    mine = SupportAccess.objects.select_related("merchant").filter(staff=request.user, pk=pk).first()
    if mine is None:
        raise Http404
    _try(request, end_support, merchant=mine.merchant, access_id=pk, done=_("The access is ended."))
    return redirect("merchants:staff")


def _try(request: HttpRequest, service, *, done: str, **arguments) -> None:
    try:
        service(by=request.user, now=clock.now(), **arguments)
    except MerchantError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)

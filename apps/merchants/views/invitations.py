"""Inviting people, and their side of it: the page behind the link."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as begin_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.core import clock
from apps.merchants.access import needs
from apps.merchants.errors import InvitationClosed, MerchantError
from apps.merchants.forms import AcceptForm, MemberForm
from apps.merchants.models import Invitation
from apps.merchants.services.invitations import accept as accept_invitation
from apps.merchants.services.invitations import find_invitation, invite, known_person, resend, revoke, token_of
from apps.merchants.views.members import people_page

BACKEND = "django.contrib.auth.backends.ModelBackend"


@require_POST
@needs("manage_people")
def add(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Invites. Where no letter leaves the machine the link is shown once, to be handed over; else only its reader has it."""
    form = MemberForm(request.POST)
    if not form.is_valid():
        return people_page(request, form, status=422)
    try:
        invitation = invite(merchant=request.merchant, **form.cleaned_data, by=request.user, now=clock.now())
    except MerchantError as error:
        form.add_error("email", error.message)
        return people_page(request, form, status=422)
    return people_page(request, MemberForm(), link=_link(request, invitation), invited=invitation)


@require_POST
@needs("manage_people")
def again(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(Invitation.objects.for_merchant(request.merchant), pk=pk)
    try:
        invitation = resend(merchant=request.merchant, invitation_id=pk, by=request.user, now=clock.now())
    except MerchantError as error:
        messages.error(request, error.message)
        return redirect("merchants:people", merchant_slug)
    return people_page(request, MemberForm(), link=_link(request, invitation), invited=invitation)


@require_POST
@needs("manage_people")
def take_back(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(Invitation.objects.for_merchant(request.merchant), pk=pk)
    try:
        revoke(merchant=request.merchant, invitation_id=pk, by=request.user, now=clock.now())
        messages.success(request, _("The invitation is taken back. Its link no longer works."))
    except MerchantError as error:
        messages.error(request, error.message)
    return redirect("merchants:people", merchant_slug)


def _link(request: HttpRequest, invitation: Invitation) -> str:
    """The address to show, empty where mail is set up: who invites shall not be able to accept in the other's name."""
    if settings.MAIL_LEAVES:
        return ""
    return request.build_absolute_uri(reverse("merchants:invitation", args=[token_of(invitation)]))


@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What the invited person sees: join as oneself, log in first, or choose a password."""
    try:
        found = find_invitation(token, clock.now())
    except InvitationClosed as error:
        return render(request, "merchants/invitation_closed.html", {"words": error.message}, status=410)
    known = known_person(found)
    if request.user.is_authenticated or known is None:
        language = request.user.language if request.user.is_authenticated else found.language
    else:
        language = known.language
    with translation.override(language):
        request.LANGUAGE_CODE = language
        return _join(request, token, found, known)


def _join(request: HttpRequest, token: str, found: Invitation, known) -> HttpResponse:
    is_me = request.user.is_authenticated and request.user == known
    is_other = request.user.is_authenticated and not is_me
    form = AcceptForm(request.POST or None, email=found.email, name=found.name) if known is None and not is_other else None
    if request.method == "POST" and (is_me or (form and form.is_valid())):
        try:
            return _accept(request, token, known, form)
        except InvitationClosed as error:
            return render(request, "merchants/invitation_closed.html", {"words": error.message}, status=410)
    context = {"invitation": found, "form": form, "is_me": is_me, "is_other": is_other}
    return render(request, "merchants/invitation.html", context, status=422 if form and form.errors else 200)


def _accept(request: HttpRequest, token: str, known, form: AcceptForm | None) -> HttpResponse:
    data = {"name": form.cleaned_data["name"], "password": form.cleaned_data["new_password1"]} if form else {}
    membership = accept_invitation(token=token, user=known, **data, now=clock.now())
    if form:
        begin_session(request, membership.user, backend=BACKEND)
    messages.success(request, _("You are now a member of %(merchant)s.") % {"merchant": membership.merchant})
    return redirect("merchants:home", membership.merchant.slug)

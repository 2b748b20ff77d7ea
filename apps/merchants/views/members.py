"""People of a merchant, and what their roles may do."""

from django.contrib import messages
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.merchants.access import has_right, needs
from apps.merchants.enums import Role
from apps.merchants.errors import MerchantError
from apps.merchants.forms import MemberForm, RoleForm
from apps.merchants.models import Membership, User
from apps.merchants.selectors import members_of, role_table
from apps.merchants.services.people import add_member, change_role, remove_member


@require_safe
@needs("view_settings")
def roles(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The role table as the code enforces it."""
    return render(request, "merchants/roles.html", {"roles": Role.labels, "rows": role_table()})


@require_safe
@needs("view_settings")
def people(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    return _people(request, MemberForm())


@require_POST
@needs("manage_people")
def add(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    form = MemberForm(request.POST)
    if not form.is_valid():
        return _people(request, form, status=422)
    try:
        membership, is_new = add_member(merchant=request.merchant, **form.cleaned_data, by=request.user, now=clock.now())
    except MerchantError as error:
        form.add_error("email", error.message)
        return _people(request, form, status=422)
    if is_new:
        return _people(request, MemberForm(), invitation=_set_password_address(request, membership.user), invited=membership.user)
    messages.success(request, _("%(person)s is now a member.") % {"person": membership.user})
    return redirect("merchants:people", merchant_slug)


@require_POST
@needs("manage_people")
def change(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(Membership.objects.for_merchant(request.merchant), pk=pk)
    form = RoleForm(request.POST)
    if form.is_valid():
        _try(request, change_role, membership_id=pk, role=form.cleaned_data["role"], done=_("The role is changed."))
    return redirect("merchants:people", merchant_slug)


@require_POST
@needs("manage_people")
def remove(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(Membership.objects.for_merchant(request.merchant), pk=pk)
    _try(request, remove_member, membership_id=pk, done=_("The person is no longer a member."))
    is_still_in = members_of(request.merchant).filter(user=request.user).exists()
    return redirect("merchants:people", merchant_slug) if is_still_in else redirect("merchants:landing")


def _try(request: HttpRequest, service, *, done: str, **arguments) -> None:
    """Calls the service and says how it went."""
    try:
        service(merchant=request.merchant, by=request.user, now=clock.now(), **arguments)
    except MerchantError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)


def _people(
    request: HttpRequest, form: MemberForm, *, status: int = 200, invitation: str = "", invited: User | None = None
) -> HttpResponse:
    context = {
        "members": members_of(request.merchant),
        "roles": Role.choices,
        "form": form,
        "can_manage": has_right(request.membership, "manage_people"),
        "invitation": invitation,
        "invited": invited,
    }
    return render(request, "merchants/people.html", context, status=status)


def _set_password_address(request: HttpRequest, user: User) -> str:
    """The one-time address with which a new person sets a password; shown once, handed over by the owner."""
    path = reverse("merchants:set_password", args=[urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)])
    return request.build_absolute_uri(path)

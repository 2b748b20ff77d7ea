"""People of a merchant, and what their roles may do."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.merchants.access import has_right, needs
from apps.merchants.enums import Role
from apps.merchants.errors import MerchantError
from apps.merchants.forms import HandOverForm, MemberForm, RoleForm
from apps.merchants.models import Invitation, Membership
from apps.merchants.selectors import former_members_of, members_of, protected_among, role_table
from apps.merchants.services.lock_out import locked_among, unlock_member
from apps.merchants.services.people import change_role, deactivate_member, open_work_of, reactivate_member


@require_safe
@needs("view_settings")
def roles(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The role table as the code enforces it."""
    return render(request, "merchants/roles.html", {"roles": Role.labels, "rows": role_table()})


@require_safe
@needs("view_settings")
def people(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    return people_page(request, MemberForm())


@require_POST
@needs("manage_people")
def change(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(members_of(request.merchant), pk=pk)
    form = RoleForm(request.POST)
    if form.is_valid():
        _try(request, change_role, membership_id=pk, role=form.cleaned_data["role"], done=_("The role is changed."))
    return redirect("merchants:people", merchant_slug)


@needs("manage_people")
def deactivate(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Shows what is on the person's desk and asks who takes it over; then shuts them out. Who shuts themselves out is signed out."""
    leaving = get_object_or_404(members_of(request.merchant), pk=pk)
    form = HandOverForm(request.POST if request.method == "POST" else None, leaving=leaving)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "leaving": leaving, "work": open_work_of(request.merchant, leaving.user)}
        return render(request, "merchants/member_deactivate.html", context, status=422 if form.errors else 200)
    _try(request, deactivate_member, membership_id=pk, hand_to=form.cleaned_data["hand_to"], done=_("The person can no longer come in."))
    if not members_of(request.merchant).filter(user=request.user).exists():
        logout(request)
        return redirect("merchants:landing")
    return redirect("merchants:people", merchant_slug)


@require_POST
@needs("manage_people")
def reactivate(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Lets a deactivated member in again, in the role they had."""
    get_object_or_404(Membership.objects.for_merchant(request.merchant), pk=pk)
    _try(request, reactivate_member, membership_id=pk, done=_("The person can come in again."))
    return redirect("merchants:people", merchant_slug)


@require_POST
@needs("manage_people")
def unlock(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    get_object_or_404(members_of(request.merchant), pk=pk)
    _try(request, unlock_member, membership_id=pk, done=_("The log-in is open again."))
    return redirect("merchants:people", merchant_slug)


def _try(request: HttpRequest, service, *, done: str, **arguments) -> None:
    """Calls the service and says how it went."""
    try:
        service(merchant=request.merchant, by=request.user, now=clock.now(), **arguments)
    except MerchantError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)


def people_page(
    request: HttpRequest, form: MemberForm, *, status: int = 200, link: str = "", invited: Invitation | None = None
) -> HttpResponse:
    """Members and open invitations. `link` is the one just made, shown once."""
    members, now = list(members_of(request.merchant)), clock.now()
    open_ones = Invitation.objects.for_merchant(request.merchant).filter(accepted_at=None, revoked_at=None).order_by("-sent_at", "-pk")
    context = {
        "members": members,
        "locked": locked_among([member.user.email for member in members], now),
        "protected": protected_among([member.user_id for member in members]),
        "invitations": [(one, one.expires_at <= now) for one in open_ones],
        "former": former_members_of(request.merchant),
        "roles": Role.choices,
        "form": form,
        "can_manage": has_right(request.membership, "manage_people"),
        "invitation": link,
        "invited": invited,
    }
    return render(request, "merchants/people.html", context, status=status)

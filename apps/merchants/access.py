"""Who may do what: the role table, and the only doors through which a view gets a merchant.

    @needs("import_files")
    def upload(request, merchant_slug): ...      # request.merchant, request.membership

Outsiders, platform staff included, get 404; members without the right get 403; visitors are sent to log in. Platform staff whom an
owner granted a look enter as viewers who change nothing, and every page they open is on the record. Where the merchant wants a second
factor of a role, its members are sent to give it (or to set it up) before any page.
"""

from collections.abc import Callable
from functools import wraps
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.core import clock
from apps.merchants import step_up
from apps.merchants.enums import Role
from apps.merchants.models import Membership, SupportAccess, User

# Every right with the sentence people read on the page of roles, in the order shown there.
RIGHT_LABELS = {
    "view_money": _("See orders, payments, statements, payouts and differences"),
    "import_files": _("Import books and statements"),
    "withdraw_files": _("Withdraw an imported file"),
    "force_import": _("Import a file although it looks unlike those before it"),
    "edit_books": _("Change orders and payments by import"),
    "reconcile": _("Start a reconciliation"),
    "assign": _("Assign differences to people"),
    "resolve": _("Resolve differences and match by hand"),
    "write_off": _("Write off a difference"),
    "countersign": _("Approve or reject write-offs and forced matches above the limits, and undo them"),
    "take_payments": _("Take money that is authorized, and call open payments off"),
    "request_refund": _("Request a refund"),
    "approve_refund": _("Approve or reject a refund"),
    "pay_refunds": _("Collect bank details and pay refunds by bank transfer"),
    "answer_disputes": _("Record and answer disputes"),
    "edit_watchlist": _("Put buyers on the watch-list and take them off"),
    "edit_alerts": _("Change alert rules and who is told"),
    "teach_models": _("Train models of the shop's own history and switch them on or off"),
    "edit_channels": _("Add, change and switch channels"),
    "edit_fees": _("Change fee plans"),
    "edit_mappings": _("Say what the columns of exports mean"),
    "edit_bank_accounts": _("Change bank accounts"),
    "prepare_close": _("Prepare a month for closing"),
    "approve_close": _("Approve the closing of a month"),
    "download_reports": _("Download reports and exports"),
    "view_settings": _("See settings"),
    "edit_settings": _("Change settings"),
    "manage_people": _("Add and remove people, change roles"),
    "edit_webhooks": _("Change the addresses that are told of events"),
    "view_audit": _("Read the audit trail"),
}
RIGHTS_OF_ALL = frozenset({"view_money", "download_reports", "view_settings"})
RIGHTS: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset(RIGHT_LABELS),
    Role.ACCOUNTANT: RIGHTS_OF_ALL
    | {"import_files", "withdraw_files", "force_import", "edit_mappings", "edit_books", "reconcile", "assign", "resolve", "write_off"}
    | {"take_payments", "request_refund", "pay_refunds", "answer_disputes", "edit_alerts", "edit_watchlist", "teach_models"}
    | {"edit_fees", "edit_bank_accounts", "prepare_close", "view_audit"},
    Role.APPROVER: RIGHTS_OF_ALL | {"approve_refund", "countersign", "edit_watchlist", "approve_close", "view_audit"},
    Role.OPERATOR: RIGHTS_OF_ALL
    | {"import_files", "edit_books", "assign", "take_payments", "request_refund", "answer_disputes", "edit_watchlist"},
    Role.VIEWER: RIGHTS_OF_ALL,
}


def has_right(membership: Membership, right: str) -> bool:
    """Whether the role of this membership carries the right; a right nobody declared is a programming error."""
    if right not in RIGHT_LABELS:
        raise KeyError(right)
    return right in RIGHTS[membership.role]


def membership_for(user: User, slug: str) -> Membership:
    """The user's membership in the merchant, with the merchant loaded; for platform staff whom its owner granted a look, a viewer's.

    :raises Http404: when the user is no member, so that a stranger cannot tell the merchant exists.
    """
    membership = Membership.objects.active().select_related("merchant").filter(user=user, merchant__slug=slug).first()
    membership = membership or _support_membership(user, slug)
    if membership is None:
        raise Http404
    membership.user = user
    return membership


def _support_membership(user: User, slug: str) -> Membership | None:
    """A viewer's membership that is in no table, while a granted access lasts."""
    if not (user.is_staff and user.is_active):
        return None
    granted = SupportAccess.objects.select_related("merchant").filter(staff=user, merchant__slug=slug, granted_at__isnull=False)
    access = granted.filter(ended_at=None, expires_at__gt=clock.now()).first()
    if access is None:
        return None
    membership = Membership(merchant=access.merchant, user=user, role=Role.VIEWER)
    membership.support = access
    return membership


def merchant_for(user: User, slug: str, right: str) -> Membership:
    """The membership (and through it the merchant) when its role carries the right.

    :raises Http404: to outsiders.
    :raises PermissionDenied: to members without the right.
    """
    membership = membership_for(user, slug)
    if not has_right(membership, right):
        raise PermissionDenied(right)
    return membership


def _ask_to_log_in(request: HttpRequest) -> HttpResponse:
    """A part of a page must not be replaced by the log-in form: htmx gets 401, upon which frame.js loads the whole page again."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401)
    return redirect_to_login(request.get_full_path())


SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# What a page asks by itself every few seconds is not somebody looking.
QUIET_PAGES = {"merchants:jobs_ring", "merchants:inbox_bell"}


def _check_support(request: HttpRequest) -> None:
    """Support looks and changes nothing; each look is on the record.

    :raises PermissionDenied: for anything but looking.
    """
    if request.method not in SAFE_METHODS:
        raise PermissionDenied("support")
    if request.resolver_match and request.resolver_match.view_name in QUIET_PAGES:
        return
    record(
        merchant_id=request.merchant.pk,
        action="support.viewed",
        subject=request.membership.support,
        by=request.user,
        now=clock.now(),
        after={"page": request.get_full_path()[:300]},
    )


def needs_factor(membership: Membership) -> bool:
    """Whether this person must have given a second factor in their session to see the merchant."""
    if membership.support:
        return settings.STAFF_NEEDS_SECOND_FACTOR
    return membership.role in membership.merchant.second_factor_roles


def _ask_for_factor(request: HttpRequest) -> HttpResponse:
    """A part of a page asks by 401, upon which the whole page is loaded again; what was posted is not repeated."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=401)
    back_to = "" if request.method == "GET" else reverse("merchants:home", args=[request.merchant.slug])
    return redirect(step_up.address(request, back_to))


def staff_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorates a page of the platform: staff, who have given a second factor where the settings want it of them.

    :raises PermissionDenied: to everyone else who is signed in.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return _ask_to_log_in(request)
        if not request.user.is_staff:
            raise PermissionDenied
        if settings.STAFF_NEEDS_SECOND_FACTOR and step_up.given_at(request) is None:
            return redirect(step_up.address(request, "" if request.method == "GET" else reverse("merchants:staff")))
        return view(request, *args, **kwargs)

    return guarded


def needs(right: str) -> Callable:
    """Decorates a view whose address has `merchant_slug`; sets `request.merchant`, `request.membership` and the merchant's time zone.

    The zone holds while the view runs: what streams later must take it by argument.
    """
    if right not in RIGHT_LABELS:
        raise KeyError(right)

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, merchant_slug: str, *args, **kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return _ask_to_log_in(request)
            request.membership = merchant_for(request.user, merchant_slug, right)
            request.merchant = request.membership.merchant
            if needs_factor(request.membership) and step_up.given_at(request) is None:
                return _ask_for_factor(request)
            if request.membership.support:
                _check_support(request)
            if request.session.get("merchant") != merchant_slug:
                request.session["merchant"] = merchant_slug  # where `/` leads next time
            with timezone.override(ZoneInfo(request.merchant.timezone)):
                return view(request, merchant_slug, *args, **kwargs)

        guarded.right = right
        return guarded

    return decorate

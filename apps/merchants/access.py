"""Who may do what: the role table, and the only doors through which a view gets a merchant.

    @needs("import_files")
    def upload(request, merchant_slug): ...      # request.merchant, request.membership

Outsiders, platform staff included, get 404; members without the right get 403; visitors are sent to log in.
"""

from collections.abc import Callable
from functools import wraps
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.merchants.enums import Role
from apps.merchants.models import Membership, User

# Every right with the sentence people read on the page of roles, in the order shown there.
RIGHT_LABELS = {
    "view_money": _("See orders, payments, statements, payouts and differences"),
    "import_files": _("Import books and statements"),
    "withdraw_files": _("Withdraw an imported file"),
    "edit_books": _("Change orders and payments by import"),
    "reconcile": _("Start a reconciliation"),
    "assign": _("Assign differences to people"),
    "resolve": _("Resolve differences and match by hand"),
    "write_off": _("Write off a difference"),
    "request_refund": _("Request a refund"),
    "approve_refund": _("Approve or reject a refund"),
    "pay_refunds": _("Collect bank details and pay refunds by bank transfer"),
    "answer_disputes": _("Record and answer disputes"),
    "edit_watchlist": _("Put buyers on the watch-list and take them off"),
    "edit_alerts": _("Change alert rules and who is told"),
    "edit_channels": _("Add, change and switch channels"),
    "edit_fees": _("Change fee plans"),
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
    | {"import_files", "withdraw_files", "edit_books", "reconcile", "assign", "resolve", "write_off"}
    | {"request_refund", "pay_refunds", "answer_disputes", "edit_alerts", "edit_watchlist"}
    | {"edit_fees", "edit_bank_accounts", "prepare_close", "view_audit"},
    Role.APPROVER: RIGHTS_OF_ALL | {"approve_refund", "edit_watchlist", "approve_close", "view_audit"},
    Role.OPERATOR: RIGHTS_OF_ALL | {"import_files", "edit_books", "assign", "request_refund", "answer_disputes", "edit_watchlist"},
    Role.VIEWER: RIGHTS_OF_ALL,
}


def has_right(membership: Membership, right: str) -> bool:
    """Whether the role of this membership carries the right; a right nobody declared is a programming error."""
    if right not in RIGHT_LABELS:
        raise KeyError(right)
    return right in RIGHTS[membership.role]


def membership_for(user: User, slug: str) -> Membership:
    """The user's membership in the merchant, with the merchant loaded.

    :raises Http404: when the user is no member, so that a stranger cannot tell the merchant exists.
    """
    membership = Membership.objects.select_related("merchant").filter(user=user, merchant__slug=slug, user__is_active=True).first()
    if membership is None:
        raise Http404
    membership.user = user
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
            if request.session.get("merchant") != merchant_slug:
                request.session["merchant"] = merchant_slug  # where `/` leads next time
            with timezone.override(ZoneInfo(request.merchant.timezone)):
                return view(request, merchant_slug, *args, **kwargs)

        guarded.right = right
        return guarded

    return decorate

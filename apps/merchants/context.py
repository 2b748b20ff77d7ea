"""The frame around every page: navigation, merchant switcher, search. Worked out only when a template asks."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from apps.core.ui import Badge, badge_for
from apps.merchants.access import has_right
from apps.merchants.selectors import memberships_of

# url name, icon, label, short label for the phone, right. An entry whose address does not exist yet is left out.
NAVIGATION = (
    ("reports:overview", "home", _("Overview"), _("Overview"), "view_money"),
    ("orders:orders", "receipt", _("Orders & payments"), _("Orders"), "view_money"),
    ("settlements:queue", "scale", _("Discrepancies"), _("Discrepancies"), "view_money"),
    ("orders:refunds", "receipt-refund", _("Refund review"), _("Refunds"), "view_money"),
    ("disputes:disputes", "gavel", _("Disputes"), _("Disputes"), "view_money"),
    ("settlements:statements", "file-spreadsheet", _("Statements"), _("Statements"), "view_money"),
    ("settlements:payouts", "building-bank", _("Payouts and bank"), _("Payouts"), "view_money"),
    ("reports:months", "report-money", _("Reports"), _("Reports"), "view_money"),
    ("channels:channels", "plug-connected", _("Channels"), _("Channels"), "view_money"),
    ("merchants:settings", "settings", _("Settings"), _("Settings"), "view_settings"),
)
PHONE_ENTRIES = ("reports:overview", "settlements:queue", "orders:refunds", "settlements:statements", "orders:orders")
STARTS_GROUP = {"merchants:settings"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation, ready to draw."""

    name: str
    href: str
    icon: str
    label: str
    short: str
    is_current: bool
    starts_group: bool
    badge: Badge | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One merchant of the switcher."""

    name: str
    href: str
    is_current: bool


def address(name: str, **kwargs) -> str:
    """The address of a url name, or empty while that page does not exist."""
    try:
        return reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return ""


class Frame:
    """What the frame shows for one request; safe for visitors and for error pages."""

    def __init__(self, request: HttpRequest):
        self.request = request
        self.membership = getattr(request, "membership", None)
        self.merchant = getattr(request, "merchant", None)
        self.user = getattr(request, "user", None)

    @property
    def theme(self) -> str:
        if self.user is not None and self.user.is_authenticated:
            return self.user.theme
        theme = self.request.COOKIES.get("theme", "")
        return theme if theme in ("light", "dark") else "auto"

    @property
    def role(self) -> str:
        return self.membership.get_role_display() if self.membership else ""

    @property
    def support(self):
        """The granted look of platform staff into this merchant, None for its own people."""
        return self.membership.support if self.membership else None

    @property
    def home(self) -> str:
        return reverse("merchants:home", args=[self.merchant.slug]) if self.merchant else reverse("merchants:landing")

    @property
    def search_url(self) -> str:
        return address("orders:search", merchant_slug=self.merchant.slug) if self.merchant else ""

    @property
    def jobs_url(self) -> str:
        return reverse("merchants:jobs_ring", args=[self.merchant.slug]) if self.merchant else ""

    @property
    def inbox_url(self) -> str:
        return reverse("merchants:inbox", args=[self.merchant.slug]) if self.merchant else ""

    @property
    def sees_audit(self) -> bool:
        return bool(self.membership) and has_right(self.membership, "view_audit")

    @property
    def edits_webhooks(self) -> bool:
        return bool(self.membership) and has_right(self.membership, "edit_webhooks")

    @property
    def teaches_models(self) -> bool:
        return bool(self.membership) and has_right(self.membership, "teach_models")

    @property
    def bell_url(self) -> str:
        return reverse("merchants:inbox_bell", args=[self.merchant.slug]) if self.merchant else ""

    @cached_property
    def merchants(self) -> list[Choice]:
        if self.user is None or not self.user.is_authenticated:
            return []
        mine = [one.merchant for one in memberships_of(self.user)]
        return [Choice(one.name, reverse("merchants:home", args=[one.slug]), one == self.merchant) for one in mine]

    @cached_property
    def nav(self) -> list[Entry]:
        return list(self._entries()) if self.membership else []

    @property
    def bottom(self) -> list[Entry]:
        """The four entries of the phone's bottom bar; the fifth place is "more"."""
        return [entry for name in PHONE_ENTRIES for entry in self.nav if entry.name == name][:4]

    def _entries(self):
        for name, icon, label, short, right in NAVIGATION:
            href = address(name, merchant_slug=self.merchant.slug)
            if href and has_right(self.membership, right):
                is_current = self.request.path.startswith(href)
                badge = badge_for(name, self.merchant, self.user)
                yield Entry(name, href, icon, str(label), str(short), is_current, name in STARTS_GROUP, badge)


def frame(request: HttpRequest) -> dict:
    """Context processor."""
    return {"frame": Frame(request)}

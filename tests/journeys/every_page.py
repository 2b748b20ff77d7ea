"""Every page of the project as a browser sees it: which addresses are pages, and what is wrong with one of them."""

from dataclasses import dataclass, field

from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlencode, urlsafe_base64_encode
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.browser import assert_no_axe_violations
from tests.rights_by_url import RULES, Shop

# Addresses under /m/<slug>/ that are read but are no page: files to keep, and parts that htmx puts into a page.
FILES = {
    "channels:bank_mapping_download",
    "channels:mapping_download",
    "channels:file_download",
    "disputes:bundle_file",
    "disputes:document",
    "disputes:import_columns",
    "merchants:audit_chain",
    "orders:import_columns",
    "orders:import_rejected",
    "orders:refund_attachment",
    "orders:refund_batch_file",
    "orders:refund_columns",
    "reports:claim_file",
    "reports:month_file",
    "settlements:download",
}
PARTS = {
    "settlements:rules_job",
    "disputes:job",
    "disputes:risk_rule_job",
    "merchants:audit_job",
    "merchants:inbox_bell",
    "merchants:jobs_ring",
    "orders:refund_progress",
    "reports:claim_job",
    "reports:month_job",
    "settlements:desk_job",
    "settlements:job",
}


def merchant_pages(shop: Shop, user) -> dict[str, str]:
    """Url name → address of every whole page of the shop, found by asking: an answer that is an HTML document is a page.

    `merchants:home` leads on to another page of the list.
    """
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = {}
    for name, rule in RULES.items():
        if rule.method != "get":
            continue
        objects = {part: shop.find(path) for part, path in rule.ids.items()}
        address = reverse(name, kwargs={"merchant_slug": shop.merchant.slug, **rule.fixed, **objects})
        address += f"?{urlencode(rule.data)}" if rule.data else ""
        answer = client.get(address, follow=True)
        assert answer.status_code == 200, f"{name} {address} answers {answer.status_code}"
        if answer.headers["Content-Type"].startswith("text/html") and b"<html" in answer.getvalue()[:500]:
            found[name] = address
    return found


def is_of_review(name: str) -> bool:
    """Refund review, disputes, alerts, the watch-list, people, security and the audit trail, and the desk."""
    return name.startswith(("orders:refund", "disputes:", "merchants:", "settlements:discrepancy", "settlements:queue"))


def set_password_page(user) -> str:
    """The address of an invitation."""
    values = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return reverse("merchants:set_password", kwargs=values)


LIGHT_AND_DARK = tuple((width, theme) for width in (1440, 390) for theme in ("light", "dark"))
# One loaded page is looked at in several looks; what depends on neither width nor colour is asked once.
ONCE_A_WIDTH = {"resultTypes": ["violations"], "preload": False}
COLOURS = {**ONCE_A_WIDTH, "runOnly": ["color-contrast", "link-in-text-block"]}


@dataclass
class Visitor:
    """Visits pages one after another and keeps what is wrong with each, so that one run names them all."""

    page: Page
    width: int = 1440
    wrong: list[str] = field(default_factory=list)
    seen: int = 0
    _said: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.set_viewport_size({"width": self.width, "height": 900})
        # A colour that is still changing has no contrast to measure.
        self.page.emulate_media(reduced_motion="reduce")
        self.page.on("console", lambda message: self._said.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self._said.append(str(error)))

    def visit(self, name: str, address: str, *, theme: str = "", axe: bool = True) -> None:
        """`theme` for pages without an account, which cannot remember one."""
        self._said.clear()
        answer = self.page.goto(address)
        if theme:
            self.page.evaluate("theme => window.setTheme(theme)", theme)
        self.seen += 1
        faults = [] if answer.status == 200 else [f"answers {answer.status}"]
        if (widest := self.page.evaluate("document.documentElement.scrollWidth")) > self.width:
            faults.append(f"scrolls sideways, {widest} px")
        if axe:
            self._open_everything()
            faults += self._axe()
        self.wrong += [f"{name} {address}: {fault}" for fault in [*faults, *self._said]]

    def look(self, name: str, address: str, looks: tuple[tuple[int, str], ...] = LIGHT_AND_DARK) -> None:
        """One page, loaded once, at each width and in each theme; the widths in one piece, so that it is laid out anew but twice."""
        self._said.clear()
        answer = self.page.goto(address)
        self.seen += 1
        faults = [] if answer.status == 200 else [f"answers {answer.status}"]
        self.page.evaluate("document.documentElement.style.setProperty('transition', 'none')")
        self._open_everything()
        before = 0
        for width, theme in looks:
            if width != before:
                self.page.set_viewport_size({"width": width, "height": 900})
                try:  # charts follow a new width a moment later
                    self.page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width, timeout=5000)
                except PlaywrightTimeout:
                    faults.append(f"scrolls sideways at {width}")
            self.page.evaluate("theme => window.setTheme(theme)", theme)
            found = self._axe(ONCE_A_WIDTH if width != before else COLOURS)
            faults += [f"{width} {theme}: {fault}" for fault in found]
            before = width
        self.wrong += [f"{name} {address}: {fault}" for fault in [*faults, *self._said]]

    def _open_everything(self) -> None:
        """What is folded is part of the page too; menus lie over each other and are looked at in the frame's own test."""
        self.page.evaluate("document.querySelectorAll('main details:not(.menu)').forEach(one => (one.open = true))")

    def _axe(self, options: dict | None = None) -> list[str]:
        try:
            assert_no_axe_violations(self.page, options=options)
        except AssertionError as found:
            return str(found).splitlines()
        return []

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
    "channels:paper",
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
    "settlements:learning_job",
}


def merchant_pages(shop: Shop) -> dict[str, str]:
    """Url name → address of every whole page of the shop. `merchants:home` leads on to another page of the list."""
    return {name: _address(shop, name) for name, rule in RULES.items() if rule.method == "get" and name not in FILES | PARTS}


def answers_with_a_page(shop: Shop, user) -> set[str]:
    """The url names that are pages, found by asking all: an answer that is an HTML document is one."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    found = set()
    for name in [name for name, rule in RULES.items() if rule.method == "get"]:
        answer = client.get(_address(shop, name), follow=True)
        assert answer.status_code == 200, f"{name} answers {answer.status_code}"
        if answer.headers["Content-Type"].startswith("text/html") and b"<html" in answer.getvalue()[:500]:
            found.add(name)
    return found


def _address(shop: Shop, name: str) -> str:
    rule = RULES[name]
    objects = {part: shop.find(path) for part, path in rule.ids.items()}
    address = reverse(name, kwargs={"merchant_slug": shop.merchant.slug, **rule.fixed, **objects})
    return f"{address}?{urlencode(rule.data)}" if rule.data else address


def is_of_review(name: str) -> bool:
    """Refund review, disputes, alerts, the watch-list, people, security and the audit trail, and the desk."""
    return name.startswith(("orders:refund", "disputes:", "merchants:", "settlements:discrepancy", "settlements:queue"))


def set_password_page(user) -> str:
    """The address of an invitation."""
    values = {"uidb64": urlsafe_base64_encode(force_bytes(user.pk)), "token": default_token_generator.make_token(user)}
    return reverse("merchants:set_password", kwargs=values)


# One loaded page is looked at in several looks, each with what depends on it.
EVERYTHING = {"resultTypes": ["violations"], "preload": False}
COLOURS = {**EVERYTHING, "runOnly": ["color-contrast", "link-in-text-block"]}
WORDS = {
    **EVERYTHING,
    "runOnly": [
        "aria-command-name", "aria-dialog-name", "aria-input-field-name", "aria-meter-name", "aria-progressbar-name",
        "aria-toggle-field-name", "button-name", "document-title", "empty-heading", "html-has-lang", "html-lang-valid", "image-alt",
        "input-button-name", "label", "link-name", "select-name", "summary-name", "svg-img-alt", "table-duplicate-name", "valid-lang",
    ],
}  # fmt: skip
WIDE_AND_NARROW = ((1440, "light", EVERYTHING), (390, "dark", EVERYTHING))
DARK_TOO = ((1440, "light", EVERYTHING), (1440, "dark", COLOURS), (390, "dark", EVERYTHING))
# Another language makes texts longer or leaves one out; it changes no colour and no structure.
IN_ANOTHER_LANGUAGE = ((1440, "light", None), (390, "light", WORDS))

Look = tuple[int, str, dict | None]  # width, theme, axe's options; None: only its width


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

    def look(self, name: str, address: str, looks: tuple[Look, ...]) -> None:
        """One page, loaded once, in each look; those of a width in one piece, so that it is laid out anew but twice."""
        self._said.clear()
        answer = self.page.goto(address)
        self.seen += 1
        faults = [] if answer.status == 200 else [f"answers {answer.status}"]
        self.page.evaluate("document.documentElement.style.setProperty('transition', 'none')")
        self._open_everything()
        before = 0
        for width, theme, options in looks:
            if width != before:
                self.page.set_viewport_size({"width": width, "height": 900})
                try:  # charts follow a new width a moment later
                    self.page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width, timeout=5000)
                except PlaywrightTimeout:
                    faults.append(f"scrolls sideways at {width}")
            before = width
            if options:
                self.page.evaluate("theme => window.setTheme(theme)", theme)
                faults += [f"{width} {theme}: {fault}" for fault in self._axe(options)]
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

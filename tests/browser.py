"""A real Chromium for journeys: fails a test on any page error, console error or content-security refusal."""

import json
import os
import shutil
from functools import cache

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from tests.strictness import skip_or_fail

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium (never a downloaded one), once per worker."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        skip_or_fail("no Chromium here; bin/test installs it with apt when it may")
    # Playwright's synchronous interface runs an event loop in this thread, which Django takes for asynchronous code.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
            yield chromium
            chromium.close()


@pytest.fixture
def page(browser, live_server):
    """A fresh Traditional Chinese visitor at 1440 px; relative addresses lead to the live server."""
    context = browser.new_context(
        base_url=live_server.url, locale="zh-TW", timezone_id="Asia/Taipei", viewport={"width": 1440, "height": 900}, accept_downloads=True
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
    page.on("console", lambda message: faults.append(f"console: {message.text}") if _is_fault(message) else None)
    yield page
    context.close()
    assert not faults, "\n".join(faults)


def _is_fault(message) -> bool:
    # Chromium asks for an icon on pages without one, such as /healthz.
    return message.type == "error" and not message.location.get("url", "").endswith("/favicon.ico")


@pytest.fixture
def sign_in(page, live_server):
    """`sign_in(user)` gives the page's browser a session of this user, without the login form."""

    def as_user(user) -> None:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        name = django_settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])

    return as_user


@cache
def _axe_source() -> str:
    source = django_settings.BASE_DIR / "var" / "vendor" / "axe.min.js"
    assert source.is_file(), "var/vendor/axe.min.js is missing: run bin/assets.py"
    return source.read_text(encoding="utf-8")


def assert_no_axe_violations(page: Page, *, exclude: tuple[str, ...] = (), options: dict | None = None) -> None:
    """Runs axe-core on the page as it stands and names each violation with its first element. `options` are axe's own."""
    if not page.evaluate("() => typeof window.axe === 'object'"):  # a page that is looked at twice has it
        page.evaluate(_axe_source())
    # A colour on its way to another theme has no contrast of its own.
    page.evaluate("() => Promise.allSettled(document.getAnimations().map(one => one.finished))")
    scope = {"exclude": [[selector] for selector in exclude]} if exclude else None
    result = page.evaluate("([scope, options]) => axe.run(scope || document, options)", [scope, options or {}])
    found = [
        f"{rule['id']} ({rule['impact']}): {rule['help']} at {json.dumps(rule['nodes'][0]['target'])}" for rule in result["violations"]
    ]
    assert not found, "\n".join(found)

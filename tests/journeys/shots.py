"""Pictures of a page for people to look at: 1440 and 390 px, light and dark, Traditional Chinese and English.

    HEZHANG_SHOTS=var/shots bin/test tests/journeys -k overview

`shoot(page, "/m/qingtian/", "overview")` does nothing unless HEZHANG_SHOTS names a folder.
"""

import os
from pathlib import Path

from playwright.sync_api import Page

WIDTHS = {1440: 900, 390: 844}
LANGUAGES = ("zh-hant", "en")
THEMES = ("light", "dark")


def shoot(page: Page, path: str, name: str, *, user=None, languages: tuple[str, ...] = LANGUAGES) -> list[Path]:
    """Pictures the whole page at `path`. `user` (signed in by the caller) is given each language; without it the cookie is."""
    folder = os.environ.get("HEZHANG_SHOTS")
    if not folder:
        return []
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    before, made = user.language if user else "", []
    for language in languages:
        speak(page, language, user)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.goto(path)
            for theme in THEMES:
                page.evaluate("theme => window.setTheme(theme)", theme)
                made.append(target / f"{name}-{width}-{theme}-{language}.png")
                page.screenshot(path=made[-1], full_page=True)
    if user:
        speak(page, before, user)
    return made


def speak(page: Page, language: str, user=None) -> None:
    """The next pages are in this language."""
    if user:
        user.language = language
        user.save(update_fields=["language"])
    else:
        page.context.set_extra_http_headers({"Accept-Language": language})

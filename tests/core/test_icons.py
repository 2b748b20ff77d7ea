"""Every icon a template or a module names is in the sprite list."""

import re

from django.conf import settings

NAMED = re.compile(r"""(?:\{%\s*icon\s+|icon=|icon\()["']([a-z0-9-]+)["']""")


def test_every_named_icon_is_listed():
    listed = set((settings.BASE_DIR / "static" / "icons.txt").read_text().split())
    files = [*(settings.BASE_DIR / "templates").rglob("*.html"), *(settings.BASE_DIR / "apps").rglob("*.py")]

    named = {name for file in files for name in NAMED.findall(file.read_text(encoding="utf-8"))}

    assert named - listed == set()

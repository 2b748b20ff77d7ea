"""What a PDF may load: our stylesheets and our fonts, by the made-up scheme `own:`. No network, no other file of the machine."""

from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from django.conf import settings
from django.contrib.staticfiles import finders

SCHEME = "own:"
FONTS = tuple(f"NotoSans{script}-{weight}.ttf" for script in ("TC", "SC") for weight in (400, 700))
STATIC = frozenset({"css/print.css", "css/print-parts.css", "css/print-evidence.css", "vendor/inter-latin.woff2"})


def file_of(url: str) -> Path:
    """The file an address stands for. :raises ValueError: when it is not one of the listed."""
    if not url.startswith(SCHEME):
        raise ValueError(url)
    folder, _slash, name = url.removeprefix(SCHEME).partition("/")
    if folder == "fonts" and name in FONTS:
        return settings.FONTS_ROOT / name
    if folder == "static" and name in STATIC:
        return Path(finders.find(name))
    raise ValueError(url)


def fonts_are_here() -> bool:
    """Chinese without its fonts would print as empty boxes."""
    return all((settings.FONTS_ROOT / name).is_file() for name in FONTS)


@cache
def printer() -> ModuleType | None:
    """`apps.core.printer`, loaded when the first page is drawn: WeasyPrint would cost every start of every process a second.

    None where Pango, a system library, is missing.
    """
    try:
        return import_module("apps.core.printer")
    except OSError:
        return None

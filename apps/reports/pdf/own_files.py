"""What a PDF may load: our stylesheet and our fonts, by the made-up scheme `own:`. No network, no other file of the machine."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.utils.translation import gettext as _

from apps.reports.errors import PdfUnavailable

try:
    from weasyprint.urls import URLFetcher, URLFetcherResponse
except OSError:  # Pango is a system library; without it the import itself fails
    URLFetcher = object

SCHEME = "own:"
FONTS = tuple(f"NotoSans{script}-{weight}.ttf" for script in ("TC", "SC") for weight in (400, 700))
STATIC = frozenset({"css/print.css", "css/print-parts.css", "vendor/inter-latin.woff2"})


class OwnFiles(URLFetcher):
    """`own:fonts/NAME` and `own:static/PATH`, of the names listed above; everything else fails the whole rendering."""

    def __init__(self):
        super().__init__(allowed_protocols=("own",), fail_on_errors=True)

    def fetch(self, url, headers=None):
        """:raises ValueError: for an address that is not ours."""
        file = file_of(url)
        kind = {".css": "text/css", ".ttf": "font/ttf", ".woff2": "font/woff2"}[file.suffix]
        return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": kind})


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


def check_fonts() -> None:
    """Chinese without its fonts would print as empty boxes. :raises PdfUnavailable: naming what to do."""
    missing = [name for name in FONTS if not (settings.FONTS_ROOT / name).is_file()]
    if missing:
        raise PdfUnavailable(reason=_("the Chinese fonts are not here yet; bin/assets.py fonts fetches them"))

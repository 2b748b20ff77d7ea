"""What a PDF may load: our stylesheets and our fonts, by the made-up scheme `own:`. No network, no other file of the machine."""

from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

try:
    from weasyprint.urls import URLFetcher, URLFetcherResponse
except OSError:  # Pango is a system library; without it the import itself fails
    URLFetcher = object

SCHEME = "own:"
FONTS = tuple(f"NotoSans{script}-{weight}.ttf" for script in ("TC", "SC") for weight in (400, 700))
STATIC = frozenset({"css/print.css", "css/print-parts.css", "css/print-evidence.css", "vendor/inter-latin.woff2"})


class OwnFiles(URLFetcher):
    """`own:fonts/NAME` and `own:static/PATH`, of the names listed above; everything else fails the whole rendering.

    `given` adds documents of the moment: `own:given/NAME` → (bytes, media type).
    """

    def __init__(self, given: dict[str, tuple[bytes, str]] | None = None):
        super().__init__(allowed_protocols=("own",), fail_on_errors=True)
        self._given = given or {}

    def fetch(self, url, headers=None):
        """:raises ValueError: for an address that is not ours."""
        name = url.removeprefix(f"{SCHEME}given/")
        if name != url and name in self._given:
            data, kind = self._given[name]
            return URLFetcherResponse(url, data, {"Content-Type": kind})
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


def fonts_are_here() -> bool:
    """Chinese without its fonts would print as empty boxes."""
    return all((settings.FONTS_ROOT / name).is_file() for name in FONTS)

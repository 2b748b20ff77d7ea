"""WeasyPrint, held to our own files. Comes by `print_files.printer()`, since importing it is slow and fails without Pango."""

import weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse

from apps.core.print_files import SCHEME, file_of


class OwnFiles(URLFetcher):
    """`own:fonts/NAME` and `own:static/PATH`, of the names listed in `print_files`; everything else fails the whole rendering.

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


def draw(html: str, given: dict[str, tuple[bytes, str]] | None = None, **options) -> bytes:
    """The page as a PDF; `options` are those of WeasyPrint's `write_pdf`."""
    return weasyprint.HTML(string=html, base_url="own:static/", url_fetcher=OwnFiles(given)).write_pdf(**options)

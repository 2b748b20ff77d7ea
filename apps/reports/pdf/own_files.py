"""Whether what draws a PDF is here."""

from django.utils.translation import gettext as _

from apps.core.print_files import fonts_are_here, printer
from apps.reports.errors import PdfUnavailable


def check_tools() -> None:
    """Pango is a system library; a machine without it still makes the Excel files. :raises PdfUnavailable: naming what to do."""
    if printer() is None:
        raise PdfUnavailable(reason=_("the system library Pango is missing"))
    if not fonts_are_here():
        raise PdfUnavailable(reason=_("the Chinese fonts are not here yet; bin/assets.py fonts fetches them"))

"""What the month's PDF may load, and whether its fonts are here."""

from django.utils.translation import gettext as _

from apps.core.print_files import FONTS, OwnFiles, file_of, fonts_are_here
from apps.reports.errors import PdfUnavailable

__all__ = ["FONTS", "OwnFiles", "check_fonts", "file_of"]


def check_fonts() -> None:
    """:raises PdfUnavailable: naming what to do."""
    if not fonts_are_here():
        raise PdfUnavailable(reason=_("the Chinese fonts are not here yet; bin/assets.py fonts fetches them"))

"""What the report tests need of the machine."""

import pytest
from django.conf import settings

from apps.core.print_files import FONTS, printer
from tests.strictness import skip_or_fail


@pytest.fixture
def pdf_tools():
    """Pango and the Chinese fonts; bin/test fetches the latter."""
    if printer() is None:
        skip_or_fail("Pango is not installed, so no PDF can be drawn")
    missing = [name for name in FONTS if not (settings.FONTS_ROOT / name).is_file()]
    if missing:
        skip_or_fail(f"fonts are missing in {settings.FONTS_ROOT.name}: bin/assets.py fonts fetches them")

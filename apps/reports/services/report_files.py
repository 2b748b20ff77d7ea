"""A month's report made once: figures, PDF and Excel, kept under their own hashes."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from apps.core import files
from apps.merchants.models import Merchant
from apps.reports.figures.month_figures import month_figures
from apps.reports.figures.months import Month
from apps.reports.month.stamp import Stamp
from apps.reports.month.workbook import write_workbook
from apps.reports.pdf.document import render_pdf

Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """`pdf` and `xlsx` are the bytes' SHA-256, by which core.files keeps them."""

    figures: dict
    pdf: str
    xlsx: str


def add_up(*, merchant: Merchant, month: Month, progress: Progress | None = None) -> dict:
    """The figures of a month as they are now."""
    if progress:
        progress(5, _("Adding up the month"))
    return month_figures(merchant, month)


def write_files(
    *,
    folder: Path,
    merchant: Merchant,
    month: Month,
    figures: dict,
    stamp: Stamp,
    language: str,
    now: datetime,
    progress: Progress | None = None,
) -> tuple[Path, Path]:
    """Draws the PDF and writes the Excel file into a folder; both or an error.

    :raises PdfUnavailable: Pango or the fonts are missing.
    :raises DetailsMoved: the rows no longer add up to `figures`.
    """
    tell = progress or (lambda percent, step: None)
    made = {"merchant": merchant, "month": month, "figures": figures, "stamp": stamp, "language": language, "now": now}
    pdf, xlsx = (folder / file_name(merchant, month, suffix, is_draft=stamp.is_draft) for suffix in ("pdf", "xlsx"))
    tell(25, _("Drawing the PDF"))
    pdf.write_bytes(render_pdf(**made))
    write_workbook(path=xlsx, progress=lambda share: tell(40 + share // 2, _("Writing the Excel file")), **made)
    return pdf, xlsx


def make_report(*, figures: dict, **made) -> Report:
    """As `write_files`, and keeps both files in core.files under their hashes."""
    with tempfile.TemporaryDirectory() as folder:
        pdf, xlsx = write_files(folder=Path(folder), figures=figures, **made)
        return Report(figures, files.store(pdf.read_bytes()), files.store(xlsx.read_bytes()))


def file_name(merchant: Merchant, month: Month, suffix: str, *, is_draft: bool) -> str:
    """`qingtian-2026-10.pdf`, `qingtian-2026-10-draft.xlsx`: plain letters, so that every system takes it."""
    return f"{merchant.slug}-{month}{'-draft' if is_draft else ''}.{suffix}"

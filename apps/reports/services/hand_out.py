"""A month's two files written to a folder: what `close_month` does."""

import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from apps.core import files
from apps.merchants.models import Merchant
from apps.reports.figures.month_figures import sha256_of
from apps.reports.figures.months import Month
from apps.reports.models import CloseState
from apps.reports.month.stamp import COMPLETE, Stamp
from apps.reports.services.closing import check_is_closable, close_of
from apps.reports.services.report_files import Progress, add_up, file_name, write_files


@dataclass(frozen=True, slots=True)
class HandedOut:
    """`state` is draft, complete or approved; the hash is empty for a draft."""

    state: str
    pdf: Path
    xlsx: Path
    figures: dict
    figures_sha256: str


def hand_out(
    *, merchant: Merchant, month: Month, folder: Path, is_draft: bool, language: str, now: datetime, progress: Progress | None = None
) -> HandedOut:
    """Writes both files, whole or not at all. A closed month is handed out as it was closed, byte for byte.

    :raises ReportError: what stands in the way of a close (not asked of a draft), or of a file; nothing is written.
    """
    close = close_of(merchant, month)
    if close and close.state == CloseState.APPROVED:
        return _as_closed(close, merchant, month, folder)
    figures = add_up(merchant=merchant, month=month, progress=progress)
    if not is_draft:
        check_is_closable(merchant=merchant, month=month, figures=figures, now=now)
    sha256 = "" if is_draft else sha256_of(figures)
    stamp = Stamp() if is_draft else Stamp(COMPLETE, sha256=sha256)
    made = {"merchant": merchant, "month": month, "figures": figures, "stamp": stamp, "language": language, "now": now}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as part:
        written = write_files(folder=Path(part), progress=progress, **made)
        pdf, xlsx = (_moved(path, folder) for path in written)
    return HandedOut(stamp.state, pdf, xlsx, figures, sha256)


def _as_closed(close, merchant: Merchant, month: Month, folder: Path) -> HandedOut:
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"pdf": files.read(close.pdf_path), "xlsx": files.read(close.xlsx_path)}
    paths = {}
    for suffix, data in kept.items():
        paths[suffix] = folder / file_name(merchant, month, suffix, is_draft=False)
        paths[suffix].write_bytes(data)
    return HandedOut(close.state, paths["pdf"], paths["xlsx"], close.figures, close.figures_sha256)


def _moved(path: Path, folder: Path) -> Path:
    place = folder / path.name
    os.replace(path, place)
    return place

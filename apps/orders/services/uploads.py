"""A file of the books uploaded on the page: kept, checked in the background, and written only when a person says so."""

import io
from datetime import datetime

import polars as pl

from apps.core import files
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.models import Merchant
from apps.orders.enums import BookJob
from apps.orders.services.books import ImportReport, import_payments, import_refunds, preview_books

FAULTS_SHOWN = 100
_IMPORT = {"payments": import_payments, "refunds": import_refunds}


def take_upload(*, merchant: Merchant, kind: str, name: str, data: bytes, by, now: datetime) -> Job:
    """Keeps the bytes and asks for them to be checked; nothing of the books changes."""
    payload = {"kind": kind, "name": name[:255], "sha256": files.store(data)}
    return enqueue(kind=BookJob.CHECK, merchant_id=merchant.pk, payload=payload, by=by, now=now)


def confirm_upload(*, merchant: Merchant, check: Job, keep_good: bool, by, now: datetime) -> Job:
    """Asks for a checked file to be written. `keep_good` leaves the rejected rows out; without it one of them refuses the file."""
    payload = {**check.payload, "keep_good": keep_good}
    key = f"{check.payload['kind']}:{check.payload['sha256']}"
    return enqueue(kind=BookJob.IMPORT, merchant_id=merchant.pk, payload=payload, by=by, dedupe_key=key, now=now)


def check_upload(*, merchant: Merchant, payload: dict) -> dict:
    """What writing the file would do now. :raises BooksRefused: when it cannot be read."""
    data = files.read(payload["sha256"])
    return summary(preview_books(merchant=merchant, kind=payload["kind"], name=payload["name"], data=data))


def write_upload(*, merchant: Merchant, payload: dict, by, now: datetime, progress) -> dict:
    """Writes the file. :raises BooksRefused, RowsRejected: as `import_payments`."""
    report = _IMPORT[payload["kind"]](
        merchant=merchant,
        name=payload["name"],
        data=files.read(payload["sha256"]),
        by=by,
        now=now,
        progress=progress,
        keep_good=payload["keep_good"],
    )
    return summary(report)


def summary(report: ImportReport) -> dict:
    """The report as a job keeps it: counts, the first faults, and where all of them are kept."""
    kept = files.store(report.rejected.write_csv().encode()) if report.rows_rejected else ""
    return {
        "rows_in": report.rows_in,
        "rows_new": report.rows_new,
        "rows_changed": report.rows_changed,
        "rows_same": report.rows_same,
        "rows_rejected": report.rows_rejected,
        "seen_before": report.seen_before,
        "faults": [[one.row_no, one.column, one.code, one.value] for one in report.faults(FAULTS_SHOWN)],
        "rejected": kept,
    }


def rejected_of(job: Job) -> tuple[bytes, pl.DataFrame] | None:
    """The file of a checked or written upload and all its faults; None when there are none."""
    if not job.result.get("rejected"):
        return None
    types = {"row_no": pl.Int64(), "column": pl.String(), "code": pl.String(), "value": pl.String()}
    faults = pl.read_csv(io.BytesIO(files.read(job.result["rejected"])), schema=types, empty_string_is_null=False)
    return files.read(job.payload["sha256"]), faults

"""The shop's own books, in: one file, one transaction, all of it or nothing unless a person chooses the good rows."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.channels.models import Channel
from apps.core import files
from apps.merchants.models import Merchant
from apps.orders.errors import RowsRejected, reason
from apps.orders.ingest.books import CheckedBooks, check_payments, check_refunds
from apps.orders.ingest.reading import REJECTIONS
from apps.orders.ingest.workbook import as_csv
from apps.orders.models import BookImport, Order, Payment, Refund
from apps.orders.services.book_payments import plan_payments, write_payments
from apps.orders.services.book_refunds import plan_refunds, write_refunds
from apps.orders.services.comparing import Plan

logger = logging.getLogger(__name__)

ANALYZE_FROM = 10_000  # new rows after which the planner's idea of the tables is worth renewing
Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the two books: how it is checked, planned and written."""

    name: str
    check: Callable[[bytes, pl.DataFrame], CheckedBooks]
    plan: Callable[[Merchant, pl.DataFrame], Plan]
    write: Callable[..., None]
    tables: tuple


KINDS = {
    "payments": Kind("payments", check_payments, plan_payments, write_payments, (Order, Payment)),
    "refunds": Kind("refunds", check_refunds, plan_refunds, write_refunds, (Refund,)),
}


@dataclass(frozen=True, slots=True)
class Rejected:
    """One fault of one row, with the sentence for the person who mends it."""

    row_no: int
    column: str
    code: str
    value: str

    @property
    def sentence(self) -> str:
        return reason(self.code, self.value)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file did, or would do. rows_in = rows_new + rows_changed + rows_same + rows_rejected."""

    kind: str
    name: str
    sha256: str
    rows_in: int
    rows_new: int
    rows_changed: int
    rows_same: int
    rejected: pl.DataFrame  # row_no, column, code, value: every fault, so a row may appear more than once
    seen_before: bool = False  # this very file is in already; nothing was looked at again

    @property
    def rows_rejected(self) -> int:
        return self.rejected["row_no"].n_unique()

    def faults(self, limit: int | None = None) -> list[Rejected]:
        """The first faults in file order."""
        return [Rejected(*row) for row in self.rejected.head(limit or self.rejected.height).iter_rows()]


def import_payments(
    *, merchant: Merchant, name: str, data: bytes, by, now: datetime, progress: Progress | None = None, keep_good=False
) -> ImportReport:
    """Brings payments.csv (or .xlsx) in; a payment known by (channel, merchant_ref) is updated, never doubled.

    :raises BooksRefused: the file cannot be read as a whole.
    :raises RowsRejected: at least one row is rejected and `keep_good` is False; nothing was written.
    """
    return _import(KINDS["payments"], merchant=merchant, name=name, data=data, by=by, now=now, progress=progress, keep_good=keep_good)


def import_refunds(
    *, merchant: Merchant, name: str, data: bytes, by, now: datetime, progress: Progress | None = None, keep_good=False
) -> ImportReport:
    """Brings refunds.csv (or .xlsx) in; its payments must be known. Raises like `import_payments`."""
    return _import(KINDS["refunds"], merchant=merchant, name=name, data=data, by=by, now=now, progress=progress, keep_good=keep_good)


def preview_books(*, merchant: Merchant, kind: str, name: str, data: bytes) -> ImportReport:
    """What importing this file would do now; writes nothing. :raises BooksRefused: as above."""
    sha256 = hashlib.sha256(data).hexdigest()
    if seen := _seen(merchant, kind, name, sha256):
        return seen
    checked = KINDS[kind].check(as_csv(name, data), _channels(merchant))
    return _report(kind, name, sha256, checked, KINDS[kind].plan(merchant, checked.rows))


def _import(
    kind: Kind, *, merchant: Merchant, name: str, data: bytes, by, now: datetime, progress: Progress | None, keep_good: bool
) -> ImportReport:
    tell = progress or (lambda percent, step: None)
    tell(5, _("Checking every row"))
    sha256 = hashlib.sha256(data).hexdigest()
    checked = kind.check(as_csv(name, data), _channels(merchant))
    with transaction.atomic():
        # Two imports of one merchant take turns: the second compares with what the first wrote.
        Merchant.objects.select_for_update(of=("self",), no_key=True).get(pk=merchant.pk)
        if seen := _seen(merchant, kind.name, name, sha256):
            return seen
        tell(45, _("Comparing with the books"))
        plan = kind.plan(merchant, checked.rows)
        report = _report(kind.name, name, sha256, checked, plan)
        if report.rows_rejected and not keep_good:
            raise RowsRejected(report)
        tell(60, _("Writing"))
        if report.rows_new or report.rows_changed:
            kind.write(merchant, plan, file_name=name, now=now)
            _analyze(kind, report)
        tell(95, _("Writing"))
        _record(merchant, report, data=data, by=by, now=now)
    logger.info("books.imported merchant=%s kind=%s rows=%s", merchant.pk, kind.name, report.rows_in)
    return report


def _seen(merchant: Merchant, kind: str, name: str, sha256: str) -> ImportReport | None:
    """The report of a file that is in already with all its rows. One whose rows were partly rejected is looked at again."""
    for earlier in BookImport.objects.for_merchant(merchant).filter(kind=kind, sha256=sha256):
        if earlier.rows_in == earlier.rows_new + earlier.rows_changed + earlier.rows_same:
            return ImportReport(
                kind, name, sha256, earlier.rows_in, 0, 0, earlier.rows_in, pl.DataFrame(schema=REJECTIONS), seen_before=True
            )
    return None


def _channels(merchant: Merchant) -> pl.DataFrame:
    rows = Channel.objects.for_merchant(merchant).values_list("code", "pk", "timezone")
    return pl.DataFrame(list(rows), schema={"code": pl.String, "channel_id": pl.Int64, "timezone": pl.String}, orient="row")


def _report(kind: str, name: str, sha256: str, checked: CheckedBooks, plan: Plan) -> ImportReport:
    rejected = pl.concat([checked.rejected, plan.rejected]).sort("row_no", maintain_order=True)
    return ImportReport(
        kind=kind,
        name=name,
        sha256=sha256,
        rows_in=checked.rows_in,
        rows_new=plan.new.height,
        rows_changed=plan.changed.height,
        rows_same=plan.rows_same + checked.rows_repeated,
        rejected=rejected,
    )


def _record(merchant: Merchant, report: ImportReport, *, data: bytes, by, now: datetime) -> None:
    kept = BookImport.objects.create(
        merchant=merchant,
        kind=report.kind,
        name=report.name[:255],
        sha256=files.store(data),
        rows_in=report.rows_in,
        rows_new=report.rows_new,
        rows_changed=report.rows_changed,
        rows_same=report.rows_same,
        created_at=now,
        created_by=by,
    )
    counts = {"rows_in": report.rows_in, "new": report.rows_new, "changed": report.rows_changed, "rejected": report.rows_rejected}
    record(merchant_id=merchant.pk, action="books.imported", subject=kept, by=by, now=now, after=counts)


def _analyze(kind: Kind, report: ImportReport) -> None:
    if report.rows_new < ANALYZE_FROM:
        return
    with connection.cursor() as cursor:
        for model in kind.tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")

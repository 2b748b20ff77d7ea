"""Requests for refunds by file: looked at row by row before anything is written, then written all at once.

A row is known by the file's bytes and its number, so that a file brought in twice asks once.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.channels.models import Channel
from apps.core import files
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.core.money import plain
from apps.merchants.models import Merchant, User
from apps.orders.enums import RefundJob
from apps.orders.errors import RowsRejected
from apps.orders.ingest.refund_requests import AskedRow, Fault, read_requests
from apps.orders.ingest.workbook import as_csv
from apps.orders.models import Payment, RefundRequest
from apps.orders.selectors.refundable import Refundable, refundable
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.trail import role_with

FAULTS_SHOWN = 100
Progress = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """A good row with its payment, how the money goes back, and the key it is known by."""

    row: AskedRow
    payment: Payment
    route: str
    request_key: str


@dataclass(frozen=True, slots=True)
class RequestsReport:
    """What a file of requests does, or would do. rows_in = rows_new + rows_same + rows_rejected."""

    name: str
    sha256: str
    rows_in: int
    new: list[Asked]
    rows_same: int  # asked for by an earlier run of this file
    faults: list[Fault]

    @property
    def rows_new(self) -> int:
        return len(self.new)

    @property
    def rows_rejected(self) -> int:
        return len({fault.row_no for fault in self.faults})

    @property
    def totals(self) -> list[tuple[str, int]]:
        """(currency, minor units) of the new requests."""
        currencies = sorted({asked.row.currency for asked in self.new})
        return [(code, sum(asked.row.amount_minor for asked in self.new if asked.row.currency == code)) for code in currencies]


def preview_requests(*, merchant: Merchant, name: str, data: bytes, now: datetime) -> RequestsReport:
    """What asking by this file would do now; writes nothing. :raises BooksRefused: it cannot be read as a whole."""
    rows, faults, rows_in = read_requests(as_csv(name, data))
    sha256 = hashlib.sha256(data).hexdigest()
    known = _known_keys(merchant, sha256)
    fresh = [row for row in rows if _key(sha256, row.row_no) not in known]
    payments, codes = _payments(merchant, fresh), set(Channel.objects.for_merchant(merchant).values_list("code", flat=True))
    rooms: dict[int, Refundable] = {}
    taken: dict[int, int] = {}
    new = []
    for row in fresh:
        payment = payments.get(row.payment_key)
        fault = _fault(row, payment, codes, rooms, taken, now)
        if fault:
            faults.append(fault)
            continue
        taken[payment.pk] = taken.get(payment.pk, 0) + row.amount_minor
        new.append(Asked(row, payment, rooms[payment.pk].route, _key(sha256, row.row_no)))
    faults.sort(key=lambda fault: fault.row_no)
    return RequestsReport(name, sha256, rows_in, new, len(rows) - len(fresh), faults)


def request_from_file(
    *, merchant: Merchant, name: str, data: bytes, by: User, now: datetime, keep_good: bool = False, progress: Progress | None = None
) -> RequestsReport:
    """Asks for every good row, all or none of them.

    :raises BooksRefused: it cannot be read. :raises RowsRejected: a row is rejected and `keep_good` is False.
    :raises NotAllowed, RefundError: nothing was written; the second when a payment changed while this ran.
    """
    role_with(merchant, by, "request_refund")
    with transaction.atomic():
        # Two files of one merchant take turns, as files of the books do.
        Merchant.objects.select_for_update(of=("self",), no_key=True).get(pk=merchant.pk)
        report = preview_requests(merchant=merchant, name=name, data=data, now=now)
        if report.rows_rejected and not keep_good:
            raise RowsRejected(report)
        # By payment, the order in which everybody locks them; within one as the file has them.
        for at, asked in enumerate(sorted(report.new, key=lambda asked: (asked.payment.pk, asked.row.row_no))):
            if progress and at % 50 == 0:
                progress(10 + 85 * at // len(report.new), _("Writing"))
            request_refund(
                merchant=merchant,
                payment_id=asked.payment.pk,
                amount_minor=asked.row.amount_minor,
                reason_code=asked.row.reason_code,
                note=asked.row.note,
                customer_note=asked.row.customer_note,
                request_key=asked.request_key,
                by=by,
                now=now,
            )
    return report


def take_requests(*, merchant: Merchant, name: str, data: bytes, by: User, now: datetime) -> Job:
    """Keeps the bytes and asks for them to be looked at; nothing is asked for yet."""
    payload = {"name": name[:255], "sha256": files.store(data)}
    return enqueue(kind=RefundJob.CHECK_REQUESTS, merchant_id=merchant.pk, payload=payload, by=by, now=now)


def confirm_requests(*, merchant: Merchant, check: Job, keep_good: bool, by: User, now: datetime) -> Job:
    """Asks for a checked file to be written. `keep_good` leaves the rejected rows out; without it one of them refuses the file."""
    payload = {**check.payload, "keep_good": keep_good}
    key = check.payload["sha256"]
    return enqueue(kind=RefundJob.REQUEST, merchant_id=merchant.pk, payload=payload, by=by, dedupe_key=key, now=now)


def summary(report: RequestsReport) -> dict:
    """The report as a job keeps it: counts, totals by currency, the first faults as row, column, code and value."""
    return {
        "rows_in": report.rows_in,
        "rows_new": report.rows_new,
        "rows_same": report.rows_same,
        "rows_rejected": report.rows_rejected,
        "totals": [list(total) for total in report.totals],
        "transfers": sum(asked.route == "bank_transfer" for asked in report.new),
        # With `errors.reason` each is a sentence in the language of whoever reads it.
        "faults": [[fault.row_no, fault.column, fault.code, fault.value] for fault in report.faults[:FAULTS_SHOWN]],
    }


def _fault(row: AskedRow, payment: Payment | None, codes: set[str], rooms: dict, taken: dict, now: datetime) -> Fault | None:
    if row.channel not in codes:
        return Fault(row.row_no, "channel", "unknown_channel", row.channel[:80])
    if payment is None:
        return Fault(row.row_no, "merchant_ref", "unknown_payment", row.merchant_ref[:80])
    if payment.currency != row.currency:
        return Fault(row.row_no, "currency", "other_currency", payment.currency)
    if payment.pk not in rooms:
        rooms[payment.pk] = refundable(payment, now)
    room = rooms[payment.pk]
    if room.refusal:
        return Fault(row.row_no, "amount", f"limit_{room.refusal.code}", "")
    left = room.balance_minor - taken.get(payment.pk, 0)
    if row.amount_minor > left or (room.whole_only and row.amount_minor != payment.amount_minor):
        code = "whole_only" if room.whole_only else "exceeds_payment"
        return Fault(row.row_no, "amount", code, f"{plain(left, row.currency)} {row.currency}")
    return None


def _payments(merchant: Merchant, rows: Iterable[AskedRow]) -> dict[tuple[str, str], Payment]:
    keys = {row.payment_key[1] for row in rows}
    found = Payment.objects.for_merchant(merchant).filter(merchant_ref_key__in=keys).select_related("channel", "order")
    return {(payment.channel.code, payment.merchant_ref_key): payment for payment in found}


def _known_keys(merchant: Merchant, sha256: str) -> set[str]:
    rows = RefundRequest.objects.for_merchant(merchant).filter(request_key__startswith=_key(sha256, ""))
    return set(rows.values_list("request_key", flat=True))


def _key(sha256: str, row_no: object) -> str:
    return f"file:{sha256[:40]}:{row_no}"

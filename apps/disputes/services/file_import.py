"""disputes.csv, in: looked at, then written in one transaction. A dispute known by number is brought up to date, never doubled."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.channels.cells import key_text
from apps.channels.models import Channel
from apps.core import files
from apps.disputes.enums import DisputeKind, DisputeState, EventKind, Origin
from apps.disputes.errors import RowsRefused
from apps.disputes.ingest.file import Checked, DisputeRow, Fault, check_disputes
from apps.disputes.models import Dispute, DisputeImport
from apps.disputes.selectors.reasons import family_of
from apps.disputes.services.events import locked, tell
from apps.disputes.services.holding import hold_money
from apps.disputes.services.lines import reconcile_soon
from apps.disputes.services.moving import change_state
from apps.disputes.services.opening import open_dispute
from apps.disputes.states import CLOSED, DISPUTE_MOVES, WAITS_FOR_US
from apps.merchants.models import Merchant
from apps.orders.ingest.workbook import as_csv
from apps.orders.models import Payment

S = DisputeState


@dataclass(frozen=True)
class Report:
    """What a file did, or would do. rows_in = rows_new + rows_changed + rows_same + rows_rejected."""

    name: str
    sha256: str
    rows_in: int
    rows_new: int = 0
    rows_changed: int = 0
    rows_same: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def rows_rejected(self) -> int:
        return len({fault.row_no for fault in self.faults})


@dataclass(frozen=True)
class Planned:
    """One row with the dispute it is (None: a new one) and the payment it is about."""

    row: DisputeRow
    payment: Payment
    dispute: Dispute | None


def preview_disputes(*, merchant: Merchant, name: str, data: bytes) -> Report:
    """What importing this file would do now; writes nothing. :raises BooksRefused: it cannot be read as a whole."""
    checked = _check(merchant, name, data)
    return _report(name, data, checked, *_plan(merchant, checked))


def import_disputes(*, merchant: Merchant, name: str, data: bytes, by, now: datetime, keep_good: bool = False, progress=None) -> Report:
    """Writes the file. The same file again changes nothing.

    :raises BooksRefused: it cannot be read as a whole. :raises RowsRefused: a row is rejected and `keep_good` is False; nothing written.
    """
    checked = _check(merchant, name, data)
    with transaction.atomic():
        Merchant.objects.select_for_update(of=("self",), no_key=True).get(pk=merchant.pk)  # two imports take turns
        plan, faults = _plan(merchant, checked)
        report = _report(name, data, checked, plan, faults)
        if report.faults and not keep_good:
            raise RowsRefused(report.faults, count=report.rows_rejected)
        for one in plan:
            if one.dispute is None:
                _open(merchant, one, by, now)
            elif _differs(one):
                _update(merchant, one, by, now)
        _keep(merchant, report, data, by, now)
        if report.rows_new:
            reconcile_soon(merchant=merchant, by=by, now=now)
    return report


def _check(merchant: Merchant, name: str, data: bytes) -> Checked:
    return check_disputes(as_csv(name, data), set(Channel.objects.for_merchant(merchant).values_list("code", flat=True)))


def _report(name: str, data: bytes, checked: Checked, plan: list[Planned], faults: list[Fault]) -> Report:
    new, changed = sum(one.dispute is None for one in plan), sum(one.dispute is not None and _differs(one) for one in plan)
    same = len(plan) - new - changed + checked.rows_repeated
    every = sorted([*checked.faults, *faults], key=lambda fault: fault.row_no)
    return Report(name[:255], hashlib.sha256(data).hexdigest(), checked.rows_in, new, changed, same, every)


def _plan(merchant: Merchant, checked: Checked) -> tuple[list[Planned], list[Fault]]:
    """Each good row with what it is about; rows without a payment or with a move that no dispute makes are faults."""
    channels = {channel.code: channel for channel in Channel.objects.for_merchant(merchant)}
    payments, known = _payments(merchant, checked.rows), _known(merchant, checked.rows)
    plan, faults = [], []
    for row in checked.rows:
        channel = channels[row.channel]
        dispute = known.get(("ours", key_text(row.dispute_no))) or known.get((channel.pk, key_text(row.provider_dispute_ref)))
        found = _payments_of(row, channel, payments)
        payment = found[0] if len(found) == 1 else None
        fault = _fault(row, dispute, payment, len(found))
        if fault:
            faults.append(Fault(row.row_no, *fault))
        else:
            plan.append(Planned(row, payment, dispute))
    return plan, faults


def _payments_of(row: DisputeRow, channel: Channel, payments: dict) -> list[Payment]:
    """By our reference, else by the provider's, else the payments of the order."""
    for name, text in (("m", row.merchant_ref), ("p", row.provider_ref), ("o", row.order_no)):
        if key_text(text):
            return payments.get((name, channel.pk, key_text(text)), [])
    return []


def _fault(row: DisputeRow, dispute: Dispute | None, payment: Payment | None, candidates: int) -> tuple[str, str, str] | None:
    named = row.merchant_ref or row.provider_ref or row.order_no
    if payment is None:
        return ("merchant_ref", "ambiguous_payment" if candidates else "unknown_payment", named)
    if payment.currency != row.currency:
        return ("currency", "other_currency", row.currency)
    if row.amount_minor > payment.amount_minor:
        return ("amount", "above_payment", named)
    if dispute is None:
        return None
    if dispute.payment_id not in (None, payment.pk) or dispute.channel_id != payment.channel_id:
        return ("dispute_no", "other_dispute_payment", row.dispute_no or row.provider_dispute_ref)
    if row.amount_minor != dispute.amount_minor or row.currency != dispute.currency:
        return ("amount", "amount_changed", row.dispute_no or row.provider_dispute_ref)
    if row.state != dispute.state and row.state not in DISPUTE_MOVES[S(dispute.state)]:
        return ("status", "illegal_move", f"{dispute.state} → {row.state}")
    return None


def _payments(merchant: Merchant, rows: list[DisputeRow]) -> dict[tuple, list[Payment]]:
    """Payments by (m|p|o, channel, key) of all references that the file names, in three queries a portion."""
    found: dict[tuple, list[Payment]] = {}
    fields = {"m": ("merchant_ref_key", "merchant_ref"), "p": ("provider_ref_key", "provider_ref"), "o": ("order__order_key", "order_no")}
    for name, (lookup, column) in fields.items():
        keys = sorted({key_text(getattr(row, column)) for row in rows} - {""})
        for at in range(0, len(keys), 500):
            mine = Payment.objects.for_merchant(merchant).filter(**{f"{lookup}__in": keys[at : at + 500]}).select_related("order")
            for payment in mine.order_by("pk"):
                key = {"m": payment.merchant_ref_key, "p": payment.provider_ref_key, "o": payment.order.order_key}[name]
                found.setdefault((name, payment.channel_id, key), []).append(payment)
    return found


def _known(merchant: Merchant, rows: list[DisputeRow]) -> dict[tuple, Dispute]:
    found: dict[tuple, Dispute] = {}
    for field_name, column in (("dispute_no_key", "dispute_no"), ("provider_dispute_ref_key", "provider_dispute_ref")):
        keys = sorted({key_text(getattr(row, column)) for row in rows} - {""})
        for at in range(0, len(keys), 500):
            for one in Dispute.objects.for_merchant(merchant).filter(**{f"{field_name}__in": keys[at : at + 500]}):
                if one.dispute_no_key:
                    found[("ours", one.dispute_no_key)] = one
                if one.provider_dispute_ref_key:
                    found[(one.channel_id, one.provider_dispute_ref_key)] = one
    return found


def _changes(one: Planned) -> dict:
    """What the row says that the dispute does not know yet or knows otherwise; an empty cell says nothing."""
    row, dispute = one.row, one.dispute
    said = {"reason_code": row.reason, "evidence_due_at": row.due_at, "payment_id": one.payment.pk}
    said |= {"dispute_no": row.dispute_no, "provider_dispute_ref": row.provider_dispute_ref}
    return {name: value for name, value in said.items() if value and getattr(dispute, name) != value}


def _differs(one: Planned) -> bool:
    return one.row.state != one.dispute.state or (one.dispute.state not in CLOSED and bool(_changes(one)))


def _open(merchant: Merchant, one: Planned, by, now: datetime) -> None:
    row = one.row
    dispute = open_dispute(
        merchant=merchant,
        channel=one.payment.channel,
        payment=one.payment,
        amount_minor=row.amount_minor,
        currency=row.currency,
        opened_at=row.opened_at,
        origin=Origin.FILE,
        by=by,
        now=now,
        kind=DisputeKind.INQUIRY if row.state == S.INQUIRY else DisputeKind.CHARGEBACK,
        reason_code=row.reason,
        provider_dispute_ref=row.provider_dispute_ref,
        dispute_no=row.dispute_no,
        evidence_due_at=row.due_at,
        is_over=row.state not in WAITS_FOR_US,
    )
    if row.state not in (S.INQUIRY, S.NEEDS_RESPONSE):
        change_state(locked(merchant, dispute.pk), row.state, by=by, now=now)


def _update(merchant: Merchant, one: Planned, by, now: datetime) -> None:
    dispute, changes = locked(merchant, one.dispute.pk), _changes(one)
    if dispute.state not in CLOSED and changes:
        if "reason_code" in changes:
            changes["family"] = str(family_of(changes["reason_code"]))
        if "evidence_due_at" in changes:
            changes["due_is_guess"] = False
        for name in ("dispute_no", "provider_dispute_ref"):
            if name in changes:
                changes[f"{name}_key"] = key_text(changes[name])
        for name, value in changes.items():
            setattr(dispute, name, value)
        dispute.save(update_fields=[name.removesuffix("_id") for name in changes])
        told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in changes.items()}
        tell(dispute, EventKind.CHANGED, by=by, now=now, **told)
        if "payment_id" in changes:
            hold_money(dispute, was=None, by=by, now=now)
    if one.row.state != dispute.state:
        change_state(dispute, one.row.state, by=by, now=now)


def _keep(merchant: Merchant, report: Report, data: bytes, by, now: datetime) -> None:
    counts = {"rows_in": report.rows_in, "rows_new": report.rows_new, "rows_changed": report.rows_changed, "rows_same": report.rows_same}
    sha256 = files.store(data)
    if not report.rows_new and not report.rows_changed and DisputeImport.objects.for_merchant(merchant).filter(sha256=sha256).exists():
        return
    kept = DisputeImport.objects.create(merchant=merchant, name=report.name, sha256=sha256, created_at=now, created_by=by, **counts)
    record(merchant_id=merchant.pk, action="disputes.imported", subject=kept, by=by, now=now, after=counts)

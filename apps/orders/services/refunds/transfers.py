"""Refunds by our own bank: a file that pays many of them, and what the bank says became of each transfer."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.models import BankAccount, Merchant, User
from apps.orders.enums import RefundRoute, RefundState, TransferFormat, TransferState
from apps.orders.models import Refund, RefundBatch, RefundTransfer
from apps.orders.selectors.refundable import refundable_many
from apps.orders.services.refunds import transfer_files
from apps.orders.services.refunds.payee_accounts import loaded
from apps.orders.services.refunds.settling import apply_failed, apply_submitted, apply_succeeded
from apps.orders.services.refunds.trail import lock_refund, lock_refunds

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class NothingToPay(HezhangError):
    message = _("Choose at least one refund to pay.")


class NotPayable(HezhangError):
    """Some of the chosen refunds cannot go into this file; none was taken."""

    message = _("These refunds cannot be paid with this file: %(names)s. They need to be approved, with an account, in %(currency)s.")


class MoneyTaken(HezhangError):
    """A dispute holds the money since the approval: paying as well would pay it twice."""

    message = _("The money of these refunds is held back since they were approved: %(names)s. Take them out of the file.")


class AskedByYou(HezhangError):
    """Whoever asked a buyer for the account may not make the file that pays it: one person alone could pay themselves."""

    message = _("You asked the buyer for the account of these refunds: %(names)s. Somebody else has to make the file.")


class NotGivenUp(HezhangError):
    message = _("Only an approved refund by bank transfer that is in no file can be given up.")


class TransferEnded(HezhangError):
    message = _("What became of this transfer is already recorded.")


def make_batch(
    *,
    merchant: Merchant,
    refund_ids: Iterable[int],
    bank_account: BankAccount,
    format: TransferFormat,
    pay_on: date,
    by: User,
    now: datetime,
) -> RefundBatch:
    """A file for the bank; its refunds are submitted from this moment and can be in no other file.

    :raises NothingToPay: no ids. :raises NotPayable: any of them is not approved, has no account, is in another file or currency.
    :raises MoneyTaken: a dispute holds the money. :raises AskedByYou: see there. :raises FileNotPossible: the accounts do not allow
        this format. Then nothing was changed.
    """
    wanted = sorted(set(refund_ids))
    if not wanted:
        raise NothingToPay
    if bank_account.merchant_id != merchant.pk:
        raise BankAccount.DoesNotExist
    with transaction.atomic():
        refunds = lock_refunds(merchant, wanted)
        payable = _payable(merchant, wanted, bank_account.currency)
        if len(refunds) != len(wanted) or payable != set(wanted):
            names = ", ".join(refund.refund_no for refund in refunds if refund.pk not in payable) or "?"
            raise NotPayable(names=names, currency=bank_account.currency)
        _check(refunds, by, now)
        batch = _write(merchant, refunds, bank_account, format, pay_on, by, now)
        for refund in refunds:
            apply_submitted(refund=refund, by=by, now=now)
        after = {"count": batch.count, "total_minor": batch.total_minor, "currency": batch.currency, "bank_account": str(bank_account)}
        record(merchant_id=merchant.pk, action="refund_batch.made", subject=batch, by=by, now=now, after=after)
    return batch


def _check(refunds: list[Refund], by: User, now: datetime) -> None:
    rooms = refundable_many([refund.payment for refund in refunds], now)
    if gone := [refund.refund_no for refund in refunds if not rooms[refund.payment_id].covers_all]:
        raise MoneyTaken(names=", ".join(gone))
    if own := [refund.refund_no for refund in refunds if refund.payee.asked_by_id == by.pk]:
        raise AskedByYou(names=", ".join(own))


def give_up(*, merchant: Merchant, refund_id: int, reason: str, by: User, now: datetime) -> Refund:
    """An approved refund that cannot be paid, because the buyer does not answer or the money was taken: it failed, and its money is free.

    :raises Refund.DoesNotExist: also for another merchant's. :raises NotGivenUp: it is in a file, or not a transfer at all.
    """
    with transaction.atomic():
        _payment, refund = lock_refund(merchant, refund_id)
        is_transfer = hasattr(refund, "request") and refund.request.route == RefundRoute.BANK_TRANSFER
        if not is_transfer or refund.state != RefundState.APPROVED or not reason.strip():
            raise NotGivenUp
        apply_submitted(refund=refund, by=by, now=now)
        return apply_failed(refund=refund, code="given_up", message=reason.strip(), by=by, now=now)


def _payable(merchant: Merchant, ids: list[int], currency: str) -> set[int]:
    ready = Refund.objects.for_merchant(merchant).filter(
        pk__in=ids, state=RefundState.APPROVED, currency=currency, request__route=RefundRoute.BANK_TRANSFER, payee__filled_at__isnull=False
    )
    return set(ready.exclude(transfers__state__in=[TransferState.SENT, TransferState.PAID]).values_list("pk", flat=True))


def _write(merchant, refunds, bank_account, format, pay_on, by, now) -> RefundBatch:
    transfers = [
        transfer_files.Transfer(_reference(), refund.payment.order.order_no, refund.amount_minor, loaded(refund.payee.account))
        for refund in refunds
    ]
    payer = transfer_files.Payer(
        merchant.name, bank_account.transfer_account or bank_account.account_no, bank_account.transfer_bic, bank_account.currency
    )
    if format == TransferFormat.PAIN001:
        data, ending = transfer_files.pain001(payer, transfers, pay_on=pay_on), "xml"
    else:
        layout = bank_account.transfer_layout or transfer_files.TAIWAN_LAYOUT
        data, ending = transfer_files.mapped_csv(payer, transfers, layout=layout, pay_on=pay_on), "csv"
    batch = RefundBatch(
        merchant=merchant,
        bank_account=bank_account,
        format=format,
        currency=bank_account.currency,
        count=len(transfers),
        total_minor=sum(transfer.amount_minor for transfer in transfers),
        pay_on=pay_on,
        made_by=by,
        made_at=now,
        file=b64encode(data).decode(),
    )
    batch.file_name = f"refunds-{pay_on:%Y%m%d}-{batch.public_id[-6:]}.{ending}"
    batch.save(force_insert=True)
    RefundTransfer.objects.bulk_create(
        RefundTransfer(merchant=merchant, batch=batch, refund=refund, amount_minor=refund.amount_minor, reference=transfer.reference)
        for refund, transfer in zip(refunds, transfers, strict=True)
    )
    return batch


def _reference() -> str:
    """Ten characters that no bank shortens and no eye confuses."""
    return "HZ" + "".join(secrets.choice(LETTERS) for _ in range(8))


def file_of(batch: RefundBatch) -> bytes:
    """The bytes handed to the bank, as they were made."""
    return b64decode(batch.file)


def confirm_paid(
    *,
    merchant: Merchant,
    transfer_ids: Iterable[int],
    paid_on: date,
    bank_line_id: int | None = None,
    bank_reference: str = "",
    now: datetime,
    by: User | None = None,
    reason: str = "",
) -> list[RefundTransfer]:
    """The bank debited us: the refunds have succeeded on that day. By the bank line itself, or by a person who says why.

    :raises TransferEnded: when any of them was ended before; then none is changed.
    """
    moment = clock.start_of_day(paid_on, merchant.timezone, hour=12)
    with transaction.atomic():
        transfers = _open(merchant, transfer_ids)
        for transfer in transfers:
            transfer.paid_on, transfer.bank_line_id = paid_on, bank_line_id
            _end(transfer, TransferState.PAID, by, now, reason)
            apply_succeeded(
                refund=transfer.refund, refunded_at=moment, provider_refund_ref=bank_reference or transfer.reference, by=by, now=now
            )
    return transfers


def record_return(*, merchant: Merchant, transfer_id: int, reason: str, by: User | None, now: datetime) -> RefundTransfer:
    """The bank could not pay: the refund failed, and its money is free to be asked for again. :raises TransferEnded: see there."""
    with transaction.atomic():
        transfer = _open(merchant, [transfer_id])[0]
        _end(transfer, TransferState.RETURNED, by, now, reason)
        apply_failed(refund=transfer.refund, code="returned_by_bank", message=reason, by=by, now=now)
    return transfer


def _open(merchant: Merchant, ids: Iterable[int]) -> list[RefundTransfer]:
    """Refunds are locked before their transfers, as everywhere."""
    wanted = sorted(set(ids))
    lock_refunds(merchant, RefundTransfer.objects.for_merchant(merchant).filter(pk__in=wanted).values_list("refund_id", flat=True))
    rows = RefundTransfer.objects.for_merchant(merchant).select_for_update(of=("self",)).filter(pk__in=wanted)
    transfers = list(rows.select_related("refund__payment").order_by("pk"))
    if len(transfers) != len(wanted):
        raise RefundTransfer.DoesNotExist
    if any(transfer.state != TransferState.SENT for transfer in transfers):
        raise TransferEnded
    return transfers


def _end(transfer: RefundTransfer, state: TransferState, by: User | None, now: datetime, reason: str) -> None:
    transfer.state, transfer.ended_at, transfer.ended_by, transfer.reason = state, now, by, reason.strip()
    transfer.save(update_fields=["state", "ended_at", "ended_by", "reason", "paid_on", "bank_line_id"])
    after = {"state": str(state), "amount_minor": transfer.amount_minor, "bank_line": transfer.bank_line_id}
    record(
        merchant_id=transfer.merchant_id,
        action=f"refund_transfer.{state}",
        subject=transfer,
        by=by,
        now=now,
        reason=reason,
        after=after,
    )

"""Bank lines that pay our refund transfers: each is known by the reference we wrote, or the whole file by its exact total."""

import re
from datetime import datetime, timedelta

from apps.merchants.models import Merchant
from apps.orders.enums import TransferState
from apps.orders.models import RefundTransfer
from apps.orders.services.refunds.transfers import confirm_paid, record_return
from apps.settlements.models import BankLine

EARLY, LATE = timedelta(days=1), timedelta(days=5)  # around the day we asked the bank to pay, for a debit of the whole file


def follow_transfers(merchant: Merchant, now: datetime) -> dict[str, int]:
    """Ends every transfer that the bank lines explain; called after bank files came in, safe to repeat.

    A debit of exactly the amount whose reference or memo holds ours pays it; a credit of the amount with it returns it. A debit of
    exactly the file's total around its day pays the whole file when no other debit could. An amount that differs ends nothing.
    """
    waiting = RefundTransfer.objects.for_merchant(merchant).filter(state=TransferState.SENT).select_related("batch").order_by("pk")
    batches: dict[int, list[RefundTransfer]] = {}
    for transfer in waiting:
        batches.setdefault(transfer.batch_id, []).append(transfer)
    counts = {"transfers_paid": 0, "transfers_returned": 0}
    for transfers in batches.values():
        batch = transfers[0].batch
        lines = _lines(merchant, batch)
        for transfer in list(transfers):
            own = [line for line in lines if transfer.reference in _plain(f"{line.reference} {line.memo}")]
            debit = next((line for line in own if line.amount_minor == -transfer.amount_minor), None)
            credit = next((line for line in own if line.amount_minor == transfer.amount_minor), None)
            if credit:
                record_return(merchant=merchant, transfer_id=transfer.pk, reason=str(credit), by=None, now=now)
                counts["transfers_returned"] += 1
            elif debit:
                _paid(merchant, [transfer], debit, now)
                counts["transfers_paid"] += 1
            if credit or debit:
                transfers.remove(transfer)
        whole = _whole_file(batch, transfers, lines)
        if whole:
            _paid(merchant, transfers, whole, now)
            counts["transfers_paid"] += len(transfers)
    return {name: count for name, count in counts.items() if count}


def _lines(merchant: Merchant, batch) -> list[BankLine]:
    """Live lines of the account since the file was made that no transfer of another file has taken."""
    taken = RefundTransfer.objects.for_merchant(merchant).exclude(bank_line_id=None).values("bank_line_id")
    rows = BankLine.objects.for_merchant(merchant).filter(bank_account=batch.bank_account_id, is_live=True)
    return list(rows.filter(booked_on__gte=batch.pay_on - EARLY).exclude(pk__in=taken).order_by("booked_on", "pk"))


def _whole_file(batch, transfers: list[RefundTransfer], lines: list[BankLine]) -> BankLine | None:
    if len(transfers) != batch.count or batch.count == 1:
        return None
    found = [line for line in lines if line.amount_minor == -batch.total_minor and line.booked_on <= batch.pay_on + LATE]
    return found[0] if len(found) == 1 else None


def _paid(merchant: Merchant, transfers: list[RefundTransfer], line: BankLine, now: datetime) -> None:
    ids = [transfer.pk for transfer in transfers]
    confirm_paid(
        merchant=merchant, transfer_ids=ids, paid_on=line.booked_on, bank_line_id=line.pk, bank_reference=line.reference[:100], now=now
    )


def _plain(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())

"""What people say a bank line is. Memos are learned from it; nothing else reads it."""

from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.merchants.models import Merchant, User
from apps.settlements.enums import BankLineKind
from apps.settlements.models import BankLine, BankLineLabel
from apps.settlements.selectors.line_kinds import kind_of, memo_model
from apps.settlements.selectors.past_memos import typed


def name_line(*, merchant: Merchant, bank_line_id: int, kind: BankLineKind, by: User, now: datetime) -> BankLineLabel:
    """Says what a bank line is, or corrects what somebody said before; saying the same again changes nothing.

    :raises BankLine.DoesNotExist: also for another merchant's and for one whose file was withdrawn.
    """
    with transaction.atomic():
        line = typed(BankLine.objects.for_merchant(merchant).filter(is_live=True)).get(pk=bank_line_id)
        BankLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
        label = BankLineLabel.objects.for_merchant(merchant).filter(bank_line=line).first()
        before = label.kind if label else ""
        if before == kind:
            return label
        label = label or BankLineLabel(merchant=merchant, bank_line=line, suggested=kind_of(line, memo_model(merchant)).proposed)
        label.kind, label.decided_at, label.decided_by = kind, now, by
        label.save()
        after = {"kind": label.kind, "suggested": label.suggested}
        record(merchant_id=merchant.pk, action="bank_line.named", subject=line, by=by, now=now, before={"kind": before}, after=after)
    return label

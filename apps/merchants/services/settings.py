"""A merchant's own particulars and bank accounts; every change is in the audit trail."""

from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.merchants.models import BankAccount, Merchant, User

MERCHANT_FIELDS = (
    "name", "tax_no", "timezone", "difference_threshold_minor", "second_factor_roles", "refund_second_approver_above_minor",
    "refund_owner_above_minor", "refund_mfa_above_minor", "refund_due_hours", "write_off_second_above_minor",
    "forced_match_second_above_minor",
)  # fmt: skip
ACCOUNT_FIELDS = (
    "code", "bank", "currency", "account_no", "format", "transfer_account", "transfer_bic", "transfer_layout",
)  # fmt: skip


@transaction.atomic
def change_merchant(*, merchant: Merchant, changes: dict, by: User, now: datetime) -> Merchant:
    """Changes the named particulars (of MERCHANT_FIELDS); what stays the same is not recorded."""
    merchant = Merchant.objects.select_for_update().get(pk=merchant.pk)
    before = _apply(merchant, changes, MERCHANT_FIELDS)
    if before:
        merchant.save(update_fields=list(before))
        after = {name: getattr(merchant, name) for name in before}
        record(merchant_id=merchant.pk, action="merchant.changed", subject=merchant, by=by, now=now, before=before, after=after)
    return merchant


@transaction.atomic
def save_bank_account(*, merchant: Merchant, account: BankAccount | None, changes: dict, by: User, now: datetime) -> BankAccount:
    """Makes or changes a bank account (ACCOUNT_FIELDS). The currency of an account that exists is kept: its lines are in it."""
    is_new = account is None
    account = account or BankAccount(merchant=merchant)
    fields = ACCOUNT_FIELDS if is_new else tuple(name for name in ACCOUNT_FIELDS if name not in ("currency", "code"))
    before = _apply(account, changes, fields)
    if not before:
        return account
    after = {name: getattr(account, name) for name in before}
    account.save() if is_new else account.save(update_fields=list(before))
    action = "bank_account.added" if is_new else "bank_account.changed"
    record(merchant_id=merchant.pk, action=action, subject=account, by=by, now=now, before={} if is_new else before, after=after)
    return account


def _apply(row, changes: dict, fields: tuple[str, ...]) -> dict:
    """Sets what differs; returns the values that were there before."""
    before = {name: getattr(row, name) for name in fields if name in changes and getattr(row, name) != changes[name]}
    for name in before:
        setattr(row, name, changes[name])
    return before

"""Putting buyers on the watch-list and taking them off. Nobody is blocked by it, and every change says why."""

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.audit.services import record
from apps.disputes.enums import WatchKind, WatchSource
from apps.disputes.errors import BuyerListed, BuyerRemoved, BuyerUnreadable, ExpiryWrong, ReasonMissing
from apps.disputes.models import WatchlistEntry
from apps.disputes.selectors.risk.watching import watch_key
from apps.merchants.models import Merchant


def watch_buyer(
    *,
    merchant: Merchant,
    kind: str,
    value: str,
    reason: str,
    by,
    now: datetime,
    expires_at: datetime | None = None,
    dispute: str = "",
) -> WatchlistEntry:
    """Puts a buyer on the list; `dispute` is the number of the dispute it comes from, if any. An expired entry of the same buyer ends.

    :raises BuyerUnreadable: the value cannot be one of this kind.
    :raises ReasonMissing: without a reason.
    :raises ExpiryWrong: the day is past.
    :raises BuyerListed: the buyer is on it.
    """
    key, reason = watch_key(kind, value), reason.strip()
    if not key:
        raise BuyerUnreadable(kind=WatchKind(kind).label)
    if not reason:
        raise ReasonMissing
    if expires_at is not None and expires_at <= now:
        raise ExpiryWrong
    with transaction.atomic():
        old = WatchlistEntry.objects.for_merchant(merchant).select_for_update(of=("self",))
        for entry in old.filter(kind=kind, value_key=key, removed_at=None, expires_at__lte=now):
            _remove(entry, reason="expired", by=None, now=now)
        entry = WatchlistEntry(
            merchant=merchant,
            kind=kind,
            value=value.strip(),
            value_key=key,
            reason=reason,
            source=WatchSource.DISPUTE if dispute else WatchSource.HAND,
            source_label=dispute,
            expires_at=expires_at,
            added_at=now,
            added_by=by,
        )
        try:
            with transaction.atomic():
                entry.save()
        except IntegrityError:
            raise BuyerListed from None
        after = {"kind": kind, "value": entry.value, "expires_at": expires_at and expires_at.isoformat(), "dispute": dispute}
        record(merchant_id=merchant.pk, action="risk.buyer_watched", subject=entry, by=by, now=now, reason=reason, after=after)
    return entry


def watch_payer(*, merchant: Merchant, payment, reason: str, dispute: str, by, now: datetime) -> list[WatchlistEntry]:
    """From a dispute: the buyer of a payment by customer number (or e-mail or phone, whichever it is) and by IP; those on the list stay."""
    ref = payment.customer_ref
    kinds = (WatchKind.EMAIL, WatchKind.PHONE, WatchKind.CUSTOMER)
    named = next((kind for kind in kinds if ref and watch_key(kind, ref)), None)
    wanted = [(named, ref)] if named else []
    wanted += [(WatchKind.IP, payment.payer_ip)] if watch_key(WatchKind.IP, payment.payer_ip) else []
    added = []
    with transaction.atomic():
        for kind, value in wanted:
            try:
                added.append(watch_buyer(merchant=merchant, kind=kind, value=value, reason=reason, dispute=dispute, by=by, now=now))
            except BuyerListed:
                continue
    return added


def remove_buyer(*, merchant: Merchant, entry_id: int, reason: str, by, now: datetime) -> WatchlistEntry:
    """Takes a buyer off; the row stays as history.

    :raises ReasonMissing: without a reason.
    :raises BuyerRemoved: somebody was faster.
    """
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    with transaction.atomic():
        entry = WatchlistEntry.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=entry_id)
        if entry.removed_at is not None:
            raise BuyerRemoved
        _remove(entry, reason=reason, by=by, now=now)
    return entry


def note_appeal(*, merchant: Merchant, entry_id: int, reason: str, by, now: datetime) -> WatchlistEntry:
    """What the buyer says against it; a later note replaces the earlier, which the audit trail keeps.

    :raises ReasonMissing: without a text.
    :raises BuyerRemoved: it is off the list.
    """
    text = reason.strip()
    if not text:
        raise ReasonMissing
    with transaction.atomic():
        entry = WatchlistEntry.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=entry_id)
        if entry.removed_at is not None:
            raise BuyerRemoved
        before = {"appeal": entry.appeal}
        entry.appeal, entry.appealed_at = text, now
        entry.save(update_fields=["appeal", "appealed_at"])
        record(merchant_id=merchant.pk, action="risk.buyer_appealed", subject=entry, by=by, now=now, before=before, after={"appeal": text})
    return entry


def _remove(entry: WatchlistEntry, *, reason: str, by, now: datetime) -> None:
    entry.removed_at, entry.removed_by, entry.removed_reason = now, by, reason
    entry.save(update_fields=["removed_at", "removed_by", "removed_reason"])
    record(merchant_id=entry.merchant_id, action="risk.buyer_removed", subject=entry, by=by, now=now, reason=reason)

"""The watch-list: how buyers are compared, and who is on it."""

import ipaddress
import re
from datetime import datetime

from django.db.models import Q, QuerySet

from apps.channels.cells import key_text
from apps.disputes.enums import WatchKind
from apps.disputes.models import WatchlistEntry
from apps.merchants.models import Merchant
from apps.orders.models import Order, Payment, Refund

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TAIWAN = re.compile(r"8860?9")
LEAST_DIGITS = 7
PAYMENTS_SHOWN = 20


def watch_key(kind: str, value: str) -> str:
    """A value as it is compared: e-mail and card without case, a phone as digits in one national form, an IP as its shortest text.

    Empty where the value cannot be one of this kind.
    """
    text = value.strip()
    if kind == WatchKind.EMAIL:
        return text.lower() if _EMAIL.fullmatch(text) else ""
    if kind == WatchKind.PHONE:
        digits = re.sub(r"\D", "", text)
        digits = digits.removeprefix("00") if digits.startswith("00") else digits
        digits = _TAIWAN.sub("09", digits, count=1) if _TAIWAN.match(digits) else digits
        return digits if LEAST_DIGITS <= len(digits) <= 15 and not re.search(r"[A-Za-z@]", text) else ""
    if kind == WatchKind.IP:
        try:
            return ipaddress.ip_address(text).compressed
        except ValueError:
            return ""
    return key_text(text)


def keys_of(subject: Payment | Order | Refund) -> set[tuple[str, str]]:
    """Everything by which the buyer of a payment, order or refund may be known, as (kind, key)."""
    payment = subject.payment if isinstance(subject, Refund) else subject
    refs = {payment.customer_ref}
    ip = getattr(payment, "payer_ip", "")
    kinds = (WatchKind.CUSTOMER, WatchKind.EMAIL, WatchKind.PHONE, WatchKind.CARD)
    found = {(kind.value, watch_key(kind, ref)) for ref in refs if ref for kind in kinds}
    found |= {(WatchKind.IP.value, watch_key(WatchKind.IP, ip))} if ip else set()
    return {(kind, key) for kind, key in found if key}


def active(merchant: Merchant, now: datetime) -> QuerySet[WatchlistEntry]:
    """Those who are on it now: neither taken off nor expired."""
    rows = WatchlistEntry.objects.for_merchant(merchant).filter(removed_at=None)
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=now))


def entries_with(merchant: Merchant, keys: set[tuple[str, str]], now: datetime) -> list[WatchlistEntry]:
    """The entries that meet any of these (kind, key); one query."""
    if not keys:
        return []
    by_kind: dict[str, list[str]] = {}
    for kind, key in sorted(keys):
        by_kind.setdefault(kind, []).append(key)
    hits = Q(pk__in=[])
    for kind, values in by_kind.items():
        hits |= Q(kind=kind, value_key__in=values)
    return list(active(merchant, now).filter(hits).order_by("pk"))


def payments_of(merchant: Merchant, entry: WatchlistEntry) -> list[Payment]:
    """The newest payments whose reference is written as the entry is, or as it is compared."""
    rows = Payment.objects.for_merchant(merchant).select_related("order", "channel").order_by("-placed_at", "-pk")
    field = "payer_ip" if entry.kind == WatchKind.IP else "customer_ref"
    exact = rows.filter(**{f"{field}__in": sorted({entry.value, entry.value_key})})
    return list(exact[:PAYMENTS_SHOWN])

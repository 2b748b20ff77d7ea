"""A look for platform staff: asked for with a reason or granted unasked, for some hours, ended by either side or by time."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.merchants.errors import NotPlatformStaff, SupportClosed, SupportOpen
from apps.merchants.models import Merchant, SupportAccess, User
from apps.merchants.selectors import members_with
from apps.merchants.services.notify import notify


@transaction.atomic
def ask_for_support(*, merchant: Merchant, reason: str, hours: int, by: User, now: datetime) -> SupportAccess:
    """Platform staff ask to look; the owners are told and decide.

    :raises NotPlatformStaff: for anybody else.
    :raises SupportOpen: while an earlier request or access of theirs is open.
    """
    if not by.is_staff:
        raise NotPlatformStaff
    access = _open(merchant, by, now, reason=reason, hours=hours, asked_by=by, asked_at=now)
    record(merchant_id=merchant.pk, action="support.asked", subject=access, by=by, now=now, reason=reason, after={"hours": hours})
    notify(
        merchant=merchant,
        users=members_with(merchant, "manage_people"),
        kind="support.asked",
        title=_("Platform support asks to look into your shop"),
        body=reason,
        href=reverse("merchants:access", args=[merchant.slug]),
        severity="high",
        group_key=f"support:{access.pk}",
        now=now,
    )
    return access


@transaction.atomic
def grant_support(*, merchant: Merchant, email: str, reason: str, hours: int, by: User, now: datetime) -> SupportAccess:
    """An owner grants a look unasked, for instance while on the telephone with support.

    :raises NotPlatformStaff: nobody of the staff has this e-mail.
    :raises SupportOpen: while an earlier request or access of theirs is open.
    """
    staff = User.objects.filter(email=email.strip().lower(), is_staff=True, is_active=True).exclude(pk=by.pk).first()
    if staff is None:
        raise NotPlatformStaff
    access = _open(merchant, staff, now, reason=reason, hours=hours, asked_by=by, asked_at=now)
    return _grant(access, by, now)


@transaction.atomic
def decide_support(*, merchant: Merchant, access_id: int, grant: bool, by: User, now: datetime) -> SupportAccess:
    """Grants or refuses a request.

    :raises SupportClosed: it was decided before, or the asker would decide; nothing changed.
    :raises SupportAccess.DoesNotExist: for another merchant's.
    """
    access = _locked(merchant, access_id)
    if access.granted_at or access.refused_at or access.ended_at or access.staff_id == by.pk:
        raise SupportClosed
    if grant:
        return _grant(access, by, now)
    access.refused_at, access.decided_by = now, by
    access.save(update_fields=["refused_at", "decided_by"])
    record(merchant_id=merchant.pk, action="support.refused", subject=access, by=by, now=now)
    return access


@transaction.atomic
def end_support(*, merchant: Merchant, access_id: int, by: User, now: datetime) -> SupportAccess:
    """Ends an access, or takes back a request, at once.

    :raises SupportClosed: nothing was open.
    :raises SupportAccess.DoesNotExist: for another merchant's.
    """
    access = _locked(merchant, access_id)
    if access.refused_at or access.ended_at:
        raise SupportClosed
    return _end(access, by, now)


@transaction.atomic
def end_expired(*, now: datetime) -> int:
    """Writes down the end of what time has ended (nobody could use it since); returns how many."""
    late = SupportAccess.objects.select_for_update().filter(expires_at__lte=now, ended_at=None).order_by("pk")
    return len([_end(access, None, access.expires_at) for access in late])


def _open(merchant: Merchant, staff: User, now: datetime, **fields) -> SupportAccess:
    for access in SupportAccess.objects.for_merchant(merchant).filter(staff=staff, expires_at__lte=now, ended_at=None):
        _end(access, None, access.expires_at)
    try:
        with transaction.atomic():
            return SupportAccess.objects.create(merchant=merchant, staff=staff, **fields)
    except IntegrityError as error:
        raise SupportOpen from error


def _grant(access: SupportAccess, by: User, now: datetime) -> SupportAccess:
    access.granted_at, access.decided_by, access.expires_at = now, by, now + timedelta(hours=access.hours)
    access.save(update_fields=["granted_at", "decided_by", "expires_at"])
    after = {"staff": access.staff.email, "hours": access.hours, "expires_at": access.expires_at.isoformat()}
    record(merchant_id=access.merchant_id, action="support.granted", subject=access, by=by, now=now, reason=access.reason, after=after)
    return access


def _end(access: SupportAccess, by: User | None, moment: datetime) -> SupportAccess:
    access.ended_at = moment
    access.save(update_fields=["ended_at"])
    record(merchant_id=access.merchant_id, action="support.ended", subject=access, by=by, now=moment)
    return access


def _locked(merchant: Merchant, access_id: int) -> SupportAccess:
    return SupportAccess.objects.for_merchant(merchant).select_for_update(of=("self",)).select_related("staff").get(pk=access_id)

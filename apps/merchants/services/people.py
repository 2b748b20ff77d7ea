"""Who belongs to a merchant. Every change is in the audit trail; a merchant never loses its last owner."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.audit.services import record
from apps.core.jobs.services import cancel_waiting
from apps.core.open_work import kinds_of_work
from apps.merchants.enums import Role
from apps.merchants.errors import AlreadyMember, LastOwner, MemberMoved, NotAMember, WasMember
from apps.merchants.models import Membership, Merchant, User, UserSession


@transaction.atomic
def add_member(*, merchant: Merchant, email: str, name: str, role: str, by: User | None, now: datetime) -> tuple[Membership, bool]:
    """Puts a person into the merchant; a new e-mail makes a user who must first set a password.

    Returns the membership and whether the user is new.

    :raises AlreadyMember, WasMember: nothing changed.
    """
    email = email.strip().lower()
    refuse_known(merchant, email)
    user = User.objects.filter(email=email).first()
    is_new = user is None
    user = user or User.objects.create_user(email, name=name, language=by.language if by else settings.LANGUAGE_CODE)
    membership = Membership.objects.create(merchant=merchant, user=user, role=role)
    record(merchant_id=merchant.pk, action="member.added", subject=membership, by=by, now=now, after={"email": email, "role": role})
    return membership, is_new


@transaction.atomic
def change_role(*, merchant: Merchant, membership_id: int, role: str, by: User, now: datetime) -> Membership:
    """Gives a member another role; the same role again changes and records nothing.

    :raises LastOwner: when this would leave the merchant without an owner.
    :raises MemberMoved: the person was deactivated meanwhile.
    :raises Membership.DoesNotExist: for a membership of another merchant.
    """
    membership = _locked(merchant, membership_id)
    if not membership.is_active:
        raise MemberMoved
    if membership.role == role:
        return membership
    if membership.role == Role.OWNER:
        _refuse_last_owner(merchant, membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record(
        merchant_id=merchant.pk,
        action="member.role_changed",
        subject=membership,
        by=by,
        now=now,
        before={"role": before},
        after={"role": role},
    )
    return membership


@transaction.atomic
def deactivate_member(*, merchant: Merchant, membership_id: int, by: User, now: datetime, hand_to: User | None = None) -> Membership:
    """Shuts a person out of the merchant, in one act: no page opens, they are signed out everywhere, what they had asked for and that
    still waits is cancelled, their open work goes to `hand_to` or back to all. Their past work keeps their name.

    :raises LastOwner: nothing changed.
    :raises MemberMoved: deactivated already.
    :raises NotAMember: `hand_to` is nobody who stays; nothing changed.
    :raises Membership.DoesNotExist: for a membership of another merchant.
    """
    membership = _locked(merchant, membership_id)
    if not membership.is_active:
        raise MemberMoved
    if membership.role == Role.OWNER:
        _refuse_last_owner(merchant, membership)
    after = _hand_over(merchant, membership.user, hand_to, by, now)
    membership.deactivated_at, membership.deactivated_by = now, by
    membership.save(update_fields=["deactivated_at", "deactivated_by"])
    # A browser cannot tell which shop its session is for; who is in another shop as well logs in again.
    ended, _rows = UserSession.objects.filter(user=membership.user).delete()
    cancelled = cancel_waiting(merchant_id=merchant.pk, by=membership.user, now=now)
    after |= {name: number for name, number in (("sessions_ended", ended), ("jobs_cancelled", cancelled)) if number}
    before = {"email": membership.user.email, "role": membership.role}
    record(merchant_id=merchant.pk, action="member.deactivated", subject=membership, by=by, now=now, before=before, after=after)
    return membership


@transaction.atomic
def reactivate_member(*, merchant: Merchant, membership_id: int, by: User, now: datetime) -> Membership:
    """Lets a deactivated member in again, in the role they had. The work they once had stays where it went.

    :raises MemberMoved: they are in.
    :raises Membership.DoesNotExist: for a membership of another merchant.
    """
    membership = _locked(merchant, membership_id)
    if membership.is_active:
        raise MemberMoved
    before = {"deactivated_at": membership.deactivated_at, "deactivated_by": str(membership.deactivated_by)}
    membership.deactivated_at, membership.deactivated_by = None, None
    membership.save(update_fields=["deactivated_at", "deactivated_by"])
    after = {"email": membership.user.email, "role": membership.role}
    record(merchant_id=merchant.pk, action="member.reactivated", subject=membership, by=by, now=now, before=before, after=after)
    return membership


def refuse_known(merchant: Merchant, email: str) -> None:
    """:raises AlreadyMember: who has this e-mail is in. :raises WasMember: they were deactivated."""
    member = Membership.objects.for_merchant(merchant).filter(user__email=email).first()
    if member:
        raise AlreadyMember if member.is_active else WasMember


def open_work_of(merchant: Merchant, user: User) -> list[tuple[str, int]]:
    """What is on the person's desk: each kind in words with its number, where there is any."""
    counted = [(work.label, work.count(merchant, user)) for work in kinds_of_work()]
    return [(label, number) for label, number in counted if number]


def _hand_over(merchant: Merchant, user: User, to: User | None, by: User, now: datetime) -> dict:
    """Moves all kinds of work; returns what the record says of it: nothing where there was none."""
    if to and (to == user or not Membership.objects.for_merchant(merchant).active().filter(user=to).exists()):
        raise NotAMember
    moved = {work.kind: work.hand_over(merchant=merchant, user=user, to=to, by=by, now=now) for work in kinds_of_work()}
    moved = {kind: number for kind, number in moved.items() if number}
    return {"handed_over": moved, "to": to.email if to else ""} if moved else {}


def _locked(merchant: Merchant, membership_id: int) -> Membership:
    """The merchant's row is locked first, so that two owners cannot demote each other at the same moment."""
    Merchant.objects.select_for_update().get(pk=merchant.pk)
    return Membership.objects.for_merchant(merchant).select_related("user").get(pk=membership_id)


def _refuse_last_owner(merchant: Merchant, leaving: Membership) -> None:
    """An owner whose account is switched off cannot manage anything. The database refuses the same."""
    if not Membership.objects.for_merchant(merchant).active().filter(role=Role.OWNER).exclude(pk=leaving.pk).exists():
        raise LastOwner

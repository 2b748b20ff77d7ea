"""Who belongs to a merchant. Every change is in the audit trail; a merchant never loses its last owner."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.audit.services import record
from apps.core.open_work import kinds_of_work
from apps.merchants.enums import Role
from apps.merchants.errors import AlreadyMember, LastOwner, NotAMember
from apps.merchants.models import Membership, Merchant, User


@transaction.atomic
def add_member(*, merchant: Merchant, email: str, name: str, role: str, by: User | None, now: datetime) -> tuple[Membership, bool]:
    """Puts a person into the merchant; a new e-mail makes a user who must first set a password.

    Returns the membership and whether the user is new.

    :raises AlreadyMember: nothing changed.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user and Membership.objects.for_merchant(merchant).filter(user=user).exists():
        raise AlreadyMember
    is_new = user is None
    user = user or User.objects.create_user(email, name=name, language=by.language if by else settings.LANGUAGE_CODE)
    membership = Membership.objects.create(merchant=merchant, user=user, role=role)
    record(merchant_id=merchant.pk, action="member.added", subject=membership, by=by, now=now, after={"email": email, "role": role})
    return membership, is_new


@transaction.atomic
def change_role(*, merchant: Merchant, membership_id: int, role: str, by: User, now: datetime) -> Membership:
    """Gives a member another role; the same role again changes and records nothing.

    :raises LastOwner: when this would leave the merchant without an owner.
    :raises Membership.DoesNotExist: for a membership of another merchant.
    """
    membership = _locked(merchant, membership_id)
    if membership.role == role:
        return membership
    if membership.role == Role.OWNER:
        _refuse_last_owner(merchant)
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
def remove_member(*, merchant: Merchant, membership_id: int, by: User, now: datetime, hand_to: User | None = None) -> None:
    """Takes a person out of the merchant; their past work keeps their name, their open work goes to `hand_to` or back to all.

    :raises LastOwner: nothing changed.
    :raises NotAMember: `hand_to` is nobody who stays; nothing changed.
    :raises Membership.DoesNotExist: for a membership of another merchant.
    """
    membership = _locked(merchant, membership_id)
    if membership.role == Role.OWNER:
        _refuse_last_owner(merchant)
    after = _hand_over(merchant, membership.user, hand_to, by, now)
    before = {"email": membership.user.email, "role": membership.role}
    record(merchant_id=merchant.pk, action="member.removed", subject=membership, by=by, now=now, before=before, after=after)
    membership.delete()


def open_work_of(merchant: Merchant, user: User) -> list[tuple[str, int]]:
    """What is on the person's desk: each kind in words with its number, where there is any."""
    counted = [(work.label, work.count(merchant, user)) for work in kinds_of_work()]
    return [(label, number) for label, number in counted if number]


def _hand_over(merchant: Merchant, user: User, to: User | None, by: User, now: datetime) -> dict:
    """Moves all kinds of work; returns what the record says of it: nothing where there was none."""
    if to and (to == user or not Membership.objects.for_merchant(merchant).filter(user=to, user__is_active=True).exists()):
        raise NotAMember
    moved = {work.kind: work.hand_over(merchant=merchant, user=user, to=to, by=by, now=now) for work in kinds_of_work()}
    moved = {kind: number for kind, number in moved.items() if number}
    return {"handed_over": moved, "to": to.email if to else ""} if moved else {}


def _locked(merchant: Merchant, membership_id: int) -> Membership:
    """The merchant's row is locked first, so that two owners cannot demote each other at the same moment."""
    Merchant.objects.select_for_update().get(pk=merchant.pk)
    return Membership.objects.for_merchant(merchant).select_related("user").get(pk=membership_id)


def _refuse_last_owner(merchant: Merchant) -> None:
    if Membership.objects.for_merchant(merchant).filter(role=Role.OWNER).count() == 1:
        raise LastOwner

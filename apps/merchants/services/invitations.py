"""Invitations: a place kept for an e-mail, opened by a signed link that works once and for a week, and only the last one sent."""

from datetime import datetime, timedelta
from secrets import token_hex

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, transaction

from apps.audit.services import record
from apps.core.jobs.services import enqueue
from apps.merchants.enums import MailKind
from apps.merchants.errors import AlreadyInvited, InvitationClosed
from apps.merchants.models import Invitation, Membership, Merchant, User
from apps.merchants.services.people import refuse_known

LASTS = timedelta(days=7)
SALT = "merchants.invitation"


@transaction.atomic
def invite(*, merchant: Merchant, email: str, name: str, role: str, by: User, now: datetime) -> Invitation:
    """Keeps a place and sends the link.

    :raises AlreadyMember: the person is in. :raises WasMember: they were, and can be let in again.
    :raises AlreadyInvited: an invitation is open; it can be sent again.
    """
    email = email.strip().lower()
    refuse_known(merchant, email)
    times = {"created_at": now, "sent_at": now, "expires_at": now + LASTS}
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                merchant=merchant, email=email, name=name, role=role, language=by.language, nonce=token_hex(16), invited_by=by, **times
            )
    except IntegrityError as error:
        raise AlreadyInvited from error
    after = {"email": email, "role": role}
    record(merchant_id=merchant.pk, action="invitation.sent", subject=invitation, by=by, now=now, after=after)
    _send(invitation, now)
    return invitation


@transaction.atomic
def resend(*, merchant: Merchant, invitation_id: int, by: User, now: datetime) -> Invitation:
    """A new link for another week; the one before stops working.

    :raises InvitationClosed: it was accepted or taken back.
    :raises Invitation.DoesNotExist: for another merchant's.
    """
    invitation = _open(merchant, invitation_id)
    invitation.nonce, invitation.sent_at, invitation.expires_at = token_hex(16), now, now + LASTS
    invitation.save(update_fields=["nonce", "sent_at", "expires_at"])
    record(merchant_id=merchant.pk, action="invitation.sent_again", subject=invitation, by=by, now=now)
    _send(invitation, now)
    return invitation


@transaction.atomic
def revoke(*, merchant: Merchant, invitation_id: int, by: User, now: datetime) -> Invitation:
    """Takes an invitation back.

    :raises InvitationClosed: it was accepted or taken back before.
    :raises Invitation.DoesNotExist: for another merchant's.
    """
    invitation = _open(merchant, invitation_id)
    invitation.revoked_at = now
    invitation.save(update_fields=["revoked_at"])
    record(merchant_id=merchant.pk, action="invitation.revoked", subject=invitation, by=by, now=now)
    return invitation


def token_of(invitation: Invitation) -> str:
    """What stands in the link. It can be made from the row and the secret key, never from the row alone."""
    return signing.dumps([invitation.pk, invitation.nonce], salt=SALT)


def find_invitation(token: str, now: datetime) -> Invitation:
    """The open invitation of a link.

    :raises InvitationClosed: the link is forged, replaced, too old, used or taken back.
    """
    try:
        pk, nonce = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise InvitationClosed from error
    found = Invitation.objects.select_related("merchant", "invited_by").filter(pk=pk, nonce=nonce, accepted_at=None, revoked_at=None)
    invitation = found.filter(expires_at__gt=now).first()
    if invitation is None:
        raise InvitationClosed
    return invitation


def known_person(invitation: Invitation) -> User | None:
    """The user of this e-mail, who accepts as themselves: the link alone never sets the password of somebody who has anything to lose.

    None when nobody has the e-mail, or only an account without a password that never was in a shop, on the platform's staff or inside.
    """
    user = User.objects.filter(email=invitation.email).first()
    return user if user and not _is_fresh(user) else None


def _is_fresh(user: User) -> bool:
    has_power = user.is_staff or user.is_superuser or Membership.objects.filter(user=user).exists()
    return not (has_power or user.last_login or user.has_usable_password())


@transaction.atomic
def accept(*, token: str, user: User | None, name: str = "", password: str = "", now: datetime) -> Membership:
    """Makes the person a member: `user` where they are signed in under this e-mail, else a new user with `password`.

    :raises InvitationClosed: the link no longer works, or is another person's; nothing changed.
    """
    invitation = find_invitation(token, now)
    # The merchant's row is locked first, as everywhere people change, then the invitation is looked at again.
    merchant = Merchant.objects.select_for_update(of=("self",)).get(pk=invitation.merchant_id)
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    User.objects.select_for_update(of=("self",)).filter(email=invitation.email).first()  # nobody gains or loses power meanwhile
    known = known_person(invitation)
    if invitation.accepted_at or invitation.revoked_at or known != user or (user and not user.is_active):
        raise InvitationClosed
    user = user or _new_user(invitation, name, password)
    membership, _is_new = Membership.objects.get_or_create(merchant=merchant, user=user, defaults={"role": invitation.role})
    if not membership.is_active:  # shut out since: no link opens that door again
        raise InvitationClosed
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    after = {"email": user.email, "role": membership.role}
    record(merchant_id=merchant.pk, action="invitation.accepted", subject=membership, by=user, now=now, after=after)
    return membership


def _new_user(invitation: Invitation, name: str, password: str) -> User:
    """The e-mail is proven by the link. An account that was never used gets its password now."""
    user = User.objects.filter(email=invitation.email, is_active=True).first()
    if user is None:
        if User.objects.filter(email=invitation.email).exists():  # switched off by the platform
            raise InvitationClosed
        language = invitation.language or settings.LANGUAGE_CODE
        return User.objects.create_user(invitation.email, password, name=name, language=language)
    user.set_password(password)
    user.name = name or user.name
    user.save(update_fields=["password", "name"])
    return user


def _open(merchant: Merchant, invitation_id: int) -> Invitation:
    invitation = Invitation.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=invitation_id)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationClosed
    return invitation


def _send(invitation: Invitation, now: datetime) -> None:
    """The nonce tells a letter that waits from one sent anew; the link itself is in no row."""
    payload = {"invitation_id": invitation.pk, "nonce": invitation.nonce}
    enqueue(kind=MailKind.INVITATION, merchant_id=None, payload=payload, by=invitation.invited_by, now=now)

"""Questions about merchants and their people."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import Count, Q, QuerySet

from apps.core.models import OPEN_JOB_STATES, Job
from apps.merchants.access import RIGHT_LABELS, RIGHTS
from apps.merchants.enums import Role
from apps.merchants.models import BankAccount, Membership, Merchant, Notification, User


def memberships_of(user: User) -> QuerySet[Membership]:
    """The user's merchants by name, real ones before practice ones."""
    rows = Membership.objects.active().filter(user=user).select_related("merchant")
    return rows.order_by("merchant__is_practice", "merchant__name", "pk")


def members_of(merchant: Merchant) -> QuerySet[Membership]:
    """Everyone who is in the merchant, in the order they joined."""
    return Membership.objects.for_merchant(merchant).filter(deactivated_at=None).select_related("user").order_by("created_at", "pk")


def former_members_of(merchant: Merchant) -> QuerySet[Membership]:
    """Everyone who was deactivated, the last one first."""
    rows = Membership.objects.for_merchant(merchant).filter(deactivated_at__isnull=False)
    return rows.select_related("user", "deactivated_by").order_by("-deactivated_at", "-pk")


def members_with(merchant: Merchant, right: str) -> list[User]:
    """The active people whose role in the merchant carries the right, in the order they joined."""
    if right not in RIGHT_LABELS:
        raise KeyError(right)
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    members = Membership.objects.for_merchant(merchant).active().filter(role__in=roles)
    return [member.user for member in members.select_related("user").order_by("created_at", "pk")]


def notifications_of(merchant: Merchant, user: User, *, only_unread: bool) -> QuerySet[Notification]:
    """The person's inbox in the merchant."""
    rows = Notification.objects.for_merchant(merchant).filter(user=user)
    return rows.filter(read_at=None) if only_unread else rows


def unread_count(merchant: Merchant, user: User) -> int:
    return notifications_of(merchant, user, only_unread=True).count()


def bank_accounts_of(merchant: Merchant) -> QuerySet[BankAccount]:
    return BankAccount.objects.for_merchant(merchant).order_by("code")


def jobs_of(merchant: Merchant) -> QuerySet[Job]:
    """The merchant's background work, newest first."""
    return Job.objects.for_merchant(merchant).select_related("requested_by").order_by("-pk")


def running_jobs_of(merchant: Merchant) -> list[Job]:
    """Work that waits or runs now, oldest first."""
    return list(Job.objects.for_merchant(merchant).filter(state__in=OPEN_JOB_STATES).order_by("pk")[:20])


def all_merchants() -> QuerySet[Merchant]:
    """For platform staff: every merchant with its number of members; no business figures."""
    return Merchant.objects.annotate(member_count=Count("memberships", filter=Q(memberships__deactivated_at=None))).order_by("name", "pk")


def role_table() -> list[tuple[str, list[bool]]]:
    """Each right in words, and for every role in `Role` order whether `access.RIGHTS` grants it."""
    return [(label, [right in RIGHTS[role] for role in Role.values]) for right, label in RIGHT_LABELS.items()]


@dataclass(frozen=True, slots=True)
class Factors:
    """A person's second factors as rows of allauth; `recovery` only says that codes were made."""

    app: Authenticator | None
    passkeys: list[Authenticator]
    recovery: Authenticator | None

    @property
    def any(self) -> bool:
        return self.app is not None or bool(self.passkeys)


def factors_of(user: User) -> Factors:
    rows = list(Authenticator.objects.filter(user_id=user.pk).order_by("created_at", "pk"))
    of = {kind: [row for row in rows if row.type == kind] for kind in Authenticator.Type.values}
    return Factors(next(iter(of["totp"]), None), of["webauthn"], next(iter(of["recovery_codes"]), None))


def protected_among(user_ids: list[int]) -> set[int]:
    """Which of these people have a second factor."""
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    return set(Authenticator.objects.filter(user_id__in=user_ids, type__in=kinds).values_list("user_id", flat=True))

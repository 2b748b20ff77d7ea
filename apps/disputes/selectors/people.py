"""Who may be given a dispute."""

from apps.merchants.access import RIGHTS
from apps.merchants.enums import Role
from apps.merchants.models import Merchant, User


def people_for(merchant: Merchant, right: str = "answer_disputes") -> list[User]:
    """Active members whose role carries the right, by name."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    found = User.objects.filter(memberships__merchant=merchant, memberships__role__in=roles, is_active=True)
    return list(found.distinct().order_by("name", "email"))


def owners_of(merchant: Merchant) -> list[User]:
    """The shop's owners who are active."""
    return list(User.objects.filter(memberships__merchant=merchant, memberships__role=Role.OWNER, is_active=True).order_by("name", "email"))

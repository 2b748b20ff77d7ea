"""Who may be given a dispute."""

from apps.merchants.access import RIGHTS
from apps.merchants.enums import Role
from apps.merchants.models import Membership, Merchant, User


def people_for(merchant: Merchant, right: str = "answer_disputes") -> list[User]:
    """Active members whose role carries the right, by name."""
    roles = [role for role, rights in RIGHTS.items() if right in rights]
    return _people(merchant, roles)


def owners_of(merchant: Merchant) -> list[User]:
    """The shop's owners who are active."""
    return _people(merchant, [Role.OWNER])


def _people(merchant: Merchant, roles: list[str]) -> list[User]:
    members = Membership.objects.for_merchant(merchant).active().filter(role__in=roles)
    return list(User.objects.filter(pk__in=members.values("user_id")).order_by("name", "email"))

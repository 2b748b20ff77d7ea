"""The tenant, its people, and how they get in."""

from apps.merchants.models.notification import Notification
from apps.merchants.models.people import Invitation, SupportAccess
from apps.merchants.models.sessions import UserSession
from apps.merchants.models.tenant import BankAccount, Membership, Merchant, SavedView, User, UserManager

__all__ = [
    "BankAccount",
    "Invitation",
    "Membership",
    "Merchant",
    "Notification",
    "SavedView",
    "SupportAccess",
    "User",
    "UserManager",
    "UserSession",
]

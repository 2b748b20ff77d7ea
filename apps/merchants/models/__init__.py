"""The tenant, its people, and how they get in."""

from apps.merchants.models.tenant import BankAccount, Membership, Merchant, SavedView, User, UserManager

__all__ = ["BankAccount", "Membership", "Merchant", "SavedView", "User", "UserManager"]

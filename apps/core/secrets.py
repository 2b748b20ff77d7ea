"""Secrets at rest: text columns encrypted with a key that can be rotated.

`settings.SECRETS_KEYS` lists Fernet keys, newest first: the first encrypts, all decrypt. To rotate, put a new key in front, save
the rows again, then drop the old one.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """The text under the newest key; empty stays empty."""
    return _box(tuple(settings.SECRETS_KEYS)).encrypt(text.encode()).decode() if text else ""


def decrypt(token: str) -> str:
    """:raises SecretUnreadable: when no key of ours made the token, or somebody changed it."""
    if not token:
        return ""
    try:
        return _box(tuple(settings.SECRETS_KEYS)).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadable from error


class SecretUnreadable(Exception):
    """The key that encrypted this value is no longer among SECRETS_KEYS."""


class SecretField(models.TextField):
    """Text that only the application can read; the column holds a Fernet token. Never filter or sort by it."""

    def from_db_value(self, value, expression, connection):
        return value if value is None else decrypt(value)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value is None else encrypt(value)

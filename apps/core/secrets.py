"""Secrets at rest: text columns encrypted with a key that can be rotated.

`settings.SECRETS_KEYS` lists Fernet keys, newest first: the first encrypts, all decrypt. `manage.py rotate_secrets` brings what is stored
under the newest, so that an older one can be dropped. It finds every SecretField by itself; a token that is kept anywhere else has to be
named by `keep_sealed`, or a test of the project fails.
"""

from dataclasses import dataclass
from enum import StrEnum
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


class Age(StrEnum):
    """Which of our keys made a token."""

    NEWEST = "newest"
    OLDER = "older"
    GONE = "gone"  # none of them, or it was changed since


def age_of(token: str) -> Age:
    """Tries the newest key first; the token itself does not say which one made it."""
    newest, *older = settings.SECRETS_KEYS
    for keys, age in (((newest,), Age.NEWEST), (tuple(older), Age.OLDER)):
        try:
            if keys:
                _box(keys).decrypt(token.encode())
                return age
        except InvalidToken:
            continue
    return Age.GONE


def is_token(text: str) -> bool:
    """Whether it looks like something we encrypted: Fernet tokens begin with their version and the upper bytes of a time."""
    return text.startswith("gAAAAA")


@dataclass(frozen=True, slots=True)
class Sealed:
    """Tokens inside a JSON column: under these names, each one token or a list of them. `only` filters the rows."""

    model: str  # "app_label.Model"
    field: str
    names: tuple[str, ...]
    only: models.Q


SEALED: dict[tuple[str, str], Sealed] = {}


def keep_sealed(model: str, field: str, *names: str, only: models.Q | None = None) -> None:
    """Says, when an app is loaded, that a JSON column holds tokens; see `rotation`."""
    SEALED[model, field] = Sealed(model, field, names, only or models.Q())


class SecretUnreadable(Exception):
    """The key that encrypted this value is no longer among SECRETS_KEYS."""


class SecretField(models.TextField):
    """Text that only the application can read; the column holds a Fernet token. Never filter or sort by it."""

    def from_db_value(self, value, expression, connection):
        return value if value is None else decrypt(value)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return value if value is None else encrypt(value)

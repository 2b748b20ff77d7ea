"""Public ids: a prefix that names the thing and 20 characters that cannot be guessed or confused (`pay_7Kd…`)."""

import secrets

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"


def new_public_id(prefix: str) -> str:
    """A fresh id; 20 characters of 55 carry 115 bits."""
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(20))}"

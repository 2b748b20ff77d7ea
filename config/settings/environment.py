"""Where settings come from: the process environment first, then the `.env` file beside manage.py."""

import os
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

# An empty HEZHANG_ENV_FILE means "no file": the tests must not depend on what a developer keeps in theirs.
_file = os.environ.get("HEZHANG_ENV_FILE", str(BASE_DIR / ".env"))
if _file and Path(_file).is_file():
    environ.Env.read_env(_file)


def audit_signing_key(secret_key: str) -> str:
    """The Ed25519 private key of the audit's checkpoints, base64 of 32 bytes: AUDIT_SIGNING_KEY, or one made from the secret key."""
    made = b64encode(sha256(b"hezhang audit " + secret_key.encode()).digest()).decode()
    return env("AUDIT_SIGNING_KEY", default=made)


def secrets_keys(secret_key: str) -> list[str]:
    """The Fernet keys of `apps.core.secrets`, newest first: SECRETS_KEYS, or one made from the secret key where it is not set.

    In SECRETS_KEYS the word `secret-key` stands for that one, so that it can be kept as an older key.
    """
    made = urlsafe_b64encode(sha256(b"hezhang secrets " + secret_key.encode()).digest()).decode()
    return [made if key == "secret-key" else key for key in env.list("SECRETS_KEYS", default=["secret-key"])]

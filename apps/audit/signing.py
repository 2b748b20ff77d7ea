"""Ed25519 keys of the checkpoints. The private one never leaves the settings; public ones are base64 of 32 bytes."""

from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings


def _private() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b64decode(settings.AUDIT_SIGNING_KEY))


def public_key() -> str:
    """The key by which checkpoints made now are checked."""
    return b64encode(_private().public_key().public_bytes_raw()).decode()


def trusted_keys() -> frozenset[str]:
    """This installation's own key and those it had before (AUDIT_PUBLIC_KEYS)."""
    return frozenset([public_key(), *settings.AUDIT_PUBLIC_KEYS])


def sign(message: bytes) -> str:
    return b64encode(_private().sign(message)).decode()


def is_signed(message: bytes, signature: str, key: str) -> bool:
    """Whether the owner of the public key signed the message; False for anything malformed, too."""
    try:
        Ed25519PublicKey.from_public_bytes(b64decode(key, validate=True)).verify(b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return b64encode(b64decode(signature)).decode() == signature

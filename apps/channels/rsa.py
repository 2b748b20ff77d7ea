"""RSA signatures as providers of the mainland use them: SHA-256 and PKCS#1 v1.5, in base64. No Django here.

Consoles hand out keys as PEM or as bare base64, and a form may have joined the lines of either: every such shape is read.
"""

import base64
import binascii
import re
import textwrap

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.S)
_BROKEN = (ValueError, TypeError, UnsupportedAlgorithm, binascii.Error)


class KeyUnusable(Exception):
    """What was entered as a key or certificate is none."""


def private_key(text: str) -> RSAPrivateKey:
    """:raises KeyUnusable: no RSA key in PKCS#1 or PKCS#8, or one that is locked with a password."""
    try:
        key = load_der_private_key(_ders(text)[0][1], None)
    except _BROKEN as error:
        raise KeyUnusable from error
    if not isinstance(key, RSAPrivateKey):
        raise KeyUnusable
    return key


def public_key(text: str) -> RSAPublicKey:
    """The key of a public key or of a certificate. :raises KeyUnusable: it is neither."""
    (kind, der), *_ = _ders(text)
    try:
        key = x509.load_der_x509_certificate(der).public_key() if kind == "CERTIFICATE" else load_der_public_key(der)
    except _BROKEN as error:
        raise KeyUnusable from error
    if not isinstance(key, RSAPublicKey):
        raise KeyUnusable
    return key


def certificates(text: str) -> list[x509.Certificate]:
    """Every certificate of a PEM text, in its order. :raises KeyUnusable: there is none, or one cannot be read."""
    try:
        return [x509.load_der_x509_certificate(der) for _kind, der in _ders(text)]
    except _BROKEN as error:
        raise KeyUnusable from error


def signature(key: RSAPrivateKey, message: bytes) -> str:
    """The signature in base64."""
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def is_signed(key: RSAPublicKey, message: bytes, signed: str) -> bool:
    """Whether the signature (base64) is this key's for these bytes."""
    try:
        key.verify(base64.b64decode(signed, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def _ders(text: str) -> list[tuple[str, bytes]]:
    """Kind and bytes of each PEM block; of bare base64 one block without a kind. :raises KeyUnusable: there is none."""
    blocks = _BLOCK.findall(text) or [("", text)]
    try:
        found = [(kind, base64.b64decode("".join(body.split()), validate=True)) for kind, body in blocks]
    except ValueError as error:
        raise KeyUnusable from error
    if not found[0][1]:
        raise KeyUnusable
    return found


def pem(kind: str, der: bytes) -> str:
    """PEM as consoles print it."""
    return f"-----BEGIN {kind}-----\n" + "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64)) + f"\n-----END {kind}-----\n"

"""How UnionPay signs (version 5.1.0): RSA over the hex SHA-256 of the sorted fields, with a certificate that travels along."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import NameOID

from apps.channels import rsa

OWNER = "中国银联"
TEST_OWNER = "00040000:SIGN"  # what the certificates of the test system name instead


def digest(fields: Mapping[str, str]) -> bytes:
    """What the signature covers: lower-case hex."""
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value and name != "signature")
    return hashlib.sha256(text.encode()).hexdigest().encode()


def signed(fields: Mapping[str, str], key: RSAPrivateKey) -> dict[str, str]:
    """The fields that have values, and their signature."""
    return {**{name: value for name, value in fields.items() if value}, "signature": rsa.signature(key, digest(fields))}


def is_genuine(fields: Mapping[str, str], chain: list[x509.Certificate], at: datetime, *, is_live: bool) -> bool:
    """Whether the fields, which arrived at that moment, carry a signature of UnionPay's.

    It is by the certificate in them, which has to come from `chain` and name its owner.
    """
    try:
        (own,) = rsa.certificates(fields.get("signPubKeyCert", ""))
        key = rsa.public_key(fields["signPubKeyCert"])
    except (rsa.KeyUnusable, ValueError):
        return False
    if not _is_owned(own, is_live=is_live) or not _comes_from(own, chain, at):
        return False
    return rsa.is_signed(key, digest(fields), fields.get("signature", ""))


def read(text: str) -> dict[str, str]:
    """An answer's fields: pairs joined by & whose values are as they are; an & within braces or brackets belongs to the value."""
    fields, depth, start = {}, 0, 0
    for at, char in enumerate(text + "&"):
        depth += (char in "{[") - (char in "}]")
        if char == "&" and (depth <= 0 or at == len(text)):
            name, found, value = text[start:at].partition("=")
            if found:
                fields[name] = value
            start, depth = at + 1, 0
    return fields


def _is_owned(certificate: x509.Certificate, *, is_live: bool) -> bool:
    names = [str(entry.value) for entry in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    parts = [part for name in names for part in name.split("@")]
    return any(part.startswith(OWNER) or (not is_live and part == TEST_OWNER) for part in parts)


def _comes_from(certificate: x509.Certificate, chain: list[x509.Certificate], at: datetime) -> bool:
    """From the certificate up to one that signed itself, all within their time and all but the first in `chain`."""
    current = certificate
    for _ in range(len(chain) + 1):
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            return False
        issuer = next((one for one in chain if _issued(one, current)), None)
        if issuer is None:
            return False
        if issuer.subject == issuer.issuer:
            return issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc
        current = issuer
    return False


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True

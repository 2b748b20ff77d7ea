"""Who signed a notice: PayPal's certificate, from PayPal's own hosts alone, and the signature over the notice's bytes.

https://developer.paypal.com/api/rest/webhooks/rest/#link-verify: RSA with SHA-256 over id, time, webhook and the CRC-32 of the raw body.
The certificate is trusted because a host of PayPal's handed it over by TLS; its name and its dates are looked at besides.
"""

import base64
import binascii
import zlib
from datetime import datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from apps.channels.gateways import NoticeForged
from apps.channels.wire import NoAnswer, Wire

DOMAIN = ".paypal.com"
ALGORITHM = "SHA256withRSA"
KEPT = 20  # certificates; PayPal has a few, and nobody else can add any
_known: dict[str, x509.Certificate] = {}


def message_of(headers: dict[str, str], webhook_id: str, body: bytes) -> str:
    """The text that is signed. Header names are in lower case."""
    return f"{headers['paypal-transmission-id']}|{headers['paypal-transmission-time']}|{webhook_id}|{zlib.crc32(body)}"


def verify(headers: dict[str, str], webhook_id: str, body: bytes, *, base_url: str, at: datetime) -> None:
    """:raises NoticeForged: the signature is missing or wrong, or its certificate is not PayPal's, not valid then, or out of reach."""
    if not webhook_id or headers.get("paypal-auth-algo") != ALGORITHM:
        raise NoticeForged
    try:
        certificate = _certificate(headers["paypal-cert-url"], base_url)
        if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
            raise NoticeForged
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise NoticeForged
        signature = base64.b64decode(headers["paypal-transmission-sig"], validate=True)
        key.verify(signature, message_of(headers, webhook_id, body).encode(), padding.PKCS1v15(), hashes.SHA256())
    except (KeyError, ValueError, binascii.Error, InvalidSignature, UnsupportedAlgorithm, NoAnswer) as error:
        raise NoticeForged from error


def is_of_paypal(address: str) -> bool:
    """Whether an address is one of PayPal's, by TLS, without a port or a name of its own."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    return parts.scheme == "https" and host.endswith(DOMAIN) and parts.netloc.lower() == host


def _certificate(address: str, base_url: str) -> x509.Certificate:
    """:raises NoAnswer, ValueError, NoticeForged: see `verify`. `base_url` stands for PayPal's hosts in tests."""
    if not is_of_paypal(address):
        raise NoticeForged
    at = f"{base_url}{urlsplit(address).path}" if base_url else address
    if at not in _known:
        reply = Wire("").ask("GET", at)
        if reply.status != 200:
            raise NoticeForged
        certificate = x509.load_pem_x509_certificates(reply.body)[0]
        names = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        if len(names) != 1 or not names[0].endswith(DOMAIN):
            raise NoticeForged
        if len(_known) >= KEPT:
            _known.clear()
        _known[at] = certificate
    return _known[at]

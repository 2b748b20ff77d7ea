"""How Lakala signs (LKLAPI-SHA256withRSA): requests and answers over five lines, notices over three. No network here."""

import re
import secrets
import time
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from apps.channels import rsa

SCHEME = "LKLAPI-SHA256withRSA"
_FIELD = re.compile(r'(\w+)="([^"]*)"')


def lines(*parts: str, body: bytes) -> bytes:
    """What a signature covers: each part, and then the body as it is, each with a line end."""
    return "".join(f"{part}\n" for part in parts).encode() + body + b"\n"


def authorization(key: RSAPrivateKey, app_id: str, serial_no: str, body: bytes) -> str:
    """The Authorization header of a request, made now."""
    stamp, nonce = str(int(time.time())), secrets.token_hex(6)
    signed = rsa.signature(key, lines(app_id, serial_no, stamp, nonce, body=body))
    return f'{SCHEME} appid="{app_id}",serial_no="{serial_no}",timestamp="{stamp}",nonce_str="{nonce}",signature="{signed}"'


def is_genuine_answer(headers: Mapping[str, str], body: bytes, key: RSAPublicKey) -> bool:
    """Whether Lakala signed this answer."""
    told = [headers.get(f"lklapi-{name}", "") for name in ("appid", "serial", "timestamp", "nonce")]
    return rsa.is_signed(key, lines(*told, body=body), headers.get("lklapi-signature", ""))


def is_genuine_notice(headers: Mapping[str, str], body: bytes, key: RSAPublicKey) -> bool:
    """Whether Lakala signed this notice; its Authorization names neither application nor serial number."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    told = dict(_FIELD.findall(rest))
    message = lines(told.get("timestamp", ""), told.get("nonce_str", ""), body=body)
    return scheme == SCHEME and rsa.is_signed(key, message, told.get("signature", ""))

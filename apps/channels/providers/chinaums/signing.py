"""How ChinaUMS signs: OPEN-BODY-SIG on requests, a digest of the fields with a key at the end on notices. No network here."""

import base64
import hashlib
import hmac
from collections.abc import Mapping


def body_signature(app_id: str, app_key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """OPEN-BODY-SIG: HMAC-SHA256 over the application, the moment, the nonce and the digest of the body, in base64."""
    text = app_id + timestamp + nonce + hashlib.sha256(body).hexdigest()
    return base64.b64encode(hmac.new(app_key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def authorization(app_id: str, app_key: str, timestamp: str, nonce: str, body: bytes) -> str:
    """The Authorization header; the moment is `yyyyMMddHHmmss` in Shanghai."""
    signed = body_signature(app_id, app_key, timestamp, nonce, body)
    return f'OPEN-BODY-SIG AppId="{app_id}",Timestamp="{timestamp}",Nonce="{nonce}",Signature="{signed}"'


def notice_signature(fields: Mapping[str, str], key: str) -> str:
    """In upper case; SHA-256 where `signType` says so, else MD5."""
    text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value and name != "sign") + key
    name = "sha256" if fields.get("signType", "").upper() == "SHA256" else "md5"
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest().upper()


def is_genuine(fields: Mapping[str, str], key: str) -> bool:
    """Whether a notice was signed with our key."""
    return hmac.compare_digest(notice_signature(fields, key).encode(), fields.get("sign", "").upper().encode())

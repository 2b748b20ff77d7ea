"""How PayPay's open payment API is signed (OPA-Auth, HMAC). https://www.paypay.ne.jp/opa/doc/v1.0/dynamicqrcode, API authentication"""

import base64
import hmac
from hashlib import md5, sha256

NO_BODY = "empty"  # stands for the type and for the hash of a body that is none


def body_hash(content_type: str, body: bytes) -> str:
    """The hash of a body and its type; PayPay wants MD5 here, and signs what comes of it."""
    if not body:
        return NO_BODY
    return base64.b64encode(md5(content_type.encode() + body, usedforsecurity=False).digest()).decode()


def authorization(api_key: str, secret: str, *, method: str, path: str, nonce: str, epoch: str, content_type: str, body: bytes) -> str:
    """The header Authorization; `path` is without a query."""
    hashed = body_hash(content_type, body)
    lines = (path, method, nonce, epoch, content_type if body else NO_BODY, hashed)
    signed = base64.b64encode(hmac.new(secret.encode(), "\n".join(lines).encode(), sha256).digest()).decode()
    return f"hmac OPA-Auth:{api_key}:{signed}:{nonce}:{epoch}:{hashed}"

"""How LINE Pay signs: HMAC-SHA256 over secret, path, body (or query) and nonce. https://developers-pay.line.me/online-api-v3"""

import base64
import hmac
from hashlib import sha256


def signature(secret: str, path: str, said: str, nonce: str) -> str:
    """The header X-LINE-Authorization; `said` is the body of a POST or the query of a GET, as sent."""
    return base64.b64encode(hmac.new(secret.encode(), f"{secret}{path}{said}{nonce}".encode(), sha256).digest()).decode()

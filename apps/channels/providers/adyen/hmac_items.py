"""The signature of each item of a notice: HMAC-SHA256 over eight of its fields.

https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures/
"""

import base64
import binascii
import hashlib
import hmac

from apps.channels.gateways import NoticeForged

SIGNED = ("pspReference", "originalReference", "merchantAccountCode", "merchantReference", "value", "currency", "eventCode", "success")


def signature_of(item: dict, key: str) -> str:
    """Of a NotificationRequestItem; `key` is in hexadecimal. Colons and backslashes in the fields stay as they are.

    :raises ValueError: the key is not hexadecimal. :raises AttributeError: it is no item.
    """
    fields = {**item, **(item.get("amount") or {})}
    text = ":".join("" if fields.get(name) is None else str(fields[name]) for name in SIGNED)
    return base64.b64encode(hmac.new(binascii.unhexlify(key), text.encode(), hashlib.sha256).digest()).decode()


def verify(item: dict, key: str) -> None:
    """:raises NoticeForged: the item has no signature, or another one."""
    try:
        said = (item.get("additionalData") or {}).get("hmacSignature")
        is_genuine = bool(key) and isinstance(said, str) and hmac.compare_digest(said.encode(), signature_of(item, key).encode())
    except (ValueError, AttributeError, TypeError) as error:
        raise NoticeForged from error
    if not is_genuine:
        raise NoticeForged

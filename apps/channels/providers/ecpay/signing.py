"""How ECPay signs forms (CheckMacValue) and hides JSON (AES). https://developers.ecpay.com.tw/?p=2902, ?p=9035"""

import base64
import hmac
import json
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote_plus, unquote_plus

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

CHECK = "CheckMacValue"
# What .NET's UrlEncode leaves as it is, and Python does not.
_KEPT = {"%2d": "-", "%5f": "_", "%2e": ".", "%21": "!", "%2a": "*", "%28": "(", "%29": ")"}
_BLOCK = 128  # bits


def check_value(fields: Mapping[str, str], hash_key: str, hash_iv: str) -> str:
    """The CheckMacValue of a form: SHA-256, upper-case hex. Empty values count, CheckMacValue itself does not."""
    pairs = sorted(((name, value) for name, value in fields.items() if name != CHECK), key=lambda pair: pair[0].lower())
    text = "&".join([f"HashKey={hash_key}", *(f"{name}={value}" for name, value in pairs), f"HashIV={hash_iv}"])
    encoded = quote_plus(text).replace("~", "%7e").lower()
    for escape, char in _KEPT.items():
        encoded = encoded.replace(escape, char)
    return sha256(encoded.encode()).hexdigest().upper()


def is_genuine(fields: Mapping[str, str], hash_key: str, hash_iv: str) -> bool:
    """Whether a form carries its own CheckMacValue."""
    return hmac.compare_digest(check_value(fields, hash_key, hash_iv).encode(), fields.get(CHECK, "").upper().encode())


def conceal(data: dict, hash_key: str, hash_iv: str) -> str:
    """JSON, URL-encoded, AES-128-CBC with PKCS#7, base64."""
    padder = PKCS7(_BLOCK).padder()
    text = quote_plus(json.dumps(data, ensure_ascii=False, separators=(",", ":"))).replace("~", "%7E")
    plain = padder.update(text.encode()) + padder.finalize()
    cipher = Cipher(algorithms.AES(hash_key.encode()), modes.CBC(hash_iv.encode())).encryptor()
    return base64.b64encode(cipher.update(plain) + cipher.finalize()).decode()


def reveal(text: str, hash_key: str, hash_iv: str) -> dict:
    """And back. :raises ValueError: other keys made it, or somebody changed it."""
    cipher = Cipher(algorithms.AES(hash_key.encode()), modes.CBC(hash_iv.encode())).decryptor()
    padded = cipher.update(base64.b64decode(text, validate=True)) + cipher.finalize()
    remover = PKCS7(_BLOCK).unpadder()
    data = json.loads(unquote_plus((remover.update(padded) + remover.finalize()).decode()))
    if not isinstance(data, dict):
        raise ValueError("not an object")
    return data

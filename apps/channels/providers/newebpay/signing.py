"""How NewebPay hides and signs: AES-256-CBC in hex (TradeInfo, PostData_), and SHA-256 over it or over a few fields between the keys.

The MPG manual (藍新金流 串接手冊 NDNF), which publishes one example of both.
"""

import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK = 128  # bits


def conceal(text: str, hash_key: str, hash_iv: str) -> str:
    """A text, mostly a URL-encoded query, encrypted."""
    padder = PKCS7(_BLOCK).padder()
    plain = padder.update(text.encode()) + padder.finalize()
    cipher = Cipher(algorithms.AES(hash_key.encode()), modes.CBC(hash_iv.encode())).encryptor()
    return (cipher.update(plain) + cipher.finalize()).hex()


def reveal(text: str, hash_key: str, hash_iv: str) -> str:
    """And back. :raises ValueError: other keys made it, or somebody changed it."""
    cipher = Cipher(algorithms.AES(hash_key.encode()), modes.CBC(hash_iv.encode())).decryptor()
    remover = PKCS7(_BLOCK).unpadder()
    padded = cipher.update(bytes.fromhex(text)) + cipher.finalize()
    return (remover.update(padded) + remover.finalize()).decode()


def trade_sha(trade_info: str, hash_key: str, hash_iv: str) -> str:
    """The signature of a TradeInfo."""
    return _sha(f"HashKey={hash_key}&{trade_info}&HashIV={hash_iv}")


def check_value(merchant_id: str, number: str, amount: int, hash_key: str, hash_iv: str) -> str:
    """The signature of a question."""
    return _sha(f"IV={hash_iv}&Amt={amount}&MerchantID={merchant_id}&MerchantOrderNo={number}&Key={hash_key}")


def check_code(merchant_id: str, number: str, amount: object, trade_no: str, hash_key: str, hash_iv: str) -> str:
    """The signature of an answer; the keys stand the other way round than in a question."""
    fields = f"Amt={amount}&MerchantID={merchant_id}&MerchantOrderNo={number}&TradeNo={trade_no}"
    return _sha(f"HashIV={hash_iv}&{fields}&HashKey={hash_key}")


def same(one: str, other: str) -> bool:
    """Compares signatures in constant time."""
    return hmac.compare_digest(one.upper().encode(), other.upper().encode())


def _sha(text: str) -> str:
    return sha256(text.encode()).hexdigest().upper()

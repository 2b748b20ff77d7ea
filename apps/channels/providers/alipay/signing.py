"""How Alipay's gateway signs: requests, answers by the very text that came, notices by their fields. RSA2 is SHA-256 with PKCS#1 v1.5.

Alipay's documents: 自行实现签名, 自行实现验签, 异步返回结果的验签.
"""

import json
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from apps.channels import rsa


def joined(fields: Mapping[str, str], *, without: tuple[str, ...]) -> bytes:
    """Names and values in the order of names, values as they are; empty ones are left out."""
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value and name not in without).encode()


def signed(fields: Mapping[str, str], key: RSAPrivateKey) -> dict[str, str]:
    """The request with its signature, which covers `sign_type` too."""
    return {**fields, "sign": rsa.signature(key, joined(fields, without=("sign",)))}


def is_genuine_notice(fields: Mapping[str, str], key: RSAPublicKey) -> bool:
    """Whether a form is Alipay's; here neither `sign` nor `sign_type` is covered."""
    return rsa.is_signed(key, joined(fields, without=("sign", "sign_type")), fields.get("sign", ""))


def answer_of(text: str, name: str) -> tuple[dict, str, str]:
    """The object of an answer, the very text it stood in, and the signature, which is empty where there is none.

    Written again, the text would not be the one that was signed: Alipay escapes slashes, and JSON has many ways to write the same.
    :raises ValueError: it is no answer of Alipay's.
    """
    whole = json.loads(text)
    if not isinstance(whole, dict):
        raise ValueError("no object")
    key = next((one for one in (name, "error_response") if isinstance(whole.get(one), dict)), None)
    if key is None:
        raise ValueError("no answer")
    start = text.index(":", text.index(f'"{key}"') + len(key) + 2) + 1
    start += len(text[start:]) - len(text[start:].lstrip())
    said, end = json.JSONDecoder().raw_decode(text, start)
    return said, text[start:end], str(whole.get("sign") or "")

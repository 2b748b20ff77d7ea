"""How WeChat Pay's API v3 is signed and what is secret in its notices. No network here.

WeChat Pay's documents: 签名生成, 签名验证, 证书和回调报文解密.
"""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.channels import rsa

SCHEME = "WECHATPAY2-SHA256-RSA2048"
TOLERANCE = 300  # seconds
PROBE = "WECHATPAY/SIGNTEST/"  # WeChat Pay sends wrong signatures on purpose, to see whether anybody looks
KEY_BYTES = 32


def request_message(method: str, target: str, stamp: str, nonce: str, body: str) -> bytes:
    """What a request's signature covers; `target` is the path with its query, exactly as sent."""
    return f"{method}\n{target}\n{stamp}\n{nonce}\n{body}\n".encode()


def authorization(key: RSAPrivateKey, mchid: str, serial_no: str, method: str, target: str, body: str) -> str:
    """The Authorization header of one request, made now."""
    stamp, nonce = str(int(time.time())), secrets.token_hex(16)
    signed = rsa.signature(key, request_message(method, target, stamp, nonce, body))
    return f'{SCHEME} mchid="{mchid}",nonce_str="{nonce}",signature="{signed}",timestamp="{stamp}",serial_no="{serial_no}"'


def bridge_fields(key: RSAPrivateKey, appid: str, prepay_id: str) -> dict[str, str]:
    """What the page inside WeChat hands to its bridge (WeixinJSBridge, chooseWXPay)."""
    stamp, nonce, package = str(int(time.time())), secrets.token_hex(16), f"prepay_id={prepay_id}"
    signed = rsa.signature(key, f"{appid}\n{stamp}\n{nonce}\n{package}\n".encode())
    return {"appId": appid, "timeStamp": stamp, "nonceStr": nonce, "package": package, "signType": "RSA", "paySign": signed}


def is_genuine(headers: Mapping[str, str], body: bytes, keys: Mapping[str, RSAPublicKey], at: datetime) -> bool:
    """Whether the bytes carry a signature of one of `keys` (by the serial in the header), made within five minutes of that moment."""
    stamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
    signed, key = headers.get("wechatpay-signature", ""), keys.get(headers.get("wechatpay-serial", ""))
    if (
        key is None
        or not (stamp.isascii() and stamp.isdecimal())
        or abs(at.timestamp() - int(stamp)) > TOLERANCE
        or signed.startswith(PROBE)
    ):
        return False
    return rsa.is_signed(key, f"{stamp}\n{nonce}\n".encode() + body + b"\n", signed)


def opened(resource: Mapping, api_v3_key: str) -> bytes:
    """What a notice or a certificate's envelope holds. :raises ValueError: other keys closed it, or somebody changed it."""
    if resource.get("algorithm") != "AEAD_AES_256_GCM":
        raise ValueError("another algorithm")
    try:
        sealed = base64.b64decode(resource["ciphertext"], validate=True)
        aad = str(resource.get("associated_data") or "").encode()
        return AESGCM(api_v3_key.encode()).decrypt(resource["nonce"].encode(), sealed, aad)
    except (InvalidTag, KeyError, AttributeError, TypeError) as error:
        raise ValueError("not opened by this key") from error


def opened_json(resource: Mapping, api_v3_key: str) -> dict:
    """:raises ValueError: as `opened`, or it holds no JSON object."""
    data = json.loads(opened(resource, api_v3_key))
    if not isinstance(data, dict):
        raise ValueError("no object")
    return data

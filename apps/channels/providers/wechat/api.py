"""One conversation with WeChat Pay's API v3: signed both ways, and never raising for what the network or WeChat Pay did.

The answers' key is WeChat Pay's public key where the shop entered it (its id begins with PUB_KEY_ID_), else one of the platform's
certificates, which are fetched, opened with the APIv3 key and kept for half a day; an unknown serial number has them fetched again.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apps.channels import rsa
from apps.channels.gateways import Account
from apps.channels.providers.wechat import signing
from apps.channels.providers.wechat.codes import known_spelling
from apps.channels.wire import AnswerUnreadable, NoAnswer, Reply, Wire

LIVE = "https://api.mch.weixin.qq.com"  # there is no test system of API v3
HOSTS = ("api.mch.weixin.qq.com", "api2.mch.weixin.qq.com")
CERTIFICATES = "/v3/certificates"
KEPT_FOR = timedelta(hours=12)
_kept: dict[str, tuple[datetime, dict[str, RSAPublicKey]]] = {}  # by account: when they were fetched, and the keys by serial number
_keeping = threading.Lock()


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: `code` is empty when WeChat Pay did what was asked, else its code, or one of `own_codes`."""

    code: str = ""
    status: int = 0
    data: dict = field(default_factory=dict)
    message: str = ""


class WechatApi:
    """`credentials` as `provider.CREDENTIALS` name them. :raises KeyUnusable: one of the keys is none."""

    def __init__(self, account: Account):
        told = account.credentials
        self.mchid, self.appid, self.serial_no = told["mchid"].strip(), told["appid"].strip(), told["serial_no"].strip().upper()
        self.api_v3_key = told["api_v3_key"].strip()
        self.key_text, self.public_key_id = told["private_key"], told.get("public_key_id", "").strip()
        self.public_key_text = told.get("public_key", "")
        self.wire = Wire(account.base_url or LIVE, secrets=(self.api_v3_key, self.key_text))

    def ask(self, path: str, query: Mapping[str, str] | None = None) -> Said:
        """A question, perhaps sent several times."""
        return self._said(lambda: self._send(self.wire.ask, "GET", path, query), is_bare=False)

    def act(self, path: str, body: dict) -> Said:
        """Whatever changes something, sent once."""
        return self._said(lambda: self._send(self.wire.act, "POST", path, None, body), is_bare=False)

    def download(self, url: str) -> bytes | Said:
        """The bytes behind a bill's address, which are not signed; its hash proves them."""
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self.wire.base_url and parts.hostname not in HOSTS:
            return Said("unreadable", message="a bill at a strange address")
        held: list[bytes] = []

        def get() -> Reply:
            reply = self._send(self.wire.ask, "GET", f"{parts.path}?{parts.query}", None)
            held.append(reply.body)
            return Reply(reply.status, reply.headers, b"{}") if reply.status == 200 else reply

        said = self._said(get, is_bare=True)
        return said if said.code else held[-1]

    def signer(self):
        """The merchant's private key. :raises KeyUnusable: it is none."""
        return rsa.private_key(self.key_text)

    def is_genuine(self, headers: Mapping[str, str], body: bytes, at: datetime) -> bool:
        """Whether WeChat Pay signed these bytes, which arrived at that moment.

        :raises NoAnswer: its certificates could not be fetched. :raises KeyUnusable: what was entered as a key is none.
        """
        serial = headers.get("wechatpay-serial", "")
        if serial.startswith("PUB_KEY_ID_"):
            keys = {self.public_key_id: rsa.public_key(self.public_key_text)} if serial == self.public_key_id else {}
        else:
            keys = self._platform_keys(serial)
        return signing.is_genuine(headers, body, keys, at)

    def _send(self, speak, method: str, path: str, query: Mapping[str, str] | None, body: dict | None = None) -> Reply:
        target = f"{path}?{urlencode(query)}" if query else path
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")) if body is not None else ""
        headers = {
            "Authorization": signing.authorization(self.signer(), self.mchid, self.serial_no, method, target, text),
            "Accept": "application/json",
            "User-Agent": "Hezhang",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self.public_key_id:
            headers["Wechatpay-Serial"] = self.public_key_id
        return speak(method, target, content=text.encode(), headers=headers)

    def _said(self, speak, *, is_bare: bool) -> Said:
        try:
            reply = speak()
            # An error need not be signed; where it is, it must be so rightly. What went well must be.
            if (
                not is_bare
                and (reply.status < 300 or "wechatpay-signature" in reply.headers)
                and not self.is_genuine(reply.headers, reply.body, datetime.now(UTC))
            ):
                return _unproved(reply)
            data = reply.json() if reply.body.strip() else {}
        except NoAnswer as error:
            return Said(error.code, message=str(error))
        except AnswerUnreadable:
            return Said(f"http_{reply.status}" if reply.status != 200 else "unreadable", reply.status)
        except rsa.KeyUnusable:
            return Said("key_unusable")
        if reply.status < 300:
            return Said("", reply.status, data)
        code = known_spelling(str(data.get("code") or f"http_{reply.status}"))
        return Said(code, reply.status, data, str(data.get("message") or "")[:300])

    def _platform_keys(self, serial: str) -> dict[str, RSAPublicKey]:
        """The platform's keys by serial number, fetched when there are none, they are old, or this one is not among them."""
        name = sha256("\n".join((self.wire.base_url, self.mchid, self.api_v3_key)).encode()).hexdigest()
        with _keeping:
            at, keys = _kept.get(name, (datetime.min.replace(tzinfo=UTC), {}))
        now = datetime.now(UTC)
        if serial in keys and now - at < KEPT_FOR:
            return keys
        if now - at < timedelta(minutes=1):  # strangers may name any serial number: that must not make us ask each time
            return keys
        fresh = self._fetched_keys()
        with _keeping:
            _kept[name] = (now, fresh or keys)
        return fresh or keys

    def _fetched_keys(self) -> dict[str, RSAPublicKey]:
        """:raises NoAnswer: nobody there. Certificates that the APIv3 key does not open are none."""
        reply = self._send(self.wire.ask, "GET", CERTIFICATES, None)
        now, keys = datetime.now(UTC), {}
        try:
            for entry in reply.json().get("data") or []:
                (certificate,) = rsa.certificates(signing.opened(entry["encrypt_certificate"], self.api_v3_key).decode())
                if certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                    keys[str(entry["serial_no"])] = certificate.public_key()
        except (AnswerUnreadable, ValueError, KeyError, TypeError, rsa.KeyUnusable):
            return {}
        # Only who signed with one of the keys in the sealed envelope sent this list.
        return keys if signing.is_genuine(reply.headers, reply.body, keys, now) else {}


def _unproved(reply: Reply) -> Said:
    """A page of somebody's proxy carries no signature at all: that is nobody's answer, not a forged one."""
    if "wechatpay-signature" in reply.headers:
        return Said("bad_signature", reply.status)
    return Said("unreadable" if reply.status == 200 else f"http_{reply.status}", reply.status)

"""One conversation with Alipay's gateway: signed both ways, and never raising for what the network or Alipay did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from apps.channels import rsa
from apps.channels.gateways import Account
from apps.channels.providers.alipay import signing
from apps.channels.providers.alipay.codes import DONE, known_spelling
from apps.channels.wire import NoAnswer, Reply, Wire

LIVE = "https://openapi.alipay.com"
SANDBOX = "https://openapi-sandbox.dl.alipaydev.com"
PATH = "/gateway.do"
SHANGHAI = ZoneInfo("Asia/Shanghai")
FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8", "User-Agent": "Hezhang"}
UNSIGNED = ("2", "40001", "40002", "40006")  # refusals of the gateway itself: who cannot be told apart gets no signature


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: `code` is empty when Alipay did what was asked, else its sub_code or code, or one of `own_codes`."""

    code: str = ""
    data: dict = field(default_factory=dict)
    message: str = ""
    is_proved: bool = False


class AlipayApi:
    """`credentials` as `provider.CREDENTIALS` name them."""

    def __init__(self, account: Account):
        told = account.credentials
        self.app_id, self.seller_id = told["app_id"].strip(), told.get("seller_id", "").strip()
        self.key_text, self.alipay_key_text = told["private_key"], told["alipay_public_key"]
        self.wire = Wire(account.base_url or (LIVE if account.is_live else SANDBOX), secrets=(self.key_text,))

    def ask(self, method: str, asked: Mapping) -> Said:
        """A question, perhaps sent several times."""
        return self._said(self.wire.ask, method, asked, {})

    def act(self, method: str, asked: Mapping, **more: str) -> Said:
        """Whatever changes something, sent once."""
        return self._said(self.wire.act, method, asked, more)

    def form(self, method: str, asked: Mapping, **more: str) -> tuple[str, dict[str, str]]:
        """Address and signed fields of a form that the payer's browser posts. :raises KeyUnusable: our key is none."""
        return f"{self.wire.base_url}{PATH}?charset=utf-8", self._request(method, asked, more)

    def download(self, url: str) -> bytes | Said:
        """The bytes behind a statement's address."""
        parts = urlsplit(url)
        is_alipay = parts.hostname is not None and f".{parts.hostname}".endswith(".alipay.com")
        if not is_alipay and f"{parts.scheme}://{parts.netloc}" != self.wire.base_url:
            return Said("unreadable", message="a statement at a strange address")
        try:
            reply = self.wire.ask("GET", url)
        except NoAnswer as error:
            return Said(error.code, message=str(error))
        return reply.body if reply.status == 200 else Said(f"http_{reply.status}")

    def is_genuine(self, fields: Mapping[str, str]) -> bool:
        """Whether a notice is Alipay's. :raises KeyUnusable: what was entered as its key is none."""
        return signing.is_genuine_notice(fields, rsa.public_key(self.alipay_key_text))

    def _request(self, method: str, asked: Mapping, more: Mapping[str, str]) -> dict[str, str]:
        fields = {
            "app_id": self.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
            "biz_content": json.dumps(asked, ensure_ascii=False, separators=(",", ":")),
            **{name: value for name, value in more.items() if value},
        }
        return signing.signed(fields, rsa.private_key(self.key_text))

    def _said(self, speak, method: str, asked: Mapping, more: Mapping[str, str]) -> Said:
        try:
            sent = urlencode(self._request(method, asked, more)).encode()
            reply: Reply = speak("POST", PATH, content=sent, headers=FORM)
            if reply.status != 200:
                return Said(f"http_{reply.status}")
            said, text, signature = signing.answer_of(reply.text, f"{method.replace('.', '_')}_response")
            is_proved = bool(signature) and rsa.is_signed(rsa.public_key(self.alipay_key_text), text.encode(), signature)
        except NoAnswer as error:
            return Said(error.code, message=str(error))
        except rsa.KeyUnusable:
            return Said("key_unusable")
        except ValueError:
            return Said("unreadable")
        code = str(said.get("code") or "")
        if not is_proved and (signature or not code.startswith(UNSIGNED)):
            return Said("bad_signature")
        words = str(said.get("sub_msg") or said.get("msg") or "")[:300]
        return Said("" if code == DONE else known_spelling(str(said.get("sub_code") or code)), said, words, is_proved)

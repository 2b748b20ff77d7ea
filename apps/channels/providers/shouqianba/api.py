"""One conversation with Shouqianba: signed with the terminal's key, which lives for one day, and never raising for what happened.

Each calendar day of Shanghai begins with a check-in that hands out the key of the day. It is kept before it is used, and while somebody
fetches it nobody else does. Answers carry no signature; the encrypted line is what proves them.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from apps.channels.gateways import Account
from apps.channels.wire import AnswerUnreadable, NoAnswer, Wire

LIVE = "https://api.shouqianba.com"
SHANGHAI = ZoneInfo("Asia/Shanghai")
CHECK_IN = "/terminal/checkin"
KEY, KEY_DAY = "terminal_key", "terminal_key_day"  # the second is ours: the day on which the key was handed out


@dataclass(frozen=True, slots=True)
class Said:
    """An answer. `code` is empty when the business went well, else its error code, or one of `own_codes`; `word` says how it went."""

    code: str = ""
    word: str = ""
    data: dict = field(default_factory=dict)
    message: str = ""


def signature(body: bytes, key: str) -> str:
    """MD5 of the body with the key behind it, lower-case hex."""
    return hashlib.md5(body + key.encode(), usedforsecurity=False).hexdigest()


class ShouqianbaApi:
    """`credentials` as `provider.CREDENTIALS` name them."""

    def __init__(self, account: Account):
        told = account.credentials
        self.sn, self.device_id = told["terminal_sn"].strip(), told["device_id"].strip()
        self.key, self.key_day, self.vault = told[KEY].strip(), told.get(KEY_DAY, ""), account.vault
        self.base_url = account.base_url or LIVE
        self.wire = Wire(self.base_url, secrets=(self.key,))

    def ask(self, path: str, asked: dict) -> Said:
        """A question, perhaps sent several times."""
        return self._call(lambda: self._said(self.wire.ask, path, asked))

    def act(self, path: str, asked: dict) -> Said:
        """Whatever moves money, sent once."""
        return self._call(lambda: self._said(self.wire.act, path, asked))

    def _call(self, speak) -> Said:
        trouble = self._check_in()
        return trouble or speak()

    def _check_in(self) -> Said | None:
        """Has the key of today; else why not. Without anybody who keeps keys, the one that was entered is used."""
        today = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m-%d}"
        if self.vault is None or self.key_day == today:
            return None
        known = self.vault.claim()
        if known is None:
            return Said("renewing")
        self._use(known[KEY].strip(), known.get(KEY_DAY, ""))
        if self.key_day == today:  # somebody else was faster
            self.vault.store({})
            return None
        said = self._said(self.wire.act, CHECK_IN, {"device_id": self.device_id}, is_bare=True)
        fresh = str(said.data.get("terminal_key") or "")
        if said.code or not fresh:
            self.vault.store({})
            return Said(said.code or "unreadable", message=said.message)
        self.vault.store({KEY: fresh, KEY_DAY: today})
        self._use(fresh, today)
        return None

    def _use(self, key: str, day: str) -> None:
        if key != self.key:
            self.wire = Wire(self.base_url, secrets=(self.key, key))
        self.key, self.key_day = key, day

    def _said(self, speak, path: str, asked: dict, *, is_bare: bool = False) -> Said:
        body = json.dumps({"terminal_sn": self.sn, **asked}, ensure_ascii=False).encode()
        headers = {"Authorization": f"{self.sn} {signature(body, self.key)}", "Content-Type": "application/json"}
        try:
            reply = speak("POST", path, content=body, headers=headers)
            said = reply.json()
        except NoAnswer as error:
            return Said(error.code, message=str(error))
        except AnswerUnreadable:
            return Said(f"http_{reply.status}" if reply.status != 200 else "unreadable")
        if str(said.get("result_code")) != "200":
            code = str(said.get("error_code") or f"http_{said.get('result_code')}")
            return Said(code, message=str(said.get("error_message") or "")[:300])
        business = said.get("biz_response")
        if not isinstance(business, dict):
            return Said("unreadable")
        if is_bare:
            return Said(data=business)
        data = business.get("data") if isinstance(business.get("data"), dict) else {}
        words = str(business.get("error_message") or "")[:300]
        return Said(str(business.get("error_code") or ""), str(business.get("result_code") or ""), data, words)

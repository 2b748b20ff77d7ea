"""One conversation with UnionPay: signed both ways, and never raising for what the network or UnionPay did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from apps.channels import rsa
from apps.channels.gateways import Account
from apps.channels.providers.unionpay import signing
from apps.channels.wire import NoAnswer, Wire

LIVE = "https://gateway.95516.com"
SANDBOX = "https://gateway.test.95516.com"
FRONT, BACK, QUERY = "/gateway/api/frontTransReq.do", "/gateway/api/backTransReq.do", "/gateway/api/queryTrans.do"
SHANGHAI = ZoneInfo("Asia/Shanghai")
FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8", "User-Agent": "Hezhang"}


@dataclass(frozen=True, slots=True)
class Said:
    """An answer that proved itself has its fields; else `code` says why there is none (see `own_codes`)."""

    code: str = ""
    data: dict[str, str] = field(default_factory=dict)


def moment_text(moment: datetime) -> str:
    """A deal's time as UnionPay writes it."""
    return f"{moment.astimezone(SHANGHAI):%Y%m%d%H%M%S}"


class UnionpayApi:
    """`credentials` as `provider.CREDENTIALS` name them."""

    def __init__(self, account: Account):
        told = account.credentials
        self.mer_id, self.is_live = told["mer_id"].strip(), account.is_live
        self.key_text, self.certificate_text = told["private_key"], told["certificate"]
        self.chain_text = told["root_certificate"] + "\n" + told["middle_certificate"]
        self.wire = Wire(account.base_url or (LIVE if account.is_live else SANDBOX), secrets=(self.key_text,))

    def ask(self, fields: Mapping[str, str]) -> Said:
        """A question, perhaps sent several times."""
        return self._said(self.wire.ask, QUERY, fields)

    def act(self, fields: Mapping[str, str]) -> Said:
        """Whatever moves money, sent once."""
        return self._said(self.wire.act, BACK, fields)

    def form(self, fields: Mapping[str, str]) -> tuple[str, dict[str, str]]:
        """Address and signed fields of a form that the payer's browser posts. :raises KeyUnusable: see there."""
        return f"{self.wire.base_url}{FRONT}", self._signed(fields)

    def notice(self, body: bytes, at: datetime) -> dict[str, str] | None:
        """The fields of a notice that arrived then; None when it is not UnionPay's. :raises KeyUnusable: no chain to prove it by."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        except ValueError:
            return None
        return fields if self._is_genuine(fields, at) else None

    def _signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        (certificate, *_) = rsa.certificates(self.certificate_text)
        usual = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "certId": str(certificate.serial_number),
            "bizType": "000201",
            "channelType": "07",
            "accessType": "0",
            "merId": self.mer_id,
        }
        return signing.signed({**usual, **fields}, rsa.private_key(self.key_text))

    def _is_genuine(self, fields: Mapping[str, str], at: datetime) -> bool:
        return signing.is_genuine(fields, rsa.certificates(self.chain_text), at, is_live=self.is_live)

    def _said(self, speak, path: str, fields: Mapping[str, str]) -> Said:
        try:
            reply = speak("POST", path, content=urlencode(self._signed(fields)).encode(), headers=FORM)
            if reply.status != 200:
                return Said(f"http_{reply.status}")
            said = signing.read(reply.body.decode())
            if "signature" not in said:
                return Said("unreadable")
            return Said("", said) if self._is_genuine(said, datetime.now(UTC)) else Said("bad_signature")
        except NoAnswer as error:
            return Said(error.code)
        except rsa.KeyUnusable:
            return Said("key_unusable")
        except ValueError:
            return Said("unreadable")

"""ECPay 綠界 as the registry knows it."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.fetching import StatementHours
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation, Rest
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.ecpay import statement
from apps.channels.providers.ecpay.checkout import CHOICES
from apps.channels.providers.ecpay.codes import CARDS, RETURN_CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.ecpay.client import EcpayGateway  # noqa: PLC0415

    return EcpayGateway(account)


GATEWAY = GatewayKind(
    make=_gateway,
    operations=REFUNDING | {Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT, Operation.FETCH_STATEMENT, Operation.TEST_CONNECTION},
    pays_by=tuple(CHOICES),
    codes={**OWN_CODES, **RETURN_CODES},
    # ECPay names no hour for 對帳媒體檔; at three nothing of the day before is on its way any more.
    statement_hours=StatementHours("Asia/Taipei", time(3, 0)),
    # ECPay closes its card books then, and asks that DoAction be left alone meanwhile: https://developers.ecpay.com.tw/?p=2885
    rest=Rest("Asia/Taipei", time(20, 15), time(20, 30)),
    credentials=(
        CredentialField("merchant_id", _("Merchant ID"), _("ECPay console, system settings; seven digits."), is_secret=False),
        CredentialField("hash_key", "HashKey", _("ECPay console, system settings, system integration.")),
        CredentialField("hash_iv", "HashIV", _("ECPay console, system settings, system integration.")),
    ),
)
PROVIDER = Provider(
    code="ecpay",
    name="ECPay 綠界",
    countries=("TW",),
    default_timezone="Asia/Taipei",
    capabilities=Capabilities(
        methods=(
            Method.CREDIT_CARD,
            Method.INSTALLMENT,
            Method.APPLE_PAY,
            Method.UNIONPAY,
            Method.ATM,
            Method.CVS_CODE,
            Method.CVS_BARCODE,
            Method.WECHAT_PAY,
            Method.JKOPAY,
            Method.TWQR,
            Method.BNPL,
        ),
        statements=(statement.WANTED,),
        partial_refund=True,
        refunds_by_api=True,
        methods_without_refund=tuple(method for method in Method if method not in CARDS),
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

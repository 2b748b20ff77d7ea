"""Alipay 支付宝 as the registry knows it."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.fetching import StatementHours
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.providers.alipay import statement
from apps.channels.providers.alipay.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.alipay.client import AlipayGateway  # noqa: PLC0415

    return AlipayGateway(account)


CREDENTIALS = (
    CredentialField("app_id", _("App ID"), _("Alipay open platform, console, your application; sixteen digits."), is_secret=False),
    CredentialField(
        "private_key",
        _("Private key of the application"),
        _("Made with Alipay's key tool for RSA2; the console knows only its public half."),
        is_pem=True,
    ),
    CredentialField(
        "alipay_public_key",
        _("Alipay's public key"),
        _("Console, your application, signing method of the interface, public key mode. It is not the application's own public key."),
        is_secret=False,
        is_pem=True,
    ),
    CredentialField(
        "seller_id",
        _("Seller ID (PID)"),
        _("Alipay merchant center; sixteen digits that begin with 2088."),
        is_secret=False,
        is_needed=False,
    ),
)
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=CREDENTIALS,
    operations=REFUNDING
    | {
        Operation.CREATE_PAYMENT,
        Operation.QUERY_PAYMENT,
        Operation.CANCEL_PAYMENT,
        Operation.FETCH_STATEMENT,
        Operation.TEST_CONNECTION,
    },
    pays_by=(Method.ALIPAY,),
    codes=CODES,
    statement_hours=StatementHours("Asia/Shanghai", time(9)),
    payment_minutes=120,  # how long a code can be scanned
    sends_notices=True,
    repeats_safely=True,
)
PROVIDER = Provider(
    code="alipay",
    name="Alipay 支付宝",
    countries=("CN",),
    default_timezone="Asia/Shanghai",
    capabilities=Capabilities(
        methods=(Method.ALIPAY, Method.BNPL),
        statements=(statement.WANTED,),
        partial_refund=True,
        refund_days=365,
        refunds_by_api=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

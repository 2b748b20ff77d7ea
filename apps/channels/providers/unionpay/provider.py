"""UnionPay 银联 as the registry knows it."""

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.providers.unionpay import statement
from apps.channels.providers.unionpay.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.unionpay.client import UnionpayGateway  # noqa: PLC0415

    return UnionpayGateway(account)


CREDENTIALS = (
    CredentialField("mer_id", _("Merchant number (merId)"), _("UnionPay merchant service, fifteen digits."), is_secret=False),
    CredentialField(
        "private_key",
        _("Merchant private key"),
        _("From the signing certificate (.pfx) of UnionPay's CFCA download: openssl pkcs12 -nocerts -nodes."),
        is_pem=True,
    ),
    CredentialField(
        "certificate",
        _("Signing certificate"),
        _("From the same file: openssl pkcs12 -clcerts -nokeys. Its serial number goes along with each request."),
        is_secret=False,
        is_pem=True,
    ),
    CredentialField("middle_certificate", _("Middle certificate"), _("acp_prod_middle.cer of UnionPay."), is_secret=False, is_pem=True),
    CredentialField("root_certificate", _("Root certificate"), _("acp_prod_root.cer of UnionPay."), is_secret=False, is_pem=True),
)
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=CREDENTIALS,
    operations=REFUNDING | {Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT, Operation.TEST_CONNECTION},
    pays_by=(Method.UNIONPAY, Method.CREDIT_CARD),
    codes=CODES,
)
PROVIDER = Provider(
    code="unionpay",
    name="UnionPay 银联",
    countries=("CN",),
    default_timezone="Asia/Shanghai",
    capabilities=Capabilities(
        methods=(Method.UNIONPAY, Method.CREDIT_CARD, Method.INSTALLMENT),
        statements=(statement.WANTED,),
        partial_refund=True,
        refund_days=330,
        disputes=True,
        refunds_by_api=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

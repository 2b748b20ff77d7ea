"""PayPay as the registry knows it."""

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import METHODS_WITHOUT_REFUND, Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.paypay import statement
from apps.channels.providers.paypay.codes import RETURN_CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.paypay.client import PayPayGateway  # noqa: PLC0415

    return PayPayGateway(account)


GATEWAY = GatewayKind(
    make=_gateway,
    operations=REFUNDING
    | {
        Operation.CREATE_PAYMENT,
        Operation.QUERY_PAYMENT,
        Operation.CAPTURE_PAYMENT,
        Operation.CANCEL_PAYMENT,
        Operation.TEST_CONNECTION,
    },
    pays_by=(Method.PAYPAY,),
    codes={**OWN_CODES, **RETURN_CODES},
    credentials=(
        CredentialField("merchant_id", _("Merchant ID"), _("PayPay for Developers, dashboard; 18 digits."), is_secret=False),
        CredentialField("api_key", _("API key"), _("PayPay for Developers, dashboard, API keys.")),
        CredentialField("api_secret", _("API key secret"), _("PayPay for Developers, dashboard, API keys; shown once.")),
    ),
)
PROVIDER = Provider(
    code="paypay",
    name="PayPay",
    countries=("JP",),
    default_timezone="Asia/Tokyo",
    capabilities=Capabilities(
        methods=(Method.PAYPAY,),
        statements=(statement.WANTED,),
        partial_refund=True,
        refunds_by_api=True,
        methods_without_refund=METHODS_WITHOUT_REFUND,
        states_fees=False,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

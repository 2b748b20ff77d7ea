"""Adyen as the registry knows it."""

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.providers.adyen import statement
from apps.channels.providers.adyen.codes import is_link
from apps.channels.providers.adyen.refusals import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.adyen.client import AdyenGateway  # noqa: PLC0415

    return AdyenGateway(account)


# Reports are named by batch and announced by notice, so none can be fetched by its day; and a notice of an authorisation does not say
# whether the shop captures later, so everything is captured at once.
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField(
            "merchant_account", _("Merchant account"), _("Adyen Customer Area, at the top; ends in ECOM mostly."), is_secret=False
        ),
        CredentialField("api_key", _("API key"), _("Adyen Customer Area, Developers, API credentials, your ws_ user.")),
        CredentialField(
            "hmac_key", _("HMAC key"), _("Adyen Customer Area, Developers, Webhooks, your standard webhook; 64 digits and letters.")
        ),
        CredentialField(
            "live_prefix",
            _("Live prefix"),
            _("Of a live account only: Adyen Customer Area, Developers, API URLs."),
            is_secret=False,
            is_needed=False,
        ),
    ),
    operations=REFUNDING | {Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT, Operation.CANCEL_PAYMENT, Operation.TEST_CONNECTION},
    pays_by=(Method.CREDIT_CARD, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.SEPA_DEBIT, Method.ALIPAY),
    codes=CODES,
    payment_minutes=60,
    sends_notices=True,
    repeats_safely=True,
    names_opening=is_link,
)

PROVIDER = Provider(
    code="adyen",
    name="Adyen",
    countries=("NL", "DE", "FR", "GB", "US", "JP", "SG", "HK", "MY", "AU", "IN"),
    default_timezone="Europe/Amsterdam",
    capabilities=Capabilities(
        methods=(
            Method.CREDIT_CARD,
            Method.APPLE_PAY,
            Method.GOOGLE_PAY,
            Method.SEPA_DEBIT,
            Method.BANK_TRANSFER,
            Method.BNPL,
            Method.ALIPAY,
            Method.WECHAT_PAY,
            Method.UNIONPAY,
            Method.PAYPAL,
            Method.LINE_PAY,
            Method.PAYPAY,
            Method.UPI,
            Method.CVS_CODE,
        ),
        statements=(statement.WANTED,),
        partial_refund=True,
        refunds_by_api=True,
        disputes=True,
        names_payouts=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

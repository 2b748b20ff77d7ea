"""PayPal as the registry knows it."""

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.providers.paypal import statement
from apps.channels.providers.paypal.issues import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.paypal.client import PaypalGateway  # noqa: PLC0415

    return PaypalGateway(account)


APP = _("PayPal Developer Dashboard, Apps & Credentials, your app.")
# Statements come by SFTP alone, and those are uploaded: there is no FETCH_STATEMENT.
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("client_id", _("Client ID"), APP, is_secret=False),
        CredentialField("client_secret", _("Secret"), APP),
        CredentialField(
            "webhook_id",
            _("Webhook ID"),
            _("Same page, Webhooks, beside the address of notices; without it no notice can be proved."),
            is_secret=False,
            is_needed=False,
        ),
    ),
    operations=REFUNDING
    | {
        Operation.CREATE_PAYMENT,
        Operation.QUERY_PAYMENT,
        Operation.FINISH_PAYMENT,
        Operation.CAPTURE_PAYMENT,
        Operation.CANCEL_PAYMENT,
        Operation.TEST_CONNECTION,
    },
    pays_by=(Method.PAYPAL,),
    codes=CODES,
    payment_minutes=180,
    sends_notices=True,
    proven_by=("paypal-transmission-id", "paypal-transmission-time", "paypal-transmission-sig", "paypal-cert-url", "paypal-auth-algo"),
    repeats_safely=True,
    takes_part=True,
    cancels_unpaid=False,
)

PROVIDER = Provider(
    code="paypal",
    name="PayPal",
    countries=("US", "TW", "JP", "SG", "HK", "MY", "TH", "AU", "GB", "DE", "FR", "NL", "IN"),
    default_timezone="America/Los_Angeles",
    capabilities=Capabilities(
        methods=(Method.PAYPAL, Method.CREDIT_CARD, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.BNPL),
        statements=(statement.WANTED, "Transaction detail report TRR"),
        partial_refund=True,
        refund_days=180,
        refunds_by_api=True,
        disputes=True,
        names_payouts=True,
        sweeps=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

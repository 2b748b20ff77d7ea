"""Shopify as the registry knows it: the storefront whose orders become the books, and the statements of Shopify Payments.

Refunds are made in Shopify's own admin and read with the orders; payouts come with the export, because what is public of the interface for
payouts shows no payout whose lines add up to it.
"""

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.gateways import Account, CredentialField, GatewayKind, Operation
from apps.channels.providers.shopify import statement


def _gateway(account: Account):
    """Only who calls loads what calling needs."""
    from apps.channels.providers.shopify.client import ShopifyGateway  # noqa: PLC0415

    return ShopifyGateway(account)


KEYS = _("Shopify Dev Dashboard, Apps, your app, Settings. The app is installed in your shop and may read orders (read_orders).")
HOOK = _(
    "Only for webhooks made in Shopify admin, Settings, Notifications, Webhooks: the key named at the end of that page. Webhooks of the "
    "app itself are signed with its client secret."
)
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("shop", _("Shop address"), _("The part before .myshopify.com, as in the address of your admin."), is_secret=False),
        CredentialField("client_id", _("Client ID"), KEYS, is_secret=False),
        CredentialField("client_secret", _("Client secret"), KEYS),
        CredentialField("webhook_secret", _("Webhook signing key"), HOOK, is_needed=False),
    ),
    operations=frozenset({Operation.READ_ORDERS, Operation.TEST_CONNECTION}),
    sends_notices=True,
    proven_by=("x-shopify-hmac-sha256", "x-shopify-topic", "x-shopify-shop-domain", "x-shopify-webhook-id"),
    own_gateway="shopify_payments",
)
PROVIDER = Provider(
    code="shopify",
    name="Shopify",
    countries=("US", "JP", "SG", "HK", "AU", "GB", "DE", "FR", "NL"),
    default_timezone="UTC",
    capabilities=Capabilities(
        methods=(Method.CREDIT_CARD, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.BNPL),
        statements=(statement.WANTED,),
        partial_refund=True,
        disputes=True,
        names_payouts=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

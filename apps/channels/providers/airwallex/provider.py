"""Airwallex as the registry knows it: refunds by its interface, statements by mapped exports.

Payments are opened in the shop's own checkout: what Airwallex publishes of hosted pages names no number by which a lost call is the same
call, so opening them is not offered.
"""

from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.mapped.provider import mapped
from apps.channels.providers.airwallex.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.airwallex.client import AirwallexGateway  # noqa: PLC0415

    return AirwallexGateway(account)


KEYS = _("Airwallex web app, Account, Developer, API keys.")
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("client_id", _("Client ID"), KEYS, is_secret=False),
        CredentialField("api_key", _("API key"), KEYS),
        CredentialField("webhook_secret", _("Webhook secret"), _("Airwallex web app, Account, Developer, Webhooks, your address.")),
    ),
    operations=REFUNDING | {Operation.TEST_CONNECTION},
    codes=CODES,
    sends_notices=True,
    proven_by=("x-timestamp", "x-signature"),
    repeats_safely=True,
)
PROVIDER = mapped(
    "airwallex",
    "Airwallex",
    ("HK", "SG", "AU", "GB", "US"),
    "UTC",
    (Method.CREDIT_CARD, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.ALIPAY, Method.WECHAT_PAY, Method.UNIONPAY),
    gateway=GATEWAY,
)

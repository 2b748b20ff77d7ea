"""NewebPay 藍新 as the registry knows it: called by its interface, its console's exports read by the channel's column mapping."""

from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.mapped.provider import mapped
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.newebpay.checkout import CHOICES
from apps.channels.providers.newebpay.codes import CARDS, RETURN_CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.newebpay.client import NewebPayGateway  # noqa: PLC0415

    return NewebPayGateway(account)


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
    pays_by=tuple(CHOICES),
    codes={**OWN_CODES, **RETURN_CODES},
    cancels_unpaid=False,
    credentials=(
        CredentialField("merchant_id", _("Merchant ID"), _("NewebPay console, shop management, shop details."), is_secret=False),
        CredentialField("hash_key", "HashKey", _("NewebPay console, shop management, shop details, interface keys; 32 characters.")),
        CredentialField("hash_iv", "HashIV", _("NewebPay console, shop management, shop details, interface keys; 16 characters.")),
    ),
)
PROVIDER = mapped(
    "newebpay", "藍新 NewebPay", ("TW",), "Asia/Taipei", tuple(CHOICES), gateway=GATEWAY,
    methods_without_refund=tuple(method for method in Method if method not in CARDS),
)  # fmt: skip

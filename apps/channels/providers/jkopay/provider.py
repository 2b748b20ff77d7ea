"""JKOPAY 街口支付 as the registry knows it: called by its online interface, exports read by the channel's column mapping."""

from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.mapped.provider import mapped
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.jkopay.codes import RETURN_CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.jkopay.client import JkopayGateway  # noqa: PLC0415

    return JkopayGateway(account)


GATEWAY = GatewayKind(
    make=_gateway,
    operations=REFUNDING | {Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT, Operation.TEST_CONNECTION},
    pays_by=(Method.JKOPAY,),
    codes={**OWN_CODES, **RETURN_CODES},
    proven_by=("digest",),
    credentials=(
        CredentialField("store_id", _("Store ID"), _("In JKOPAY's letter about the online interface, store_id."), is_secret=False),
        CredentialField("api_key", "API KEY", _("In JKOPAY's letter about the online interface, API KEY.")),
        CredentialField("secret_key", "Secret key", _("In JKOPAY's letter about the online interface, secret key.")),
        CredentialField(
            "address",
            _("Address of the interface"),
            _("Where JKOPAY's letter names one, begins with https://; empty means its usual one."),
            is_secret=False,
            is_needed=False,
        ),
    ),
)
PROVIDER = mapped("jkopay", "街口支付 JKOPAY", ("TW",), "Asia/Taipei", (Method.JKOPAY,), gateway=GATEWAY)

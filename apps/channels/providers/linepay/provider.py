"""LINE Pay as the registry knows it: called by its online API, its console's exports read by the channel's column mapping."""

from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.mapped.provider import mapped
from apps.channels.own_codes import OWN_CODES
from apps.channels.providers.linepay.codes import RETURN_CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.linepay.client import LinePayGateway  # noqa: PLC0415

    return LinePayGateway(account)


GATEWAY = GatewayKind(
    make=_gateway,
    operations=REFUNDING
    | {
        Operation.CREATE_PAYMENT,
        Operation.QUERY_PAYMENT,
        Operation.FINISH_PAYMENT,
        Operation.CAPTURE_PAYMENT,
        Operation.CANCEL_PAYMENT,
        Operation.TEST_CONNECTION,
    },
    pays_by=(Method.LINE_PAY,),
    codes={**OWN_CODES, **RETURN_CODES},
    takes_part=True,
    cancels_unpaid=False,
    credentials=(
        CredentialField(
            "channel_id", "Channel ID", _("LINE Pay merchant centre, payment integration, manage link key; ten digits."), is_secret=False
        ),
        CredentialField("channel_secret", "Channel Secret", _("LINE Pay merchant centre, payment integration, manage link key.")),
        CredentialField(
            "api_version", _("API version"), _("v3 or v4, as LINE Pay told you; empty means v3."), is_secret=False, is_needed=False
        ),
    ),
)
PROVIDER = mapped("linepay", "LINE Pay", ("TW", "JP", "TH"), "Asia/Taipei", (Method.LINE_PAY,), gateway=GATEWAY)

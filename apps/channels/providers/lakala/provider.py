"""Lakala 拉卡拉 as the registry knows it: its exports are read through a column mapping, its codes to scan by its interface."""

from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.gateways import Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.mapped.provider import mapped
from apps.channels.providers.lakala.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.lakala.client import LakalaGateway  # noqa: PLC0415

    return LakalaGateway(account)


HANDED_OUT = _("Lakala hands it out when the interface is opened.")
SCANNED = (Method.ALIPAY, Method.WECHAT_PAY, Method.UNIONPAY)
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("app_id", "appid", _("Lakala hands it out; begins with OP."), is_secret=False),
        CredentialField("merchant_no", _("Merchant number (merchant_no)"), HANDED_OUT, is_secret=False),
        CredentialField("term_no", _("Terminal number"), HANDED_OUT, is_secret=False),
        CredentialField(
            "serial_no",
            _("Serial number of the merchant certificate"),
            _("Of the certificate that Lakala has of the shop."),
            is_secret=False,
        ),
        CredentialField("private_key", _("Merchant private key"), _("The key of that certificate."), is_pem=True),
        CredentialField("platform_certificate", _("Lakala's certificate"), HANDED_OUT, is_secret=False, is_pem=True),
    ),
    operations=frozenset({Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT}),
    pays_by=SCANNED,
    codes=CODES,
    proven_by=("authorization",),
)
PROVIDER = mapped("lakala", "拉卡拉 Lakala", ("CN",), "Asia/Shanghai", (*SCANNED, Method.CREDIT_CARD), gateway=GATEWAY)

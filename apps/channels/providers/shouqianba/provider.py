"""Shouqianba 收钱吧 as the registry knows it: its exports are read through a column mapping, its orders by its interface."""

from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.mapped.provider import mapped
from apps.channels.providers.shouqianba.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.shouqianba.client import ShouqianbaGateway  # noqa: PLC0415

    return ShouqianbaGateway(account)


ACTIVATED = _("What activating the terminal for Hezhang answered; no other device may use it.")
SCANNED = (Method.ALIPAY, Method.WECHAT_PAY, Method.UNIONPAY)
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("terminal_sn", _("Terminal number (terminal_sn)"), ACTIVATED, is_secret=False),
        CredentialField("terminal_key", _("Terminal key (terminal_key)"), ACTIVATED),
        CredentialField("device_id", _("Device ID"), _("The device_id with which the terminal was activated."), is_secret=False),
    ),
    operations=REFUNDING | {Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT, Operation.TEST_CONNECTION},
    pays_by=SCANNED,
    codes=CODES,
    payment_minutes=4,
)
PROVIDER = mapped("shouqianba", "收钱吧 Shouqianba", ("CN",), "Asia/Shanghai", SCANNED, gateway=GATEWAY, refund_days=90)

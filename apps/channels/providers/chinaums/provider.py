"""ChinaUMS 银联商务 as the registry knows it: its exports are read through a column mapping, its codes to scan by its interface."""

from django.utils.translation import gettext_lazy as _

from apps.channels.contracts import Method
from apps.channels.gateways import Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.mapped.provider import mapped
from apps.channels.providers.chinaums.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.chinaums.client import ChinaumsGateway  # noqa: PLC0415

    return ChinaumsGateway(account)


HANDED_OUT = _("ChinaUMS hands it out when the interface is opened.")
SCANNED = (Method.ALIPAY, Method.WECHAT_PAY, Method.UNIONPAY)
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("app_id", "AppId", HANDED_OUT, is_secret=False),
        CredentialField("app_key", "AppKey", HANDED_OUT),
        CredentialField("notice_key", _("Key for notices (md5Key)"), HANDED_OUT),
        CredentialField("mid", _("Merchant number (mid)"), _("Fifteen digits."), is_secret=False),
        CredentialField("tid", _("Terminal number (tid)"), _("Eight digits."), is_secret=False),
        CredentialField("source_no", _("Source number"), _("Four digits with which every bill number begins (msgSrcId)."), is_secret=False),
    ),
    operations=frozenset({Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT}),
    pays_by=SCANNED,
    codes=CODES,
)
PROVIDER = mapped("chinaums", "银联商务 ChinaUMS", ("CN",), "Asia/Shanghai", (*SCANNED, Method.CREDIT_CARD), gateway=GATEWAY)

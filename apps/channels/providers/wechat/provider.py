"""WeChat Pay 微信支付 as the registry knows it."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.fetching import StatementHours
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.providers.wechat import statement
from apps.channels.providers.wechat.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.wechat.client import WechatGateway  # noqa: PLC0415

    return WechatGateway(account)


CREDENTIALS = (
    CredentialField("mchid", _("Merchant number (mchid)"), _("WeChat Pay merchant platform, merchant information."), is_secret=False),
    CredentialField("appid", _("App ID"), _("The official account, mini program or app that is bound to the merchant."), is_secret=False),
    CredentialField("serial_no", _("Serial number of the merchant certificate"), _("Account center, API security."), is_secret=False),
    CredentialField("private_key", _("Merchant private key"), _("apiclient_key.pem, beside the merchant certificate."), is_pem=True),
    CredentialField("api_v3_key", _("APIv3 key"), _("Account center, API security; 32 characters that the shop chose.")),
    CredentialField(
        "public_key_id",
        _("ID of the WeChat Pay public key"),
        _("Account center, API security; begins with PUB_KEY_ID_. Without it, platform certificates are fetched."),
        is_secret=False,
        is_needed=False,
    ),
    CredentialField(
        "public_key", _("WeChat Pay public key"), _("pub_key.pem, beside its ID."), is_secret=False, is_pem=True, is_needed=False
    ),
)
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=CREDENTIALS,
    operations=REFUNDING
    | {
        Operation.CREATE_PAYMENT,
        Operation.QUERY_PAYMENT,
        Operation.CANCEL_PAYMENT,
        Operation.FETCH_STATEMENT,
        Operation.TEST_CONNECTION,
    },
    pays_by=(Method.WECHAT_PAY,),
    codes=CODES,
    statement_hours=StatementHours("Asia/Shanghai", time(10)),
    payment_minutes=120,  # how long a code can be scanned
    sends_notices=True,
    proven_by=("wechatpay-timestamp", "wechatpay-nonce", "wechatpay-signature", "wechatpay-serial"),
    repeats_safely=True,
    reopens_safely=True,
)
PROVIDER = Provider(
    code="wechat",
    name="WeChat Pay 微信支付",
    countries=("CN",),
    default_timezone="Asia/Shanghai",
    capabilities=Capabilities(
        methods=(Method.WECHAT_PAY, Method.INSTALLMENT),
        statements=(statement.WANTED,),
        partial_refund=True,
        refund_days=365,
        refunds_by_api=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

"""WeChat Pay 微信支付 as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.wechat import statement

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
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

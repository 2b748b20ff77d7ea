"""Alipay 支付宝 as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.alipay import statement

PROVIDER = Provider(
    code="alipay",
    name="Alipay 支付宝",
    countries=("CN",),
    default_timezone="Asia/Shanghai",
    capabilities=Capabilities(
        methods=(Method.ALIPAY, Method.BNPL),
        statements=(statement.WANTED,),
        partial_refund=True,
        refund_days=365,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

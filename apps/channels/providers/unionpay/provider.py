"""UnionPay 银联 as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.unionpay import statement

PROVIDER = Provider(
    code="unionpay",
    name="UnionPay 银联",
    countries=("CN",),
    default_timezone="Asia/Shanghai",
    capabilities=Capabilities(
        methods=(Method.UNIONPAY, Method.CREDIT_CARD, Method.INSTALLMENT),
        statements=(statement.WANTED,),
        partial_refund=True,
        refund_days=330,
        disputes=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

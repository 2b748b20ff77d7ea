"""ECPay 綠界 as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.ecpay import statement

PROVIDER = Provider(
    code="ecpay",
    name="ECPay 綠界",
    countries=("TW",),
    default_timezone="Asia/Taipei",
    capabilities=Capabilities(
        methods=(
            Method.CREDIT_CARD,
            Method.INSTALLMENT,
            Method.APPLE_PAY,
            Method.UNIONPAY,
            Method.ATM,
            Method.CVS_CODE,
            Method.CVS_BARCODE,
            Method.WECHAT_PAY,
            Method.JKOPAY,
            Method.BNPL,
        ),
        statements=(statement.WANTED,),
        partial_refund=True,
        refunds_by_api=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

"""Adyen as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.adyen import statement

PROVIDER = Provider(
    code="adyen",
    name="Adyen",
    countries=("NL", "DE", "FR", "GB", "US", "JP", "SG", "HK", "MY", "AU", "IN"),
    default_timezone="Europe/Amsterdam",
    capabilities=Capabilities(
        methods=(
            Method.CREDIT_CARD,
            Method.APPLE_PAY,
            Method.GOOGLE_PAY,
            Method.SEPA_DEBIT,
            Method.BANK_TRANSFER,
            Method.BNPL,
            Method.ALIPAY,
            Method.WECHAT_PAY,
            Method.UNIONPAY,
            Method.PAYPAL,
            Method.LINE_PAY,
            Method.PAYPAY,
            Method.UPI,
            Method.CVS_CODE,
        ),
        statements=(statement.WANTED,),
        partial_refund=True,
        disputes=True,
        names_payouts=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

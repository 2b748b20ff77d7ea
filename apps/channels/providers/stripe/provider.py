"""Stripe as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.stripe import statement

PROVIDER = Provider(
    code="stripe",
    name="Stripe",
    countries=("US", "JP", "SG", "HK", "MY", "TH", "AU", "GB", "DE", "FR", "NL", "IN"),
    default_timezone="UTC",
    capabilities=Capabilities(
        methods=(
            Method.CREDIT_CARD,
            Method.APPLE_PAY,
            Method.GOOGLE_PAY,
            Method.ALIPAY,
            Method.WECHAT_PAY,
            Method.BANK_TRANSFER,
            Method.SEPA_DEBIT,
            Method.PAYPAL,
            Method.CVS_CODE,
            Method.UPI,
            Method.PAYPAY,
            Method.BNPL,
        ),
        statements=(statement.WANTED,),
        partial_refund=True,
        refunds_by_api=True,
        disputes=True,
        names_payouts=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

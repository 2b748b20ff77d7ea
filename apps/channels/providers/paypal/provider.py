"""PayPal as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.paypal import statement

PROVIDER = Provider(
    code="paypal",
    name="PayPal",
    countries=("US", "TW", "JP", "SG", "HK", "MY", "TH", "AU", "GB", "DE", "FR", "NL", "IN"),
    default_timezone="America/Los_Angeles",
    capabilities=Capabilities(
        methods=(Method.PAYPAL, Method.CREDIT_CARD, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.BNPL),
        statements=(statement.WANTED, "Transaction detail report TRR"),
        partial_refund=True,
        refund_days=180,
        disputes=True,
        names_payouts=True,
        sweeps=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

"""Shopify Payments as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.shopify import statement

PROVIDER = Provider(
    code="shopify",
    name="Shopify",
    countries=("US", "JP", "SG", "HK", "AU", "GB", "DE", "FR", "NL"),
    default_timezone="UTC",
    capabilities=Capabilities(
        methods=(Method.CREDIT_CARD, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.BNPL),
        statements=(statement.WANTED,),
        partial_refund=True,
        disputes=True,
        names_payouts=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

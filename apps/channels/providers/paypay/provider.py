"""PayPay as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.paypay import statement

PROVIDER = Provider(
    code="paypay",
    name="PayPay",
    countries=("JP",),
    default_timezone="Asia/Tokyo",
    capabilities=Capabilities(methods=(Method.PAYPAY,), statements=(statement.WANTED,), states_fees=False),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

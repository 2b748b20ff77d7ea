"""Razorpay as the registry knows it."""

from apps.channels.contracts import Capabilities, Method, Provider
from apps.channels.providers.razorpay import statement

PROVIDER = Provider(
    code="razorpay",
    name="Razorpay",
    countries=("IN",),
    default_timezone="Asia/Kolkata",
    capabilities=Capabilities(
        methods=(Method.UPI, Method.CREDIT_CARD, Method.BANK_TRANSFER, Method.INSTALLMENT, Method.BNPL),
        statements=(statement.WANTED,),
        partial_refund=True,
        refund_days=180,
        disputes=True,
        names_payouts=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
)

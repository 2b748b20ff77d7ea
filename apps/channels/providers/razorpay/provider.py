"""Razorpay as the registry knows it."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.fetching import StatementHours
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.providers.razorpay import statement
from apps.channels.providers.razorpay.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Only who calls loads what calling needs."""
    from apps.channels.providers.razorpay.client import RazorpayGateway  # noqa: PLC0415

    return RazorpayGateway(account)


KEYS = _("Razorpay Dashboard, Account & Settings, API keys; test and live have keys of their own.")
# Links capture at once: there is no CAPTURE_PAYMENT.
GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("key_id", _("Key ID"), KEYS, is_secret=False),
        CredentialField("key_secret", _("Key secret"), KEYS),
        CredentialField("webhook_secret", _("Webhook secret"), _("What you entered in Razorpay Dashboard, Account & Settings, Webhooks.")),
    ),
    operations=REFUNDING
    | {
        Operation.CREATE_PAYMENT,
        Operation.QUERY_PAYMENT,
        Operation.CANCEL_PAYMENT,
        Operation.FETCH_STATEMENT,
        Operation.TEST_CONNECTION,
    },
    pays_by=(Method.CREDIT_CARD, Method.UPI, Method.BANK_TRANSFER),
    codes=CODES,
    # A settlement may reach the bank hours after it was processed; by the next noon the day is complete.
    statement_hours=StatementHours("Asia/Kolkata", time(12, 0)),
    payment_minutes=60,
    sends_notices=True,
    proven_by=("x-razorpay-signature", "x-razorpay-event-id"),
    repeats_safely=True,
    names_opening=lambda number: number.startswith("plink_"),
)

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
        refunds_by_api=True,
        disputes=True,
        names_payouts=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GATEWAY,
)

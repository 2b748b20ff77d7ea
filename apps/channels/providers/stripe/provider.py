"""Stripe as the registry knows it."""

from datetime import time

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.fetching import StatementHours
from apps.channels.gateways import REFUNDING, Account, CredentialField, Gateway, GatewayKind, Operation
from apps.channels.providers.stripe import statement
from apps.channels.providers.stripe.codes import CODES


def _gateway(account: Account) -> Gateway:
    """Stripe's library takes its time to load, so only who calls loads it."""
    from apps.channels.providers.stripe.client import StripeGateway  # noqa: PLC0415

    return StripeGateway(account)


GATEWAY = GatewayKind(
    make=_gateway,
    credentials=(
        CredentialField("secret_key", _("Secret key"), _("Stripe Dashboard, Developers, API keys; begins with sk_ or rk_.")),
        CredentialField("webhook_secret", _("Signing secret"), _("Stripe Dashboard, Webhooks, your destination; begins with whsec_.")),
    ),
    operations=REFUNDING
    | {
        Operation.CREATE_PAYMENT,
        Operation.QUERY_PAYMENT,
        Operation.CAPTURE_PAYMENT,
        Operation.CANCEL_PAYMENT,
        Operation.FETCH_STATEMENT,
        Operation.TEST_CONNECTION,
    },
    pays_by=(Method.CREDIT_CARD, Method.APPLE_PAY, Method.GOOGLE_PAY, Method.SEPA_DEBIT),
    codes=CODES,
    # The report type says itself how far its data reach; a day is closed some hours after its end.
    statement_hours=StatementHours("UTC", time(12, 0)),
    payment_minutes=60,
    sends_notices=True,
    proven_by=("stripe-signature",),
    repeats_safely=True,
    takes_part=True,
    names_opening=lambda number: number.startswith("cs_"),
)
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
    gateway=GATEWAY,
)

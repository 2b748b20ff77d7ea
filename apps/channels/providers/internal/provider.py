"""No provider at all: money that the shop takes itself, and what is sold for no money.

Bank transfers, cash (also through a courier), points, and sales on account. Whoever has a courier's or a bank's own report uploads that
to a channel with a mapped export instead; here the shop's own books are the report.
"""

from django.utils.translation import gettext_lazy as _

from apps.channels.capabilities import METHODS_WITHOUT_REFUND, Capabilities, Provider
from apps.channels.contracts import Method
from apps.channels.gateways import REFUNDING, GatewayKind
from apps.channels.providers.internal import statement
from apps.channels.providers.internal.client import OwnBooks

# What was sold on account is taken off the account again, and points are given again; money goes back by bank transfer.
BY_TRANSFER = tuple(method for method in METHODS_WITHOUT_REFUND if method != Method.ON_ACCOUNT)

PROVIDER = Provider(
    code="internal",
    name=_("Recorded by hand"),
    countries=(),
    default_timezone="UTC",
    capabilities=Capabilities(
        methods=(Method.BANK_TRANSFER, Method.CASH, Method.ON_ACCOUNT, Method.POINTS),
        statements=(statement.WANTED,),
        partial_refund=True,
        refunds_by_api=True,
        methods_without_refund=BY_TRANSFER,
        states_fees=False,
        reports_itself=True,
    ),
    recognise=statement.recognise,
    parse=statement.parse,
    text=statement.text,
    gateway=GatewayKind(make=OwnBooks, operations=REFUNDING, repeats_safely=True),
)

"""What a provider can do, as data, and how the registry knows it. No Django here."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.channels.contracts import Method, ParsedStatement, StatementFile
from apps.channels.gateways import GatewayKind

# Ways to pay that no provider can turn round: the customer handed over cash or sent a transfer, so the shop sends one back.
METHODS_WITHOUT_REFUND = (Method.ATM, Method.CVS_CODE, Method.CVS_BARCODE, Method.BANK_TRANSFER, Method.ON_ACCOUNT, Method.CASH)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do, as data: asked before a button is drawn."""

    methods: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()  # layouts that can be imported, in words the provider's console uses
    partial_refund: bool = False
    refund_days: int | None = None  # None: no limit known
    refunds_by_api: bool = False
    methods_without_refund: tuple[str, ...] = METHODS_WITHOUT_REFUND  # of these the API gives nothing back
    disputes: bool = False
    names_payouts: bool = False  # its statements name the payout of each line
    sweeps: bool = False  # a payout takes the whole balance: its lines are those since the payout before, in whichever file they stand
    reports_itself: bool = False  # nobody sends statements: the shop's own books are the report
    states_fees: bool = True  # False: its statements say nothing of fees, so none are compared with the plan


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider as the registry knows it."""

    code: str
    name: str
    countries: tuple[str, ...]
    default_timezone: str
    capabilities: Capabilities
    recognise: Callable[[str, bytes], str | None]
    parse: Callable[[StatementFile], ParsedStatement]
    text: Callable[[str, bytes], str]
    gateway: GatewayKind | None = None  # None: it can be read, not called
    is_mapped: bool = False  # its exports are read through the channel's own column mapping

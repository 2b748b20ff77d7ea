"""What a provider must do when a customer pays, in our words. No Django here, as in `gateways`.

A payment is one attempt, named for ever by `PaymentCall.key` and, towards the provider, by `merchant_ref`. An answer that is not plainly
one of the outcomes is UNKNOWN: it is asked about, and nothing is sent again under a new number.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class PaymentOutcome(StrEnum):
    """What the provider says of a payment."""

    PAID = "paid"
    AUTHORIZED = "authorized"  # the money is held for us; `capture_payment` takes it
    APPROVED = "approved"  # the payer agreed, and it is taken by `finish_payment` or lapses
    PENDING = "pending"  # waits for the payer, or for the provider
    DECLINED = "declined"  # final: no money came, and none will by this attempt
    EXPIRED = "expired"  # final by the provider's word; a transfer may still arrive late
    CANCELLED = "cancelled"  # final: we or the payer called it off
    NOT_FOUND = "not_found"  # of a query only: the provider has never heard of the number
    UNKNOWN = "unknown"


class ActionKind(StrEnum):
    """How the payer goes on."""

    REDIRECT = "redirect"  # open `url`
    FORM = "form"  # post `fields` to `url`
    QR = "qr"  # scan `text`
    CODE = "code"  # pay what `details` name at a counter, a machine or a bank
    BRIDGE = "bridge"  # hand `fields` to the wallet app whose own browser shows the page


class Surface(StrEnum):
    """Where the payer sees our page, as far as the shop knows; empty where it does not."""

    DESKTOP = "desktop"  # a computer's browser
    PHONE = "phone"  # a phone's browser
    IN_APP = "in_app"  # the browser inside the wallet's own app


@dataclass(frozen=True, slots=True)
class PayerAction:
    """What the payer has to do next. `details` are named by the field's usual words: bank_code, account_no, code, barcode_1 to _3."""

    kind: ActionKind
    url: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    text: str = ""
    details: dict[str, str] = field(default_factory=dict)
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays, as far as the shop said. `reference` is the shop's own name for the customer."""

    reference: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    ip: str = ""


@dataclass(frozen=True, slots=True)
class PaymentCall:
    """One payment to be taken, or asked about. Amounts are positive minor units of ISO 4217; times carry a zone.

    `provider_ref` is empty until the provider gave one. `token` is what the payer's phone or browser handed over where a method needs it
    (a barcode, a card token), never a card number.
    """

    key: str
    merchant_ref: str
    amount_minor: int
    currency: str
    method: str
    description: str = ""
    return_url: str = ""
    notice_url: str = ""
    expires_at: datetime | None = None
    captures_at_once: bool = True
    instalments: int = 0
    payer: Payer = Payer()
    language: str = "zh-Hant"
    provider_ref: str = ""
    token: str = ""
    opened_at: datetime | None = None  # when the attempt was fixed, the same at every call: some providers know it by number and time
    surface: str = ""  # a `Surface`; without one a gateway takes the way that works everywhere, mostly a code to scan
    refunded_minor: int = 0  # what went back already, for providers that tell a state from the sum


@dataclass(frozen=True, slots=True)
class PaymentAnswer:
    """What the provider said. `amount_minor` and `currency` are what it says was paid: the caller compares, never assumes.

    `provider_ref` is the newest that there is: some providers name an order first and the payment only once it is paid, and refunds and
    statements go by the second. `raw` is request and answer as logged, secrets left out.
    """

    outcome: PaymentOutcome
    provider_ref: str = ""
    code: str = ""
    message: str = ""
    amount_minor: int | None = None
    currency: str = ""
    paid_at: datetime | None = None
    action: PayerAction | None = None
    raw: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A provider's notice about a payment, verified. `event_id` is the same when the notice comes again.

    An ATM account or a store code that was issued is PENDING with its `action`.
    """

    event_id: str
    outcome: PaymentOutcome
    amount_minor: int
    currency: str
    merchant_ref: str = ""
    key: str = ""
    provider_ref: str = ""
    occurred_at: datetime | None = None
    code: str = ""
    message: str = ""
    action: PayerAction | None = None


class PaymentGateway(Protocol):
    """The part of a gateway that takes money. None of these raise for what the network or the provider did: that is UNKNOWN.

    Each is called only where `GatewayKind.operations` names it.
    """

    def create_payment(self, call: PaymentCall) -> PaymentAnswer:
        """Opens the payment, once. PENDING with an action, or at once an end. A method that needs no call (a signed form) sends nothing."""

    def query_payment(self, call: PaymentCall) -> PaymentAnswer:
        """How it stands; may try again by itself. NOT_FOUND only where the provider itself says that it knows no such number."""

    def finish_payment(self, call: PaymentCall) -> PaymentAnswer:
        """Takes what the payer APPROVED; the same call again is the same payment."""

    def capture_payment(self, call: PaymentCall, amount_minor: int) -> PaymentAnswer:
        """Takes what was AUTHORIZED, all or a part."""

    def cancel_payment(self, call: PaymentCall) -> PaymentAnswer:
        """Calls an unpaid one off, or gives an authorization back. CANCELLED only when the provider says so; PAID when it was too late."""

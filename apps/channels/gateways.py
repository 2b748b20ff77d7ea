"""What a provider must do when we call it, in our words. No Django here: a gateway speaks the provider's wire format and nothing else.

A call ends in one of five outcomes. UNKNOWN is the honest one for everything that is not plainly one of the others: a time-out, a
code nobody has seen, an answer that contradicts itself. It is asked about, never sent again under a new key.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from apps.channels.dispute_notices import DisputeNotice
from apps.channels.fees import FeeTerms
from apps.channels.fetching import StatementHours
from apps.channels.paying import PaymentNotice
from apps.channels.return_codes import ReturnCodes
from apps.channels.storefronts import OrderTold


class Outcome(StrEnum):
    """What the provider says of a refund."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"  # accepted, and not yet done
    DECLINED = "declined"  # final: no money went back
    NOT_FOUND = "not_found"  # of a query only: the provider has never heard of the key
    UNKNOWN = "unknown"


class Vault(Protocol):
    """Where credentials lie that a provider renews by itself. Neither is called inside a transaction."""

    def claim(self) -> dict[str, str] | None:
        """The credentials as they are now, to be renewed: nobody else gets them until `store`. None while somebody else has them."""

    def store(self, fresh: dict[str, str]) -> None:
        """Keeps what is fresh beside the rest, and ends the claim."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What was agreed with a provider, for the simulator alone: a real one knows it by itself."""

    provider: str
    currency: str
    timezone: str
    fees: tuple[FeeTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """A channel's account at the provider. `base_url` is empty for the provider's own address; only practice and tests set another.

    Without a `vault` credentials stay as they were entered. `contract` is asked by the simulator when it lists a day.
    """

    credentials: dict[str, str]
    is_live: bool = False
    base_url: str = ""
    vault: Vault | None = None
    contract: Callable[[], Contract] | None = None


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One thing the shop copies from the provider's console; `help` says where it stands there.

    `is_pem` is a key or certificate of several lines: its end of validity is watched. What is not `is_needed` may stay empty.
    """

    name: str
    label: str
    help: str = ""
    is_secret: bool = True
    is_pem: bool = False
    is_needed: bool = True


@dataclass(frozen=True, slots=True)
class RefundCall:
    """One refund to be made, or asked about. Amounts are positive minor units.

    `key` is ours, fixed before the first call, and names this refund for ever; `refunded_minor` is what of the payment went back before.
    """

    key: str
    refund_no: str
    provider_ref: str
    merchant_ref: str
    amount_minor: int
    payment_amount_minor: int
    refunded_minor: int
    currency: str
    method: str
    reason: str = ""
    provider_refund_ref: str = ""
    notice_url: str = ""
    submitted_at: datetime | None = None  # when it was fixed, before the first call and the same at every one


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    """What the provider said. `raw` is request and answer as logged, secrets left out; `done_at` its own time, where it gives one."""

    outcome: Outcome
    provider_refund_ref: str = ""
    code: str = ""
    message: str = ""
    done_at: datetime | None = None
    raw: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefundNotice:
    """A provider's notice about a refund, verified. `event_id` is the same when the notice comes again.

    `key` is ours where the notice carries it; a refund that somebody started in the provider's console has none.
    """

    event_id: str
    outcome: Outcome
    amount_minor: int
    currency: str
    key: str = ""
    provider_ref: str = ""
    merchant_ref: str = ""
    provider_refund_ref: str = ""
    occurred_at: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class DisputeTold:
    """A verified notice about a dispute, in the words of the app that keeps them. `event_id` is the same when the notice comes again."""

    event_id: str
    dispute: DisputeNotice


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the provider wants to read when a notice has arrived."""

    body: bytes = b"ok"
    content_type: str = "text/plain"


class NoticeForged(Exception):
    """The signature is missing or wrong: whoever sent this was not the provider."""


class NoticeUnreadable(Exception):
    """The signature is right, but the notice cannot be understood."""


class Operation(StrEnum):
    """What a gateway can be asked for; beside refunds, `paying`, `fetching` and `storefronts` say what each means."""

    CREATE_PAYMENT = "create_payment"
    QUERY_PAYMENT = "query_payment"
    FINISH_PAYMENT = "finish_payment"
    CAPTURE_PAYMENT = "capture_payment"
    CANCEL_PAYMENT = "cancel_payment"
    REFUND = "refund"
    QUERY_REFUND = "query_refund"
    FETCH_STATEMENT = "fetch_statement"
    READ_ORDERS = "read_orders"
    TEST_CONNECTION = "test_connection"


REFUNDING = frozenset({Operation.REFUND, Operation.QUERY_REFUND})


class Gateway(Protocol):
    """Each provider that can be called offers one, made from an Account. A call takes seconds: never make one inside a transaction."""

    def refund(self, call: RefundCall) -> RefundAnswer:
        """Asks for the refund once. Never raises for what the network or the provider did: that is UNKNOWN."""

    def query_refund(self, call: RefundCall) -> RefundAnswer:
        """Asks what became of it; may try again by itself. UNKNOWN when nobody answered."""

    def read_notices(
        self, headers: dict[str, str], body: bytes, at: datetime
    ) -> list[PaymentNotice | RefundNotice | DisputeTold | OrderTold]:
        """Verifies the bytes and says what they tell; [] for what does not concern us. Header names are in lower case.

        `at` is when they arrived: the age of a signature and the validity of a certificate are judged as of then, never as of now, so
        that a notice that is read again later proves what it proved at the door.

        :raises NoticeForged: :raises NoticeUnreadable: see there.
        """

    def acknowledgement(self) -> Acknowledgement:
        """What to answer to a notice that was kept."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A part of each day in which a provider must not be called to move money: from `start` until before `end`, on its own clock."""

    zone: str
    start: time
    end: time

    def ends_at(self, now: datetime) -> datetime | None:
        """The end of the rest that `now` falls into; None outside of it."""
        local = now.astimezone(ZoneInfo(self.zone))
        if not self.start <= local.time() < self.end:
            return None
        return local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)


def _never(_number: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class GatewayKind:
    """A provider's gateway as the registry knows it: what it needs, and how to make one."""

    make: Callable[[Account], Gateway]
    credentials: tuple[CredentialField, ...] = ()
    operations: frozenset[Operation] = REFUNDING
    pays_by: tuple[str, ...] = ()  # the methods that `create_payment` takes
    codes: ReturnCodes = field(default_factory=dict)
    statement_hours: StatementHours | None = None  # of a gateway that fetches statements
    payment_minutes: int | None = None  # how long the payer has where nobody says otherwise
    sends_notices: bool = False  # of refunds or disputes: the shop has to tell the provider our address
    # The headers that prove its notices or say what they tell, in lower case: what is kept of a notice's headers, to read it once more.
    proven_by: tuple[str, ...] = ()
    repeats_safely: bool = False  # the same key again is the same refund, by the provider's own promise
    reopens_safely: bool = False  # the same number again is the same payment, by the provider's own promise
    own_gateway: str = ""  # of a storefront: its name for the payment gateway that settles to this very channel
    takes_part: bool = False  # an authorization may be captured in part; what is left goes back to the payer
    cancels_unpaid: bool = True  # of a gateway that cancels: also what nobody has paid yet, not only authorizations
    names_opening: Callable[[str], bool] = _never  # whether a number is of the page or link that was opened, not of the payment itself
    rest: Rest | None = None  # questions are answered all the same

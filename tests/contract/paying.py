"""What a provider brings to the suite of payments: its gateway, its fake and one payment to be made.

Each file in `scenes/` is named as its provider's code and has one function, `scene() -> context manager of PayingScene`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from apps.channels.gateways import Gateway, RefundCall
from apps.channels.paying import PaymentCall
from tests.channels.fakes.server import FakeProvider
from tests.contract import scenes

SUBMITTED = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)


@dataclass
class PayingScene:
    """`call` is a payment nobody has made yet. `unreachable` is the same account at an address where nobody answers, `wrong` has one wrong
    secret. `pays` is what the payer does (by our number); `statement_day` has a payment of `call` in the fake's statement of that day.
    """

    code: str
    gateway: Gateway
    unreachable: Gateway
    wrong: Gateway
    fake: FakeProvider
    call: PaymentCall
    secrets: tuple[str, ...]
    pays: Callable[[str], None]
    statement_day: date | None = None
    credentials: dict[str, str] = field(default_factory=dict)  # as a person enters them; the same that `gateway` has
    notices_stay_good: timedelta | None = None  # how old a notice's signature may be when it arrives; None where that is not looked at
    told_by_notice: bool = False  # its payments' own numbers and the ends of its refunds come by notice alone
    skips: frozenset[str] = field(default_factory=frozenset)  # names of tests that this provider's format cannot have, with a comment why

    def refund_call(self, amount_minor: int, provider_ref: str, *, key: str = "rf_1", before: int = 0) -> RefundCall:
        """A refund of the scene's payment."""
        call = self.call
        return RefundCall(
            key, key.upper().replace("_", "-"), provider_ref, call.merchant_ref, amount_minor, call.amount_minor, before, call.currency,
            call.method, "customer_request", notice_url=call.notice_url, submitted_at=SUBMITTED,
        )  # fmt: skip


def every_scene() -> dict[str, Callable[[], AbstractContextManager[PayingScene]]]:
    """The scenes there are, by provider."""
    names = sorted(module.name for module in pkgutil.iter_modules(scenes.__path__))
    return {name: importlib.import_module(f"{scenes.__name__}.{name}").scene for name in names}

"""What providers' codes mean, as data. A code that nobody listed means *unknown*, never *failed*."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class CodeClass(StrEnum):
    """What a code asks of us."""

    OK = "ok"
    PENDING = "pending"
    RETRY = "retry"  # nobody knows yet: ask again, with the same numbers
    DECLINED = "declined"  # the payer's bank or wallet said no
    CONFIG = "config"  # the shop's set-up at the provider is wrong
    DUPLICATE = "duplicate"  # it was done before
    STATE = "state"  # not possible as the payment stands
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class ReturnCode:
    """A code's class, with a sentence for staff and one for the payer (`gettext_noop`: translated where they are shown).

    Without a sentence for the payer the class has one; a payer is never told of fraud, of lost cards or of the shop's own set-up.
    """

    code_class: CodeClass
    staff: str = ""
    payer: str = ""


ReturnCodes = Mapping[str, ReturnCode]

# Codes of our own, for what never became an answer of the provider's.
NOBODY = frozenset({"no_answer", "timeout", "unreadable", "broken"})


def was_reached(code: str) -> bool:
    """Whether somebody at the provider answered, by the answer's code. A proxy's page, a 5xx or a speed limit is nobody."""
    return code not in NOBODY and not code.startswith(("http_5", "http_429"))

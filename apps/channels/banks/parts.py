"""What bank files of every format have in common: statements with balances that follow each other. No Django here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, Protocol, TypeVar

import polars as pl

from apps.channels import cells
from apps.channels.banks.accounts import same_account
from apps.channels.contracts import BANK_SCHEMA, FileRefused, Note, NoteCode, Refusal

NO_REFERENCE = {"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOREF", "NOTAVAILABLE", "N/A", "NONE"}


@dataclass(frozen=True, slots=True)
class Balance:
    """An opening or closing balance in signed minor units, with the line it stands on."""

    row_no: int
    day: date
    currency: str
    minor: int


class Part(Protocol):
    """One statement of a file. Both balances may be missing."""

    account: str
    currency: str
    opening: Balance | None
    closing: Balance | None


@dataclass(slots=True)
class BankPart:
    """One statement of a file as most formats have it; `faults` are lines of balances that are missing, doubled or unreadable."""

    row_no: int
    account: str
    currency: str
    element: Any
    opening: Balance | None = None
    closing: Balance | None = None
    faults: list[int] = field(default_factory=list)


AnyPart = TypeVar("AnyPart", bound=Part)


def told(reference: str) -> str:
    """A reference, or nothing where the bank only says that there is none."""
    reference = reference.strip()
    return "" if reference.upper() in NO_REFERENCE else reference


def first_told(*references: str) -> str:
    return next(filter(None, map(told, references)), "")


def shown_account(part: Part) -> str:
    """Account and currency as a person tells them apart."""
    return f"{part.account} {part.currency}".strip()


def of_account(parts: Sequence[AnyPart], account: str, currency: str) -> tuple[list[AnyPart], tuple[Note, ...]]:
    """The statements of one account in one currency, and a note that names the others.

    :raises FileRefused: other_account when none is of the account, or when it is not known and the file holds several;
        other_currency when the account is there in other currencies only.
    """
    numbers = list(dict.fromkeys(part.account for part in parts))
    own = [part for part in parts if same_account(account, part.account)] if account else list(parts)
    if not own or (not account and len(numbers) > 1):
        raise FileRefused(Refusal.OTHER_ACCOUNT, expected=account, found=", ".join(numbers[:5]))
    chosen = [part for part in own if part.currency == currency]
    if not chosen:
        raise FileRefused(Refusal.OTHER_CURRENCY, expected=currency, found=", ".join(dict.fromkeys(part.currency for part in own)))
    others = list(dict.fromkeys(shown_account(part) for part in parts if not any(part is one for one in chosen)))
    return chosen, ((Note(NoteCode.OTHER_ACCOUNTS, len(others), ", ".join(others[:5])),) if others else ())


def in_order(parts: list[AnyPart]) -> tuple[list[AnyPart], tuple[int, ...]]:
    """Oldest first, with the lines of those opening balances that are not the closing balance before them."""
    orders = [parts, parts[::-1]]
    found = [
        [
            after.opening.row_no
            for before, after in pairwise(order)
            if before.closing and after.opening and before.closing.minor != after.opening.minor
        ]
        for order in orders
    ]
    best = 0 if len(found[0]) <= len(found[1]) else 1
    return orders[best], tuple(sorted(found[best]))


def frame_of(records: list[tuple]) -> pl.DataFrame:
    """Rows of BANK_SCHEMA whose last cell is still the text to hash."""
    hashes = pl.DataFrame([(record[-1],) for record in records], schema={"text": pl.String}, orient="row")
    hashed = cells.row_hash(hashes, ["text"]).to_list() if records else []
    rows = [(*record[:-1], value) for record, value in zip(records, hashed, strict=True)]
    return pl.DataFrame(rows, schema=BANK_SCHEMA, orient="row")


def one_line(*texts: str) -> str:
    """Texts as one, without repeats of what is there already."""
    joined = ""
    for text in texts:
        bare = re.sub(r"\s+", " ", text).strip()
        if bare and bare not in joined:
            joined = f"{joined} {bare}".strip()
    return joined

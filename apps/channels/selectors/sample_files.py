"""Files that a mapping is tried on. A later app that keeps delivered files says which there are and takes one in; it registers here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from apps.channels.models import Channel
from apps.core import files
from apps.merchants.models import BankAccount, Merchant, User

_SALT = "channels.sample"


@dataclass(frozen=True, slots=True)
class Sample:
    """A kept file. `note` says in the reader's language what became of it, or is empty."""

    name: str
    sha256: str
    note: str = ""

    @property
    def data(self) -> bytes:
        return files.read(self.sha256)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the app that keeps delivered files does for the studio."""

    list: Callable[[Channel | BankAccount], list[Sample]]  # newest first: the owner's files, then those that nobody recognised
    take_in: Callable[..., bool]  # (owner=, sample=, by=, now=): makes it wait for import; whether it does


_desks: list[Desk] = []


def register(desk: Desk) -> None:
    _desks.append(desk)


def samples_of(owner: Channel | BankAccount) -> list[Sample]:
    """Delivered files that the owner's mapping can be tried on."""
    return [sample for desk in _desks for sample in desk.list(owner)]


def take_in(*, owner: Channel | BankAccount, sample: Sample, by: User, now: datetime) -> bool:
    """Lets the sample wait for import under the owner; whether it waits now."""
    waits = [desk.take_in(owner=owner, sample=sample, by=by, now=now) for desk in _desks]  # every desk is told
    return any(waits)


def token_of(merchant: Merchant, sample: Sample) -> str:
    """A sample as addresses and forms carry it: signed for this merchant, because a hash alone would open any shop's file."""
    return signing.dumps([merchant.pk, sample.sha256, sample.name[:120]], salt=_SALT, compress=True)


def sample_of(merchant: Merchant, token: str) -> Sample | None:
    """The sample of a token; None for one of another merchant, a spoiled one, or bytes that are gone."""
    try:
        merchant_id, sha256, name = signing.loads(token, salt=_SALT)
        sample = Sample(name, sha256)
        return sample if merchant_id == merchant.pk and sample.data is not None else None
    except (signing.BadSignature, ValueError, TypeError, FileNotFoundError):
        return None


def draft_token(mapping: dict) -> str:
    """A mapping that is not saved yet, as an address carries it."""
    return signing.dumps(mapping, salt=f"{_SALT}.draft", compress=True)


def draft_of(token: str) -> dict | None:
    try:
        return signing.loads(token, salt=f"{_SALT}.draft")
    except signing.BadSignature:
        return None

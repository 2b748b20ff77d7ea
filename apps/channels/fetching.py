"""Fetching a provider's statement, and asking whether its credentials work. No Django here."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo


class FetchOutcome(StrEnum):
    """What came of asking for a day's statement."""

    FETCHED = "fetched"
    EMPTY = "empty"  # the provider says that nothing happened on that day
    NOT_READY = "not_ready"  # it is made later: ask again
    FAILED = "failed"  # refused, or not readable; `code` says why
    UNKNOWN = "unknown"  # nobody answered


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file as the provider delivered it."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """What the provider said; files only when FETCHED. `raw` is request and answer as logged, secrets and file contents left out."""

    outcome: FetchOutcome
    files: tuple[FetchedFile, ...] = ()
    code: str = ""
    message: str = ""
    raw: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StatementHours:
    """From when a business day's statement can be asked for: `days_after` days later at `at`, on the provider's own clock."""

    zone: str
    at: time
    days_after: int = 1

    def ready_at(self, day: date) -> datetime:
        """The earliest moment at which the statement of `day` is worth asking for."""
        return datetime.combine(day + timedelta(days=self.days_after), self.at, ZoneInfo(self.zone))


class Verdict(StrEnum):
    """What a test of the connection showed."""

    WORKS = "works"
    WRONG_CREDENTIALS = "wrong_credentials"
    NOT_PERMITTED = "not_permitted"  # the credentials are right, and the account may not do this yet
    UNREACHABLE = "unreachable"
    UNCLEAR = "unclear"  # an answer that proves neither


@dataclass(frozen=True, slots=True)
class ConnectionAnswer:
    """The verdict, and which credential is most likely wrong (`CredentialField.name`) where that can be told."""

    verdict: Verdict
    field_name: str = ""
    code: str = ""
    message: str = ""
    raw: dict = field(default_factory=dict)


class StatementGateway(Protocol):
    """The part of a gateway that reads reports. Never raises for what the network or the provider did."""

    def fetch_statement(self, day: date) -> FetchAnswer:
        """The statement of one business day in the provider's zone; may try again by itself."""


class TestableGateway(Protocol):
    """The part of a gateway behind the button "test connection"."""

    def test_connection(self) -> ConnectionAnswer:
        """Asks something harmless that only right credentials can ask. Moves no money and creates nothing."""

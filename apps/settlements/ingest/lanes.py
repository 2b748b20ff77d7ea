"""The roads a file can come in on: a provider's statement, its account flow, and a bank's. Same rules, other tables."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import polars as pl
from django.db import models

from apps.channels.banks.registry import parse_bank
from apps.channels.cells import days_in_name
from apps.channels.contracts import FileRefused, ParsedBank, ParsedStatement, Refusal, StatementFile
from apps.channels.models import Channel, MappingVersion
from apps.channels.registry import is_mapped, parse_statement, reports_itself
from apps.core import files
from apps.merchants.enums import BankFormat
from apps.merchants.models import BankAccount
from apps.settlements.enums import StatementLists
from apps.settlements.ingest.profile import profile_of
from apps.settlements.models import (
    BankLine,
    BankLineSighting,
    BankStatement,
    FlowLine,
    FlowSighting,
    LineSighting,
    Statement,
    StatementLine,
)

FLOW_FIELDS = (
    "row_no", "kind", "provider_ref", "merchant_ref", "provider_refund_ref", "refund_ref", "line_ref", "memo", "currency",
    "occurred_at", "business_date", "row_hash",
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A file as read, in the shape both roads share."""

    layout: str
    account: str
    first_day: date
    last_day: date
    rows: pl.DataFrame  # one row a line, columns named as the line's fields, `row_no` and `row_hash` among them
    rows_in: int
    totals: tuple
    rejections: tuple
    extra: dict  # fields of the file's own row that only this road has
    profile: dict  # how its rows look; empty where it is not compared
    mapping_version_id: int | None = None  # the version of the column mapping it was read by
    is_mapped: bool = False  # its columns mean what a person said
    lane: "Lane | None" = None  # None: the usual one of its owner


@dataclass(frozen=True)
class Lane:
    """Which tables a road fills; `owner` is the field that names the channel or bank account, `clock` the one that dates a line."""

    file_model: type[models.Model]
    line_model: type[models.Model]
    sighting_model: type[models.Model]
    owner: str
    clock: str


STATEMENTS = Lane(Statement, StatementLine, LineSighting, "channel", "occurred_at")
FLOWS = Lane(Statement, FlowLine, FlowSighting, "channel", "occurred_at")
BANK = Lane(BankStatement, BankLine, BankLineSighting, "bank_account", "booked_on")


def lane_of(owner: Channel | BankAccount) -> Lane:
    """The road of files that belong to a channel or to a bank account; where a channel's rows go only reading tells."""
    return STATEMENTS if isinstance(owner, Channel) else BANK


def lane_of_file(file: Statement | BankStatement) -> Lane:
    """The road that a file came in on."""
    if isinstance(file, BankStatement):
        return BANK
    return FLOWS if file.lists == StatementLists.MOVEMENTS else STATEMENTS


def read_file(owner: Channel | BankAccount, name: str, data: bytes) -> Reading:
    """Reads a file as what its owner expects. Writes nothing.

    :raises FileRefused: when it cannot be taken in as a whole.
    """
    return read(owner, expected_of(owner, name, data), mappings_of(owner))


def read_again(file: Statement | BankStatement) -> Reading:
    """A file from its kept bytes, by the version of the column mapping by which it was read.

    :raises FileRefused, FileNotFoundError: it cannot be read (any more).
    """
    owner = file.bank_account if isinstance(file, BankStatement) else file.channel
    expected = expected_of(owner, file.name, files.read(file.sha256))
    if version := file.mapping_version:
        return read(owner, replace(expected, mapping=version.mapping), (version,))
    return read(owner, expected, mappings_of(owner))


def mappings_of(owner: Channel | BankAccount) -> tuple[MappingVersion, ...]:
    """The saved versions of the owner's column mapping, newest first; none for an owner whose files need no mapping."""
    if isinstance(owner, Channel):
        return tuple(owner.mapping_versions.order_by("-version")) if is_mapped(owner.provider) else ()
    return tuple(owner.mapping_versions.order_by("-version")) if owner.format == BankFormat.CSV else ()


def expected_of(owner: Channel | BankAccount, name: str, data: bytes) -> StatementFile:
    """The file with what its owner knows at this moment of its own files; may ask the database."""
    if isinstance(owner, Channel):
        practice = owner.public_id if owner.merchant.is_practice else ""
        return StatementFile(name, data, owner.timezone, owner.currency, owner.provider_account, owner.mapping, practice)
    return StatementFile(name, data, owner.merchant.timezone, owner.currency, owner.account_no, owner.mapping)


def read(owner: Channel | BankAccount, file: StatementFile, mappings: Iterable[MappingVersion] = ()) -> Reading:
    """Reads a file that `expected_of` made; asks no database, so it may run in a thread of its own.

    Of several versions the newest reads it. An older one does where the newest does not know the columns, or is meant for later days.

    :raises FileRefused: as the newest version refuses it.
    """
    road = _statement if isinstance(owner, Channel) else _bank
    versions = list(mappings)
    if not any(version.mapping == file.mapping for version in versions):
        return road(owner, file)  # what stands on the owner was never saved as a version
    first = _one(road, owner, file, versions[0])
    if not _is_for_another(first, versions[0], file.name):
        return _or_raise(first)
    for version in versions[1:]:
        found = _one(road, owner, file, version)
        if not _is_for_another(found, version, file.name):
            return _or_raise(found)
    return _or_raise(first)


def _one(road, owner, file: StatementFile, version: MappingVersion) -> Reading | FileRefused:
    try:
        return replace(road(owner, replace(file, mapping=version.mapping)), mapping_version_id=version.pk)
    except FileRefused as refused:
        return refused


def _is_for_another(found: Reading | FileRefused, version: MappingVersion, name: str) -> bool:
    """Whether another version should be asked: other columns, or days before this one applies, by the name or by the rows."""
    if isinstance(found, FileRefused) and found.code == Refusal.OTHER_LAYOUT:
        return True
    if version.valid_from is None:
        return False
    told = days_in_name(name)
    return (told is not None and told[1] < version.valid_from) or (isinstance(found, Reading) and found.first_day < version.valid_from)


def _or_raise(found: Reading | FileRefused) -> Reading:
    if isinstance(found, FileRefused):
        raise found
    return found


def _statement(channel: Channel, file: StatementFile) -> Reading:
    parsed: ParsedStatement = parse_statement(channel.provider, file)
    own = {"merchant_id": channel.merchant_id, "channel_id": channel.pk}
    extra, rows, lane = {"lists": parsed.lists}, parsed.lines, STATEMENTS
    if parsed.flow:
        extra |= {"opening_minor": parsed.flow.opening, "closing_minor": parsed.flow.closing, "breaks": list(parsed.flow.breaks)[:100]}
        rows, lane = rows.join(parsed.flow.rows, on="row_no", how="left", maintain_order="left"), FLOWS
        rows = rows.select(*FLOW_FIELDS, amount_minor="net", balance_minor="balance")
    rows = rows.with_columns(pl.lit(value).cast(pl.Int64).alias(column) for column, value in own.items())
    days = (parsed.first_day, parsed.last_day)
    # An account flow lists other movements than statements do, practice is made up, and our own books are no stranger's file.
    is_measure = not (parsed.flow or parsed.is_practice or reports_itself(channel.provider))
    profile = {} if not is_measure else profile_of(parsed.lines, parsed.header, file.name, parsed.first_day)
    found = Reading(parsed.layout, parsed.account, *days, rows, parsed.rows_in, parsed.totals, parsed.rejections, extra, profile, lane=lane)
    return replace(found, is_mapped=is_mapped(channel.provider))


def _bank(account: BankAccount, file: StatementFile) -> Reading:
    parsed: ParsedBank = parse_bank(account.format, file)
    rows = parsed.lines.rename({"amount": "amount_minor", "balance": "balance_minor"}).with_columns(
        _fitting("reference", 100),
        _fitting("memo", 500),
        pl.lit(account.merchant_id).cast(pl.Int64).alias("merchant_id"),
        pl.lit(account.pk).cast(pl.Int64).alias("bank_account_id"),
    )
    extra = {"opening_minor": parsed.opening, "closing_minor": parsed.closing, "breaks": list(parsed.breaks)[:100]}
    extra |= {"is_final": parsed.is_final, "notes": [[str(note.code), note.count, note.text] for note in parsed.notes]}
    return Reading(
        parsed.layout or account.format,
        parsed.account,
        parsed.first_day,
        parsed.last_day,
        rows,
        parsed.rows_in,
        parsed.totals,
        parsed.rejections,
        extra,
        profile_of(parsed.lines, parsed.header, file.name, parsed.first_day, breaks=len(parsed.breaks)),
        is_mapped=account.format == BankFormat.CSV,
    )


def _fitting(column: str, length: int) -> pl.Expr:
    """A text as its column holds it: a bank may send whole letters, and PostgreSQL refuses what is too long."""
    return pl.col(column).str.replace_all(r"[\x00-\x1f]+", " ").str.slice(0, length)

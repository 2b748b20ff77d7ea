"""Taking files in: a file is posted whole or refused whole, known by its hash and the days it reports, and can be withdrawn."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import polars as pl
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Coalesce, Greatest, Least

from apps.audit.services import record
from apps.channels.contracts import FileRefused, Refusal, StatementFile
from apps.channels.models import Channel, MappingVersion
from apps.channels.refusals import refusal_sentence
from apps.core import files
from apps.core.bulk import ahead, copy_rows, queryset_frame, reserve_ids, update_rows
from apps.merchants.models import BankAccount
from apps.settlements.enums import StatementState
from apps.settlements.errors import AlreadyWithdrawn, NothingToWithdraw, UnableToImport
from apps.settlements.ingest.lanes import BANK, STATEMENTS, Lane, Reading, expected_of, lane_of, lane_of_file, mappings_of, read
from apps.settlements.ingest.overlap import Sorted, all_new, looks_new, numbered, sort_rows
from apps.settlements.models import BankLine, BankStatement, Statement, StatementLine
from apps.settlements.selectors.files import lines_of
from apps.settlements.services.applying import chunks
from apps.settlements.services.drift import refuse_changed
from apps.settlements.services.nearer_days import take_nearer_days
from apps.settlements.services.previews import less_covered, restore_previews, supersede_previews
from apps.settlements.services.touching import touch_frame, touch_lines

logger = logging.getLogger(__name__)
KEPT_REJECTIONS = 500
LARGE_LOAD = 50_000
LONG = 2_000  # rows of a file from which on their order in the table is not that of the file; an index filled in its order costs a third


@dataclass(frozen=True)
class Imported:
    """What an import did. `was_seen` when the same file had been imported before: then nothing was written."""

    file: Statement | BankStatement
    was_seen: bool


@dataclass(frozen=True)
class Arrival:
    """A file before its turn. `said` is what reading it came to, once it was read; one that is known already is not read."""

    owner: Channel | BankAccount
    file: StatementFile
    sha256: str
    known: Statement | BankStatement | None
    mappings: tuple[MappingVersion, ...] = ()
    said: Reading | FileRefused | None = None


def import_file(*, owner: Channel | BankAccount, name: str, data: bytes, by, now: datetime, forced_reason: str = "") -> Imported:
    """Reads a file, keeps its bytes and posts its rows in one transaction.

    With `forced_reason` it is not compared with the files before it; the reason stays on the file and on record.

    :raises UnableToImport: when it is refused; the refusal is on record with the bytes, and no row was kept.
    """
    return _take_in(_arrival(owner, name, data), by, now, forced_reason)


def import_files(*, files: Iterable[tuple[Channel | BankAccount, Path]], by, now: datetime) -> Iterator[Imported | UnableToImport]:
    """Like `import_file` for one file after the other; while one is posted the next is read. A refusal is given, not raised."""
    for arrival in ahead(_early, (_arrival(owner, path.name, path.read_bytes()) for owner, path in files)):
        try:
            yield _take_in(arrival, by, now)
        except UnableToImport as refused:
            yield refused


def _arrival(owner: Channel | BankAccount, name: str, data: bytes) -> Arrival:
    sha256 = hashlib.sha256(data).hexdigest()
    return Arrival(owner, expected_of(owner, name, data), sha256, _known(owner, sha256, name), mappings_of(owner))


def _known(owner: Channel | BankAccount, sha256: str, name: str) -> Statement | BankStatement | None:
    lane = lane_of(owner)
    return _posted(lane, owner, sha256).filter(name=name[:255]).first() or _by_other_name(lane, owner, sha256, name)


def _early(arrival: Arrival) -> Arrival:
    """Keeps the bytes and reads them. Runs in a thread, so it asks no database."""
    if arrival.known:
        return arrival
    files.store(arrival.file.data)
    try:
        return replace(arrival, said=read(arrival.owner, arrival.file, arrival.mappings))
    except FileRefused as refused:
        return replace(arrival, said=refused)


def _take_in(arrival: Arrival, by, now: datetime, forced_reason: str = "") -> Imported:
    owner, name, data, sha256 = arrival.owner, arrival.file.name, arrival.file.data, arrival.sha256
    if known := arrival.known or (arrival.said and _known(owner, sha256, name)):  # the file before it may have been its twin
        return Imported(known, was_seen=True)
    lane, expected = lane_of(owner), expected_of(owner, name, data)
    if arrival.said is None or expected != arrival.file:  # a file before it may have taught the account
        arrival = _early(replace(arrival, file=expected))
    base = {
        "merchant_id": owner.merchant_id,
        lane.owner: owner,
        "name": name[:255],
        "sha256": sha256,
        "size": len(data),
        "created_at": now,
        "created_by": by,
        "forced_reason": forced_reason,
    }
    try:
        if isinstance(arrival.said, FileRefused):
            raise arrival.said
        if arrival.said.rejections:
            raise FileRefused(Refusal.BAD_ROWS, count=len(arrival.said.rejections), rejections=arrival.said.rejections)
        if not forced_reason:
            refuse_changed(owner, arrival.said)
    except FileRefused as refused:
        raise _refuse(lane, base, refused) from refused
    return _post(owner, base, arrival.said)


def _post(owner, base: dict, reading: Reading) -> Imported:
    lane = reading.lane or lane_of(owner)
    with transaction.atomic():
        type(owner).objects.select_for_update().get(pk=owner.pk)  # one import at a time per channel or account
        twin = _posted(lane, owner, base["sha256"]).filter(first_day=reading.first_day, last_day=reading.last_day).first()
        if twin:
            _also_named(twin, base["name"])
            return Imported(twin, was_seen=True)
        file = _keep(lane, owner, base, reading)
        _learn_account(owner, reading.account)
        record(
            merchant_id=owner.merchant_id,
            action="file.imported",
            subject=file,
            by=base["created_by"],
            now=base["created_at"],
            reason=base["forced_reason"],
            after={"rows": reading.rows_in, "new": file.lines_new, "seen": file.lines_seen},
        )
    logger.info("file.imported file=%s new=%s seen=%s", file.pk, file.lines_new, file.lines_seen)
    return Imported(file, was_seen=False)


def _keep(lane: Lane, owner, base: dict, reading: Reading) -> Statement | BankStatement:
    """The file and its rows, less those that are in already."""
    rows = numbered(reading.rows)
    if not reading.extra.get("is_final", True):
        return _write(lane, base, reading, less_covered(owner, sort_rows(lane, owner.pk, rows)))
    if looks_new(lane, owner.pk, rows):
        try:
            with transaction.atomic():
                return _write(lane, base, reading, all_new(rows))
        except IntegrityError:
            logger.info("file.overlaps name=%s", base["name"])
    return _write(lane, base, reading, sort_rows(lane, owner.pk, rows))


def _write(lane: Lane, base: dict, reading: Reading, split: Sorted) -> Statement | BankStatement:
    totals = [{"name": t.name, "stated": t.stated, "computed": t.computed, "unit": t.unit} for t in reading.totals]
    file = lane.file_model.objects.create(
        **base,
        **reading.extra,
        first_day=reading.first_day,
        last_day=reading.last_day,
        layout=reading.layout,
        account=reading.account[:60],
        state=StatementState.POSTED,
        rows_in=reading.rows_in,
        lines_new=split.new.height,
        lines_seen=split.seen_count,
        totals=totals,
        mapping_version_id=reading.mapping_version_id,
        profile=reading.profile,
    )
    _write_lines(lane, file, split)
    if lane is STATEMENTS:
        take_nearer_days(file, split.seen)
    if lane is BANK and file.is_final:
        supersede_previews(file)
    return file


def _write_lines(lane: Lane, file, split) -> None:
    of_file = pl.lit(file.pk).cast(pl.Int64).alias("statement_id")
    new = split.new.with_columns(of_file, pl.lit(True).alias("is_live"))
    if lane is STATEMENTS:
        new = _with_ids(file, new)
        touch_frame(file.channel, new["business_date"])
    copy_rows(lane.line_model, new)
    seen = split.seen.select(pl.col("id").alias("line_id"), of_file, "row_no")
    if lane.owner == "channel":
        seen = seen.with_columns(pl.lit(file.merchant_id).cast(pl.Int64).alias("merchant_id"))
    copy_rows(lane.sighting_model, seen)


def _with_ids(file: Statement, new: pl.DataFrame) -> pl.DataFrame:
    """The rows with their primary keys, which the file remembers. Those of a long file go in by the order of their unique key."""
    if new.is_empty():
        return new
    ids = reserve_ids(StatementLine, new.height)
    file.lines_from, file.lines_to = ids[0], ids[-1]
    file.save(update_fields=["lines_from", "lines_to"])
    ordered = new.sort("row_hash", "ordinal") if new.height > LONG else new
    return ordered.with_columns(ids)


def _posted(lane: Lane, owner, sha256: str):
    return lane.file_model.objects.filter(**{lane.owner: owner}, sha256=sha256, state=StatementState.POSTED)


def _by_other_name(lane: Lane, owner, sha256: str, name: str):
    return next((file for file in _posted(lane, owner, sha256) if name in file.other_names), None)


def _also_named(file, name: str) -> None:
    """The same bytes for the same day under another name. The shortest name stands, so that the order of files tells nothing."""
    names = sorted({file.name, *file.other_names, name}, key=lambda text: (len(text), text))
    file.name, file.other_names = names[0], names[1:]
    file.save(update_fields=["name", "other_names"])


def _refuse(lane: Lane, base: dict, refused: FileRefused) -> UnableToImport:
    """Puts the refusal on record (once for the same bytes and name) and returns the error to raise."""
    rejections = refused.params.pop("rejections", ())
    fields = {
        "state": StatementState.REJECTED,
        "refusal": refused.code,
        "refusal_params": {key: value if isinstance(value, int | str | list) else str(value) for key, value in refused.params.items()},
        "rejections": [[r.row_no, str(r.code), r.column, r.value] for r in rejections[:KEPT_REJECTIONS]],
    }
    same = {key: base[key] for key in ("merchant_id", lane.owner, "name", "sha256")}
    lane.file_model.objects.update_or_create(**same, state=StatementState.REJECTED, defaults=fields, create_defaults={**base, **fields})
    logger.info("file.refused name=%s code=%s", base["name"], refused.code)
    return UnableToImport(
        refusal_sentence(refused.code, refused.params), code=str(refused.code), detail=refused.params, rejections=rejections
    )


def _learn_account(owner, account: str) -> None:
    """The first file that names the merchant's account at the provider teaches it; from then on another account is refused."""
    if isinstance(owner, Channel) and account and not owner.provider_account:
        owner.provider_account = account[:60]
        owner.save(update_fields=["provider_account"])


def refresh_statistics(new_lines: int) -> None:
    """After a large load the database is told how large its tables are now; small ones it notices by itself."""
    if new_lines < LARGE_LOAD:
        return
    with connection.cursor() as cursor:
        for model in (StatementLine, BankLine):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def withdraw_file(*, file: Statement | BankStatement, reason: str, by, now: datetime) -> None:
    """Takes a posted file back as a whole. Rows that another posted file also holds pass to that file; the bytes stay.

    :raises NothingToWithdraw, AlreadyWithdrawn: and nothing changed.
    """
    lane = lane_of_file(file)
    with transaction.atomic():
        file = lane.file_model.objects.select_for_update().get(pk=file.pk)
        if file.state == StatementState.WITHDRAWN:
            raise AlreadyWithdrawn
        if file.state != StatementState.POSTED:
            raise NothingToWithdraw
        passed = _pass_on_shared_lines(lane, file)
        going = lines_of(file)
        if lane is STATEMENTS:
            touch_lines(file.channel, going)
        gone = going.update(is_live=False)
        lane.sighting_model.objects.filter(statement=file).delete()
        previews = restore_previews(file) if lane is BANK and file.is_final else 0
        file.state, file.withdrawn_at, file.withdrawn_by, file.withdrawn_reason = StatementState.WITHDRAWN, now, by, reason[:300]
        file.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        record(
            merchant_id=file.merchant_id,
            action="file.withdrawn",
            subject=file,
            by=by,
            now=now,
            reason=reason,
            after={"lines_withdrawn": gone, "lines_kept_by_other_files": passed, **({"lines_of_previews": previews} if previews else {})},
        )


def _pass_on_shared_lines(lane: Lane, file: Statement | BankStatement) -> int:
    """Lines of this file that another file also holds become that file's; the first such file takes each."""
    sightings = lane.sighting_model.objects.filter(line__in=lines_of(file).order_by())
    schema = {name: pl.Int64() for name in ("id", "line_id", "statement_id", "row_no")}
    passed = queryset_frame(sightings.order_by("line_id", "pk"), schema).unique("line_id", keep="first", maintain_order=True)
    update_rows(lane.line_model, passed.select("statement_id", "row_no", id="line_id"))
    for part in chunks(passed["id"]):
        lane.sighting_model.objects.filter(pk__in=part).delete()
    if lane is STATEMENTS:
        _widen(passed)
    return passed.height


def _widen(passed: pl.DataFrame) -> None:
    """Files that took lines of another remember where those lie too; in the database, as another withdrawal may widen the same file."""
    spans = passed.group_by("statement_id").agg(pl.col("line_id").min().alias("first"), pl.col("line_id").max().alias("last"))
    for pk, first, last in spans.iter_rows():
        wider = {"lines_from": Least(Coalesce("lines_from", first), first), "lines_to": Greatest(Coalesce("lines_to", last), last)}
        Statement.objects.filter(pk=pk).update(**wider)

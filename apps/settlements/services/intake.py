"""Taking files in: a file is posted whole or refused whole, known by its hash and the days it reports, and can be withdrawn."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from django.db import connection, transaction

from apps.audit.services import record
from apps.channels.contracts import FileRefused, Refusal
from apps.channels.models import Channel
from apps.channels.refusals import refusal_sentence
from apps.core import files
from apps.core.bulk import copy_rows
from apps.merchants.models import BankAccount
from apps.settlements.enums import StatementState
from apps.settlements.errors import AlreadyWithdrawn, NothingToWithdraw, UnableToImport
from apps.settlements.ingest.lanes import Lane, Reading, lane_of, read_file
from apps.settlements.ingest.overlap import sort_rows
from apps.settlements.models import BankLine, BankStatement, Statement, StatementLine

logger = logging.getLogger(__name__)
KEPT_REJECTIONS = 500
LARGE_LOAD = 50_000


@dataclass(frozen=True)
class Imported:
    """What an import did. `was_seen` when the same file had been imported before: then nothing was written."""

    file: Statement | BankStatement
    was_seen: bool


def import_file(*, owner: Channel | BankAccount, name: str, data: bytes, by, now: datetime) -> Imported:
    """Reads a file, keeps its bytes and posts its rows in one transaction.

    :raises UnableToImport: when it is refused; the refusal is on record with the bytes, and no row was kept.
    """
    lane, sha256 = lane_of(owner), hashlib.sha256(data).hexdigest()
    known = _posted(lane, owner, sha256).filter(name=name[:255]).first() or _by_other_name(lane, owner, sha256, name)
    if known:
        return Imported(known, was_seen=True)
    files.store(data)
    base = {
        "merchant_id": owner.merchant_id,
        lane.owner: owner,
        "name": name[:255],
        "sha256": sha256,
        "size": len(data),
        "created_at": now,
        "created_by": by,
    }
    try:
        reading = read_file(owner, name, data)
        if reading.rejections:
            raise FileRefused(Refusal.BAD_ROWS, count=len(reading.rejections), rejections=reading.rejections)
    except FileRefused as refused:
        raise _refuse(lane, base, refused) from refused
    return _post(lane, owner, base, reading)


def _post(lane: Lane, owner, base: dict, reading: Reading) -> Imported:
    with transaction.atomic():
        type(owner).objects.select_for_update().get(pk=owner.pk)  # one import at a time per channel or account
        twin = _posted(lane, owner, base["sha256"]).filter(first_day=reading.first_day, last_day=reading.last_day).first()
        if twin:
            _also_named(twin, base["name"])
            return Imported(twin, was_seen=True)
        split = sort_rows(lane, owner.pk, reading.rows)
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
            lines_seen=split.seen.height,
            totals=totals,
        )
        _write_lines(lane, file, split)
        _learn_account(owner, reading.account)
        record(
            merchant_id=owner.merchant_id,
            action="file.imported",
            subject=file,
            by=base["created_by"],
            now=base["created_at"],
            after={"rows": reading.rows_in, "new": split.new.height, "seen": split.seen.height},
        )
    logger.info("file.imported file=%s new=%s seen=%s", file.pk, split.new.height, split.seen.height)
    return Imported(file, was_seen=False)


def _write_lines(lane: Lane, file, split) -> None:
    of_file = pl.lit(file.pk).cast(pl.Int64).alias("statement_id")
    copy_rows(lane.line_model, split.new.with_columns(of_file, pl.lit(True).alias("is_live")))
    seen = split.seen.select(pl.col("id").alias("line_id"), of_file, "row_no")
    if lane.owner == "channel":
        seen = seen.with_columns(pl.lit(file.merchant_id).cast(pl.Int64).alias("merchant_id"))
    copy_rows(lane.sighting_model, seen)


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
    lane = lane_of(getattr(file, "channel", None) or file.bank_account)
    with transaction.atomic():
        file = lane.file_model.objects.select_for_update().get(pk=file.pk)
        if file.state == StatementState.WITHDRAWN:
            raise AlreadyWithdrawn
        if file.state != StatementState.POSTED:
            raise NothingToWithdraw
        passed = _pass_on_shared_lines(lane, file)
        gone = lane.line_model.objects.filter(statement=file, is_live=True).update(is_live=False)
        lane.sighting_model.objects.filter(statement=file).delete()
        file.state, file.withdrawn_at, file.withdrawn_by, file.withdrawn_reason = StatementState.WITHDRAWN, now, by, reason[:300]
        file.save(update_fields=["state", "withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        record(
            merchant_id=file.merchant_id,
            action="file.withdrawn",
            subject=file,
            by=by,
            now=now,
            reason=reason,
            after={"lines_withdrawn": gone, "lines_kept_by_other_files": passed},
        )


def _pass_on_shared_lines(lane: Lane, file) -> int:
    """Lines of this file that another file also holds become that file's; the first such file takes each."""
    sightings = lane.sighting_model.objects.filter(line__statement=file, line__is_live=True).select_related("line")
    taken = set()
    for sighting in sightings.order_by("line_id", "pk"):
        if sighting.line_id in taken:
            continue
        taken.add(sighting.line_id)
        line = sighting.line
        line.statement_id, line.row_no = sighting.statement_id, sighting.row_no
        line.save(update_fields=["statement", "row_no"])
        sighting.delete()
    return len(taken)

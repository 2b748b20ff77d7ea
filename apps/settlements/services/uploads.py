"""Files brought in by hand: recognised and read before anything is posted, then posted as a job.

A preview is a file row in state `parsed` that holds no lines. It goes when it is posted or dropped; its bytes stay.
"""

from datetime import datetime

from django.db import transaction

from apps.channels.banks.registry import LABELS, proved_format
from apps.channels.contracts import FileRefused, Refusal
from apps.channels.models import Channel
from apps.channels.registry import recognise
from apps.core import files
from apps.merchants.models import BankAccount, Merchant
from apps.settlements.enums import StatementState
from apps.settlements.errors import UnableToImport
from apps.settlements.ingest.lanes import lane_of, read_file
from apps.settlements.models import BankStatement, Statement
from apps.settlements.services.drift import refuse_changed
from apps.settlements.services.intake import KEPT_REJECTIONS, import_file, refresh_statistics

MOSTLY = 0.6  # of the mapped columns: then it is that channel's file with a changed header


def receive_upload(*, merchant: Merchant, name: str, data: bytes, by, now: datetime) -> Statement | BankStatement:
    """Keeps the bytes, finds whose file it is, reads it, and returns a preview (`parsed`) or a refusal (`rejected`). Posts nothing."""
    base = {"merchant": merchant, "name": name[:255], "sha256": files.store(data), "size": len(data), "created_at": now, "created_by": by}
    known = [provider for provider, _ in recognise(name, data)]
    try:
        proved = "" if known else proved_format(data)
        owners = _accounts_of_format(merchant, proved) if proved else _possible_owners(merchant, known)
    except FileRefused as error:
        return _rejected(None, base, error)
    refusals: list[tuple[Channel | BankAccount, FileRefused]] = []
    for owner in owners:
        try:
            return _preview(owner, base, data)
        except FileRefused as error:
            refusals.append((owner, error))
    owner, refused = _likeliest(refusals, known, proved)
    return _rejected(owner, base, refused)


def receive_for(*, owner: Channel | BankAccount, name: str, data: bytes, by, now: datetime) -> Statement | BankStatement:
    """Like `receive_upload` for a file whose owner is known. Waiting and refused rows of the same bytes give way to it."""
    base = {
        "merchant": owner.merchant,
        "name": name[:255],
        "sha256": files.store(data),
        "size": len(data),
        "created_at": now,
        "created_by": by,
    }
    with transaction.atomic():
        for model in (Statement, BankStatement):
            stale = model.objects.for_merchant(owner.merchant_id).filter(sha256=base["sha256"])
            stale.filter(state__in=[StatementState.PARSED, StatementState.REJECTED]).delete()
        try:
            return _preview(owner, base, data)
        except FileRefused as refused:
            return _rejected(owner, base, refused)


def _likeliest(
    refusals: list[tuple[Channel | BankAccount, FileRefused]], known: list[str], proved: str
) -> tuple[Channel | BankAccount | None, FileRefused]:
    """Whose file a refused one most likely is: by its mark, by having been read, or by most of its columns."""
    if known:
        return refusals[-1] if refusals else (None, FileRefused(Refusal.NO_CHANNEL, found=known[0]))
    for code in (Refusal.VALUES_CHANGED, Refusal.LAYOUT_CHANGED, Refusal.BAD_ROWS):
        if mine := [pair for pair in refusals if pair[1].code == code]:
            return mine[0]
    if proved:
        told = FileRefused(Refusal.UNKNOWN_FILE)
        for _owner, error in refusals:
            told = error if _says_more(error, proved, told) else told
        return (refusals[0][0] if len(refusals) == 1 else None), told
    changed = [(_shared_part(error), owner, error) for owner, error in refusals if error.code == Refusal.OTHER_LAYOUT]
    part, owner, error = max(changed, key=lambda one: one[0], default=(0, None, None))
    return (owner, error) if part >= MOSTLY else (None, FileRefused(Refusal.UNKNOWN_FILE))


def _shared_part(error: FileRefused) -> float:
    """Which part of the columns that are looked for is there."""
    found, missing = len(set(error.params.get("found", ()))), len(error.params.get("missing", ()))
    there = found - len(set(error.params.get("unknown", ())))
    return there / max(there + missing, 1)


def _rejected(owner: Channel | BankAccount | None, base: dict, refused: FileRefused) -> Statement | BankStatement:
    lane = lane_of(owner) if owner else None
    model, belongs = (lane.file_model, {lane.owner: owner}) if lane else (Statement, {})
    rejections = refused.params.pop("rejections", ())
    return model.objects.create(
        **base,
        **belongs,
        state=StatementState.REJECTED,
        refusal=refused.code,
        refusal_params={key: value if isinstance(value, int | str | list) else str(value) for key, value in refused.params.items()},
        rejections=[[r.row_no, str(r.code), r.column, r.value] for r in rejections[:KEPT_REJECTIONS]],
    )


def _accounts_of_format(merchant: Merchant, format: str) -> list[BankAccount]:
    """:raises FileRefused: no_account, when no account of the merchant has its statements in this format."""
    accounts = BankAccount.objects.for_merchant(merchant).filter(format=format).select_related("merchant").order_by("code")
    if not accounts:
        raise FileRefused(Refusal.NO_ACCOUNT, found=LABELS[format])
    return list(accounts)


def _says_more(error: FileRefused, proved: str, before: FileRefused) -> bool:
    """Of several accounts that refuse a bank's file, the reason of the one it is meant for: not merely that it is another's."""
    others = (Refusal.OTHER_ACCOUNT, Refusal.OTHER_CURRENCY)
    return bool(proved) and (error.code not in others or before.code in (Refusal.UNKNOWN_FILE, *others))


def _possible_owners(merchant: Merchant, known: list[str]) -> list[Channel | BankAccount]:
    """Channels whose provider recognises the file first; else every mapped channel and bank account, which only reading can tell."""
    channels = list(Channel.objects.for_merchant(merchant).select_related("merchant").order_by("code"))
    if mine := [channel for channel in channels if channel.provider in known]:
        return mine
    if known:
        return []
    mapped = [channel for channel in channels if channel.mapping]
    return [*mapped, *BankAccount.objects.for_merchant(merchant).select_related("merchant").order_by("code")]


def _preview(owner: Channel | BankAccount, base: dict, data: bytes) -> Statement | BankStatement:
    reading = read_file(owner, base["name"], data)
    if reading.rejections:
        raise FileRefused(Refusal.BAD_ROWS, count=len(reading.rejections), rejections=reading.rejections)
    refuse_changed(owner, reading)
    lane = lane_of(owner)
    totals = [{"name": t.name, "stated": t.stated, "computed": t.computed, "unit": t.unit} for t in reading.totals]
    return lane.file_model.objects.create(
        **base,
        **reading.extra,
        **{lane.owner: owner},
        state=StatementState.PARSED,
        first_day=reading.first_day,
        last_day=reading.last_day,
        layout=reading.layout,
        account=reading.account[:60],
        rows_in=reading.rows_in,
        totals=totals,
        mapping_version_id=reading.mapping_version_id,
    )


def post_upload(*, preview: Statement | BankStatement, by, now: datetime) -> Statement | BankStatement:
    """Posts a previewed file. Pressing the button twice posts it once.

    :raises UnableToImport: when it cannot be read any more (its channel changed meanwhile); nothing is kept but its bytes.
    """
    owner = getattr(preview, "channel", None) or preview.bank_account
    done = import_file(owner=owner, name=preview.name, data=files.read(preview.sha256), by=by, now=now)
    type(preview).objects.filter(pk=preview.pk, state=StatementState.PARSED).delete()
    return done.file


def drop_upload(*, preview: Statement | BankStatement) -> None:
    """Forgets a preview or a refusal; what was posted cannot be dropped, only withdrawn."""
    type(preview).objects.filter(pk=preview.pk, state__in=[StatementState.PARSED, StatementState.REJECTED]).delete()


def post_all(*, merchant: Merchant, by, now: datetime, progress) -> dict[str, int]:
    """Posts every preview of a merchant, one transaction a file, and counts what came of them."""
    waiting = [
        *Statement.objects.for_merchant(merchant).filter(state=StatementState.PARSED).select_related("channel").order_by("first_day", "pk"),
        *BankStatement.objects.for_merchant(merchant)
        .filter(state=StatementState.PARSED)
        .select_related("bank_account__merchant")
        .order_by("first_day", "pk"),
    ]
    counts = {"files": 0, "lines": 0, "refused": 0}
    for at, preview in enumerate(waiting):
        progress(90 * at // len(waiting), preview.name)
        try:
            posted = post_upload(preview=preview, by=by, now=now)
        except UnableToImport:
            drop_upload(preview=preview)
            counts["refused"] += 1
        else:
            counts["files"] += 1
            counts["lines"] += posted.lines_new
    refresh_statistics(counts["lines"])
    return counts


def forget_stale_previews(*, before: datetime) -> int:
    """Previews nobody confirmed for a while. Their bytes stay."""
    with transaction.atomic():
        gone = [
            model.objects.filter(state=StatementState.PARSED, created_at__lt=before).delete()[0] for model in (Statement, BankStatement)
        ]
    return sum(gone)

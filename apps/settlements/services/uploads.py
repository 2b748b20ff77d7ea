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
from apps.settlements.services.intake import KEPT_REJECTIONS, import_file, refresh_statistics


def receive_upload(*, merchant: Merchant, name: str, data: bytes, by, now: datetime) -> Statement | BankStatement:
    """Keeps the bytes, finds whose file it is, reads it, and returns a preview (`parsed`) or a refusal (`rejected`). Posts nothing."""
    base = {"merchant": merchant, "name": name[:255], "sha256": files.store(data), "size": len(data), "created_at": now, "created_by": by}
    known = [provider for provider, _ in recognise(name, data)]
    try:
        proved = "" if known else proved_format(data)
        owners = _accounts_of_format(merchant, proved) if proved else _possible_owners(merchant, known)
        refused = FileRefused(Refusal.NO_CHANNEL, found=known[0]) if known else FileRefused(Refusal.UNKNOWN_FILE)
    except FileRefused as error:
        proved, owners, refused = "", [], error
    for owner in owners:
        try:
            return _preview(owner, base, data)
        except FileRefused as error:
            refused = error if known or error.code == Refusal.BAD_ROWS or _says_more(error, proved, refused) else refused
    owner = owners[0] if owners and (known or (proved and len(owners) == 1)) else None
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

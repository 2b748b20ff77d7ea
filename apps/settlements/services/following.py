"""Going on after a file was stopped: under the new names of its columns, or as it is, for a reason."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from apps.channels.contracts import FileRefused, Refusal
from apps.channels.mapped.sniffing import renamed_mapping
from apps.channels.models import Channel, MappingSource, MappingVersion
from apps.channels.selectors.sample_files import Sample
from apps.channels.services.mappings import keys_of, save_mapping
from apps.core import files
from apps.merchants.models import BankAccount, User
from apps.settlements.enums import StatementState
from apps.settlements.errors import CannotFollow, NotStopped, ReasonMissing
from apps.settlements.ingest.lanes import expected_of, lane_of, read
from apps.settlements.models import BankStatement, Statement
from apps.settlements.selectors.layouts import COLUMNS_CHANGED, header_before, is_mapped_owner
from apps.settlements.services.intake import import_file
from apps.settlements.services.uploads import drop_upload, receive_for

STOPPED = (Refusal.LAYOUT_CHANGED, Refusal.VALUES_CHANGED)


def follow_columns(*, file: Statement | BankStatement, by: User, now: datetime) -> MappingVersion:
    """A new version of the owner's mapping with each column under its likeliest new name, from the file's first day on.

    The file waits for import afterwards.

    :raises NotStopped: its columns are not what it was refused for, or its owner has no mapping.
    :raises CannotFollow: the file does not read cleanly under it, so a person has to say which column is which; nothing changed.
    """
    owner = _owner(file)
    if owner is None or file.state != StatementState.REJECTED or file.refusal not in COLUMNS_CHANGED or not is_mapped_owner(owner):
        raise NotStopped
    mapping = renamed_mapping(owner.mapping, keys_of(owner), header_before(file), list(file.refusal_params.get("found", [])))
    expected = expected_of(owner, file.name, files.read(file.sha256))
    try:
        reading = read(owner, replace(expected, mapping=mapping))
    except FileRefused as refused:
        raise CannotFollow from refused
    if reading.rejections:
        raise CannotFollow
    with transaction.atomic():
        version = save_mapping(owner=owner, mapping=mapping, by=by, now=now, valid_from=reading.first_day, source=MappingSource.LAYOUT)
        receive_for(owner=owner, name=file.name, data=expected.data, by=by, now=now)
    return version


def import_anyway(*, file: Statement | BankStatement, reason: str, by: User, now: datetime) -> Statement | BankStatement:
    """Imports a file that was stopped only because it looks unlike those before; from then on files are compared with it.

    :raises NotStopped: it was refused for another reason, or not at all.
    :raises ReasonMissing: nobody said why.
    :raises UnableToImport: it cannot be read any more.
    """
    if not reason.strip():
        raise ReasonMissing
    if file.state != StatementState.REJECTED or file.refusal not in STOPPED:
        raise NotStopped
    done = import_file(owner=_owner(file), name=file.name, data=files.read(file.sha256), by=by, now=now, forced_reason=reason.strip()[:300])
    drop_upload(preview=file)
    return done.file


def take_in_sample(*, owner: Channel | BankAccount, sample: Sample, by: User, now: datetime) -> bool:
    """A sample of the mapping page as a file that waits for import, unless it was imported already; whether it waits."""
    lane = lane_of(owner)
    if lane.file_model.objects.filter(**{lane.owner: owner}, sha256=sample.sha256, state=StatementState.POSTED).exists():
        return False
    file = receive_for(owner=owner, name=sample.name, data=sample.data, by=by, now=now)
    return file.state == StatementState.PARSED


def _owner(file: Statement | BankStatement) -> Channel | BankAccount:
    return file.bank_account if isinstance(file, BankStatement) else file.channel

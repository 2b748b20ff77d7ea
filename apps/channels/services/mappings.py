"""Saving column mappings as versions, and sharing them between shops."""

import hashlib
import json
import tomllib
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services import record
from apps.channels.errors import ChannelError, Fault
from apps.channels.mapped import spec
from apps.channels.models import Channel, MappingSource, MappingVersion
from apps.channels.services.mapping_spec import read_bank_mapping, read_channel_mapping
from apps.channels.services.merchant_dump import table_text
from apps.channels.services.toml_section import Section
from apps.merchants.models import BankAccount, User

Owner = Channel | BankAccount


class MappingRefused(ChannelError):
    """A mapping is not usable; `faults` names every mistake, and nothing changed."""

    def __init__(self, faults: list[Fault]):
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.sentence for fault in faults))


class NotAMapping(ChannelError):
    message = _("This file holds no column mapping of this kind. Choose one that was downloaded from a mapping page.")


def lane_of(owner: Owner) -> str:
    """`channel` or `bank`: which keys the owner's mapping may have."""
    return "channel" if isinstance(owner, Channel) else "bank"


def keys_of(owner: Owner) -> tuple[spec.Key, ...]:
    return spec.CHANNEL if isinstance(owner, Channel) else spec.BANK


def versions_of(owner: Owner):
    """The saved versions, newest first."""
    return MappingVersion.objects.filter(**_owner(owner)).order_by("-version")


def checked(owner: Owner, table: dict) -> tuple[dict, list[Fault]]:
    """A mapping as merchant.toml would read it, and what is wrong with it."""
    faults: list[Fault] = []
    if isinstance(owner, Channel):
        return read_channel_mapping(Section(table, "[channels.csv]", faults)), faults
    return read_bank_mapping(Section(table, "[bank_accounts.csv]", faults)), faults


def save_mapping(
    *,
    owner: Owner,
    mapping: dict,
    by: User | None,
    now: datetime,
    valid_from: date | None = None,
    source: str = MappingSource.STUDIO,
) -> MappingVersion:
    """Makes `mapping` the owner's newest version; saving the newest again returns it and writes nothing.

    :raises MappingRefused: the mapping lacks something or says what cannot be; nothing changed.
    """
    mapping, faults = checked(owner, mapping)
    if faults:
        raise MappingRefused(faults)
    with transaction.atomic():
        row = type(owner).objects.select_for_update(of=("self",)).get(pk=owner.pk)
        newest = _newest(row, by=None, now=now)
        if newest and newest.mapping == mapping and newest.valid_from == valid_from:
            return newest
        before, row.mapping = row.mapping, mapping
        row.save(update_fields=["mapping"])
        version = _keep(row, newest, valid_from=valid_from, source=source, by=by, now=now)
        record(
            merchant_id=row.merchant_id,
            action=f"{row._meta.model_name}.changed",
            subject=row,
            by=by,
            now=now,
            before={"mapping": before},
            after={"mapping": mapping, "mapping_version": version.version, "valid_from": valid_from.isoformat() if valid_from else None},
        )
    owner.mapping = mapping
    return version


def keep_version(*, owner: Owner, by: User | None, now: datetime, source: str = MappingSource.FILE) -> None:
    """Keeps the mapping that stands on the owner as a version, unless the newest is the same. The caller records what it changed."""
    newest = versions_of(owner).first()
    if owner.mapping and (newest is None or newest.mapping != owner.mapping):
        _keep(owner, newest, valid_from=None, source=source, by=by, now=now)


def dump_mapping(owner: Owner) -> str:
    """The newest mapping as TOML: names of columns and words of the file, nothing of the shop."""
    place = "channels.csv" if isinstance(owner, Channel) else "bank_accounts.csv"
    provider = f"# provider: {owner.provider}\n" if isinstance(owner, Channel) else ""
    return f"# A column mapping of Hezhang, to be loaded on the mapping page of another shop.\n{provider}" + table_text(
        f"[{place}]", **owner.mapping
    )


def load_mapping(owner: Owner, data: bytes) -> dict:
    """The mapping of a shared file, TOML or JSON, checked as merchant.toml is; saves nothing.

    :raises NotAMapping: it cannot be read, or is for the other kind of file.
    :raises MappingRefused: it says what no mapping can.
    """
    try:
        text = data.decode("utf-8-sig")
        told = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        table = told["channels" if isinstance(owner, Channel) else "bank_accounts"]["csv"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotAMapping from error
    if not isinstance(table, dict):
        raise NotAMapping
    mapping, faults = checked(owner, table)
    if faults:
        raise MappingRefused(faults)
    return mapping


def fingerprint(mapping: dict) -> str:
    """SHA-256 of a mapping, in hex; the order of its keys does not matter."""
    return hashlib.sha256(json.dumps(mapping, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _newest(row: Owner, *, by: User | None, now: datetime) -> MappingVersion | None:
    """The newest version; a mapping from before versions were kept becomes the first one."""
    newest = versions_of(row).first()
    if row.mapping and (newest is None or newest.mapping != row.mapping):
        newest = _keep(row, newest, valid_from=None, source=MappingSource.EARLIER, by=by, now=now)
    return newest


def _keep(row: Owner, newest: MappingVersion | None, *, valid_from, source: str, by, now: datetime) -> MappingVersion:
    return MappingVersion.objects.create(
        merchant_id=row.merchant_id,
        **_owner(row),
        version=newest.version + 1 if newest else 1,
        valid_from=valid_from,
        mapping=row.mapping,
        fingerprint=fingerprint(row.mapping),
        source=source,
        created_at=now,
        created_by=by,
    )


def _owner(owner: Owner) -> dict:
    return {"channel": owner} if isinstance(owner, Channel) else {"bank_account": owner}

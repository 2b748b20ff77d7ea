"""Saving a row only where it differs, and saying what differed: for history and for people."""

from datetime import date, datetime

from django.db import models
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.channels.enums import FIELD_LABELS, METHOD_LABELS
from apps.core.figures import names_text
from apps.core.money import plain


def differing(row: models.Model, values: dict) -> dict:
    """The values that the row does not hold yet."""
    return {name: value for name, value in values.items() if getattr(row, name) != value}


def save_changes(row: models.Model, values: dict, *, merchant_id: int, by, now: datetime, reason: str = "") -> dict:
    """Saves what differs and records it once; nothing is written when nothing differs. Returns {field: (before, after)}."""
    changed = differing(row, values)
    if not changed:
        return {}
    pairs = {name: (getattr(row, name), value) for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(update_fields=list(changed))
    record(
        merchant_id=merchant_id,
        action=f"{row._meta.model_name}.changed",
        subject=row,
        by=by,
        now=now,
        reason=reason,
        before={name: as_json(before) for name, (before, _after) in pairs.items()},
        after={name: as_json(after) for name, (_before, after) in pairs.items()},
    )
    return pairs


def record_created(row: models.Model, values: dict, *, merchant_id: int, by, now: datetime) -> None:
    """One event that holds the row as it was made."""
    action = f"{row._meta.model_name}.created"
    record(
        merchant_id=merchant_id, action=action, subject=row, by=by, now=now, after={name: as_json(value) for name, value in values.items()}
    )


def as_json(value):
    """A field's value as history keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "code", str(value)) if isinstance(value, models.Model) else value


def sentences(subject: str, pairs: dict, currency: str) -> list[str]:
    """One line for each changed attribute: `ecpay: settles T+7 → T+5`. Amounts are major units of `currency`."""
    lines = []
    for name, (before, after) in pairs.items():
        values = {"subject": subject, "label": FIELD_LABELS.get(name, name)}
        if name == "mapping":
            lines.append(_("%(subject)s: the column mapping changed") % values)
            continue
        values |= {"before": shown(name, before, currency), "after": shown(name, after, currency)}
        lines.append(_("%(subject)s: %(label)s %(before)s → %(after)s") % values)
    return lines


def shown(name: str, value, currency: str) -> str:
    """A field's value as a person reads it."""
    if value is None or value == "" or value == []:
        return _("none")
    if name.endswith("_minor"):
        return plain(value, currency)
    if name.endswith("_ppm"):
        return percent_text(value)
    if isinstance(value, list):
        return names_text(METHOD_LABELS.get(item, item) for item in value)
    return str(as_json(value))


def percent_text(ppm: int, unit: str = " %") -> str:
    """27500 as `2.75 %`, exactly."""
    whole, rest = divmod(ppm, 10_000)
    digits = f"{rest:04d}".rstrip("0")
    return f"{whole}.{digits}{unit}" if digits else f"{whole}{unit}"

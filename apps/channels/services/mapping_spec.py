"""Column mappings of merchant.toml: `[bank_accounts.csv]` and `[channels.csv]`. Kept as the file says them, checked for sense.

Which keys there are is said once, in `apps/channels/mapped/spec.py`.
"""

import codecs
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.channels.mapped import spec
from apps.channels.mapped.spec import Key, Shape
from apps.channels.services.toml_section import Section

# What a mapping lacks, by the codes of `spec.broken_rules`.
RULES = {
    "time": gettext_lazy("time is missing"),
    "date": gettext_lazy("date is missing"),
    "gross": gettext_lazy("gross is missing"),
    "sides": gettext_lazy("either gross, or money_in and money_out are expected"),
    "bank_amount": gettext_lazy("either amount, or debit and credit are expected"),
    "reference": gettext_lazy("provider_ref or merchant_ref is needed, or no line can be paired"),
    "type_words": gettext_lazy("type and types belong together"),
    "sign_without_type": gettext_lazy("the sign can only follow the type where a column of types is named"),
    "marks_without_mark": gettext_lazy("marks need the column mark"),
    "mark_without_amount": gettext_lazy("mark belongs to one column of amounts"),
    "status_words": gettext_lazy("status and leave_out belong together"),
}


def read_bank_mapping(section: Section) -> dict:
    """The mapping of a bank account's CSV: a date column and either one signed amount or debit and credit."""
    return _read(section, spec.BANK)


def read_channel_mapping(section: Section) -> dict:
    """The mapping of a generic provider's statement: a time, a type with its words, and the amounts."""
    return _read(section, spec.CHANNEL)


def _read(section: Section, keys: tuple[Key, ...]) -> dict:
    """The keys that are there, as given; every mistake is noted in the section."""
    mapping: dict = {}
    for key in keys:
        if key.name not in section.table:
            section.read.append(key.name)
        elif value := _value(section, key):
            mapping[key.name] = value
        _check(section, key, mapping)
    for code in spec.broken_rules(mapping, keys):
        section.fault(str(RULES[code]))
    section.finish()
    return mapping


def _value(section: Section, key: Key):
    match key.shape:
        case Shape.COLUMNS | Shape.TEXTS:
            return section.text(key.name) if isinstance(section.table[key.name], str) else section.texts(key.name)
        case Shape.WORDS:
            return section.mapping(key.name)
        case Shape.COUNT:
            return section.integer(key.name, low=0, high=1000)
    if key.name == "delimiter" and isinstance(section.table[key.name], str):
        section.read.append(key.name)
        return section.table[key.name]  # a delimiter may be a blank or a TAB, so it is not stripped
    return section.text(key.name)


def _check(section: Section, key: Key, mapping: dict) -> None:
    value = mapping.get(key.name)
    if not value:
        return
    if key.shape is Shape.WORDS:
        unknown = [word for word in value.values() if word not in key.choices]
        if unknown:
            section.wrong(key.name, _("%(word)s is none of %(options)s") % {"word": unknown[0], "options": ", ".join(key.choices)})
    elif key.shape is Shape.CHOICE and value not in key.choices:
        section.wrong(key.name, _('"%(options)s" is expected, or leave it out') % {"options": '" or "'.join(key.choices)})
    elif key.shape is Shape.FORMAT and not _is_format(value):
        section.wrong(key.name, _('a format like "%%Y/%%m/%%d" is expected') % {})
    elif key.name == "delimiter" and not _is_delimiter(value):
        section.wrong("delimiter", _('one character or "tab" is expected'))
    elif key.name == "encoding" and not _is_encoding(value):
        section.wrong("encoding", _("an encoding like utf-8, big5 or gb18030 is expected"))


def _is_format(pattern: str) -> bool:
    """A format is good when a moment written by it is read back to the day. `%K` is the year of the Republic, as the readers know it."""
    pattern = pattern.replace("%K", "%Y").replace("%.f", ".%f")
    moment = datetime(2026, 10, 29, 13, 45, 58)  # noqa: DTZ001  a wall clock time, only to try the format
    try:
        return datetime.strptime(moment.strftime(pattern), pattern).date() == moment.date()  # noqa: DTZ007
    except ValueError:
        return False


def _is_delimiter(text: str) -> bool:
    return text in ("tab", "\\t", "\t") or (len(text) == 1 and text.isprintable() and text != '"')


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True

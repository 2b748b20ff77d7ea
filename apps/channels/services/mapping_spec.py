"""Column mappings of merchant.toml: `[bank_accounts.csv]` and `[channels.csv]`. Kept as the file says them, checked for sense."""

import codecs
from datetime import datetime

from django.utils.translation import gettext as _

from apps.channels.contracts import LineKind, Method
from apps.channels.services.toml_section import Section

SHEET_TEXTS = ("encoding", "delimiter", "decimal", "thousands")
BANK_TEXTS = ("date", "date_format", "value_date", "time", "debit", "credit", "amount", "mark", "sign", "balance", "reference", "currency")
CHANNEL_COLUMNS = (
    "provider_ref", "merchant_ref", "provider_refund_ref", "refund_ref", "line_ref", "method", "currency",
    "gross", "fee", "other", "net", "payout_ref", "payout_on", "date_format",
)  # fmt: skip
LINE_TYPES = (LineKind.PAYMENT, LineKind.REFUND, LineKind.DISPUTE, LineKind.FEE, LineKind.PAYOUT, LineKind.ADJUSTMENT)


def read_bank_mapping(section: Section) -> dict:
    """The mapping of a bank account's CSV: a date column and either one signed amount or debit and credit."""
    mapping = _sheet(section)
    for key in BANK_TEXTS:
        _text(section, key, mapping)
    _names(section, "memo", mapping)
    amounts = ("amount" in mapping, "debit" in mapping and "credit" in mapping)
    if amounts.count(True) != 1 or ("amount" in mapping and ("debit" in mapping or "credit" in mapping)):
        section.fault(_("either amount, or debit and credit are expected"))
    if "date" not in mapping:
        section.fault(_("%(key)s is missing") % {"key": "date"})
    _check_format(section, "date_format", mapping)
    if mapping.get("sign", "inverse") != "inverse":
        section.wrong("sign", _('"inverse" is expected, or leave it out'))
    section.finish()
    return mapping


def read_channel_mapping(section: Section) -> dict:
    """The mapping of a generic provider's statement: a time, a type with its words, and the amounts."""
    mapping = _sheet(section)
    for key in ("time", "time_format", "type", *CHANNEL_COLUMNS):
        _text(section, key, mapping)
    for key in ("types", "methods"):
        value = section.mapping(key)
        if value:
            mapping[key] = value
    for key in ("time", "gross"):
        if key not in mapping:
            section.fault(_("%(key)s is missing") % {"key": key})
    if not {"provider_ref", "merchant_ref"} & set(mapping):
        section.fault(_("provider_ref or merchant_ref is needed, or no line can be paired"))
    if ("type" in mapping) != ("types" in mapping):
        section.fault(_("type and types belong together"))
    _check_words(section, "types", mapping, LINE_TYPES)
    _check_words(section, "methods", mapping, tuple(Method))
    _check_format(section, "time_format", mapping)
    _check_format(section, "date_format", mapping)
    section.finish()
    return mapping


def _sheet(section: Section) -> dict:
    """What both kinds of mapping say about the file itself."""
    mapping: dict = {}
    for key in SHEET_TEXTS:
        # A delimiter may be a blank or a TAB, so it is not stripped.
        if key == "delimiter" and isinstance(section.table.get(key), str):
            section.read.append(key)
            mapping[key] = section.table[key]
            continue
        _text(section, key, mapping)
    if "skip_rows" in section.table:
        mapping["skip_rows"] = section.integer("skip_rows", low=0, high=1000)
    _names(section, "footer_starts", mapping)
    section.read += [key for key in ("skip_rows",) if key not in section.read]
    if "delimiter" in mapping and not _is_delimiter(mapping["delimiter"]):
        section.wrong("delimiter", _('one character or "tab" is expected'))
    if "encoding" in mapping and not _is_encoding(mapping["encoding"]):
        section.wrong("encoding", _("an encoding like utf-8, big5 or gb18030 is expected"))
    return mapping


def _text(section: Section, key: str, mapping: dict) -> None:
    if key in section.table:
        mapping[key] = section.text(key)
    else:
        section.read.append(key)


def _names(section: Section, key: str, mapping: dict) -> None:
    """One text or a list of texts, kept as given."""
    if isinstance(section.table.get(key), str):
        mapping[key] = section.text(key)
    elif key in section.table:
        mapping[key] = section.texts(key)
    else:
        section.read.append(key)


def _check_words(section: Section, key: str, mapping: dict, options: tuple) -> None:
    unknown = [word for word in mapping.get(key, {}).values() if word not in options]
    if unknown:
        section.wrong(key, _("%(word)s is none of %(options)s") % {"word": unknown[0], "options": ", ".join(options)})


def _check_format(section: Section, key: str, mapping: dict) -> None:
    """A format is good when a moment written by it is read back to the day. `%K` is the year of the Republic, as the readers know it."""
    pattern = mapping.get(key, "%Y-%m-%d").replace("%K", "%Y")
    moment = datetime(2026, 10, 29, 13, 45, 58)  # noqa: DTZ001  a wall clock time, only to try the format
    try:
        good = datetime.strptime(moment.strftime(pattern), pattern).date() == moment.date()  # noqa: DTZ007
    except ValueError:
        good = False
    if not good:
        section.wrong(key, _('a format like "%%Y/%%m/%%d" is expected') % {})


def _is_delimiter(text: str) -> bool:
    return text in ("tab", "\\t", "\t") or (len(text) == 1 and text.isprintable() and text != '"')


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return True

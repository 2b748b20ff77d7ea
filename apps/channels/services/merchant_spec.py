"""merchant.toml as plain values: what the file says, checked as far as the file alone can be checked. No rows here.

Every dataclass has the fields of its model, so that a row is compared and saved field by field.
"""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django.utils.translation import gettext as _

from apps.channels import registry
from apps.channels.calendar import CalendarError, has_country, parse_settlement
from apps.channels.contracts import Method
from apps.channels.errors import Fault, UnableToLoadMerchantFile
from apps.channels.models import StatementRhythm
from apps.channels.services.mapping_spec import read_bank_mapping, read_channel_mapping
from apps.channels.services.toml_section import Section
from apps.core.money import ROUNDINGS
from apps.merchants.enums import BankFormat

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CURRENCIES = frozenset(list_currencies())
EVERY_METHOD = "*"
REFUND_LIMITS = ("refund_second_approver_above", "refund_owner_above", "refund_mfa_above")  # empty text: never
MAX_UNIT = 1_000_000  # minor units; as far as the fee arithmetic stays in 64 bits


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    code: str
    weekend: list[str]
    holidays: list[str]
    workdays: list[str]


@dataclass(frozen=True, slots=True)
class BankAccountSpec:
    code: str
    bank: str
    currency: str
    account_no: str
    format: str
    mapping: dict


@dataclass(frozen=True, slots=True)
class FeeSpec:
    methods_key: str
    methods: list[str]
    percent_ppm: int
    fixed_minor: int
    minimum_minor: int | None
    cap_minor: int | None
    refund_fee: str
    tolerance_minor: int
    rounding: str
    unit_minor: int
    valid_from: date | None


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    code: str
    provider: str
    label: str
    currency: str
    timezone: str
    calendar: str
    settles: str
    statements: str
    bank_account: str  # its code
    bank_keywords: list[str]
    grace_days: int
    mapping: dict
    fees: tuple[FeeSpec, ...]


@dataclass(frozen=True, slots=True)
class MerchantSpec:
    """The whole file. `optional` holds merchant attributes that are kept as they are when the file does not name them."""

    slug: str
    name: str
    currency: str
    timezone: str
    optional: dict = field(default_factory=dict)
    calendars: tuple[CalendarSpec, ...] = ()
    bank_accounts: tuple[BankAccountSpec, ...] = ()
    channels: tuple[ChannelSpec, ...] = ()


def read_merchant_file(data: bytes) -> MerchantSpec:
    """Reads the bytes of a merchant.toml.

    :raises UnableToLoadMerchantFile: with every mistake and its place; a syntax error is the only one named then.
    """
    faults: list[Fault] = []
    root = Section(_toml(data), "", faults)
    merchant = root.child("merchant", "merchant", required=True)
    values = _merchant(merchant) if merchant else {"slug": "", "name": "", "currency": "", "timezone": "", "optional": {}}
    calendars = tuple(_calendar(section) for section in root.children("calendars", "calendars"))
    accounts = tuple(_bank_account(section) for section in root.children("bank_accounts", "bank_accounts"))
    sections = root.children("channels", "channels")
    channels = tuple(_channel(section) for section in sections)
    root.finish()
    _refuse_twins(faults, calendars=calendars, bank_accounts=accounts, channels=channels)
    _check_references(sections, channels, calendars, accounts)
    if faults:
        raise UnableToLoadMerchantFile(faults)
    return MerchantSpec(**values, calendars=calendars, bank_accounts=accounts, channels=channels)


@cache
def timezones() -> frozenset[str]:
    """Every IANA zone known here; asked once, since the answer is read from the disk."""
    return frozenset(available_timezones())


def _toml(data: bytes) -> dict:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnableToLoadMerchantFile([Fault("merchant.toml", _("line %(line)d is not UTF-8 text") % {"line": line})]) from error
    except tomllib.TOMLDecodeError as error:
        raise UnableToLoadMerchantFile([Fault("merchant.toml", _("not readable as TOML: %(reason)s") % {"reason": error})]) from error


def _merchant(section: Section) -> dict:
    values = {"slug": section.code("slug"), "name": section.text("name"), "currency": _currency(section), "timezone": _timezone(section)}
    optional = {}
    if "tax_no" in section.table:
        optional["tax_no"] = section.text("tax_no", "", max_length=20)
    if "difference_threshold" in section.table:
        optional["difference_threshold_minor"] = section.money("difference_threshold", values["currency"], "0") or 0
    for key in REFUND_LIMITS:
        if key in section.table:
            optional[f"{key}_minor"] = section.money(key, values["currency"], None)
    if "refund_due_hours" in section.table:
        optional["refund_due_hours"] = section.integer("refund_due_hours", low=1, high=720)
    optionals = ("tax_no", "difference_threshold", *REFUND_LIMITS, "refund_due_hours")
    section.read += [key for key in optionals if key not in section.read]
    section.finish()
    return {**values, "optional": optional}


def _calendar(section: Section) -> CalendarSpec:
    spec = CalendarSpec(
        code=section.code("code", max_length=20),
        weekend=section.texts("weekend", ["sat", "sun"]),
        holidays=section.days("holidays"),
        workdays=section.days("workdays"),
    )
    if not set(spec.weekend) <= set(WEEKDAYS) or len(set(spec.weekend)) == 7:
        section.wrong("weekend", _("some of %(options)s are expected, not all seven") % {"options": ", ".join(WEEKDAYS)})
    both = sorted(set(spec.holidays) & set(spec.workdays))
    if both:
        section.fault(_("%(day)s is both a holiday and a working day") % {"day": both[0]})
    section.finish()
    return spec


def _bank_account(section: Section) -> BankAccountSpec:
    values = {
        "code": section.code("code"),
        "bank": section.text("bank"),
        "currency": _currency(section),
        "account_no": section.text("account_no", "", max_length=40),
        "format": section.choice("format", BankFormat.values),
    }
    csv = section.child("csv", "bank_accounts.csv")
    if values["format"] == BankFormat.CSV and csv is None and section.table.get("csv") is None:
        section.fault(_("format is csv, so [bank_accounts.csv] must name the columns"))
    if csv and values["format"] != BankFormat.CSV:
        section.fault(_('[bank_accounts.csv] is only for format = "csv"'))
    mapping = read_bank_mapping(csv) if csv else {}
    section.finish()
    return BankAccountSpec(**values, mapping=mapping)


def _channel(section: Section) -> ChannelSpec:
    values = {
        "code": section.code("code"),
        "currency": _currency(section),
        "provider": section.choice("provider", registry.codes()),
        "label": section.text("label"),
        "timezone": _timezone(section),
        "calendar": section.text("calendar", max_length=20),
        "settles": _settles(section),
        "statements": section.choice("statements", StatementRhythm.values, StatementRhythm.DAILY.value),
        "bank_account": section.text("bank_account", "", max_length=40),
        "bank_keywords": section.texts("bank_keywords", []),
        "grace_days": section.integer("grace_days", 1, low=0, high=60),
    }
    fees = tuple(_fee(child, values["currency"]) for child in section.children("fees", "channels.fees"))
    csv = section.child("csv", "channels.csv")
    mapping = read_channel_mapping(csv) if csv else {}
    if values["provider"] == registry.GENERIC and csv is None and "csv" not in section.table:
        section.fault(_("provider is generic, so [channels.csv] must name the columns"))
    if csv and not registry.is_mapped(values["provider"]):
        section.fault(_("[channels.csv] is only for a provider whose export is mapped, such as generic"))
    section.finish()
    _refuse_unclear_fees(section, fees)
    return ChannelSpec(**values, mapping=mapping, fees=fees)


def _fee(section: Section, currency: str) -> FeeSpec:
    methods = sorted(set(section.texts("methods")))
    known = [*Method, EVERY_METHOD]
    if "methods" in section.table and (not methods or not set(methods) <= set(known) or (EVERY_METHOD in methods and len(methods) > 1)):
        section.wrong("methods", _('["*"] or some of %(options)s are expected') % {"options": ", ".join(Method)})
    spec = FeeSpec(
        methods_key=",".join(methods),
        methods=methods,
        percent_ppm=section.percent_ppm("percent"),
        fixed_minor=section.money("fixed", currency, "0") or 0,
        minimum_minor=section.money("minimum", currency, None),
        cap_minor=section.money("cap", currency, None),
        refund_fee=section.choice("refund_fee", ["keep", "return"], "keep"),
        tolerance_minor=section.money("tolerance", currency, "0") or 0,
        rounding=section.choice("rounding", ROUNDINGS, "half_up"),
        unit_minor=section.money("unit", currency, None, low=1, high=MAX_UNIT) or 1,
        valid_from=section.day("valid_from"),
    )
    if spec.minimum_minor is not None and spec.cap_minor is not None and spec.minimum_minor > spec.cap_minor:
        section.fault(_("minimum is above cap"))
    section.finish()
    return spec


def _currency(section: Section) -> str:
    value = section.text("currency", max_length=10)
    return section.matching("currency", value, CURRENCIES.__contains__, _("a three-letter currency code like TWD is expected"))


def _timezone(section: Section) -> str:
    value = section.text("timezone", max_length=40)
    return section.matching("timezone", value, timezones().__contains__, _("a time zone like Asia/Taipei is expected"))


def _settles(section: Section) -> str:
    """The settlement terms in their one spelling."""
    text = section.text("settles", max_length=20)
    if not text:
        return text
    try:
        return str(parse_settlement(text))
    except CalendarError:
        section.wrong("settles", _('"T+7", "weekly:fri" or "monthly:10" is expected'))
        return text


def _refuse_twins(faults: list[Fault], **tables) -> None:
    """A code names one thing in its table."""
    for table, specs in tables.items():
        seen: dict[str, int] = {}
        for number, spec in enumerate(specs, start=1):
            if spec.code and spec.code in seen:
                sentence = _("the code is already used by number %(number)d") % {"number": seen[spec.code]}
                faults.append(Fault(f"[[{table}]] {number} {spec.code}", sentence))
            seen.setdefault(spec.code, number)


def _refuse_unclear_fees(section: Section, fees: tuple[FeeSpec, ...]) -> None:
    """Two rules that name one method from one day would leave open which applies."""
    seen: dict[tuple[str, date], int] = {}
    for number, fee in enumerate(fees, start=1):
        for method in fee.methods:
            other = seen.setdefault((method, fee.valid_from), number)
            if other != number and fee.valid_from:
                values = {"number": other, "other": number, "method": method, "day": fee.valid_from.isoformat()}
                section.fault(_("[[channels.fees]] %(number)d and %(other)d both name %(method)s from %(day)s") % values)
                break


def _check_references(sections, channels, calendars, accounts) -> None:
    """Each channel's calendar and bank account exist, and the account holds the channel's currency."""
    known_calendars = {calendar.code for calendar in calendars}
    by_code = {account.code: account for account in accounts}
    for section, channel in zip(sections, channels, strict=True):
        if channel.calendar and channel.calendar not in known_calendars and not has_country(channel.calendar):
            section.wrong("calendar", _("no [[calendars]] has this code, and it is no country code like TW"))
        if not channel.bank_account:
            continue
        account = by_code.get(channel.bank_account)
        if account is None:
            section.wrong("bank_account", _("no [[bank_accounts]] has this code"))
        elif account.currency != channel.currency:
            values = {"account": account.currency, "channel": channel.currency}
            section.wrong("bank_account", _("that account holds %(account)s, the channel pays out %(channel)s") % values)

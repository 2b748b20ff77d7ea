"""Writing a merchant.toml from the rows, such that loading it again changes nothing."""

import json
from datetime import date

from apps.channels.models import Channel, FeeRule, HolidayCalendar
from apps.channels.services.changes import percent_text
from apps.core.money import plain
from apps.merchants.models import BankAccount, Merchant


def dump_merchant_file(merchant: Merchant) -> str:
    """The merchant, its calendars, bank accounts, channels and every dated fee, as merchant.toml text."""
    channels = Channel.objects.for_merchant(merchant).select_related("bank_account").prefetch_related("fee_rules").order_by("pk")
    blocks = [
        _merchant(merchant),
        *(_calendar(row) for row in HolidayCalendar.objects.for_merchant(merchant).order_by("code")),
        *(_bank_account(row) for row in BankAccount.objects.for_merchant(merchant).order_by("pk")),
        *(_channel(row) for row in channels),
    ]
    return "\n\n".join(blocks) + "\n"


def _merchant(merchant: Merchant) -> str:
    return table_text(
        "[merchant]",
        slug=merchant.slug,
        name=merchant.name,
        tax_no=merchant.tax_no or None,
        currency=merchant.currency,
        timezone=merchant.timezone,
        difference_threshold=_amount(merchant.difference_threshold_minor, merchant.currency),
        refund_second_approver_above=_amount(merchant.refund_second_approver_above_minor, merchant.currency),
        refund_owner_above=_amount(merchant.refund_owner_above_minor, merchant.currency),
        refund_mfa_above=_amount(merchant.refund_mfa_above_minor, merchant.currency),
        refund_due_hours=merchant.refund_due_hours,
    )


def _calendar(row: HolidayCalendar) -> str:
    days = {"holidays": [date.fromisoformat(day) for day in row.holidays], "workdays": [date.fromisoformat(day) for day in row.workdays]}
    return table_text("[[calendars]]", code=row.code, weekend=row.weekend, **days)


def _bank_account(row: BankAccount) -> str:
    head = table_text(
        "[[bank_accounts]]", code=row.code, bank=row.bank, currency=row.currency, account_no=row.account_no, format=row.format
    )
    return f"{head}\n\n{table_text('[bank_accounts.csv]', **row.mapping)}" if row.mapping else head


def _channel(row: Channel) -> str:
    head = table_text(
        "[[channels]]",
        code=row.code,
        provider=row.provider,
        label=row.label,
        currency=row.currency,
        timezone=row.timezone,
        calendar=row.calendar,
        settles=row.settles,
        statements=row.statements,
        bank_account=row.bank_account.code if row.bank_account else None,
        bank_keywords=row.bank_keywords,
        grace_days=row.grace_days,
    )
    mapping = [table_text("[channels.csv]", **row.mapping)] if row.mapping else []
    rules = sorted(row.fee_rules.all(), key=lambda rule: (rule.methods_key == "*", rule.methods_key, rule.valid_from))
    return "\n\n".join([head, *mapping, *(_fee(rule, row.currency) for rule in rules)])


def _fee(rule: FeeRule, currency: str) -> str:
    return table_text(
        "[[channels.fees]]",
        methods=rule.methods,
        percent=percent_text(rule.percent_ppm, unit=""),
        fixed=_amount(rule.fixed_minor, currency),
        minimum=_amount(rule.minimum_minor, currency),
        cap=_amount(rule.cap_minor, currency),
        refund_fee=rule.refund_fee,
        tolerance=_amount(rule.tolerance_minor, currency),
        rounding=rule.rounding,
        unit=_amount(rule.unit_minor, currency),
        valid_from=rule.valid_from,
    )


def _amount(minor: int | None, currency: str) -> str:
    """Major units: whole amounts without a fraction, others with all of the currency's digits; empty for none."""
    text = plain(minor, currency)
    whole, _point, fraction = text.partition(".")
    return whole if not fraction.strip("0") else text


def table_text(head: str, **values) -> str:
    """One TOML table; values that are None are left out."""
    return "\n".join([head, *(f"{key} = {_value(value)}" for key, value in values.items() if value is not None)])


def _value(value) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_text(key)} = {_value(item)}" for key, item in value.items()) + " }"
    return str(value) if isinstance(value, int) else _text(value)


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")

"""The check list and the terms of the certificate in words, in the reader's language: one place for page, PDF and Excel."""

from dataclasses import dataclass

from babel.numbers import get_currency_name
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apps.channels.enums import LINE_KIND_LABELS, METHOD_LABELS
from apps.core import figures as text
from apps.merchants.enums import Role
from apps.settlements.enums import Kind, Resolution


@dataclass(frozen=True, slots=True)
class CheckText:
    """One line of the check list. `tone` is green, amber (look) or red (blocks)."""

    code: str
    title: str
    detail: str
    figure: str
    is_ok: bool
    tone: str


def check_texts(checks: list[dict]) -> list[CheckText]:
    """The frozen check list as people read it."""
    return [_check(check) for check in checks]


def _check(check: dict) -> CheckText:
    title, detail, figure = _WORDS[check["code"]](check["is_ok"], check["numbers"])
    tone = "green" if check["is_ok"] else "red" if check["is_blocking"] else "amber"
    return CheckText(check["code"], title, detail, figure, check["is_ok"], tone)


def _reconciled(is_ok: bool, numbers: dict) -> tuple[str, str, str]:
    detail = _("All rules have looked at the whole month.") if is_ok else _("No reconciliation has run since the month ended.")
    return _("Reconciled after the month's end"), detail, ""


def _statements(is_ok: bool, numbers: dict) -> tuple[str, str, str]:
    detail = _("%(files)s files of %(channels)s channels") % {key: text.count_text(numbers[key]) for key in ("files", "channels")}
    missing = ngettext("%d day missing", "%d days missing", numbers["gaps"]) % numbers["gaps"]
    return _("Every statement is in"), detail, "" if is_ok else missing


def _bank_statements(is_ok: bool, numbers: dict) -> tuple[str, str, str]:
    detail = ngettext("%d account, known to the month's last day", "%d accounts, known to the month's last day", numbers["accounts"])
    short = _("not known to the month's end: %(accounts)s") % {"accounts": text.names_text(numbers["short"])}
    return _("Bank statements are in"), detail % numbers["accounts"] if is_ok else short, ""


def _differences(is_ok: bool, numbers: dict) -> tuple[str, str, str]:
    shown = {key: text.count_text(numbers[key]) for key in ("cleared", "accepted")}
    left = numbers["open"] - numbers["gaps"]
    return (
        _("Differences are cleared"),
        _("%(cleared)s cleared by themselves, %(accepted)s accepted by name") % shown,
        ngettext("%d open", "%d open", left) % left,
    )


def _refunds(is_ok: bool, numbers: dict) -> tuple[str, str, str]:
    shown = {key: text.count_text(numbers[key]) for key in ("done", "waiting")}
    return _("Refunds have a result"), _("%(done)s done, %(waiting)s waiting") % shown, ""


def _payouts(is_ok: bool, numbers: dict) -> tuple[str, str, str]:
    shown = {key: text.count_text(numbers[key]) for key in ("due", "late")}
    return _("Payouts due have arrived"), _("%(due)s due in the month, %(late)s not in the bank") % shown, ""


def _certificate(is_ok: bool, numbers: dict) -> tuple[str, str, str]:
    good = ngettext("%d row, both sides are equal", "%d rows, both sides are equal", numbers["rows"]) % numbers["rows"]
    bad = ngettext("%d row does not add up", "%d rows do not add up", numbers["wrong"]) % numbers["wrong"]
    return _("The certificate adds up"), good if is_ok else bad, ""


_WORDS = {
    "reconciled": _reconciled,
    "statements": _statements,
    "bank_statements": _bank_statements,
    "differences": _differences,
    "refunds": _refunds,
    "payouts": _payouts,
    "certificate": _certificate,
}


def term_labels() -> dict[str, str]:
    """The terms of the certificate."""
    return {
        "opening": _("Opening receivable"),
        "sales": _("Sales"),
        "refunds": _("Refunds"),
        "fees": pgettext("amount", "Fees"),
        "disputes": _("Disputes"),
        "adjustments": _("Adjustments"),
        "payouts": _("Payouts"),
        "closing": _("Closing receivable"),
    }


def place_labels() -> dict[str, str]:
    """The terms of the books side."""
    return {
        "paid": _("Paid in our books"),
        "in_transit": _("In transit"),
        "paid_out": _("Paid out"),
        "refunded": _("Refunded"),
        "fees": pgettext("amount", "Fees"),
        "disputed": _("Disputed"),
        "reserved": _("Reserved"),
        "adjusted": _("Adjusted"),
        "differences": _("Differences"),
    }


def currency_name(currency: str) -> str:
    """New Taiwan Dollar, 新台幣, …"""
    return get_currency_name(currency, locale=text.LOCALES.get(translation.get_language() or "en", "en_US"))


def kind_label(kind: str) -> str:
    return str(Kind(kind).label) if kind in Kind.values else kind


def line_kind_label(kind: str) -> str:
    return str(LINE_KIND_LABELS.get(kind, kind))


def method_label(method: str) -> str:
    return str(METHOD_LABELS.get(method, method))


def resolution_label(resolution: str) -> str:
    return str(Resolution(resolution).label) if resolution in Resolution.values else ""


def role_label(role: str) -> str:
    return str(Role(role).label) if role in Role.values else ""

"""The first and the last sheet: the certificate recomputed by live formulas, beside what the PDF prints; and what the file is.

Every formula carries the value that this program found in the very rows it wrote, so the sheet reads the same before and after a
spreadsheet recalculates it. The check cells must be 0.
"""

from collections import defaultdict
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.core import figures as text
from apps.core import money
from apps.core.exports import neutral
from apps.reports.figures.months import Month
from apps.reports.month.sheets import Book, SplitSheet, major
from apps.reports.month.stamp import Stamp
from apps.reports.month.wording import term_labels

TERMS = ("opening", "sales", "refunds", "fees", "disputes", "adjustments", "payouts", "closing")
FIRST_TERM = 3  # columns A to C are channel code, channel and currency
LAST_TERM = FIRST_TERM + len(TERMS) - 1

# Which column of which sheet adds up to a term.
SOURCES = {
    "opening": (("receivable", "opening"),),
    "sales": (("payments", "gross"),),
    "refunds": (("refunds", "gross"),),
    "fees": (("payments", "fee"), ("refunds", "fee"), ("others", "as_fees")),
    "disputes": (("others", "as_disputes"),),
    "adjustments": (
        *(("payments", "other"), ("refunds", "other"), ("others", "as_adjustments")),
        *(("payouts", "gap_in_month"), ("receivable", "late")),
    ),
    "payouts": (("payouts", "arrived_in_month"),),
    "closing": (("receivable", "closing"),),
}


class Sums:
    """What the rows written so far add up to, by (sheet, column, channel code, currency), minor units."""

    def __init__(self):
        self._sums: dict[tuple[str, str, str, str], int] = defaultdict(int)

    def add(self, sheet: str, row: dict) -> None:
        for term_sources in SOURCES.values():
            for name, column in term_sources:
                if name == sheet:
                    self._sums[sheet, column, row["channel"], row["currency"]] += row[column] or 0

    def term(self, term: str, channel: str, currency: str) -> int:
        return sum(self._sums[sheet, column, channel, currency] for sheet, column in SOURCES[term])


def recomputed(figures: dict, sums: Sums) -> list[dict]:
    """The rows of the certificate as the detail sheets give them, in the order of the figures."""
    rows = []
    for row in figures["rows"]:
        channel = figures["channels"][str(row["channel_id"])]
        terms = {term: sums.term(term, channel["code"], row["currency"]) for term in TERMS}
        rows.append({"code": channel["code"], "label": channel["label"], "currency": row["currency"], **terms})
    return rows


def write_summary(book: Book, sheet, figures: dict, found: list[dict], sheets: dict[str, SplitSheet], stamp: Stamp) -> None:
    """Two blocks of the same shape: from the detail sheets, and as the PDF prints it."""
    count = len(found)
    first, printed = 4, 4 + count + 3
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 20)
    sheet.set_column(2, 2, 9)
    sheet.set_column(FIRST_TERM, LAST_TERM + 2, 17)
    bold, heading = book.style(bold=True), book.style(bold=True, font_size=14)
    merchant = figures["merchant"]["name"]
    sheet.write_string(0, 0, neutral(f"{merchant}  {text.month_text(Month.parse(figures['month']).first)}"), heading)
    sheet.write_string(1, 0, _("Draft") if stamp.is_draft else f"SHA-256 {stamp.sha256}")
    sheet.write_string(2, 0, _("Closing certificate, recomputed from the detail sheets"), bold)
    _heads(book, sheet, 3, [_("Check, must be 0"), _("Difference to the PDF, must be 0")])
    for at, row in enumerate(found):
        _live_row(book, sheet, first + at, row, sheets, printed + at, figures["rows"][at])
    all_row = first + count
    sheet.write_string(all_row, 0, _("All checks"), bold)
    wrong = sum(major(abs(_gap(row)), row["currency"]) for row in found)
    if found:
        columns = (_letter(LAST_TERM + 1), _letter(LAST_TERM + 2))
        ranges = "+".join(f"SUMPRODUCT(ABS({letter}{first + 1}:{letter}{first + count}))" for letter in columns)
        sheet.write_formula(all_row, LAST_TERM + 1, f"={ranges}", bold, wrong)
    sheet.write_string(printed - 2, 0, _("As printed in the PDF"), bold)
    _heads(book, sheet, printed - 1, [])
    for at, row in enumerate(figures["rows"]):
        _printed_row(book, sheet, printed + at, figures["channels"][str(row["channel_id"])], row)


def _heads(book: Book, sheet, at: int, more: list[str]) -> None:
    labels = term_labels()
    head = book.style(bold=True, bottom=1, text_wrap=True)
    names = [_("Channel code"), _("Channel"), _("Currency"), *(labels[term] for term in TERMS), *more]
    for column, name in enumerate(names):
        sheet.write_string(at, column, name, head)


def _live_row(book: Book, sheet, at: int, row: dict, sheets: dict[str, SplitSheet], printed_at: int, printed: dict) -> None:
    currency, line = row["currency"], at + 1
    for column, name in enumerate(("code", "label", "currency")):
        sheet.write_string(at, column, neutral(row[name]))
    for offset, term in enumerate(TERMS):
        parts = [sheets[name].sum_of(column, channel=f"$A{line}", currency=f"$C{line}") for name, column in SOURCES[term]]
        style = book.money_style(currency)
        sheet.write_formula(at, FIRST_TERM + offset, "=" + "+".join(parts), style, major(row[term], currency))
    letters = [_letter(FIRST_TERM + offset) for offset in range(len(TERMS))]
    digits = money.exponent(currency)
    left = "+".join(f"{letter}{line}" for letter in letters[:6])
    check = f"=ROUND({left}-{letters[6]}{line}-{letters[7]}{line},{digits})"
    sheet.write_formula(at, LAST_TERM + 1, check, book.money_style(currency, bold=True), major(_gap(row), currency))
    span = f"{letters[0]}{line}:{letters[-1]}{line}"
    other = f"{letters[0]}{printed_at + 1}:{letters[-1]}{printed_at + 1}"
    moved = sum(abs(row[term] - printed[term]) for term in TERMS)
    formula = f"=ROUND(SUMPRODUCT(ABS({span}-{other})),{digits})"
    sheet.write_formula(at, LAST_TERM + 2, formula, book.money_style(currency, bold=True), major(moved, currency))


def _printed_row(book: Book, sheet, at: int, channel: dict, row: dict) -> None:
    for column, value in enumerate((channel["code"], channel["label"], row["currency"])):
        sheet.write_string(at, column, neutral(value))
    for offset, term in enumerate(TERMS):
        sheet.write_number(at, FIRST_TERM + offset, major(row[term], row["currency"]), book.money_style(row["currency"]))


def _gap(row: dict) -> int:
    return sum(row[term] for term in TERMS[:6]) - row["payouts"] - row["closing"]


def _letter(column: int) -> str:
    return chr(ord("A") + column)


def _state_word(stamp: Stamp) -> str:
    if stamp.is_draft:
        return _("Draft")
    return pgettext("month", "Closed") if stamp.is_whole else _("Complete, not signed")


def write_about(book: Book, figures: dict, sheets: dict[str, SplitSheet], stamp: Stamp, now: datetime) -> None:
    """What the file is, so that it explains itself years later."""
    sheet = book.sheet(_("About"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 70)
    merchant, zone = figures["merchant"], ZoneInfo(figures["merchant"]["timezone"])
    terms = term_labels()
    facts = [
        (_("Merchant"), f"{merchant['name']} ({merchant['slug']})"),
        (_("Tax number"), merchant["tax_no"]),
        (_("Filter"), _("business dates %(first)s to %(last)s, all channels") % figures),
        (_("Currencies"), ", ".join(figures["currencies"])),
        (_("Time zone"), merchant["timezone"]),
        (_("State"), _state_word(stamp)),
        ("SHA-256", stamp.sha256),
        (_("Written at"), f"{now.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"),
        (_("Amounts"), _("signed from the merchant's side, in major units of the currency beside them")),
    ]
    facts += [(_("Rows of %(sheet)s") % {"sheet": part.name}, text.count_text(part.rows)) for part in sheets.values()]
    for currency, total in figures["totals"].items():
        facts += [(f"{terms[term]} {currency}", money.plain(total[term], currency)) for term in TERMS]
    for at, (label, value) in enumerate(facts):
        sheet.write_string(at, 0, label, book.style(bold=True))
        # Amounts are plain digits here, and a leading minus is theirs; every other text is made harmless.
        sheet.write_string(at, 1, value if at >= len(facts) - len(figures["totals"]) * len(TERMS) else neutral(value))

"""The frozen figures as the report prints them: texts in the reader's language, one section a currency, never added together."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core import figures as text
from apps.reports.figures.months import Month
from apps.reports.month.wording import currency_name, method_label, place_labels, term_labels
from apps.reports.pdf.chart import Chart, daily_chart

MILLION = 1_000_000
TERMS = ("opening", "sales", "refunds", "fees", "disputes", "adjustments")
PLACES = ("in_transit", "paid_out", "refunded", "fees", "disputed", "reserved", "adjusted", "differences")


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the five figures on the first page."""

    label: str
    amount: str
    caption: str


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the equation in its frame; `operator` stands before it, the amount has no sign of its own."""

    operator: str
    label: str
    amount: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: label, amounts as text, and what is missing where it does not add up."""

    label: str
    cells: tuple[str, ...]
    is_equal: bool = True
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Everything of one currency."""

    currency: str
    name: str
    figures: list[Figure]
    chart: Chart
    equation: list[Term]
    is_equal: bool
    missing: str
    rows: list[Row]
    total: Row
    notes: list[str]
    fees: list[Row]
    refunds: list[Row]
    books: list[Row]
    books_total: Row


def sections_of(figures: dict) -> list[Section]:
    """In the order of the figures: the merchant's own currency first."""
    return [_section(figures, currency) for currency in figures["currencies"]]


def _section(figures: dict, currency: str) -> Section:
    rows = [row for row in figures["rows"] if row["currency"] == currency]
    total = figures["totals"].get(currency) or dict.fromkeys([*TERMS, "payouts", "closing", "missing", "bank", "late", "reserves"], 0)
    labels = {
        row["channel_id"]: figures["channels"][str(row["channel_id"])]["label"] for row in [*rows, *figures["books"], *figures["fees"]]
    }
    books = [row for row in figures["books"] if row["currency"] == currency]
    return Section(
        currency=currency,
        name=currency_name(currency),
        figures=_five(figures, total, currency) if rows else [],
        chart=daily_chart(figures["daily"].get(currency, []), currency),
        equation=equation(total, currency),
        is_equal=not total["missing"],
        missing=text.money_text(total["missing"], currency),
        rows=[_certificate_row(labels[row["channel_id"]], row, currency) for row in rows],
        total=_certificate_row(_("Total"), total, currency),
        notes=_notes(total, currency),
        fees=[_fee_row(labels[row["channel_id"]], row) for row in figures["fees"] if row["currency"] == currency],
        refunds=_refund_rows(rows, books, labels, currency),
        books=[_place_row(labels[row["channel_id"]], row, currency) for row in books],
        books_total=_place_row(_("Total"), {key: sum(row[key] for row in books) for key in ("paid", *PLACES, "missing")}, currency),
    )


def equation(total: dict, currency: str) -> list[Term]:
    """Opening + sales − refunds … = payouts + closing, each amount with its operator before it."""
    labels = term_labels()
    terms = []
    for at, name in enumerate(TERMS):
        amount = total[name]
        minus = amount < 0 or (amount == 0 and name in ("refunds", "fees", "disputes"))
        operator = "" if at == 0 and not minus else text.MINUS if minus else "+"
        terms.append(Term(operator, labels[name], text.money_text(abs(amount), currency)))
    terms.append(Term("=" if not total["missing"] else "≠", labels["payouts"], text.money_text(total["payouts"], currency)))
    closing = total["closing"]
    terms.append(Term(text.MINUS if closing < 0 else "+", labels["closing"], text.money_text(abs(closing), currency)))
    return terms


def _certificate_row(label: str, row: dict, currency: str) -> Row:
    cells = [text.money_text(row[name], currency) for name in TERMS[:-1]]
    cells += [text.signed_text(row["adjustments"], currency)]
    cells += [text.money_text(row[name], currency) for name in ("payouts", "closing")]
    return Row(label, tuple(cells), not row["missing"], text.money_text(row["missing"], currency))


def _five(figures: dict, total: dict, currency: str) -> list[Figure]:
    labels, sales = term_labels(), total["sales"]
    before = figures["previous_sales"].get(currency, 0)
    change = _("%(count)s payments") % {"count": text.count_text(total["sales_count"])}
    if before:
        grown = text.percent_text((sales - before) * MILLION // before, 1)
        change += _(", %(change)s against %(month)s") % {
            "change": grown if grown.startswith(text.MINUS) else f"+{grown}",
            "month": text.month_text(Month.parse(figures["month"]).previous.first),
        }
    differing = total["payouts_differing"]
    came = ngettext("%(count)s, all as their lines say", "%(count)s, all as their lines say", total["payouts_count"])
    if differing:
        came = _("%(count)s, of which %(differing)s differ")
    shown = {"count": text.count_text(total["payouts_count"]), "differing": text.count_text(differing)}
    overdue = _("of which %(amount)s overdue") % {"amount": text.money_text(total["overdue"], currency)}
    share = {name: text.percent_text(abs(total[name]) * MILLION // sales if sales > 0 else None) for name in ("refunds", "fees")}
    counted = {"count": text.count_text(total["refunds_count"]), "share": share["refunds"]}
    return [
        Figure(labels["sales"], text.money_text(sales, currency), change),
        Figure(labels["payouts"], text.money_text(total["payouts"], currency), came % shown),
        Figure(labels["refunds"], text.money_text(abs(total["refunds"]), currency), _("%(count)s, %(share)s of sales") % counted),
        Figure(labels["fees"], text.money_text(abs(total["fees"]), currency), _("%(share)s of sales") % {"share": share["fees"]}),
        Figure(labels["closing"], text.money_text(total["closing"], currency), overdue if total["overdue"] else _("none of it overdue")),
    ]


def _notes(total: dict, currency: str) -> list[str]:
    """What hides in the adjustments, by name."""
    parts = {
        "reserves": _("reserves held and released"),
        "bank": _("bank credits that differ from their payouts"),
        "late": _("facts of closed months that came late"),
    }
    named = [f"{label} {text.signed_text(total[name], currency)}" for name, label in parts.items() if total[name]]
    return [_("Adjustments contain: %(parts)s.") % {"parts": _(", ").join(named)}] if named else []


def _fee_row(label: str, row: dict) -> Row:
    currency = row["currency"]
    unplanned = row["planned_count"] == 0
    rate = text.percent_text(-row["fee"] * MILLION // row["gross"] if row["gross"] > 0 else None)
    cells = (
        method_label(row["method"]) or "—",
        text.count_text(row["count"]),
        text.money_text(row["gross"], currency),
        "—" if unplanned else text.money_text(row["expected_fee"], currency),
        text.money_text(row["fee"], currency),
        "—" if unplanned else text.signed_text(row["planned_fee"] - row["expected_fee"], currency),
        rate,
        text.count_text(row["beyond"]),
    )
    return Row(label, cells, is_equal=row["beyond"] == 0)


def _refund_rows(rows: list[dict], books: list[dict], labels: dict, currency: str) -> list[Row]:
    """Refunds as the statements and as our books have them; a difference is explained by days or by discrepancies."""
    ours = {row["channel_id"]: row for row in books}
    found = []
    for row in rows:
        mine = ours.get(row["channel_id"], {"refunded_month": 0, "refunded_month_count": 0})
        if not (row["refunds"] or mine["refunded_month"]):
            continue
        gap = row["refunds"] + mine["refunded_month"]
        cells = (
            text.count_text(row["refunds_count"]),
            text.money_text(row["refunds"], currency),
            text.count_text(mine["refunded_month_count"]),
            text.money_text(-mine["refunded_month"], currency),
            text.signed_text(gap, currency),
        )
        found.append(Row(labels[row["channel_id"]], cells, gap == 0))
    return found


def _place_row(label: str, row: dict, currency: str) -> Row:
    cells = tuple(text.money_text(row[name], currency) for name in ("paid", *PLACES))
    return Row(label, cells, not row["missing"], text.money_text(row["missing"], currency))


def place_heads() -> list[str]:
    labels = place_labels()
    return [labels[name] for name in ("paid", *PLACES)]


def certificate_heads() -> list[str]:
    labels = term_labels()
    return [labels[name] for name in (*TERMS, "payouts", "closing")]

"""The month's report as PDF bytes."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string
from django.utils import timezone, translation

from apps.core import figures as text
from apps.core.print_files import printer
from apps.merchants.models import Merchant
from apps.reports.figures.months import Month
from apps.reports.figures.payout_rows import payouts_of
from apps.reports.month.stamp import Stamp
from apps.reports.month.wording import check_texts, kind_label, resolution_label, role_label
from apps.reports.pdf.own_files import check_tools
from apps.reports.pdf.sections import certificate_heads, place_heads, sections_of

# A page costs WeasyPrint milliseconds a row, so the PDF names at most 500 and the Excel report has all.
MOST = {"accepted": 150, "open": 150, "payouts": 200}


@dataclass(frozen=True, slots=True)
class DifferenceText:
    """A discrepancy as the report names it."""

    channel: str
    name: str
    day: str
    kind: str
    amount: str
    reason: str
    who: str


def render_pdf(*, merchant: Merchant, month: Month, figures: dict, stamp: Stamp, language: str, now: datetime) -> bytes:
    """Draws the report in a language; `figures` are the frozen ones where the month is closed.

    :raises PdfUnavailable: Pango or the fonts are missing.
    """
    check_tools()
    html = report_html(merchant=merchant, month=month, figures=figures, stamp=stamp, language=language, now=now)
    return printer().draw(html, pdf_identifier=(stamp.sha256 or str(month)).encode(), pdf_variant="pdf/ua-1")


def report_html(*, merchant: Merchant, month: Month, figures: dict, stamp: Stamp, language: str, now: datetime) -> str:
    """The page that is printed, in the merchant's time zone."""
    with translation.override(language), timezone.override(ZoneInfo(merchant.timezone)):
        return render_to_string("pdf/month.html", _context(merchant, month, figures, stamp, language, now))


def _context(merchant: Merchant, month: Month, figures: dict, stamp: Stamp, language: str, now: datetime) -> dict:
    found = sections_of(figures)
    payouts = payouts_of(merchant, month)
    return {
        "language": language,
        # Styles of the page do not reach into its SVG.
        "chart_fonts": "Inter, Noto SC, Noto TC" if language == "zh-hans" else "Inter, Noto TC, Noto SC",
        "merchant": figures["merchant"],
        "month_name": text.month_text(month.first),
        "period": text.span_text(month.first, month.last, with_year=True),
        "stamp": stamp,
        "roles": {"prepared": _role(stamp.prepared), "approved": _role(stamp.approved)},
        "now": now,
        "main": found[0],
        "others": found[1:],
        "sections": found,
        "checks": check_texts(figures["checks"]),
        "heads": certificate_heads(),
        "place_heads": place_heads(),
        "accepted": _differences(figures, "accepted"),
        "accepted_more": max(0, figures["differences"]["accepted"] - MOST["accepted"]),
        "open": _differences(figures, "open"),
        "open_more": max(0, figures["differences"]["open"] - MOST["open"]),
        "payouts": payouts[: MOST["payouts"]],
        "payouts_more": max(0, payouts.count() - MOST["payouts"]),
    }


def _role(signature) -> str:
    return role_label(signature.role) if signature else ""


def _differences(figures: dict, name: str) -> list[DifferenceText]:
    return [_difference(row, figures["channels"]) for row in figures[name][: MOST[name]]]


def _difference(row: dict, channels: dict) -> DifferenceText:
    when = text.when_text(datetime.fromisoformat(row["closed_at"])) if row["closed_at"] else ""
    # Some kinds weigh what is at stake rather than a difference (late, twice in one currency): then the later side is shown.
    amount = row["difference"] or row["actual"]
    return DifferenceText(
        channel=channels[str(row["channel_id"])]["label"],
        name=row["name"],
        day=text.day_text(date.fromisoformat(row["business_date"])),
        kind=kind_label(row["kind"]),
        amount=f"{row['currency']}\u00a0{text.signed_text(amount, row['currency'])}",
        reason=" · ".join(filter(None, [resolution_label(row["resolution"]), row["reason"]])),
        who=" · ".join(filter(None, [row["closed_by"], when])),
    )

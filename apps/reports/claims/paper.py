"""The claim on paper: what is claimed, by cause and row by row, ready to send."""

from datetime import date, datetime

from django.template.loader import render_to_string

from apps.channels.models import Channel
from apps.channels.selectors.cards import method_list, provider_name
from apps.channels.selectors.terms_view import small_print, summary
from apps.core.figures import span_text
from apps.core.print_files import printer
from apps.reports.figures.claims import Claim
from apps.reports.pdf.own_files import check_tools

MOST_ROWS = 300  # a row costs WeasyPrint milliseconds; the Excel sheet has all of them


def render_claim(*, channel: Channel, claim: Claim, first: date, last: date, language: str, now: datetime) -> bytes:
    """PDF bytes in the active language and zone. :raises PdfUnavailable: Pango or the fonts are missing."""
    check_tools()
    html = render_to_string("pdf/claim.html", _context(channel, claim, first, last, language, now))
    return printer().draw(html, pdf_variant="pdf/ua-1")


def _context(channel: Channel, claim: Claim, first: date, last: date, language: str, now: datetime) -> dict:
    rules = sorted(channel.fee_rules.all(), key=lambda rule: (rule.methods_key, rule.valid_from))
    return {
        "language": language,
        "merchant": channel.merchant,
        "channel": channel,
        "provider": provider_name(channel),
        "first": first,
        "last": last,
        "period": span_text(first, last, with_year=True),
        "now": now,
        "totals": claim.totals,
        "causes": claim.causes,
        "rows": claim.rows[:MOST_ROWS],
        "more": max(0, len(claim.rows) - MOST_ROWS),
        "rules": [(method_list(r.methods), r.valid_from, summary(r, channel.currency), small_print(r, channel.currency)) for r in rules],
    }

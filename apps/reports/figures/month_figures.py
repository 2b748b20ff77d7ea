"""All figures of a month as one plain dict: what is frozen at the close, printed in the PDF and hashed.

Amounts are minor units beside their currency; days ISO. The same rows always give the same dict, whoever asks and when.
"""

import hashlib
import json

from apps.merchants.models import Merchant
from apps.reports.figures import differences
from apps.reports.figures.books import whereabouts
from apps.reports.figures.certificate import certificate, totals
from apps.reports.figures.checks import check_list
from apps.reports.figures.daily import daily
from apps.reports.figures.fee_check import fee_rows
from apps.reports.figures.months import Month
from apps.reports.figures.movements import line_moves
from apps.reports.figures.receivable import holdings


def month_figures(merchant: Merchant, month: Month) -> dict:
    """Computes everything; about a dozen queries and one pass over the month's payment lines."""
    held = holdings(merchant, month)
    rows = certificate(merchant, month, held)
    places = whereabouts(merchant, month, held)
    channels = {channel.pk: channel for channel in merchant.channels.order_by("code")}
    order = {pk: at for at, pk in enumerate(channels)}
    keys = sorted(rows, key=lambda key: (key[1] != merchant.currency, key[1], order[key[0]]))
    checks = check_list(merchant, month, rows, sum(1 for place in places.values() if place.missing))
    return {
        "merchant": {"slug": merchant.slug, "name": merchant.name, "tax_no": merchant.tax_no, "timezone": merchant.timezone},
        "month": str(month),
        "first": month.first.isoformat(),
        "last": month.last.isoformat(),
        "channels": {str(pk): {"code": channel.code, "label": channel.label} for pk, channel in channels.items()},
        "currencies": list(dict.fromkeys([key[1] for key in keys])) or [merchant.currency],
        "rows": [{"channel_id": key[0], **rows[key].as_dict()} for key in keys],
        "totals": {currency: row.as_dict() for currency, row in totals(rows).items()},
        "previous_sales": _sales(merchant, month.previous),
        "books": [{"channel_id": key[0], "currency": key[1], **place.as_dict()} for key, place in places.items()],
        "fees": fee_rows(merchant, month),
        "daily": daily(merchant, month),
        "checks": [check.as_dict() for check in checks],
        "differences": differences.counts(merchant, month),
        "accepted": differences.as_rows(differences.accepted_in(merchant, month)),
        "open": differences.as_rows(differences.open_in(merchant, month)),
    }


def check_figures(merchant: Merchant, month: Month) -> dict:
    """The part of `month_figures` that costs next to nothing however large the month: the check list, without the certificate."""
    channels = merchant.channels.order_by("code")
    checks = [check.as_dict() for check in check_list(merchant, month, {}, 0) if check.code != "certificate"]
    return {
        "channels": {str(channel.pk): {"code": channel.code, "label": channel.label} for channel in channels},
        "currencies": [],
        "rows": [],
        "totals": {},
        "books": [],
        "checks": checks,
        "differences": differences.counts(merchant, month),
        "accepted": differences.as_rows(differences.accepted_in(merchant, month)),
        "open": differences.as_rows(differences.open_in(merchant, month)),
    }


def is_complete(figures: dict) -> bool:
    """Whether nothing stands in the way of a close."""
    return all(check["is_ok"] or not check["is_blocking"] for check in figures["checks"])


def canonical(figures: dict) -> bytes:
    """The bytes that are hashed: JSON with sorted keys and no blanks, UTF-8."""
    return json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256_of(figures: dict) -> str:
    return hashlib.sha256(canonical(figures)).hexdigest()


def _sales(merchant: Merchant, month: Month) -> dict[str, int]:
    """What was sold by currency."""
    sums: dict[str, int] = {}
    for (_channel, currency), moves in line_moves(merchant, month.last, month.first).items():
        sums[currency] = sums.get(currency, 0) + moves.amounts["sales"]
    return dict(sorted(sums.items()))

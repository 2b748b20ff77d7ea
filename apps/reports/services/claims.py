"""Claim sheets: made in the background, kept under their hashes, and followed by marking what they list as claimed."""

import tempfile
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.channels.models import Channel
from apps.core import files
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.models import Merchant, User
from apps.reports.claims.paper import render_claim
from apps.reports.claims.workbook import write_workbook
from apps.reports.errors import ClaimedAlready, NothingToClaim
from apps.reports.figures.claims import claim_of, overcharges
from apps.reports.models import ClaimSheet
from apps.settlements.enums import Resolution
from apps.settlements.models import Discrepancy
from apps.settlements.services.resolve import resolve
from apps.settlements.states import OPEN

CLAIM_JOB = "reports.claim"


def ask_for_claim(*, channel: Channel, first: date, last: date, language: str, by: User, now: datetime) -> Job:
    """Asks for the sheet in the background; asking twice is asking once. :raises NothingToClaim: no fee of the period is above the plan."""
    if not overcharges(channel, first, last).exists():
        raise NothingToClaim
    payload = {"channel": channel.pk, "first": first.isoformat(), "last": last.isoformat(), "language": language}
    key = ":".join(str(value) for value in payload.values())
    return enqueue(kind=CLAIM_JOB, merchant_id=channel.merchant_id, payload=payload, by=by, dedupe_key=key, now=now)


def make_claim(*, channel: Channel, first: date, last: date, language: str, by: User | None, now: datetime, progress) -> ClaimSheet:
    """Draws both files and keeps them. :raises NothingToClaim, PdfUnavailable: and nothing is kept."""
    with translation.override(language), timezone.override(ZoneInfo(channel.merchant.timezone)):
        progress(10, _("Looking for causes"))
        claim = claim_of(channel, first, last)
        if not claim.rows:
            raise NothingToClaim
        progress(40, _("Drawing the PDF"))
        pdf = render_claim(channel=channel, claim=claim, first=first, last=last, language=language, now=now)
        progress(80, _("Writing the Excel file"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "claim.xlsx"
            write_workbook(path=path, channel=channel, claim=claim)
            xlsx = path.read_bytes()
    with transaction.atomic():
        sheet = ClaimSheet.objects.create(
            merchant_id=channel.merchant_id,
            channel=channel,
            first_day=first,
            last_day=last,
            count=len(claim.rows),
            totals=[{"currency": currency, "count": count, "claimed": claimed} for currency, count, claimed in claim.totals],
            discrepancies=[row.pk for row in claim.rows],
            pdf_path=files.store(pdf),
            xlsx_path=files.store(xlsx),
            made_at=now,
            made_by=by,
        )
        record(merchant_id=sheet.merchant_id, action="claim.made", subject=sheet, by=by, now=now, after={"count": sheet.count})
    return sheet


def mark_claimed(*, merchant: Merchant, sheet_id: int, by: User, now: datetime) -> int:
    """Resolves what the sheet lists and is still open as claimed; returns how many those were.

    :raises ClaimedAlready: the sheet was marked before.
    """
    with transaction.atomic():
        sheet = ClaimSheet.objects.for_merchant(merchant).select_for_update(of=("self",)).get(pk=sheet_id)
        if sheet.claimed_at:
            raise ClaimedAlready
        listed = Discrepancy.objects.for_merchant(merchant).filter(pk__in=sheet.discrepancies, state__in=sorted(OPEN))
        ids = list(listed.values_list("pk", flat=True))
        if ids:
            resolve(merchant=merchant, ids=ids, resolution=Resolution.CLAIMED, reason=str(sheet), by=by, now=now)
        sheet.claimed_at, sheet.claimed_by = now, by
        sheet.save(update_fields=["claimed_at", "claimed_by"])
        record(merchant_id=merchant.pk, action="claim.sent", subject=sheet, by=by, now=now, after={"resolved": len(ids)})
    return len(ids)

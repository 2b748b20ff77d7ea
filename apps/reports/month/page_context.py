"""All that the page of a month is told."""

from datetime import datetime

from apps.merchants.access import has_right
from apps.merchants.models import Membership
from apps.reports.figures.months import Month
from apps.reports.models import CloseState, MonthClose
from apps.reports.month import page
from apps.reports.month.stamp import prepared_signature, signature
from apps.reports.month.wording import role_label
from apps.reports.selectors import figures_for_page, last_failure, running_job, state_chip
from apps.reports.services.closing import close_of

NAMED = 20  # accepted differences on the page; the report names more, the Excel file all


def page_context(membership: Membership, month: Month, now: datetime) -> dict:
    """The figures are live (those of the last draft where the month is large) until it is prepared, and frozen from then on."""
    merchant = membership.merchant
    close = close_of(merchant, month)
    shown = figures_for_page(merchant, month, close)
    figures = shown.figures
    doors = page.doors(membership, month, close, figures, now)
    checks = page.page_checks(membership, month, figures)
    return {
        "month": month,
        "close": close,
        "figures": figures,
        "counted_at": shown.counted_at,
        "is_partial": shown.is_partial,
        "chip": state_chip(close),
        "steps": page.steps_of(close, doors.obstacle),
        "checks": checks,
        "checks_ok": sum(item.check.is_ok for item in checks),
        "sections": page.page_sections(membership, month, figures),
        "accepted": page.page_accepted(membership, figures, limit=NAMED),
        "accepted_more": max(0, figures["differences"]["accepted"] - NAMED),
        "doors": doors,
        "job": running_job(merchant, month),
        "failure": last_failure(merchant, month),
        "has_files": bool(close and close.pdf_path) and has_right(membership, "download_reports"),
        "can_draft": has_right(membership, "download_reports"),
        **_signers(close),
    }


def _signers(close: MonthClose | None) -> dict:
    prepared = prepared_signature(close) if close else None
    is_closed = close is not None and close.state == CloseState.APPROVED
    approved = signature(close.merchant, close.approved_by, close.approved_at) if is_closed and close.approved_by else None
    roles = {"prepared": role_label(prepared.role) if prepared else "", "approved": role_label(approved.role) if approved else ""}
    return {"prepared": prepared, "approved": approved, "roles": roles, "is_closed": is_closed}

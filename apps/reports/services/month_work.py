"""The three things that can be done with a month, each from figures to kept files: draft, prepare, approve. Long; run them in a job."""

from datetime import datetime

from apps.merchants.models import Merchant, User
from apps.reports.figures.months import Month
from apps.reports.models import CloseState, MonthClose
from apps.reports.services.closing import (
    approve_month,
    check_can_approve,
    check_can_prepare,
    close_of,
    keep_draft,
    prepare_month,
    stamp_for,
)
from apps.reports.services.report_files import Progress, add_up, make_report
from apps.settlements.services.journal import post_journal

DRAFT, PREPARE, APPROVE = "draft", "prepare", "approve"
ACTIONS = (DRAFT, PREPARE, APPROVE)


def work_on_month(
    *, action: str, merchant: Merchant, month: Month, by: User, language: str, now: datetime, progress: Progress | None = None
) -> MonthClose:
    """Does one of ACTIONS and returns the month as it then stands. Doing again what this person did already changes nothing.

    :raises ReportError: what stands in the way; nothing is changed.
    """
    close = close_of(merchant, month)
    if _is_done(close, action, by):
        return close
    if action == APPROVE:
        close = check_can_approve(merchant=merchant, month=month, by=by)
    if action != DRAFT:
        post_journal(merchant=merchant, by=by, now=now)  # what the month closes with has to be posted while it is open
    fresh = add_up(merchant=merchant, month=month, progress=progress)
    if action == PREPARE:
        check_can_prepare(merchant=merchant, month=month, figures=fresh, now=now)
    state = {DRAFT: CloseState.DRAFT, PREPARE: CloseState.PREPARED, APPROVE: CloseState.APPROVED}[action]
    report = make_report(
        merchant=merchant,
        month=month,
        figures=close.figures if action == APPROVE else fresh,
        stamp=stamp_for(merchant=merchant, close=close, state=state, by=by, now=now),
        language=language,
        now=now,
        progress=progress,
    )
    if action == DRAFT:
        return keep_draft(merchant=merchant, month=month, report=report, by=by, now=now)
    if action == PREPARE:
        return prepare_month(merchant=merchant, month=month, report=report, by=by, now=now)
    return approve_month(merchant=merchant, month=month, report=report, fresh=fresh, by=by, now=now)


def _is_done(close: MonthClose | None, action: str, by: User) -> bool:
    """A job may run twice, because its worker died after the last write."""
    if close is None or action == DRAFT:
        return False
    if action == PREPARE:
        return close.state == CloseState.PREPARED and close.prepared_by_id == by.pk
    return close.state == CloseState.APPROVED and close.approved_by_id == by.pk

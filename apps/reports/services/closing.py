"""A month from draft to closed: prepared by one person, approved by another, frozen with the hash of its figures.

draft → prepared → approved; prepared → draft again with a reason, by whoever may approve. The database itself refuses one person
for both (close_four_eyes).
"""

from datetime import datetime

from django.db import transaction

from apps.audit.services import record
from apps.core import clock
from apps.core.figures import names_text
from apps.merchants.models import Merchant, User
from apps.reports.errors import (
    CertificateDoesNotAddUp,
    FiguresMoved,
    MonthHasOpenDifferences,
    MonthIsClosed,
    MonthIsPrepared,
    MonthNotOver,
    MonthNotPrepared,
    MonthNotReconciled,
    OwnPreparation,
    StatementsMissing,
)
from apps.reports.figures.month_figures import is_complete, sha256_of
from apps.reports.figures.months import Month
from apps.reports.models import CloseState, MonthClose
from apps.reports.month.stamp import Stamp, prepared_signature, signature
from apps.reports.services.report_files import Report
from apps.settlements.enums import Kind

NAMES_SHOWN = 5


def close_of(merchant: Merchant, month: Month) -> MonthClose | None:
    """The row of a month; None before its first draft."""
    closes = MonthClose.objects.for_merchant(merchant).select_related("merchant", "prepared_by", "approved_by")
    return closes.filter(month=month.first).first()


def keep_draft(*, merchant: Merchant, month: Month, report: Report, by: User | None, now: datetime) -> MonthClose:
    """Remembers the newest draft: its files, and its figures for the page of a large month. It freezes nothing and has no hash.

    :raises MonthIsClosed, MonthIsPrepared: there is something better than a draft.
    """
    with transaction.atomic():
        close = _locked(merchant, month)
        _refuse_beyond_draft(close)
        _keep(close, report)
        close.figures = report.figures
        close.save(update_fields=["figures", "pdf_path", "xlsx_path", "updated_at"])
        record(merchant_id=merchant.pk, action="month.drafted", subject=close, by=by, now=now, after={"month": str(month)})
    return close


def check_can_prepare(*, merchant: Merchant, month: Month, figures: dict, now: datetime) -> None:
    """:raises MonthIsClosed, MonthIsPrepared: somebody was faster; and all that `check_is_closable` raises."""
    close = close_of(merchant, month)
    if close:
        _refuse_beyond_draft(close)
    check_is_closable(merchant=merchant, month=month, figures=figures, now=now)


def check_is_closable(*, merchant: Merchant, month: Month, figures: dict, now: datetime) -> None:
    """What stands between these figures and a close, the first in the order in which a person would mend it.

    :raises MonthNotOver, MonthNotReconciled, StatementsMissing, MonthHasOpenDifferences, CertificateDoesNotAddUp: with names.
    """
    if clock.local_date(now, merchant.timezone) <= month.last:
        raise MonthNotOver(day=month.next.first.isoformat())
    if is_complete(figures):
        return
    wrong = {check["code"] for check in figures["checks"] if check["is_blocking"] and not check["is_ok"]}
    if "reconciled" in wrong:
        raise MonthNotReconciled
    labels = {pk: channel["label"] for pk, channel in figures["channels"].items()}
    gaps = [row for row in figures["open"] if row["kind"] == Kind.STATEMENT_GAP]
    if gaps:
        raise StatementsMissing(names=_names([f"{labels[str(row['channel_id'])]} {row['business_date']}" for row in gaps]))
    others = [row for row in figures["open"] if row["kind"] != Kind.STATEMENT_GAP]
    if figures["differences"]["open"]:
        names = _names([f"{labels[str(row['channel_id'])]} {row['name']}" for row in others])
        raise MonthHasOpenDifferences(count=figures["differences"]["open"] - figures["differences"]["gaps"], names=names)
    rows = [row for row in [*figures["rows"], *figures["books"]] if row["missing"]]
    raise CertificateDoesNotAddUp(names=_names(list(dict.fromkeys(f"{labels[str(row['channel_id'])]} {row['currency']}" for row in rows))))


def prepare_month(*, merchant: Merchant, month: Month, report: Report, by: User, now: datetime) -> MonthClose:
    """Puts the figures before a second person.

    :raises ReportError: as `check_can_prepare`; nothing is changed.
    """
    check_can_prepare(merchant=merchant, month=month, figures=report.figures, now=now)
    with transaction.atomic():
        close = _locked(merchant, month)
        _refuse_beyond_draft(close)
        _keep(close, report)
        close.state, close.figures, close.figures_sha256 = CloseState.PREPARED, report.figures, sha256_of(report.figures)
        close.prepared_at, close.prepared_by = now, by
        close.save()
        record(merchant_id=merchant.pk, action="month.prepared", subject=close, by=by, now=now, after=_facts(close))
    return close


def check_can_approve(*, merchant: Merchant, month: Month, by: User) -> MonthClose:
    """:raises MonthIsClosed, MonthNotPrepared, OwnPreparation: in this order."""
    close = close_of(merchant, month)
    if close is None or close.state == CloseState.DRAFT:
        raise MonthNotPrepared
    _refuse_approval(close, by)
    return close


def approve_month(*, merchant: Merchant, month: Month, report: Report, fresh: dict, by: User, now: datetime) -> MonthClose:
    """Closes a prepared month. `report` holds the prepared figures, `fresh` those of the present moment: they must agree.

    :raises MonthIsClosed: somebody else was faster, or it was closed long ago.
    :raises MonthNotPrepared, OwnPreparation, FiguresMoved: nothing is changed.
    """
    with transaction.atomic():
        close = _locked(merchant, month)
        if close.state == CloseState.DRAFT:
            raise MonthNotPrepared
        _refuse_approval(close, by)
        if sha256_of(report.figures) != close.figures_sha256 or _material(fresh) != _material(close.figures):
            raise FiguresMoved
        _keep(close, report)
        close.state, close.approved_at, close.approved_by = CloseState.APPROVED, now, by
        close.save()
        record(merchant_id=merchant.pk, action="month.approved", subject=close, by=by, now=now, after=_facts(close))
    return close


def return_to_draft(*, merchant: Merchant, month: Month, reason: str, by: User, now: datetime) -> MonthClose:
    """Takes a preparation back.

    :raises MonthIsClosed, MonthNotPrepared: nothing is changed.
    """
    with transaction.atomic():
        close = _locked(merchant, month)
        if close.state == CloseState.APPROVED:
            raise MonthIsClosed
        if close.state == CloseState.DRAFT:
            raise MonthNotPrepared
        before = _facts(close)
        close.state, close.figures, close.figures_sha256, close.pdf_path, close.xlsx_path = CloseState.DRAFT, {}, "", "", ""
        close.prepared_at, close.prepared_by = None, None
        close.save()
        record(merchant_id=merchant.pk, action="month.returned", subject=close, by=by, now=now, reason=reason, before=before)
    return close


def stamp_for(*, merchant: Merchant, close: MonthClose | None, state: str, by: User | None, now: datetime) -> Stamp:
    """What the report of an action says about who answers for it."""
    if state == CloseState.PREPARED:
        return Stamp(state, prepared=signature(merchant, by, now))
    if state == CloseState.APPROVED:
        return Stamp(state, prepared_signature(close), signature(merchant, by, now), close.figures_sha256)
    return Stamp()


def _locked(merchant: Merchant, month: Month) -> MonthClose:
    MonthClose.objects.get_or_create(merchant=merchant, month=month.first)
    return MonthClose.objects.select_for_update(of=("self",)).for_merchant(merchant).get(month=month.first)


def _refuse_beyond_draft(close: MonthClose) -> None:
    if close.state == CloseState.APPROVED:
        raise MonthIsClosed
    if close.state == CloseState.PREPARED:
        raise MonthIsPrepared


def _refuse_approval(close: MonthClose, by: User) -> None:
    if close.state == CloseState.APPROVED:
        raise MonthIsClosed
    if close.prepared_by_id == by.pk:
        raise OwnPreparation


def _keep(close: MonthClose, report: Report) -> None:
    close.pdf_path, close.xlsx_path = report.pdf, report.xlsx


def _material(figures: dict) -> dict:
    """What must not have moved between the two signatures. The check list may: a payout of the month that came since is no change."""
    return {name: value for name, value in figures.items() if name not in ("checks", "differences", "open")}


def _facts(close: MonthClose) -> dict:
    return {"month": f"{close.month:%Y-%m}", "figures_sha256": close.figures_sha256, "pdf": close.pdf_path, "xlsx": close.xlsx_path}


def _names(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return names_text(names[:NAMES_SHOWN]) + (f" +{more}" if more > 0 else "")

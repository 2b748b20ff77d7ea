"""A month from draft to closed: who may, what stands in the way, and that refusals change nothing."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, close_old_connections, transaction
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.reports import errors
from apps.reports.figures.month_figures import month_figures, sha256_of
from apps.reports.models import MonthClose
from apps.reports.services import closing
from apps.reports.services.report_files import Report
from apps.settlements.models import Payout, ReconciliationRun, StatementLine
from tests import cast
from tests.reports.small_month import NOW, OCTOBER, line_of, make_small_month

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
LATER = datetime(2026, 11, 4, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def world():
    return make_small_month()


def report_of(world, name="a"):
    """The figures as they are, with invented files."""
    return Report(month_figures(world.shop, OCTOBER), f"{name}-pdf", f"{name}-xlsx")


def prepare(world, by=None, **changes):
    by = by or cast.accountant(world.shop)
    return closing.prepare_month(**{"merchant": world.shop, "month": OCTOBER, "report": report_of(world), "by": by, "now": NOW, **changes})


def approve(world, by, **changes):
    made = {"merchant": world.shop, "month": OCTOBER, "report": report_of(world, "b"), "fresh": report_of(world).figures}
    return closing.approve_month(**{**made, "by": by, "now": LATER, **changes})


def state_of(world):
    """Everything of the month that a refusal must leave alone."""
    return list(MonthClose.objects.order_by("pk").values()), AuditEvent.objects.count()


def test_two_people_close_a_month(world):
    lin, wang = cast.accountant(world.shop, name="林怡君"), cast.owner(world.shop, name="王志明")

    prepare(world, by=lin)
    close = approve(world, by=wang)

    close.refresh_from_db()
    assert (close.state, close.prepared_by, close.prepared_at, close.approved_by, close.approved_at) == ("approved", lin, NOW, wang, LATER)
    assert (close.pdf_path, close.xlsx_path) == ("b-pdf", "b-xlsx")
    assert close.figures == month_figures(world.shop, OCTOBER)
    assert close.figures_sha256 == sha256_of(close.figures)
    events = AuditEvent.objects.order_by("pk").values_list("action", "actor_label", "after__figures_sha256")
    assert list(events) == [("month.prepared", "林怡君", close.figures_sha256), ("month.approved", "王志明", close.figures_sha256)]


def test_the_preparer_cannot_approve(world):
    lin = cast.owner(world.shop)
    prepare(world, by=lin)
    before = state_of(world)

    with pytest.raises(errors.OwnPreparation):
        approve(world, by=lin)

    assert state_of(world) == before
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthClose.objects.update(approved_by=lin)


def test_a_month_with_open_differences_is_not_prepared_and_they_are_named(world):
    for number in range(7):
        cast.make_discrepancy(world.ecpay, order_no=f"A{number}", business_date=date(2026, 10, 5 + number))
    before = state_of(world)

    with pytest.raises(errors.MonthHasOpenDifferences) as refused:
        prepare(world)

    assert refused.value.params == {"count": 7, "names": "綠界 A0, 綠界 A1, 綠界 A2, 綠界 A3, 綠界 A4 +2"}
    assert state_of(world) == before


def test_a_statement_gap_is_named_first(world):
    cast.make_discrepancy(world.ecpay, business_date=date(2026, 10, 6))
    gap = {"kind": "statement_gap", "subject_type": "channel_day", "subject_key": "2026-10-07", "business_date": date(2026, 10, 7)}
    cast.make_discrepancy(world.ecpay, expected_minor=0, actual_minor=0, **gap)

    with pytest.raises(errors.StatementsMissing) as refused:
        prepare(world)

    assert refused.value.params == {"names": "綠界 2026-10-07"}
    assert not MonthClose.objects.exists()


def test_a_month_that_does_not_add_up_is_not_prepared(world):
    Payout.objects.filter(ref="2026-10-06").update(lines_net_minor=1)

    with pytest.raises(errors.CertificateDoesNotAddUp) as refused:
        prepare(world)

    assert refused.value.params == {"names": "綠界 TWD"}


def test_a_month_nobody_reconciled_after_its_end_is_not_prepared(world):
    ReconciliationRun.objects.update(as_of=OCTOBER.last)

    with pytest.raises(errors.MonthNotReconciled):
        prepare(world)


def test_a_month_is_over_when_it_is_over_in_the_merchants_zone(world):
    last_moment = datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)

    with pytest.raises(errors.MonthNotOver):
        prepare(world, now=last_moment)
    prepare(world, now=datetime(2026, 10, 31, 16, 0, tzinfo=UTC))


def test_figures_that_moved_since_are_not_approved(world):
    prepare(world)
    prepared = MonthClose.objects.get()
    line_of(world.ecpay, date(2026, 10, 30), gross=100)
    before = state_of(world)

    with pytest.raises(errors.FiguresMoved):
        approve(world, by=cast.owner(world.shop), report=Report(prepared.figures, "b-pdf", "b-xlsx"))

    assert state_of(world) == before


def test_a_payout_that_came_after_the_month_does_not_stop_the_approval(world):
    prepare(world)
    prepared = MonthClose.objects.get().figures
    Payout.objects.filter(ref="2026-11-02").update(arrived_on=date(2026, 11, 2), arrived_minor=48500)

    close = approve(world, by=cast.owner(world.shop), report=Report(prepared, "b-pdf", "b-xlsx"))

    assert close.state == "approved"


def test_a_closed_month_takes_nothing_more(world):
    prepare(world)
    approve(world, by=cast.owner(world.shop))
    before = state_of(world)
    another = cast.owner(world.shop)

    with pytest.raises(errors.MonthIsClosed):
        approve(world, by=another)
    with pytest.raises(errors.MonthIsClosed):
        prepare(world)
    with pytest.raises(errors.MonthIsClosed):
        closing.keep_draft(merchant=world.shop, month=OCTOBER, report=report_of(world), by=another, now=LATER)
    with pytest.raises(errors.MonthIsClosed):
        closing.return_to_draft(merchant=world.shop, month=OCTOBER, reason="late", by=another, now=LATER)

    assert state_of(world) == before


def test_a_preparation_can_be_taken_back_with_a_reason(world):
    prepare(world)

    closing.return_to_draft(merchant=world.shop, month=OCTOBER, reason="a file was missing", by=cast.owner(world.shop), now=LATER)

    close = MonthClose.objects.get()
    assert (close.state, close.figures, close.figures_sha256, close.prepared_by, close.prepared_at) == ("draft", {}, "", None, None)
    assert AuditEvent.objects.latest("pk").reason == "a file was missing"
    with pytest.raises(errors.MonthNotPrepared):
        approve(world, by=cast.owner(world.shop))


def test_a_draft_is_possible_any_time_and_freezes_nothing(world):
    StatementLine.objects.filter(merchant_ref="A2").update(is_live=False)

    closing.keep_draft(merchant=world.shop, month=OCTOBER, report=report_of(world), by=None, now=NOW)

    close = MonthClose.objects.get()
    assert (close.state, close.figures_sha256, close.pdf_path) == ("draft", "", "a-pdf")
    assert close.figures == report_of(world).figures


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_one_wins(world):
    prepare(world)
    people = [cast.owner(world.shop), cast.approver(world.shop)]
    report, fresh = report_of(world, "b"), report_of(world).figures
    start, ends = threading.Barrier(2), []

    def approve_at_once(by):
        start.wait()
        try:
            ends.append(approve(world, by=by, report=report, fresh=fresh).approved_by)
        except errors.MonthIsClosed:
            ends.append("too late")
        finally:
            close_old_connections()

    threads = [threading.Thread(target=approve_at_once, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winner = MonthClose.objects.get().approved_by
    assert sorted(map(str, ends)) == sorted([str(winner), "too late"])
    assert AuditEvent.objects.filter(action="month.approved").count() == 1

"""Statements as people meet them: drop, look, import, look again, withdraw."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.core import files
from apps.core.models import Job
from apps.settlements.models import BankLine, ReconciliationRun, Statement, StatementLine
from apps.settlements.selectors.grid import grid_of
from tests import cast
from tests.settlements import stripe_files as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def stripe(shop):
    account = cast.make_bank_account(shop, "chase", currency="USD", mapping=f.BANK_MAPPING)
    return cast.make_channel(
        shop, "stripe", provider="stripe", label="Stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2",
        statements="per_payout", bank_account=account, bank_keywords=["STRIPE"],
    )  # fmt: skip


@pytest.fixture
def lin(shop, client):
    user = cast.accountant(shop, language="en")
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"settlements:{name}", args=["qingtian", *args])


def upload(client, *named):
    return client.post(url("upload"), {"files": [SimpleUploadedFile(name, data) for name, data in named]})


def page(client) -> str:
    return client.get(url("statements")).content.decode()


def test_files_are_recognised_and_nothing_is_imported_before_the_button(client, lin, stripe):
    report, bank = f.report(f.row(1)), f.bank(("2026-11-18", "9.70", "STRIPE"))

    upload(client, ("payout_20261118.csv", report), ("bank_20261118.csv", bank), ("holiday.txt", b"dear diary"))

    text = page(client)
    assert StatementLine.objects.count() == BankLine.objects.count() == 0
    assert "Import 2 files" in text
    assert "We do not recognise this file." in text
    assert sorted(Statement.objects.values_list("state", "refusal")) == [("parsed", ""), ("rejected", "unknown_file")]


def test_the_button_imports_as_a_job_and_reconciles(client, lin, stripe, run_jobs):
    upload(client, ("payout_20261118.csv", f.report(f.row(1))))

    client.post(url("post_files"))
    client.post(url("post_files"))  # a double click is one job
    run_jobs()

    assert Job.objects.filter(kind="settlements.import").count() == 1
    assert Job.objects.get().result["lines"] == 1
    assert list(Statement.objects.values_list("state", "rows_in", "created_by")) == [("posted", 1, lin.pk)]
    assert ReconciliationRun.objects.count() == 1


def test_a_provider_without_a_channel_is_named(client, lin, shop):
    upload(client, ("payout_20261118.csv", f.report(f.row(1))))

    assert "This is a file of stripe, but this shop has no channel with it." in page(client).replace("Stripe", "stripe")


def test_bad_rows_are_listed_with_their_number(client, lin, stripe):
    upload(client, ("payout_20261118.csv", f.report(f.row(1), f.row(2) | {"gross": "ten"})))

    text = client.get(url("file", "provider", Statement.objects.get().pk)).content.decode()
    assert "1 row cannot be read, so nothing of the file was imported." in text
    assert "gross: “ten” is not an amount." in text
    assert StatementLine.objects.count() == 0


def test_a_file_page_shows_its_rows_and_gives_its_bytes_back(client, lin, stripe, run_jobs):
    data = f.report(f.row(1))
    upload(client, ("payout_20261118.csv", data))
    client.post(url("post_files"))
    run_jobs()
    pk = Statement.objects.get().pk

    assert "pi_1" in client.get(url("file", "provider", pk)).content.decode()
    answer = client.get(url("download", "provider", pk))
    assert b"".join(answer.streaming_content) == data
    assert answer["Content-Disposition"] == 'attachment; filename="payout_20261118.csv"'


def test_withdrawing_needs_a_reason_and_rings_a_pass(client, lin, stripe, run_jobs):
    upload(client, ("payout_20261118.csv", f.report(f.row(1))))
    client.post(url("post_files"))
    run_jobs()
    pk = Statement.objects.get().pk

    client.post(url("withdraw", "provider", pk), {"reason": ""})
    assert Statement.objects.get().state == "posted"

    client.post(url("withdraw", "provider", pk), {"reason": "wrong shop"})
    assert Statement.objects.get().state == "withdrawn"
    assert StatementLine.objects.filter(is_live=True).count() == 0
    assert Job.objects.filter(kind="settlements.reconcile", state="queued").count() == 1


def test_removing_a_preview_keeps_what_was_imported(client, lin, stripe, run_jobs):
    upload(client, ("payout_20261118.csv", f.report(f.row(1))))
    client.post(url("post_files"))
    run_jobs()
    posted = Statement.objects.get()

    client.post(url("drop", "provider", posted.pk))
    upload(client, ("payout_20261119.csv", f.report(f.row(2))))
    client.post(url("drop", "provider", Statement.objects.get(state="parsed").pk))

    assert list(Statement.objects.values_list("pk", "state")) == [(posted.pk, "posted")]


def test_a_viewer_sees_but_cannot_bring_files_in(client, shop, stripe):
    client.force_login(cast.viewer(shop, language="en"))

    assert "Bring files in" not in page(client)
    assert upload(client, ("payout_20261118.csv", f.report(f.row(1)))).status_code == 403
    assert Statement.objects.count() == 0
    assert not files._place("0" * 64).exists()


def test_the_page_asks_the_same_number_of_questions_for_one_file_and_for_three(client, lin, stripe, django_assert_num_queries):
    client.get(url("statements"))  # the first page of a session notes which merchant was seen last
    for days in ([16], [17, 18]):
        for day in days:
            cast.make_statement(stripe, day=date(2026, 11, day))

        with django_assert_num_queries(26):
            client.get(url("statements") + "?month=2026-11")


def test_grid_says_what_is_in_what_differs_and_what_is_paid(shop):
    ecpay = cast.make_channel(shop, "ecpay", label="ECPay", settles="T+1")
    today = date(2026, 11, 20)
    fine = cast.make_statement(ecpay, day=date(2026, 11, 16))
    off = cast.make_statement(ecpay, day=date(2026, 11, 17), totals=[{"name": "sum", "stated": 1, "computed": 2, "unit": "minor"}])
    for statement in (fine, off):
        cast.make_line(statement)
    cast.make_payout(
        ecpay, "2026-11-17", due_on=date(2026, 11, 17), covers_from=date(2026, 11, 16), covers_to=date(2026, 11, 16),
        arrived_on=date(2026, 11, 17), arrived_minor=8642700,
    )  # fmt: skip
    cast.make_discrepancy(ecpay, "missing_in_books", business_date=date(2026, 11, 17))

    row = grid_of(shop, date(2026, 11, 1), today)[0]

    states = {cell.day.day: cell.states for cell in row.cells}
    assert states[15] == []  # before the first statement, a Sunday
    assert states[16] == ["done", "done", "done", "done"]
    assert states[17] == ["done", "amber", "red", "wait"]
    assert states[18] == ["wait", "wait", "wait", "wait"]  # due, in grace
    assert states[21] == []

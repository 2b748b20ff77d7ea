"""Requests by file and from a terminal."""

import csv
import io
import json

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.core.models import JobState
from apps.orders.errors import BooksTooLong, BooksWrongColumns, NotAllowed, RowsRejected, reason
from apps.orders.ingest.refund_requests import MOST_ROWS, REQUEST_COLUMNS
from apps.orders.models import Refund, RefundRequest
from apps.orders.services.refunds.bulk import confirm_requests, preview_requests, request_from_file, take_requests
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ROW = {
    "channel": "ecpay",
    "merchant_ref": "A1",
    "amount": "280",
    "currency": "TWD",
    "reason": "out_of_stock",
    "note": "",
    "customer_note": "",
}


def file(*changes: dict, columns=REQUEST_COLUMNS) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**ROW, **change} for change in changes)
    return out.getvalue().encode()


@pytest.fixture
def shop():
    merchant = cast.make_merchant()
    channel = cast.make_channel(merchant)
    for name in ("A1", "A2", "A3"):
        cast.make_payment(channel, name)
    cast.make_payment(channel, "A4", state="pending")
    cast.make_payment(channel, "A5", method="atm")
    return merchant


@pytest.fixture
def clerk(shop):
    return cast.operator(shop)


def preview(shop, *changes, **options):
    return preview_requests(merchant=shop, name="requests.csv", data=file(*changes, **options), now=cast.NOW)


def bring(shop, by, *changes, **options):
    return request_from_file(merchant=shop, name="requests.csv", data=file(*changes), by=by, now=cast.NOW, **options)


def faults(report) -> list[tuple]:
    return [(fault.row_no, fault.column, fault.code, fault.value) for fault in report.faults]


def test_a_file_is_looked_at_row_by_row_before_anything_is_written(shop):
    report = preview(
        shop,
        {},
        {"amount": "1000.01"},
        {"merchant_ref": "a2 ", "amount": '="1,280"', "reason": "other", "note": "broken"},
        {"merchant_ref": "A5"},
        {"merchant_ref": "A4"},
        {"merchant_ref": "A9"},
        {"channel": "stripe"},
        {"currency": "USD"},
        {"reason": "because"},
        {"reason": "other", "note": " "},
        {"amount": "1.005"},
        {"amount": "-1"},
        {"amount": "1e3"},
        {"note": "=cmd()"},
        {"merchant_ref": ""},
        {"merchant_ref": "A3", "amount": "1280"},
        {"merchant_ref": "A3", "amount": "0.01"},
    )

    assert faults(report) == [
        (3, "amount", "exceeds_payment", "1000.00 TWD"),
        (6, "amount", "limit_not_paid", ""),
        (7, "merchant_ref", "unknown_payment", "A9"),
        (8, "channel", "unknown_channel", "stripe"),
        (9, "currency", "other_currency", "TWD"),
        (10, "reason", "unknown_reason", "because"),
        (11, "note", "missing_value", ""),
        (12, "amount", "excess_digits", "1.005"),
        (13, "amount", "not_positive", "-1"),
        (14, "amount", "bad_amount", "1e3"),
        (15, "note", "formula", "=cmd()"),
        (16, "merchant_ref", "missing_value", ""),
        (18, "amount", "exceeds_payment", "0.00 TWD"),
    ]
    assert (report.rows_in, report.rows_new, report.rows_same, report.rows_rejected) == (17, 4, 0, 13)
    assert report.totals == [("TWD", 28000 + 128000 + 28000 + 128000)]
    assert [asked.route for asked in report.new] == ["provider", "provider", "bank_transfer", "provider"]
    with translation.override("en"):
        assert all(reason(fault.code, fault.value) for fault in report.faults)
    assert Refund.objects.count() == 0


def test_a_row_that_is_rejected_keeps_the_whole_file_back_unless_a_person_chooses_the_good_ones(shop, clerk):
    rows = [{"customer_note": "Sorry"}, {"merchant_ref": "A9"}]

    with pytest.raises(RowsRejected):
        bring(shop, clerk, *rows)
    assert (Refund.objects.count(), AuditEvent.objects.count()) == (0, 0)
    bring(shop, clerk, *rows, keep_good=True)

    request = RefundRequest.objects.get()
    assert (request.refund.amount_minor, request.requested_by, request.reason_code, request.customer_note) == (
        28000, clerk, "out_of_stock", "Sorry",
    )  # fmt: skip


def test_a_file_brought_in_twice_asks_once(shop, clerk):
    bring(shop, clerk, {}, {"merchant_ref": "A2"}, {})
    report = bring(shop, clerk, {}, {"merchant_ref": "A2"}, {})

    assert (report.rows_new, report.rows_same, Refund.objects.count()) == (0, 3, 3)


def test_who_may_not_ask_writes_nothing(shop):
    for person in (cast.viewer(shop), cast.approver(shop), cast.outsider()):
        with pytest.raises(NotAllowed):
            bring(shop, person, {})
    assert Refund.objects.count() == 0


def test_a_file_that_is_none_of_these_is_refused_as_a_whole(shop):
    with pytest.raises(BooksWrongColumns):
        preview(shop, {}, columns=(*REQUEST_COLUMNS, "extra"))
    with pytest.raises(BooksTooLong):
        preview(shop, *[{}] * (MOST_ROWS + 1))


def test_it_comes_in_as_a_job_after_a_check(shop, clerk, run_jobs):
    check = take_requests(merchant=shop, name="x.csv", data=file({}, {"merchant_ref": "A9"}), by=clerk, now=cast.NOW)
    checked = run_jobs()[0]
    assert checked.state == JobState.DONE
    assert checked.result == {
        "rows_in": 2,
        "rows_new": 1,
        "rows_same": 0,
        "rows_rejected": 1,
        "totals": [["TWD", 28000]],
        "transfers": 0,
        "faults": [[3, "merchant_ref", "unknown_payment", "A9"]],
    }
    check.refresh_from_db()

    confirm_requests(merchant=shop, check=check, keep_good=True, by=clerk, now=cast.NOW)
    written = run_jobs()[0]

    assert (written.state, written.result["rows_new"], RefundRequest.objects.get().requested_by) == (JobState.DONE, 1, clerk)


def test_a_workbook_does_as_well(shop):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, REQUEST_COLUMNS)
    sheet.write_row(1, 0, ["ecpay", "A1", 280.5, "TWD", "fraud", "", "對不起"])
    book.close()

    report = preview_requests(merchant=shop, name="requests.xlsx", data=out.getvalue(), now=cast.NOW)

    assert [(asked.row.amount_minor, asked.row.customer_note) for asked in report.new] == [(28050, "對不起")]


def command(**options) -> str:
    out = io.StringIO()
    options = {"merchant": "qingtian", "payment": "A1", "reason": "duplicate", **options}
    call_command("request_refund", stdout=out, **options)
    return out.getvalue()


def test_a_refund_is_asked_for_from_a_terminal(shop, clerk):
    cast.owner(shop, email="boss@example.com")

    told = json.loads(command(amount="280", email=clerk.email, json=True, key="k1"))
    again = command(amount="280", email=clerk.email, key="k1")
    rest = command(payment="PA1", channel="ecpay")

    first, second = Refund.objects.order_by("pk")
    assert told == {
        "refund": first.refund_no,
        "payment": "A1",
        "amount": "280.00",
        "currency": "TWD",
        "state": "requested",
        "route": "provider",
        "requested_by": clerk.email,
    }
    assert again == f"{first.refund_no}: TWD 280.00 of A1 asked for by {clerk.email} (provider); it is requested\n"
    assert rest.startswith(f"{second.refund_no}: TWD 1000.00 of A1 asked for by boss@example.com")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"merchant": "nobody"}, "there is no merchant nobody"),
        ({"payment": "A9", "email": "lin@example.com"}, "there is no payment A9"),
        ({"email": "x@example.com"}, "x@example.com is no member of qingtian"),
        ({}, "has no single owner"),
        ({"amount": "1.005", "email": "lin@example.com"}, "1.005 is not an amount in TWD"),
        ({"amount": "9999", "email": "lin@example.com"}, "between NT"),
        ({"payment": "A4", "email": "lin@example.com"}, "no money was taken"),
    ],
)
def test_a_terminal_is_told_why_not(shop, options, message):
    cast.operator(shop, email="lin@example.com")

    with pytest.raises(CommandError, match=message):
        command(**options)
    assert Refund.objects.count() == 0

"""Bring the books in by page: what would happen first, then the writing, and the rejected rows to mend."""

import csv
import io

import pytest
import tablib
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.orders.enums import BookJob
from apps.orders.models import BookImport, Payment
from apps.orders.services.uploads import take_upload
from tests import cast
from tests.orders.files import numbered, payments_csv, refunds_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    merchant = cast.make_merchant()
    cast.make_channel(merchant)
    return merchant


@pytest.fixture
def desk(client, shop):
    client.force_login(cast.accountant(shop, language="en"))
    return client


def upload(desk, shop, data: bytes, kind: str = "payments", name: str = "payments.csv"):
    """Uploads and lets the worker check; returns the page that says what would happen."""
    file = SimpleUploadedFile(name, data)
    response = desk.post(reverse("orders:import", args=[shop.slug]), {"kind": kind, "file": file})
    run(job_id=Job.objects.latest("pk").pk)
    return desk.get(response.url)


def confirm(desk, shop, **data):
    check = Job.objects.filter(kind=BookJob.CHECK).latest("pk")
    response = desk.post(reverse("orders:import_confirm", args=[shop.slug, check.pk]), data)
    run(job_id=Job.objects.latest("pk").pk)
    return desk.get(response.url)


def test_counts_are_shown_before_anything_is_written_and_hold_afterwards(desk, shop):
    preview = upload(desk, shop, payments_csv(*numbered(3)))

    assert preview.context["result"]["rows_new"] == 3
    assert "Bring in 3 rows" in preview.content.decode()
    assert Payment.objects.count() == 0

    done = confirm(desk, shop)

    assert done.context["result"]["rows_new"] == 3
    assert Payment.objects.count() == 3
    assert BookImport.objects.get().created_by.email == desk.get(reverse("orders:import", args=[shop.slug])).wsgi_request.user.email


def test_each_bad_row_is_named_and_good_ones_can_be_taken_alone(desk, shop):
    preview = upload(desk, shop, payments_csv(*numbered(2), {"amount": "x", "status": "=cmd()"}))

    page = preview.content.decode()
    assert [(row, column) for row, column, _value, _why in preview.context["faults"]] == [(4, "amount"), (4, "status")]
    assert "“x” is not a plain amount." in page
    assert "leave the rejected out" in page
    confirm(desk, shop, keep_good="1")
    assert Payment.objects.count() == 2


def test_a_confirmation_that_does_not_leave_rows_out_writes_nothing(desk, shop):
    upload(desk, shop, payments_csv(*numbered(2), {"amount": "x"}))

    done = confirm(desk, shop)

    assert done.context["job"].state == "failed"
    assert "nothing of this file was written" in done.content.decode()
    assert Payment.objects.count() == 0


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_rejected_rows_come_back_with_reasons_and_without_formulas(desk, shop, extension):
    upload(desk, shop, payments_csv({}, {"merchant_ref": "B", "customer_ref": "=1+1", "amount": "@x"}))
    check = Job.objects.latest("pk")

    answer = desk.get(reverse("orders:import_rejected", args=[shop.slug, check.pk]), {"export": extension})

    if extension == "csv":
        header, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    else:
        table = tablib.Dataset().load(answer.content, format="xlsx")
        header, row = table.headers, list(table[0])
    cells = dict(zip(header, row, strict=True))
    assert (str(cells["row"]), cells["merchant_ref"]) == ("3", "B")
    assert cells["reasons"] == "amount: “@x” is not a plain amount. customer_ref: This cell holds a formula; enter its value as plain text."
    assert not [cell for cell in row if str(cell).startswith(("=", "@"))]


def test_a_file_that_cannot_be_read_says_why(desk, shop):
    page = upload(desk, shop, b"a,b\n1,2\n").content.decode()

    assert "Missing columns: order_no" in page
    assert "Unknown columns: a, b." in page


def test_refunds_come_the_same_way(desk, shop):
    upload(desk, shop, payments_csv({}))
    confirm(desk, shop)

    preview = upload(desk, shop, refunds_csv({}, {"refund_no": "R2", "merchant_ref": "A9"}), kind="refunds", name="refunds.csv")

    assert preview.context["result"]["rows_new"] == 1
    assert [why for _row, _column, _value, why in preview.context["faults"]] == [
        "No payment with the reference “A9” is known in this channel; bring payments in first."
    ]


def test_a_file_that_is_in_already_offers_nothing_to_write(desk, shop):
    upload(desk, shop, payments_csv({}))
    confirm(desk, shop)

    again = upload(desk, shop, payments_csv({}))

    assert again.context["result"]["seen_before"]
    assert again.context["rows_to_write"] == 0
    assert "This file is in already." in again.content.decode()


def test_progress_is_a_part_of_the_same_page(desk, shop):
    job = take_upload(merchant=shop, kind="payments", name="p.csv", data=payments_csv({}), by=None, now=cast.NOW)
    address = reverse("orders:import_job", args=[shop.slug, job.pk])

    page, part = desk.get(address).content.decode(), desk.get(address, headers={"HX-Request": "true"}).content.decode()

    assert part.strip() in page
    assert "<html" not in part


@pytest.mark.parametrize("kind", ["payments", "refunds"])
@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_an_empty_file_has_the_columns_an_import_expects(desk, shop, kind, extension):
    answer = desk.get(reverse("orders:import_columns", args=[shop.slug, kind]), {"export": extension})

    checked = upload(desk, shop, answer.content, kind=kind, name=f"{kind}.{extension}")

    assert checked.context["job"].state == "done"  # nothing happened in that period: no row is no fault
    assert checked.context["job"].result["rows_in"] == 0


def test_a_viewer_may_neither_upload_nor_confirm(client, shop):
    job = take_upload(merchant=shop, kind="payments", name="p.csv", data=payments_csv({}), by=None, now=cast.NOW)
    run(job_id=job.pk)
    client.force_login(cast.viewer(shop))

    assert client.get(reverse("orders:import", args=[shop.slug])).status_code == 403
    assert client.post(reverse("orders:import_confirm", args=[shop.slug, job.pk])).status_code == 403
    assert Job.objects.filter(kind=BookJob.IMPORT).count() == 0

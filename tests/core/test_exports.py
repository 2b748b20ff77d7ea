"""Downloads: exactly the rows, a head that says what they are, nothing a spreadsheet would run."""

import csv
import io
from decimal import Decimal

import pytest
import time_machine
from django import forms
from django.test import RequestFactory
from django.utils import translation
from python_calamine import CalamineWorkbook

from apps.core import exports
from apps.core.exports import Column, Export, Kind, export_response, filter_text, neutral
from apps.orders.models import Payment
from tests import cast

COLUMNS = (
    Column("Order", "order__order_no"),
    Column("Amount", "amount_minor", Kind.MONEY),
    Column("Day", "business_date", Kind.DAY),
    Column("Paid at", "paid_at", Kind.MOMENT),
    Column("Customer", "customer_ref"),
    Column("State", lambda row: row.get_state_display()),
)


@pytest.fixture
def export(db):
    channel = cast.make_channel(cast.make_merchant())
    cast.make_payment(channel, "A1", 128000, customer_ref="=HYPERLINK(1)")
    cast.make_payment(channel, "-A2", 50, customer_ref="@x")
    cast.make_payment(channel, "A3", 318420, currency="USD", state="failed")
    rows = Payment.objects.select_related("order").order_by("pk")
    return Export("payments", "Payments", "晴天選物", "TWD", "Asia/Taipei", COLUMNS, rows, "State: any", "amount_minor")


def download(export, kind):
    with time_machine.travel(cast.NOW), translation.override("en"):
        return export_response(RequestFactory().get(f"/?export={kind}"), export)


HEAD = [
    ["Export", "Payments"],
    ["Merchant", "晴天選物"],
    ["Currency", "TWD"],
    ["Time zone", "Asia/Taipei"],
    ["Written at", "2026-11-20 15:46"],
    ["Filter", "State: any"],
    ["Rows", "3"],
    ["Total TWD", "1280.50"],
    ["Total USD", "3184.20"],
]
ROWS = [
    ["A1", "1280.00", "2026-11-16", "2026-11-16 15:46:00", "'=HYPERLINK(1)", "paid"],
    ["'-A2", "0.50", "2026-11-16", "2026-11-16 15:46:00", "'@x", "paid"],
    ["A3", "3184.20", "", "", "", "failed"],
]


def test_csv_says_what_it_holds_and_neutralises_formulas(export, django_assert_num_queries):
    with django_assert_num_queries(2):  # one for the head, one for the rows
        response = download(export, "csv")
        text = b"".join(response.streaming_content).decode()

    assert response.headers["Content-Disposition"] == 'attachment; filename="payments_20261120.csv"'
    assert text.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert lines == [*HEAD, [], [column.heading for column in COLUMNS], *ROWS]


def test_xlsx_keeps_numbers_as_numbers_and_texts_as_text(export):
    response = download(export, "xlsx")

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(response.streaming_content))).get_sheet_by_index(0).to_python()
    amounts = [line[1] for line in sheet[11:]]
    assert sheet[6][:2] == ["Rows", 3]
    assert sheet[10] == [column.heading for column in COLUMNS]
    assert amounts == [1280, 0.5, 3184.2]
    assert [line[0] for line in sheet[11:]] == ["A1", "-A2", "A3"]
    assert sheet[11][4] == "=HYPERLINK(1)"  # typed as text in the file: shown, never run
    assert str(sheet[11][3]) == "2026-11-16 15:46:00"
    assert sum(Decimal(str(amount)) for amount in amounts[:2]) == Decimal("1280.5")


def test_xlsx_begins_a_sheet_when_one_is_full(export, monkeypatch):
    monkeypatch.setattr(exports, "SHEET_ROWS", 12)

    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(download(export, "xlsx").streaming_content)))

    assert [len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names] == [12, 3]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "＝1"])
def test_what_a_spreadsheet_would_run_is_neutralised(text):
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "A-1", "1,280", "晴天選物", "a@b.c"])
def test_plain_text_stays_as_it_is(text):
    assert neutral(text) == text


def test_filter_text_names_what_is_set():
    class Form(forms.Form):
        state = forms.ChoiceField(label="State", choices=[("", "any"), ("paid", "Paid")], required=False)
        q = forms.CharField(label="Search", required=False)

    assert filter_text(Form({"state": "paid", "q": ""})) == "State: Paid"
    with translation.override("en"):
        assert filter_text(Form({})) == "none"

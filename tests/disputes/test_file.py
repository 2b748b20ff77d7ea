"""disputes.csv: what it brings, what it refuses, and that it says the same twice."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from apps.disputes.errors import RowsRefused, row_reason
from apps.disputes.ingest.file import COLUMNS
from apps.disputes.models import Dispute, DisputeEvent, DisputeImport
from apps.disputes.services.file_import import import_disputes, preview_disputes
from apps.orders.errors import BooksWrongColumns
from tests import cast

pytestmark = pytest.mark.postgres
OPENED = "2026-11-18T10:00:00+08:00"
ROW = {
    "dispute_no": "D-1", "order_no": "A10293", "channel": "ecpay", "merchant_ref": "A10293", "provider_ref": "PA10293",
    "provider_dispute_ref": "du_1", "amount": "1,280", "currency": "TWD", "status": "needs_response", "reason": "13.1",
    "opened_at": OPENED, "due_at": "2026-11-28T10:00:00+08:00",
}  # fmt: skip


def book(*rows, columns=COLUMNS) -> bytes:
    lines = [",".join(columns)]
    lines += [",".join(f'"{ {**ROW, **row}.get(name, "") }"' for name in columns) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def bring(shop, *rows, **options):
    return import_disputes(merchant=shop, name="disputes.csv", data=book(*rows), by=None, now=cast.NOW, **options)


def counts(report):
    return (report.rows_in, report.rows_new, report.rows_changed, report.rows_same, report.rows_rejected)


def test_a_row_is_a_dispute_of_its_payment(shop, payment):
    report = bring(shop, {})

    assert counts(report) == (1, 1, 0, 0, 0)
    dispute = Dispute.objects.get()
    assert (dispute.payment, dispute.dispute_no, dispute.provider_dispute_ref, dispute.amount_minor) == (payment, "D-1", "du_1", 128000)
    assert (dispute.state, dispute.family, dispute.origin) == ("needs_response", "not_received", "file")
    assert dispute.opened_at == datetime(2026, 11, 18, 2, tzinfo=UTC)
    assert dispute.evidence_due_at == datetime(2026, 11, 28, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "state", "returned"),
    [
        ("inquiry", "inquiry", None),
        ("under_review", "under_review", None),
        ("won", "won", 128000),
        ("lost", "lost", 0),
        ("accepted", "accepted", 0),
    ],
)
def test_every_status_ends_where_it_says(shop, payment, status, state, returned):
    bring(shop, {"status": status})

    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.returned_minor) == (state, returned)


def test_the_same_file_again_changes_nothing(shop, payment):
    bring(shop, {}, {"status": "needs_response"})
    before = (Dispute.objects.values().get(), DisputeEvent.objects.count(), DisputeImport.objects.count())

    assert counts(bring(shop, {}, {})) == (2, 0, 0, 2, 0)

    assert (Dispute.objects.values().get(), DisputeEvent.objects.count(), DisputeImport.objects.count()) == before


def test_a_later_file_brings_it_up_to_date_and_an_empty_cell_takes_nothing_away(shop, payment):
    bring(shop, {})

    report = bring(shop, {"status": "under_review", "reason": "", "due_at": "", "provider_dispute_ref": ""})

    assert counts(report) == (1, 0, 1, 0, 0)
    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.reason_code, dispute.provider_dispute_ref) == ("under_review", "13.1", "du_1")
    assert dispute.evidence_due_at is not None


@pytest.mark.parametrize("names", [{"merchant_ref": ""}, {"merchant_ref": "", "provider_ref": ""}], ids=["by theirs", "by the order"])
def test_the_payment_is_found_by_any_of_its_names(shop, payment, names):
    bring(shop, names)

    assert Dispute.objects.get().payment == payment


@pytest.mark.parametrize(
    ("change", "column", "code"),
    [
        ({"channel": "paypal"}, "channel", "unknown_channel"),
        ({"amount": "12.345"}, "amount", "excess_digits"),
        ({"amount": "lots"}, "amount", "bad_amount"),
        ({"amount": "0"}, "amount", "not_positive"),
        ({"amount": "1280.01"}, "amount", "above_payment"),
        ({"amount": ""}, "amount", "missing_value"),
        ({"currency": "usd"}, "currency", "bad_currency"),
        ({"currency": "USD"}, "currency", "other_currency"),
        ({"status": "open"}, "status", "unknown_state"),
        ({"opened_at": "2026-11-18"}, "opened_at", "no_offset"),
        ({"opened_at": "yesterday"}, "opened_at", "bad_time"),
        ({"due_at": "2026-13-01T00:00:00Z"}, "due_at", "bad_time"),
        ({"merchant_ref": "B1", "provider_ref": ""}, "merchant_ref", "unknown_payment"),
        ({"dispute_no": "", "provider_dispute_ref": ""}, "dispute_no", "missing_value"),
        ({"reason": "=1+1"}, "reason", "formula"),
        ({"dispute_no": "x" * 101}, "dispute_no", "too_long"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_row_is_named_and_nothing_is_written(shop, payment, change, column, code):
    with pytest.raises(RowsRefused) as refused:
        bring(shop, {}, {"dispute_no": "D-2", "provider_dispute_ref": "du_2", **change})

    [fault] = refused.value.rejections
    assert (fault.row_no, fault.column, fault.code) == (3, column, code)
    assert row_reason(fault.code, fault.value)
    assert not Dispute.objects.exists()


def test_the_good_rows_can_be_kept(shop, payment):
    report = bring(shop, {}, {"dispute_no": "D-2", "provider_dispute_ref": "", "channel": "x"}, keep_good=True)

    assert counts(report) == (2, 1, 0, 0, 1)
    assert Dispute.objects.get().dispute_no == "D-1"


def test_what_contradicts_a_dispute_on_record_is_refused(shop, channel, payment):
    cast.make_payment(channel, "B1", 128000)
    bring(shop, {"status": "lost"})

    for change, code in (
        ({"status": "won"}, "illegal_move"),
        ({"amount": "100", "status": "lost"}, "amount_changed"),
        ({"merchant_ref": "B1", "status": "lost"}, "other_dispute_payment"),
    ):
        with pytest.raises(RowsRefused) as refused:
            bring(shop, change)
        assert [fault.code for fault in refused.value.rejections] == [code]

    assert Dispute.objects.get().state == "lost"


def test_one_dispute_stated_twice_with_other_contents_is_nobody_s_choice(shop, payment):
    report = preview_disputes(merchant=shop, name="disputes.csv", data=book({}, {"amount": "5"}))

    assert [(fault.row_no, fault.code, fault.value) for fault in report.faults] == [(3, "appears_twice", "2")]


def test_a_preview_writes_nothing(shop, payment):
    report = preview_disputes(merchant=shop, name="disputes.csv", data=book({}))

    assert counts(report) == (1, 1, 0, 0, 0)
    assert not Dispute.objects.exists()


def test_unknown_columns_are_named(shop):
    with pytest.raises(BooksWrongColumns, match="colour"):
        preview_disputes(merchant=shop, name="disputes.csv", data=book({}, columns=(*COLUMNS, "colour")))


def test_another_merchant_s_payment_is_unknown(shop, payment):
    other = cast.make_merchant("other")
    cast.make_channel(other, "ecpay")

    with pytest.raises(RowsRefused) as refused:
        bring(other, {})

    assert refused.value.rejections[0].code == "unknown_payment"


def test_queries_do_not_grow_with_the_rows(shop, channel, django_assert_max_num_queries):
    for number in range(60):
        cast.make_payment(channel, f"C{number}", 128000)
    rows = [
        {"dispute_no": f"N{n}", "provider_dispute_ref": "", "merchant_ref": f"C{n}", "provider_ref": "", "order_no": ""} for n in range(60)
    ]

    with django_assert_max_num_queries(12):
        assert preview_disputes(merchant=shop, name="d.csv", data=book(*rows)).rows_new == 60


@pytest.mark.django_db
def test_a_drop_folder_brings_disputes_after_its_payments(tmp_path, capsys):
    world = Path(__file__).parent / "world"
    for name in ("merchant.toml", "payments.csv"):
        (tmp_path / name).write_bytes((world / name).read_bytes())
    (tmp_path / "disputes.csv").write_bytes(book({"opened_at": OPENED}))

    call_command("ingest", str(tmp_path), json=True)

    done = json.loads(capsys.readouterr().out)
    assert {item["file"]: item["new"] for item in done["imported"]} == {"payments.csv": 1, "disputes.csv": 1}
    assert Dispute.objects.get().payment.merchant_ref == "A10293"
    assert Dispute.objects.get().evidence_due_at - Dispute.objects.get().opened_at == timedelta(days=10)
    call_command("ingest", str(tmp_path), json=True)
    assert {item["file"] for item in json.loads(capsys.readouterr().out)["skipped"]} == {"payments.csv", "disputes.csv"}

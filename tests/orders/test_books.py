"""Files of the shop's own books into the database: exact figures, updates instead of doubles, all of a file or nothing."""

import threading
from datetime import UTC, date, datetime

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditEvent
from apps.core import bulk, files
from apps.orders.enums import PaymentState, RefundState
from apps.orders.errors import RowsRejected
from apps.orders.models import BookImport, Order, Payment, PaymentEvent, Refund, Storefront
from apps.orders.services import book_payments
from apps.orders.services.books import import_payments, import_refunds, preview_books
from apps.orders.states import PAYMENT_MOVES, REFUND_MOVES
from tests import cast
from tests.orders.files import numbered, payments_csv, refunds_csv

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def shop():
    merchant = cast.make_merchant()
    cast.make_channel(merchant, "ecpay")
    cast.make_channel(merchant, "stripe", timezone="UTC", currency="USD")
    return merchant


def bring(shop, *changes, name="payments.csv", **options):
    return import_payments(merchant=shop, name=name, data=payments_csv(*changes), by=None, now=cast.NOW, **options)


def bring_refunds(shop, *changes, **options):
    return import_refunds(merchant=shop, name="refunds.csv", data=refunds_csv(*changes), by=None, now=cast.NOW, **options)


def counts(report) -> tuple:
    return report.rows_in, report.rows_new, report.rows_changed, report.rows_same, report.rows_rejected


def everything() -> list:
    """All that an import may touch."""
    models = (Storefront, Order, Payment, Refund, PaymentEvent, BookImport, AuditEvent)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_first_file_makes_orders_payments_and_storefronts(shop):
    report = bring(shop, {}, {"merchant_ref": "A10293.2", "provider_ref": "P2", "amount": "80.50", "storefront": "", "order_total": "99"})

    first, second = Payment.objects.order_by("merchant_ref")
    order = Order.objects.get()
    assert counts(report) == (2, 2, 0, 0, 0)
    assert (order.order_no, order.total_minor, order.currency, order.storefront.code) == ("A10293", 128000, "TWD", "shopify")
    assert order.placed_at == datetime(2026, 11, 16, 6, 1, tzinfo=UTC)
    assert {first.order_id, second.order_id} == {order.pk}
    assert (first.amount_minor, first.state, first.channel.code, first.method) == (128000, "paid", "ecpay", "credit_card")
    assert (first.paid_at, first.business_date) == (datetime(2026, 11, 16, 6, 2, 18, tzinfo=UTC), date(2026, 11, 16))
    assert (second.amount_minor, second.order_total_minor, second.provider_ref_key) == (8050, 9900, "p2")
    assert PaymentEvent.objects.count() == 0


def test_rows_are_stored_in_the_order_of_their_time_whatever_that_of_the_file(shop, monkeypatch):
    monkeypatch.setattr(book_payments, "COPIED_AT_ONCE", 2)
    rows = [
        {"order_no": f"A{day}", "merchant_ref": f"A{day}.1", "placed_at": f"2026-11-{day}T06:00:00Z"} for day in ("03", "01", "04", "02")
    ]
    bring(shop, *({**row, "provider_ref": ""} for row in rows))

    assert list(Order.objects.order_by("pk").values_list("order_no", flat=True)) == ["A01", "A02", "A03", "A04"]
    paid = Payment.objects.order_by("pk").select_related("order")
    assert [(one.merchant_ref, one.order.order_no) for one in paid] == [(f"A0{n}.1", f"A0{n}") for n in (1, 2, 3, 4)]


def test_the_file_is_kept_counted_and_on_record(shop):
    lin = cast.accountant(shop)
    data = payments_csv({})

    import_payments(merchant=shop, name="九月.csv", data=data, by=lin, now=cast.NOW)

    kept = BookImport.objects.get()
    assert (kept.kind, kept.name, kept.rows_in, kept.rows_new, kept.created_by) == ("payments", "九月.csv", 1, 1, lin)
    assert files.read(kept.sha256) == data
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_label) == ("books.imported", str(lin))
    assert event.after == {"rows_in": 1, "new": 1, "changed": 0, "rejected": 0}


def test_the_same_file_again_writes_nothing(shop):
    bring(shop, *numbered(3))
    before = everything()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        report = bring(shop, *numbered(3), name="other name.csv")

    assert report.seen_before
    assert counts(report) == (3, 0, 0, 3, 0)
    assert everything() == before
    assert not [query for query in queries if query["sql"].split()[0] in ("INSERT", "UPDATE", "DELETE", "COPY")]


def test_a_later_file_updates_what_differs_and_doubles_nothing(shop):
    bring(shop, *numbered(3, status="pending", paid_at=""))

    report = bring(
        shop, *numbered(4)[1:], {"order_no": "A1", "merchant_ref": "a1 ", "status": "pending", "paid_at": "", "provider_ref": ""}
    )

    assert counts(report) == (4, 1, 3, 0, 0)  # the first came back in lower case, its provider reference not said
    assert list(Payment.objects.order_by("merchant_ref_key").values_list("merchant_ref", "state", "provider_ref")) == [
        ("a1 ".strip(), "pending", "P1"),
        ("A2", "paid", "P2"),
        ("A3", "paid", "P3"),
        ("A4", "paid", "P4"),
    ]
    assert Order.objects.count() == 4
    events = PaymentEvent.objects.order_by("payment__merchant_ref_key")
    assert [(event.payment.merchant_ref, event.kind, event.detail) for event in events] == [
        ("A2", "books.state_changed", {"from": "pending", "to": "paid", "file": "payments.csv"}),
        ("A3", "books.state_changed", {"from": "pending", "to": "paid", "file": "payments.csv"}),
    ]


def test_overlapping_files_count_what_is_the_same(shop):
    bring(shop, *numbered(5))

    assert counts(bring(shop, *numbered(7)[3:])) == (4, 2, 0, 2, 0)
    assert Payment.objects.count() == 7


def test_the_same_reference_in_another_channel_or_shop_is_another_payment(shop):
    other = cast.make_merchant("other")
    cast.make_channel(other, "ecpay")
    bring(shop, {}, {"channel": "stripe"})

    report = bring(other, {})

    assert counts(report) == (1, 1, 0, 0, 0)
    assert Payment.objects.for_merchant(shop).count() == 2
    assert Order.objects.for_merchant(other).get().order_no == "A10293"


def test_one_bad_row_refuses_the_whole_file_and_changes_nothing(shop):
    bring(shop, *numbered(2, status="pending", paid_at=""))
    before = everything()

    with pytest.raises(RowsRejected) as refusal:
        bring(shop, *numbered(3), {"amount": "x"})

    assert everything() == before
    assert counts(refusal.value.report) == (4, 1, 2, 0, 1)
    assert [(fault.row_no, fault.column, fault.code) for fault in refusal.value.report.faults()] == [(5, "amount", "bad_amount")]


def test_good_rows_alone_are_taken_when_a_person_says_so_and_the_mended_file_completes_it(shop):
    rows = [*numbered(2), {"channel": "newebpay"}]

    report = bring(shop, *rows, keep_good=True)
    cast.make_channel(shop, "newebpay")
    again = bring(shop, *rows)

    assert counts(report) == (3, 2, 0, 0, 1)
    assert counts(again) == (3, 1, 0, 2, 0)


def test_preview_tells_the_same_counts_and_writes_nothing(shop):
    bring(shop, *numbered(2, status="pending", paid_at=""))
    before = everything()
    rows = [*numbered(3), {"amount": "x"}]

    report = preview_books(merchant=shop, kind="payments", name="payments.csv", data=payments_csv(*rows))

    assert counts(report) == (4, 1, 2, 0, 1)
    assert everything() == before


@pytest.mark.parametrize("was", PaymentState.values)
def test_a_payment_moves_exactly_as_the_table_of_states_says(shop, was):
    names = PaymentState.values
    bring(shop, *({"merchant_ref": to, "status": was} for to in names))

    report = bring(shop, *({"merchant_ref": to, "status": to} for to in names), keep_good=True)

    allowed = {to.value for to in PAYMENT_MOVES[PaymentState(was)]}
    assert set(Payment.objects.exclude(state=was).values_list("state", flat=True)) == allowed
    assert {fault.value for fault in report.faults()} == {f"{was} → {to}" for to in names if to != was and to not in allowed}
    assert {fault.code for fault in report.faults()} <= {"illegal_move"}
    assert (report.rows_changed, report.rows_same) == (len(allowed), 1)


@pytest.mark.parametrize("was", RefundState.values)
def test_a_refund_moves_exactly_as_the_table_of_states_says(shop, was):
    names = RefundState.values
    bring(shop, {})
    bring_refunds(shop, *({"refund_no": to, "status": was, "amount": "1"} for to in names))

    report = bring_refunds(shop, *({"refund_no": to, "status": to, "amount": "1"} for to in names), keep_good=True)

    allowed = {to.value for to in REFUND_MOVES[RefundState(was)]}
    assert set(Refund.objects.exclude(state=was).values_list("state", flat=True)) == allowed
    assert {fault.value for fault in report.faults()} == {f"{was} → {to}" for to in names if to != was and to not in allowed}
    assert PaymentEvent.objects.filter(kind="books.refund_state_changed").count() == len(allowed)


def test_refunds_find_their_payment_by_our_reference_then_by_the_providers(shop):
    bring(shop, *numbered(2))
    report = bring_refunds(
        shop,
        {"refund_no": "R1", "merchant_ref": "a1"},
        {"refund_no": "R2", "merchant_ref": "", "provider_ref": "P2"},
        {"refund_no": "R3", "merchant_ref": "strange", "provider_ref": "p1"},
    )

    assert counts(report) == (3, 3, 0, 0, 0)
    assert list(Refund.objects.order_by("refund_no").values_list("payment__merchant_ref", "amount_minor", "state", "business_date")) == [
        ("A1", 28000, "succeeded", date(2026, 11, 18)),
        ("A2", 28000, "succeeded", date(2026, 11, 18)),
        ("A1", 28000, "succeeded", date(2026, 11, 18)),
    ]


def test_refunds_of_nobodys_or_two_payments_are_rejected(shop):
    bring(shop, {"merchant_ref": "A1", "provider_ref": "SAME"}, {"merchant_ref": "A2", "provider_ref": "SAME"})
    before = everything()

    with pytest.raises(RowsRejected) as refusal:
        bring_refunds(
            shop,
            {"refund_no": "R1", "merchant_ref": "A9"},
            {"refund_no": "R2", "merchant_ref": "", "provider_ref": "SAME"},
            {"refund_no": "R3", "merchant_ref": "A1", "channel": "stripe"},
        )

    assert everything() == before
    assert [(fault.row_no, fault.code, fault.value) for fault in refusal.value.report.faults()] == [
        (2, "unknown_payment", "A9"),
        (3, "ambiguous_payment", "SAME"),
        (4, "unknown_payment", "A1"),
    ]


def test_a_refund_number_cannot_move_to_another_payment(shop):
    bring(shop, *numbered(2))
    bring_refunds(shop, {"merchant_ref": "A1"})

    with pytest.raises(RowsRejected) as refusal:
        bring_refunds(shop, {"merchant_ref": "A2"})

    assert [fault.code for fault in refusal.value.report.faults()] == ["other_payment"]
    assert Refund.objects.get().payment.merchant_ref == "A1"


def test_large_files_take_the_whole_table_path_with_the_same_result(shop, monkeypatch):
    bring(shop, *numbered(30, status="pending", paid_at=""))
    monkeypatch.setattr(bulk, "FEW_KEYS", 10)
    monkeypatch.setattr(bulk, "REINDEX_FROM", 10)
    monkeypatch.setattr("apps.orders.services.books.ANALYZE_FROM", 10)

    report = bring(shop, *numbered(90)[10:])

    assert counts(report) == (80, 60, 20, 0, 0)
    assert Payment.objects.filter(state="paid").count() == 80
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Payment._meta.db_table)
    assert {"payment_once", "payment_newest", "payment_provider_ref", "payment_channel_day"} <= set(found)


def test_sql_does_not_grow_with_the_rows(shop):
    bring(shop, *numbered(1))
    with CaptureQueriesContext(connection) as few:
        bring(shop, *numbered(4)[1:])
    with CaptureQueriesContext(connection) as many:
        bring(shop, *numbered(400)[4:])

    assert len(many) == len(few)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_file_at_once_write_it_once(shop):
    reports = []

    def work():
        try:
            reports.append(bring(shop, *numbered(300)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(report.seen_before for report in reports) == [False, True, True, True]
    assert (Payment.objects.count(), Order.objects.count(), BookImport.objects.count()) == (300, 300, 1)

"""Files of the books beside the desk: never more than was paid, and what was decided here stays."""

import pytest
from django.utils import translation

from apps.orders.errors import RowsRejected
from apps.orders.models import Payment, Refund
from apps.orders.services.books import import_payments, import_refunds, preview_books
from apps.orders.services.refunds import deciding, settling
from apps.orders.services.refunds.requesting import request_refund
from tests import cast
from tests.orders.files import payments_csv, refunds_csv

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def shop():
    merchant = cast.make_merchant()
    channel = cast.make_channel(merchant)
    cast.make_payment(channel, "A10293")
    cast.make_payment(channel, "A2")
    return merchant


def bring(shop, *changes, **options):
    return import_refunds(merchant=shop, name="refunds.csv", data=refunds_csv(*changes), by=None, now=cast.NOW, **options)


def pay(shop, *changes, **options):
    return import_payments(merchant=shop, name="payments.csv", data=payments_csv(*changes), by=None, now=cast.NOW, **options)


def refunds() -> list:
    return list(Refund.objects.order_by("refund_no").values_list("refund_no", "amount_minor", "state"))


def asked(shop, amount_minor=28000, *, until="requested") -> Refund:
    refund = request_refund(
        merchant=shop,
        payment_id=Payment.objects.get(merchant_ref="A10293").pk,
        amount_minor=amount_minor,
        reason_code="fraud",
        by=cast.operator(shop),
        now=cast.NOW,
    )
    if until == "requested":
        return refund
    refund = deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=cast.NOW)
    if until == "approved":
        return refund
    refund = settling.apply_submitted(refund=refund, now=cast.NOW)
    return settling.apply_succeeded(refund=refund, refunded_at=cast.NOW, provider_refund_ref="PR9", now=cast.NOW)


def test_rows_that_come_to_more_than_was_paid_are_rejected_with_what_is_left(shop):
    rows = [
        {"refund_no": "R1", "amount": "1000"},
        {"refund_no": "R2", "amount": "300"},
        {"refund_no": "R3", "amount": "280"},
        {"refund_no": "R4", "amount": "1280", "merchant_ref": "A2", "order_no": "A2"},
        {"refund_no": "R5", "amount": "0.01", "status": "failed", "refunded_at": ""},
    ]

    report = preview_books(merchant=shop, kind="refunds", name="refunds.csv", data=refunds_csv(*rows))
    assert [(one.row_no, one.column, one.code, one.value) for one in report.faults()] == [(3, "amount", "exceeds_payment", "280.00 TWD")]
    with translation.override("en"):
        sentence = "This refund and the others of the payment would be more than was paid: “280.00 TWD” is still refundable."
        assert report.faults()[0].sentence == sentence
    with pytest.raises(RowsRejected):
        bring(shop, *rows)
    assert refunds() == []

    bring(shop, *rows, keep_good=True)
    assert refunds() == [("R1", 100000, "succeeded"), ("R3", 28000, "succeeded"), ("R4", 128000, "succeeded"), ("R5", 1, "failed")]


def test_what_a_file_frees_another_of_its_rows_may_take(shop):
    bring(shop, {"refund_no": "R1", "amount": "1280", "status": "requested", "refunded_at": ""})

    bring(
        shop,
        {"refund_no": "R2", "amount": "1200"},
        {"refund_no": "R1", "amount": "80", "status": "approved", "refunded_at": ""},
    )
    assert refunds() == [("R1", 8000, "approved"), ("R2", 120000, "succeeded")]

    report = preview_books(
        merchant=shop,
        kind="refunds",
        name="x.csv",
        data=refunds_csv({"refund_no": "R1", "amount": "80.01", "status": "approved", "refunded_at": ""}),
    )
    assert [(one.code, one.value) for one in report.faults()] == [("exceeds_payment", "0.00 TWD")]


def test_what_waits_at_the_desk_counts(shop):
    asked(shop, 100000)

    report = preview_books(merchant=shop, kind="refunds", name="x.csv", data=refunds_csv({"amount": "280.01"}, {"refund_no": "R2"}))

    assert [(one.row_no, one.code, one.value) for one in report.faults()] == [(2, "exceeds_payment", "280.00 TWD")]


def test_a_refund_in_another_currency_is_not_compared(shop):
    bring(shop, {"amount": "99999", "currency": "JPY"})

    assert refunds() == [("R1", 99999, "succeeded")]


def test_a_payment_is_not_made_smaller_than_its_refunds(shop):
    bring(shop, {"amount": "300"})
    before = list(Payment.objects.order_by("pk").values_list())

    with pytest.raises(RowsRejected) as rejected:
        pay(shop, {"amount": "299.99"}, {"merchant_ref": "A2", "provider_ref": "PA2", "order_no": "A2", "amount": "1"})
    assert [(one.row_no, one.code, one.value) for one in rejected.value.report.faults()] == [(2, "below_refunds", "300.00 TWD")]
    assert list(Payment.objects.order_by("pk").values_list()) == before

    pay(shop, {"amount": "300"})
    assert Payment.objects.get(merchant_ref="A10293").amount_minor == 30000


@pytest.mark.parametrize(
    ("until", "fields", "counts"),
    [
        ("approved", {"status": "requested", "refunded_at": ""}, (0, 1, 0)),  # it lags behind
        ("approved", {"status": "approved", "refunded_at": ""}, (0, 1, 0)),
        ("approved", {"status": "succeeded"}, (0, 0, 1)),  # nobody told us
        ("approved", {"status": "rejected", "refunded_at": ""}, (0, 0, 1)),
        ("approved", {"status": "approved", "refunded_at": "", "amount": "280.01"}, (0, 0, 1)),
        ("succeeded", {"status": "succeeded"}, (0, 1, 0)),
        ("succeeded", {"status": "failed", "refunded_at": ""}, (0, 0, 1)),
    ],
)
def test_a_refund_of_the_desk_is_repeated_by_a_file_and_never_changed(shop, until, fields, counts):
    refund = asked(shop, until=until)
    before = refunds()

    report = bring(shop, {"refund_no": refund.refund_no, "provider_refund_ref": "", "reason": "", **fields}, keep_good=True)

    assert (report.rows_changed, report.rows_same, report.rows_rejected) == counts
    assert [one.code for one in report.faults()] == ["desk_refund"] * counts[2]
    assert refunds() == before


def test_the_shops_own_row_for_a_refund_made_here_is_known_by_the_providers_number(shop):
    asked(shop, 128000, until="succeeded")
    before = refunds()

    report = bring(shop, {"refund_no": "RMA-7", "provider_refund_ref": "pr9", "amount": "1280"})

    assert (report.rows_new, report.rows_same, refunds()) == (0, 1, before)


@pytest.mark.parametrize(
    ("amount", "state", "said", "stays"),
    [
        (28000, "partially_refunded", "paid", "partially_refunded"),
        (128000, "refunded", "paid", "refunded"),
        (128000, "refunded", "partially_refunded", "refunded"),
        (28000, "partially_refunded", "refunded", "refunded"),
    ],
)
def test_a_later_export_that_never_heard_of_the_refund_keeps_the_state(shop, amount, state, said, stays):
    asked(shop, amount, until="succeeded")
    assert Payment.objects.get(merchant_ref="A10293").state == state

    report = pay(shop, {"status": said, "provider_ref": "PA10293"})

    assert report.rows_rejected == 0
    assert Payment.objects.get(merchant_ref="A10293").state == stays

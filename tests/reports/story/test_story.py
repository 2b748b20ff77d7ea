"""The story of an order: three clocks, one time line of every source, the money of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from apps.audit.services import record
from apps.core import clock, files
from apps.orders.models import PaymentEvent
from apps.reports.story.booked import entries_of
from apps.reports.story.clocks import clocks_of
from apps.reports.story.facts import story_facts
from apps.reports.story.items import items_of, steps_of
from apps.reports.story.money import sums_of
from apps.settlements.models import BankMatch, DiscrepancyComment
from apps.settlements.services.journal import post_journal
from apps.settlements.services.resolve import resolve
from tests import cast
from tests.reports.small_month import pair

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
PAID_AT = datetime(2026, 11, 16, 6, 2, tzinfo=UTC)
DAY = date(2026, 11, 16)
ZONE = "Asia/Taipei"


@pytest.fixture
def ecpay():
    with translation.override("en"), timezone.override(ZONE):
        yield cast.make_channel(cast.make_merchant())


def paid(channel, number="A10293", **fields):
    """Ordered and paid at the same moment."""
    order = fields.pop("order", None) or cast.make_order(channel.merchant, number, placed_at=PAID_AT)
    return cast.make_payment(channel, order=order, placed_at=PAID_AT, paid_at=PAID_AT, **fields)


def settled(channel, payment, *, fee=-3500, day=DAY, **fields):
    line = cast.make_line(cast.make_statement(channel, day=day), payment=payment, fee=fee, **fields)
    pair(line, payment)
    return line


def clocks(order, today=cast.TODAY):
    return [(clock.headline, clock.state) for clock in clocks_of(story_facts(order), today)]


def titles(order, today=cast.TODAY):
    return [(item.group, item.title, item.state) for item in items_of(story_facts(order), order.merchant.slug, today, ZONE)]


def test_a_payment_that_nobody_reported_waits_on_two_clocks_with_their_days(ecpay):
    payment = paid(ecpay)

    cells = clocks_of(story_facts(payment.order), date(2026, 11, 17))

    assert [(cell.headline, cell.state) for cell in cells] == [
        ("16 Nov 14:02", "done"),
        ("expected 17 Nov", "expected"),
        ("expected 25 Nov", "expected"),
    ]
    assert cells[0].caption == "NT$1,280 · Credit card"
    assert cells[2].caption == "7 open days after the business day, calendar TW"


def test_a_settled_payment_is_expected_in_the_bank_with_its_payout(ecpay):
    payment = paid(ecpay)
    settled(ecpay, payment)
    cast.make_payout(ecpay, "2026-11-25", 124500, due_on=date(2026, 11, 25), is_named=False, covers_from=DAY, covers_to=DAY)

    cells = clocks_of(story_facts(payment.order), cast.TODAY)

    assert [(cell.headline, cell.state) for cell in cells[1:]] == [("16 Nov", "done"), ("expected 25 Nov", "expected")]
    assert cells[2].caption == "NT$1,245 · 3 open days to go · 7 open days after the business day, calendar TW"


def test_money_in_the_bank_stops_all_three_clocks(ecpay):
    payment = paid(ecpay)
    settled(ecpay, payment, payout_ref="PO-1")
    payout = cast.make_payout(ecpay, "PO-1", 124500, arrived_on=cast.TODAY, arrived_minor=124500)
    bank = cast.make_bank_line(cast.make_bank_statement(ecpay.bank_account), 124500)
    BankMatch.objects.create(merchant=ecpay.merchant, payout=payout, bank_line=bank, amount_minor=bank.amount_minor, rule="payout_ref")

    assert clocks(payment.order) == [("16 Nov 14:02", "done"), ("16 Nov", "done"), ("20 Nov", "done")]
    assert titles(payment.order)[-1] == ("bank", "In the bank with the payout of 1,245", "done")


def test_a_payout_past_its_day_and_a_payment_missing_at_the_provider_are_overdue(ecpay):
    late = paid(ecpay, "A1")
    settled(ecpay, late, payout_ref="PO-1")
    cast.make_payout(ecpay, "PO-1", 124500, due_on=date(2026, 11, 18))
    lost = paid(ecpay, "A2")
    cast.make_discrepancy(ecpay, "missing_at_provider", expected_minor=128000, actual_minor=0, payment=lost)

    assert clocks(late.order)[2] == ("due since 18 Nov", "overdue")
    assert clocks(lost.order)[1] == ("missing", "overdue")
    assert ("bank", "Should be in the bank", "fault") in titles(late.order)


def test_an_order_that_was_never_paid_expects_nothing(ecpay):
    payment = cast.make_payment(ecpay, "A1", state="expired")

    assert clocks(payment.order) == [("not paid", "expected"), ("not yet", "expected"), ("not yet", "expected")]
    assert [(one.paid, one.to_bank, one.in_transit) for one in sums_of(story_facts(payment.order))] == [(0, 0, 0)]


def test_everything_that_touched_the_order_stands_in_one_line(ecpay):
    lin = cast.accountant(ecpay.merchant, name="Lin")
    payment = paid(ecpay)
    PaymentEvent.objects.create(
        merchant=ecpay.merchant, payment=payment, happened_at=PAID_AT + timedelta(minutes=5), kind="books.state_changed",
        detail={"from": "pending", "to": "paid", "file": "payments.csv"},
    )  # fmt: skip
    line = settled(ecpay, payment, fee=-4700)
    refund = cast.make_refund(payment, "R1", 28000, requested_at=PAID_AT + timedelta(days=1), refunded_at=PAID_AT + timedelta(days=1))
    item = cast.make_discrepancy(ecpay, payment=payment, opened_at=PAID_AT + timedelta(days=2), owner=lin, line=line)
    DiscrepancyComment.objects.create(
        merchant=ecpay.merchant, discrepancy=item, written_at=PAID_AT + timedelta(days=3), written_by=lin, text="asked ECPay"
    )
    record(merchant_id=ecpay.merchant_id, action="discrepancy.assigned", subject=item, by=lin, now=cast.NOW, after={"owner": "Lin"})
    record(merchant_id=ecpay.merchant_id, action="discrepancy.cleared", subject=item, by=None, now=cast.NOW)
    cast.make_payout(ecpay, "2026-11-25", 123300, due_on=date(2026, 11, 25), is_named=False, covers_from=DAY, covers_to=DAY)

    assert titles(payment.order) == [
        ("books", "Order placed", "done"),
        ("books", "Payment succeeded", "done"),
        ("books", "The books changed this payment", "done"),
        ("statement", "綠界 lists the payment", "done"),
        ("refund", "Refund requested", "done"),
        ("refund", "Refund succeeded", "done"),
        ("difference", "The fee is too high", "fault"),
        ("people", "Lin wrote", "done"),
        ("people", "Given to Lin", "done"),
        ("bank", "Expected in the bank", "expected"),
    ]
    assert [(one.paid, one.fees, one.refunds, one.to_bank, one.in_transit) for one in sums_of(story_facts(payment.order))] == [
        (128000, -4700, 0, 123300, 123300)
    ]
    assert refund.amount_minor == 28000


def test_the_day_is_written_where_it_changes(ecpay):
    payment = paid(ecpay)
    settled(ecpay, payment)

    steps = steps_of(items_of(story_facts(payment.order), "qingtian", cast.TODAY, ZONE))

    assert [step.when for step in steps] == ["16 Nov 14:02", "14:02:00", "16 Nov", "25 Nov"]


def test_the_row_unfolds_as_it_was_delivered_unless_its_file_is_large(ecpay):
    payment = paid(ecpay)
    data = b"head,er\nfirst,1\nA10293,1280\n"
    statement = cast.make_statement(ecpay, day=DAY, sha256=files.store(data), size=len(data))
    pair(cast.make_line(statement, payment=payment, row_no=3), payment)

    def raw():
        return next(item.raw for item in items_of(story_facts(payment.order), "qingtian", cast.TODAY, ZONE) if item.group == "statement")

    assert raw() == "A10293,1280"
    statement.size = 3_000_000
    statement.save()
    assert raw() == ""


def test_currencies_stand_beside_each_other(ecpay):
    payment = paid(ecpay, currency="USD", order=cast.make_order(ecpay.merchant, "A1", 128000, currency="USD", placed_at=PAID_AT))
    line = cast.make_line(cast.make_statement(ecpay, day=DAY), gross=128000, fee=-100, currency="TWD")
    pair(line, payment)

    sums = sums_of(story_facts(payment.order))

    assert [(one.currency, one.paid, one.stated, one.to_bank) for one in sums] == [("USD", 128000, 0, 0), ("TWD", 0, 128000, 127900)]


@pytest.fixture
def see(client, monkeypatch, ecpay):
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    client.force_login(cast.viewer(ecpay.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    return client.get


def test_the_page_filters_and_ignores_what_it_does_not_know(see, ecpay):
    payment = paid(ecpay)
    settled(ecpay, payment)

    every = see("/m/qingtian/orders/A10293/story")
    stated = see("/m/qingtian/orders/a10293/story?show=statement")
    unknown = see("/m/qingtian/orders/A10293/story?show=nothing")

    assert [(tab.label, tab.count, tab.is_current) for tab in stated.context["tabs"]] == [
        ("All", "4", False),
        ("Orders and payments", "2", False),
        ("Statements", "1", True),
        ("Payouts and bank", "1", False),
    ]
    assert [len(page.context["steps"]) for page in (every, stated, unknown)] == [4, 1, 4]


def test_an_order_number_with_a_slash_is_an_address(see, ecpay):
    paid(ecpay, "2026/11-7")

    assert see("/m/qingtian/orders/2026/11-7/story").status_code == 200
    assert see("/m/qingtian/orders/2026/11-8/story").status_code == 404


def test_the_story_takes_the_same_queries_however_much_happened(see, ecpay):
    order = paid(ecpay).order
    settled(ecpay, order.payments.get())
    cast.make_payout(ecpay, "P", 1, is_named=False, covers_from=DAY, covers_to=DAY)
    cast.make_discrepancy(ecpay, payment=order.payments.get())
    path = "/m/qingtian/orders/A10293/story"
    see(path)
    with CaptureQueriesContext(connection) as few:
        see(path)
    for number in range(4):
        payment = cast.make_payment(ecpay, order=order, merchant_ref=f"A10293-{number}", placed_at=PAID_AT, paid_at=PAID_AT)
        settled(ecpay, payment, day=DAY + timedelta(days=number))
        cast.make_refund(payment, amount_minor=100)
        cast.make_discrepancy(ecpay, payment=payment)

    with CaptureQueriesContext(connection) as many:
        see(path)

    assert len(few) == len(many) <= 29


def test_the_journal_entries_of_its_money_and_of_nothing_else(see, ecpay):
    payment = paid(ecpay)
    settled(ecpay, payment, payout_ref="PO-1")
    payout = cast.make_payout(ecpay, "PO-1", 124500, announced_minor=124500, arrived_on=cast.TODAY, arrived_minor=124500)
    cast.make_refund(payment, amount_minor=20000, state="succeeded", business_date=date(2026, 11, 18))
    fee = cast.make_discrepancy(
        ecpay, "fee_mismatch", expected_minor=-3000, actual_minor=-3500, payment=payment, subject_key=str(payment.pk)
    )
    resolve(merchant=ecpay.merchant, ids=[fee.pk], resolution="written_off", reason="small", by=None, now=cast.NOW)
    stranger = cast.make_payment(ecpay, "A2", paid_at=PAID_AT - timedelta(days=1), business_date=DAY - timedelta(days=1))
    settled(ecpay, stranger, day=DAY - timedelta(days=1), payout_ref="PO-2")
    assert entries_of(story_facts(payment.order)) == []  # nothing is posted yet
    post_journal(merchant=ecpay.merchant, now=cast.NOW)

    found = [(entry.source, entry.kind, entry.source_id, entry.belongs_on) for entry in entries_of(story_facts(payment.order))]

    assert found == [
        ("payments", "", None, DAY),
        ("lines", "payment", None, DAY),
        ("refunds", "", None, date(2026, 11, 18)),
        ("payout", "", payout.pk, cast.TODAY),
        ("arrival", "", payout.pk, cast.TODAY),
        ("decision", "fee_mismatch", fee.pk, cast.TODAY),
    ]
    page = see("/m/qingtian/orders/A10293/story").content.decode()
    assert page.count("/reports/journal/entries/") == 6

"""Channels that no provider stands behind: the books are listed once, the bank ends what is due, points bring none, and all proofs hold."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils.translation import gettext

from apps.channels.models import StatementRhythm
from apps.channels.services.gateway import provider_kind
from apps.orders.errors import RefundMoveIllegal
from apps.orders.services.refunds.calling import submit_refund
from apps.orders.services.refunds.deciding import approve_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.reports.figures.proofs import prove
from apps.reports.story.clocks import clocks_of
from apps.reports.story.facts import story_facts
from apps.settlements.models import BankMatch, Discrepancy, JournalEntry, Match, Payout, Statement, StatementLine
from apps.settlements.services.journal import post_journal
from apps.settlements.services.reconcile import reconcile
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = cast.NOW
MONDAY = date(2026, 11, 16)  # the business date of the cast's payments


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return cast.make_channel(cast.make_merchant(), "by-hand", provider="internal", label="自行入帳", settles="T+2")


def lines() -> list[tuple]:
    return list(StatementLine.objects.order_by("pk").values_list("kind", "merchant_ref", "gross", "fee", "other", "net", "payout_on"))


def payouts() -> list[tuple]:
    return list(
        Payout.objects.filter(line_count__gt=0).order_by("due_on", "pk").values_list("ref", "due_on", "lines_net_minor", "arrived_on")
    )


def faults() -> list[tuple]:
    return list(Discrepancy.objects.exclude(state="cleared").order_by("pk").values_list("kind", "difference_minor"))


def check(channel) -> None:
    post_journal(merchant=channel.merchant, now=NOW)
    assert [(proof.code, proof.faults) for proof in prove(channel.merchant) if not proof.holds] == []


def test_a_transfer_recorded_by_hand_is_ended_by_its_bank_line(channel):
    channel.bank_keywords = ["轉帳"]
    channel.save()
    cast.make_payment(channel, "A1", 128000, method="bank_transfer", provider_ref="12345")
    bank = cast.make_bank_statement(channel.bank_account, day=MONDAY)
    line = cast.make_bank_line(bank, 128000, memo="轉帳 12345", booked_on=MONDAY)

    reconcile(merchant=channel.merchant, now=NOW)

    assert lines() == [("payment", "A1", 128000, 0, 0, 128000, MONDAY)]
    assert payouts() == [("A1", MONDAY, 128000, MONDAY)]
    assert (Match.objects.count(), BankMatch.objects.get().bank_line_id, faults()) == (1, line.pk, [])
    check(channel)


def test_listing_again_lists_nothing_twice_and_only_what_is_new(channel):
    cast.make_payment(channel, "A1", 100, method="cash")
    cast.make_payment(channel, "A2", 100, method="cash", state="pending")
    reconcile(merchant=channel.merchant, now=NOW)
    reconcile(merchant=channel.merchant, now=NOW + timedelta(hours=1))
    assert (Statement.objects.count(), len(lines())) == (1, 1)

    cast.make_payment(channel, "A3", 300, method="cash")
    reconcile(merchant=channel.merchant, now=NOW + timedelta(hours=2))
    assert (Statement.objects.count(), [one[1] for one in lines()], faults()) == (2, ["A1", "A3"], [])


def test_cash_of_one_due_day_is_one_sum_and_missing_when_the_bank_is_silent(channel):
    for order in ("A1", "A2"):
        cast.make_payment(channel, order, 50000, method="cash")
    due = date(2026, 11, 18)
    cast.make_bank_statement(channel.bank_account, day=date(2026, 11, 30))

    reconcile(merchant=channel.merchant, as_of=date(2026, 11, 30), now=NOW + timedelta(days=10))

    assert payouts() == [(due.isoformat(), due, 100000, None)]
    assert faults() == [("payout_missing_in_bank", -100000)]
    check(channel)


def test_a_courier_that_keeps_a_part_is_told_to_the_cent(channel):
    channel.bank_keywords = ["黑貓"]
    channel.save()
    cast.make_payment(channel, "A1", 128000, method="cash")
    bank = cast.make_bank_statement(channel.bank_account, day=date(2026, 11, 18))
    cast.make_bank_line(bank, 125000, memo="黑貓宅急便 代收貨款")

    reconcile(merchant=channel.merchant, now=NOW)

    assert faults() == [("bank_amount_mismatch", -3000)]
    check(channel)


def test_sales_on_account_are_due_in_one_sum_for_each_invoice(channel):
    channel.settles = "monthly:10"
    channel.save()
    for order, amount, invoice in (("A1", 100000, "INV-7"), ("A2", 50000, "INV-7"), ("A3", 9900, "INV-8")):
        cast.make_payment(channel, order, amount, method="on_account", provider_ref=invoice)

    reconcile(merchant=channel.merchant, now=NOW)

    due = date(2026, 12, 10)
    assert sorted(payouts()) == [("INV-7", due, 150000, None), ("INV-8", due, 9900, None)]
    assert faults() == []
    check(channel)


def test_points_are_a_sale_that_brings_no_money(channel):
    payment = cast.make_payment(channel, "A1", 30000, method="points", state="partially_refunded")
    cast.make_refund(payment, "R1", 10000)

    reconcile(merchant=channel.merchant, now=NOW)

    assert [one[:6] for one in lines()] == [("payment", "A1", 30000, 0, -30000, 0), ("refund", "A1", -10000, 0, 10000, 0)]
    assert (faults(), Match.objects.count(), payouts()) == ([], 2, [])
    check(channel)
    assert JournalEntry.objects.exists()
    bank = clocks_of(story_facts(payment.order), cast.TODAY)[-1]
    assert (bank.state, bank.headline) == ("done", gettext("nothing is due"))


def test_the_channel_says_what_it_is(channel):
    assert (channel.statements, provider_kind(channel).credentials) == (StatementRhythm.PER_PAYOUT, ())


@pytest.mark.parametrize(("method", "line"), [("points", (-30000, 30000, 0)), ("on_account", (-30000, 0, -30000))])
def test_points_and_sales_on_account_are_given_back_in_the_books_by_two_people(channel, method, line):
    shop, payment = channel.merchant, cast.make_payment(channel, "A1", 100000, method=method)
    who = {"merchant": shop, "by": cast.accountant(shop), "now": NOW}
    refund = request_refund(payment_id=payment.pk, amount_minor=30000, reason_code="customer_request", **who)
    assert refund.request.route == "provider"
    with pytest.raises(RefundMoveIllegal):
        submit_refund(merchant=shop, refund_id=refund.pk, now=NOW)
    approve_refund(merchant=shop, refund_id=refund.pk, by=cast.approver(shop), now=NOW)

    done = submit_refund(merchant=shop, refund_id=refund.pk, now=NOW)
    reconcile(merchant=shop, now=NOW)

    payment.refresh_from_db()
    assert (done.state, payment.state, faults()) == ("succeeded", "partially_refunded", [])
    back = StatementLine.objects.get(kind="refund")
    assert (back.gross, back.other, back.net) == line
    check(channel)


def test_money_goes_back_by_bank_transfer(channel):
    payment = cast.make_payment(channel, "A1", 100000, method="cash")
    who = {"merchant": channel.merchant, "by": cast.accountant(channel.merchant), "now": NOW}

    refund = request_refund(payment_id=payment.pk, amount_minor=30000, reason_code="customer_request", **who)

    assert refund.request.route == "bank_transfer"

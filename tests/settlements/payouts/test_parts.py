"""Ties in parts in the database and on the page: made by a pass and by people, undone as a whole, guarded by the tables."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.settlements.errors import AlreadyMatched, OtherCurrency, ReasonMissing, UnableToMatch
from apps.settlements.models import BankMatch, Discrepancy, Payout
from apps.settlements.services.by_hand import tie_together, untie_payout
from apps.settlements.services.reconcile import reconcile
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
DAY = cast.TODAY - timedelta(days=3)
LATER = cast.NOW + timedelta(days=10)


@pytest.fixture
def ecpay(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: cast.NOW)
    return cast.make_channel(cast.make_merchant(), bank_keywords=["ECPAY"], statements="per_payout")


def sold(channel, net: int, payout: str, day: date = DAY):
    """A line that makes a named payout of `net`."""
    statement = cast.make_statement(channel, day=day)
    return cast.make_line(statement, kind="adjustment", gross=net, fee=0, payout_ref=payout, payout_on=day)


def booked(channel, *rows: tuple[int, str], day: date = DAY):
    statement = cast.make_bank_statement(channel.bank_account, day=day, last_day=cast.TODAY + timedelta(days=9))
    return [cast.make_bank_line(statement, amount, memo=memo, booked_on=day) for amount, memo in rows]


def live():
    return list(BankMatch.objects.filter(voided_at=None).order_by("payout__ref", "slot").values_list("payout__ref", "amount_minor", "rule"))


def in_bank():
    return list(Payout.objects.order_by("ref").values_list("ref", "arrived_on", "arrived_minor"))


def test_a_pass_ties_two_payouts_to_one_deposit_and_again_changes_nothing(ecpay):
    sold(ecpay, 9800, "PO-0001")
    sold(ecpay, -1800, "PO-0002")
    booked(ecpay, (8000, "ECPAY PO-0001 PO-0002"))

    reconcile(merchant=ecpay.merchant, now=LATER)
    first = list(BankMatch.objects.order_by("pk").values())
    reconcile(merchant=ecpay.merchant, now=LATER)

    assert live() == [("PO-0001", 9800, "payout_ref"), ("PO-0002", -1800, "payout_ref")]
    assert in_bank() == [("PO-0001", DAY, 9800), ("PO-0002", DAY, -1800)]
    assert list(BankMatch.objects.order_by("pk").values()) == first
    assert Discrepancy.objects.count() == 0


def test_a_second_deposit_joins_the_first_and_clears_what_was_missing_of_it(ecpay):
    sold(ecpay, 9800, "PO-0001")
    booked(ecpay, (9000, "ECPAY PO-0001"))
    reconcile(merchant=ecpay.merchant, now=LATER)
    first = BankMatch.objects.get()

    booked(ecpay, (800, "ECPAY PO-0001 rest"), day=DAY + timedelta(days=1))
    reconcile(merchant=ecpay.merchant, now=LATER)

    assert BankMatch.objects.filter(pk=first.pk, voided_at=None).exists()
    assert in_bank() == [("PO-0001", DAY + timedelta(days=1), 9800)]
    assert list(Discrepancy.objects.values_list("kind", "state")) == [("bank_amount_mismatch", "cleared")]


def test_people_tie_several_deposits_and_the_pass_leaves_them(ecpay):
    payout = cast.make_payout(ecpay, "PO-1", 10000, due_on=DAY)
    sold(ecpay, 10000, "PO-1")
    lines, lin = booked(ecpay, (6000, "wire 1"), (3900, "wire 2")), cast.accountant(ecpay.merchant)

    tie_together(merchant=ecpay.merchant, payouts=[payout], bank_lines=lines, reason="advice slip", by=lin, now=cast.NOW)
    reconcile(merchant=ecpay.merchant, now=LATER)

    assert live() == [("PO-1", 6000, "manual"), ("PO-1", 3900, "manual")]
    assert in_bank() == [("PO-1", DAY, 9900)]
    assert AuditEvent.objects.filter(action="payout.tied").count() == 2
    assert list(Discrepancy.objects.values_list("kind", "expected_minor", "actual_minor")) == [("bank_amount_mismatch", 10000, 9900)]


def test_people_tie_several_payouts_and_undo_them_together(ecpay):
    payouts = [cast.make_payout(ecpay, f"PO-{n}", net, due_on=DAY) for n, net in ((1, 9800), (2, -1800))]
    lines, lin = booked(ecpay, (7900, "wire")), cast.accountant(ecpay.merchant)
    ties = tie_together(merchant=ecpay.merchant, payouts=payouts, bank_lines=lines, reason="netted", by=lin, now=cast.NOW)
    assert in_bank() == [("PO-1", DAY, 9700), ("PO-2", DAY, -1800)]

    untie_payout(merchant=ecpay.merchant, tie=ties[0], reason="wrong", by=lin, now=cast.NOW)

    assert live() == []
    assert BankMatch.objects.filter(voided_by=lin).count() == 2
    assert in_bank() == [("PO-1", None, None), ("PO-2", None, None)]
    with pytest.raises(UnableToMatch):
        untie_payout(merchant=ecpay.merchant, tie=ties[1], reason="again", by=lin, now=cast.NOW)


def test_ties_by_hand_are_refused_whole(ecpay):
    lin, other = cast.accountant(ecpay.merchant), cast.make_channel(cast.make_merchant("other"), "ecpay")
    one, two = (cast.make_payout(ecpay, f"PO-{n}", 100, due_on=DAY) for n in (1, 2))
    lines = booked(ecpay, (100, "a"), (100, "b"))
    dollar = cast.make_payout(ecpay, "PO-USD", 100, due_on=DAY, currency="USD")
    foreign = cast.make_payout(other, "PO-9", 100, due_on=DAY)

    def refused(error, payouts, bank_lines, reason="r"):
        with pytest.raises(error):
            tie_together(merchant=ecpay.merchant, payouts=payouts, bank_lines=bank_lines, reason=reason, by=lin, now=cast.NOW)

    refused(ReasonMissing, [one], lines, reason=" ")
    refused(UnableToMatch, [one, two], lines)
    refused(UnableToMatch, [], lines)
    refused(UnableToMatch, [one, foreign], lines[:1])
    refused(OtherCurrency, [one, dollar], lines[:1])
    refused(AlreadyMatched, [one, one], lines[:1])
    tie_together(merchant=ecpay.merchant, payouts=[one], bank_lines=lines[:1], reason="r", by=lin, now=cast.NOW)
    refused(AlreadyMatched, [two], lines)

    assert live() == [("PO-1", 100, "manual")]


def test_the_table_refuses_parts_beyond_the_line_and_changes_of_a_tie(ecpay):
    payouts = [cast.make_payout(ecpay, f"PO-{n}", 100, due_on=DAY) for n in (1, 2, 3)]
    credit, debit = booked(ecpay, (150, "in"), (-150, "out"))

    def make(payout, line, amount, line_slot=0, **fields):
        with transaction.atomic():
            return BankMatch.objects.create(
                merchant=ecpay.merchant,
                payout=payout,
                bank_line=line,
                amount_minor=amount,
                line_slot=line_slot,
                rule="payout_ref",
                **fields,
            )

    tie = make(payouts[0], credit, 100)
    make(payouts[0], debit, -100, slot=1)
    make(payouts[2], debit, -400, voided_at=cast.NOW)  # what was undone takes nothing
    for line, amount in ((credit, 51), (debit, -51)):
        with pytest.raises(IntegrityError):
            make(payouts[1], line, amount, line_slot=1)
    with pytest.raises(IntegrityError):
        make(payouts[1], credit, 50)  # the slot is taken
    make(payouts[1], credit, 50, line_slot=1)

    for change in ({"amount_minor": 1}, {"payout_id": payouts[2].pk}, {"bank_line_id": debit.pk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BankMatch.objects.filter(pk=tie.pk).update(**change)
    BankMatch.objects.filter(pk=tie.pk).update(voided_at=cast.NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        BankMatch.objects.filter(pk=tie.pk).update(voided_at=None)


def test_the_page_shows_every_part_and_ties_several_deposits(ecpay, client):
    lin = cast.accountant(ecpay.merchant, language="en")
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    one, two = (cast.make_payout(ecpay, f"PO-{n}", net, due_on=DAY) for n, net in ((1, 9800), (2, 4900)))
    lines = booked(ecpay, (14700, "wire"), (6000, "ECPAY part"), (3900, "ECPAY rest"))
    tie_together(merchant=ecpay.merchant, payouts=[one, two], bank_lines=lines[:1], reason="r", by=lin, now=cast.NOW)
    three = cast.make_payout(ecpay, "PO-3", 9900, due_on=DAY)

    page = client.get(f"/m/qingtian/payouts/{one.pk}/").content.decode()
    assert "The deposit carries 2 payouts:" in page
    assert "The payouts add up to the deposit" in page
    assert f'href="/m/qingtian/payouts/{two.pk}/"' in page
    assert "All payouts that share this deposit wait for the bank again" in page
    assert client.get("/m/qingtian/payouts/bank/").content.decode().count('<a class="link" href="/m/qingtian/payouts/') == 2

    assert "It came in several deposits…" in client.get(f"/m/qingtian/payouts/{three.pk}/").content.decode()
    client.post(f"/m/qingtian/payouts/{three.pk}/tie", {"bank_line": [line.pk for line in lines[1:]], "reason": "two wires"})
    page = client.get(f"/m/qingtian/payouts/{three.pk}/").content.decode()
    assert "2 deposits, the last booked" in page
    assert "The parts of its deposits add up to the payout" in page


def test_the_page_says_that_a_payout_came_back(ecpay, client):
    client.force_login(cast.viewer(ecpay.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    payout = cast.make_payout(ecpay, "PO-1", 9800, due_on=DAY, returned_on=DAY, carried_by="PO-2")

    page = client.get(f"/m/qingtian/payouts/{payout.pk}/").content.decode()

    assert "came back, to be paid again" in page
    assert "is paid again with payout PO-2." in page

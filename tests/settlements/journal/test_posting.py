"""The stored journal: what is posted, posted anew and never changed, on both databases."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from apps.orders.models import Payment
from apps.reports.figures.journal_proofs import journal_certificate, journal_current, journal_sums
from apps.reports.models import MonthClose
from apps.settlements.ledger.accounts import CLEARING
from apps.settlements.models import AcceptedDifference, JournalAccount, JournalEntry, JournalRun, Payout, Posting
from apps.settlements.selectors.journal import balances, is_behind
from apps.settlements.services.intake import withdraw_file
from apps.settlements.services.journal import differing_sources, post_journal
from apps.settlements.services.resolve import reopen, resolve
from tests import cast
from tests.reports.small_month import NOW, OCTOBER, line_of, make_small_month, paid, pair

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
END = date(2026, 11, 30)


@pytest.fixture
def world():
    made = make_small_month()
    post_journal(merchant=made.shop, now=NOW)
    return made


def said(shop, at=END, *, channel="ecpay") -> dict[str, int]:
    """Debits less credits by account, of one channel and the banks."""
    mine = [one for one in balances(shop, at=at) if one.account.channel is None or one.account.channel.code == channel]
    return {
        f"{one.account.code}:{one.currency}": one.minor for one in mine if one.minor and one.currency == ("TWD", "USD")[channel == "stripe"]
    }


def test_every_cent_of_the_small_month_stands_in_an_account(world):
    assert said(world.shop) == {
        "unlisted:TWD": 83300,
        "receivable:TWD": 48500 - 50000 + 50000,
        "bank:TWD": 241650,
        "refunds:TWD": 50000,
        "refunds_unlisted:TWD": -50000,
        "suspense_refunds:TWD": 50000,
        "suspense_disputes:TWD": 30000,
        "suspense_payments:TWD": 10000,
        "suspense_bank:TWD": 100,
        "fees:TWD": 10450,
        "dispute_fees:TWD": 500,
        "adjustments:TWD": -1200,
        "sales:TWD": -473300,
    }
    assert said(world.shop, channel="stripe") == {"receivable:USD": 11595, "fees:USD": 405, "sales:USD": -12000}


def test_balances_hold_at_any_day(world):
    assert said(world.shop, date(2026, 9, 30)) == {"receivable:TWD": 97250, "fees:TWD": 2750, "sales:TWD": -100000}
    assert said(world.shop, date(2026, 10, 1)) == {"bank:TWD": 97250, "fees:TWD": 2750, "sales:TWD": -100000}
    assert balances(world.shop, at=date(2026, 9, 29)) == []


def test_balances_take_as_many_queries_for_one_day_as_for_all(world, django_assert_num_queries):
    for day in (date(2026, 9, 30), END):
        with django_assert_num_queries(3):
            balances(world.shop, at=day)


def test_the_same_facts_post_nothing_twice(world):
    before = list(Posting.objects.order_by("pk").values_list())

    run = post_journal(merchant=world.shop, now=NOW)

    assert (run.posted, run.reversed) == (0, 0)
    assert list(Posting.objects.order_by("pk").values_list()) == before
    assert differing_sources(world.shop) == []


def test_a_changed_fact_is_reversed_and_posted_anew(world):
    payment = paid(world.ecpay, "A6", 7000, date(2026, 10, 31))

    run = post_journal(merchant=world.shop, now=NOW)

    assert (run.posted, run.reversed) == (1, 1)
    entries = JournalEntry.objects.filter(source="payments", belongs_on=payment.business_date).order_by("pk")
    assert [(one.version, one.reverses_id and one.reverses.version, one.entered_on) for one in entries] == [
        (1, None, date(2026, 10, 31)),
        (1, 1, date(2026, 10, 31)),
        (2, None, date(2026, 10, 31)),
    ]
    assert [one.postings.get().amount_minor for one in entries] == [50000, 50000, 57000]
    assert said(world.shop)["sales:TWD"] == -480300


def test_a_withdrawn_file_takes_its_postings_back(world):
    file = world.ecpay.statement_files.get(first_day=date(2026, 10, 5))

    withdraw_file(file=file, reason="wrong file", by=cast.accountant(world.shop), now=NOW)
    run = post_journal(merchant=world.shop, now=NOW)

    assert (run.posted, run.reversed) == (0, 2)
    after = said(world.shop)
    assert after["fees:TWD"] == 10450 - 5500
    assert after["unlisted:TWD"] == 83300 + 200000
    assert "suspense_refunds:TWD" not in after
    assert post_journal(merchant=world.shop, now=NOW).reversed == 0


def test_a_late_fact_of_a_closed_month_counts_in_the_next(world):
    MonthClose.objects.create(merchant=world.shop, month=OCTOBER.first, state="approved", approved_at=NOW)
    at_close = said(world.shop, OCTOBER.last)

    pair(
        line_of(world.ecpay, date(2026, 10, 20), gross=4000, fee=-110, merchant_ref="A7"), paid(world.ecpay, "A7", 4000, date(2026, 10, 20))
    )
    post_journal(merchant=world.shop, now=NOW)
    paid(world.ecpay, "A8", 600, date(2026, 10, 31))  # changes an entry of the closed month
    post_journal(merchant=world.shop, now=NOW)

    assert said(world.shop, OCTOBER.last) == at_close
    assert said(world.shop)["sales:TWD"] == -473300 - 4600
    late = JournalEntry.objects.filter(entered_on=date(2026, 11, 1)).exclude(belongs_on=date(2026, 11, 1)).order_by("pk")
    assert [(one.source, one.belongs_on.day, one.reverses_id is not None) for one in late] == [
        ("lines", 20, False),
        ("payments", 20, False),
        ("payments", 31, True),
        ("payments", 31, False),
    ]
    assert all(one.is_late for one in late)


def test_a_journal_that_begins_after_a_close_has_the_closed_months_too():
    made = make_small_month()
    MonthClose.objects.create(merchant=made.shop, month=OCTOBER.first, state="approved", approved_at=NOW)

    post_journal(merchant=made.shop, now=NOW)

    assert said(made.shop, OCTOBER.last)["sales:TWD"] == -473300


def test_a_write_off_follows_into_the_journal_and_its_undoing_takes_it_back(world):
    by = cast.accountant(world.shop)
    missing = world.accepted.payment
    item = cast.make_discrepancy(
        world.ecpay, "amount_mismatch", expected_minor=33300, actual_minor=0, payment=missing, business_date=missing.business_date
    )
    resolve(merchant=world.shop, ids=[item.pk], resolution="written_off", reason="gone", by=by, now=NOW)
    post_journal(merchant=world.shop, now=NOW)
    assert said(world.shop)["written_off:TWD"] == 33300
    assert said(world.shop)["unlisted:TWD"] == 50000

    reopen(merchant=world.shop, ids=[item.pk], by=by, now=NOW)
    post_journal(merchant=world.shop, now=NOW)
    assert "written_off:TWD" not in said(world.shop)
    assert said(world.shop)["unlisted:TWD"] == 83300


def test_clearing_accounts_are_empty_once_every_payout_has_landed():
    shop = cast.make_merchant()
    channel = cast.make_channel(shop)
    for name, amount in (("A1", 100000), ("A2", 250000)):
        pair(
            line_of(channel, date(2026, 10, 5), gross=amount, fee=-2750, merchant_ref=name), paid(channel, name, amount, date(2026, 10, 5))
        )
    payout = cast.make_payout(channel, "2026-10-12", 344500, due_on=date(2026, 10, 12), is_named=False)
    post_journal(merchant=shop, now=NOW)
    assert [one.account.code for one in balances(shop, at=END) if one.is_clearing and one.minor] == ["receivable"]

    Payout.objects.filter(pk=payout.pk).update(arrived_on=date(2026, 10, 12), arrived_minor=344500)
    post_journal(merchant=shop, now=NOW)

    assert {one.account.code for one in balances(shop, at=END)} > {"unlisted", "receivable", "in_transit"}
    assert {one.minor for one in balances(shop, at=END) if one.account.code in CLEARING} == {0}


def test_two_shops_have_nothing_to_do_with_each_other(world):
    other = cast.make_merchant("other")

    assert (post_journal(merchant=other, now=NOW).posted, balances(other, at=END)) == (0, [])


def test_the_journal_is_behind_until_it_followed_a_pass_or_an_act(world):
    assert not is_behind(world.shop)

    item = cast.make_discrepancy(world.ecpay)
    later = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    resolve(merchant=world.shop, ids=[item.pk], resolution="explained", reason="seen", by=cast.owner(world.shop), now=later)
    assert is_behind(world.shop)

    post_journal(merchant=world.shop, now=later)
    assert not is_behind(world.shop)
    assert not is_behind(cast.make_merchant("new"))


def run_sql(sql: str, *params) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        if connection.vendor == "postgresql":
            connection.check_constraints()


INSERT = (
    "INSERT INTO settlements_posting (merchant_id, entry_id, debit_id, credit_id, currency, amount_minor) VALUES (%s, %s, %s, %s, %s, %s)"
)


def test_no_sql_can_write_an_entry_that_does_not_balance(world):
    shop, entry = world.shop.pk, JournalEntry.objects.order_by("pk").first().pk
    bank = JournalAccount.objects.get(code="bank", currency="TWD").pk
    fees = JournalAccount.objects.get(code="fees", currency="TWD").pk
    dollars = JournalAccount.objects.get(code="fees", currency="USD").pk
    theirs = JournalAccount.objects.create(merchant=cast.make_merchant("other"), key="sales:TWD", code="sales", currency="TWD").pk
    before = Posting.objects.count()

    for debit, credit, currency, amount in (
        (bank, None, "TWD", 100),  # one side alone
        (None, fees, "TWD", 100),
        (bank, dollars, "TWD", 100),  # two currencies
        (dollars, bank, "USD", 100),
        (bank, fees, "USD", 100),
        (bank, theirs, "TWD", 100),  # another merchant's account
        (bank, bank, "TWD", 100),  # nothing moves
        (bank, fees, "TWD", 0),
        (bank, fees, "TWD", -100),
    ):
        with pytest.raises(IntegrityError):
            run_sql(INSERT, shop, entry, debit, credit, currency, amount)
    assert Posting.objects.count() == before


def test_nothing_that_was_posted_can_be_changed_or_taken_away(world):
    for table, column, value in (
        ("settlements_posting", "amount_minor", 1),
        ("settlements_journalentry", "entered_on", date(2026, 10, 2)),
        ("settlements_journalaccount", "currency", "EUR"),
    ):
        for sql, params in ((f"UPDATE {table} SET {column} = %s", [value]), (f"DELETE FROM {table}", [])):
            with pytest.raises(IntegrityError, match="journal_append_only"):
                run_sql(sql, *params)


def test_an_entry_is_reversed_once_and_only_by_its_own_kind(world):
    first, second = JournalEntry.objects.order_by("pk")[:2]
    columns = "merchant_id, run_id, channel_id, source, source_id, source_key, kind, currency, belongs_on, entered_on, posted_at, version"
    copy = f"INSERT INTO settlements_journalentry ({columns}, reverses_id) SELECT {columns}, %s FROM settlements_journalentry WHERE id = %s"

    with pytest.raises(IntegrityError, match="journal_reversal_of_another_entry"):
        run_sql(copy, second.pk, first.pk)
    run_sql(copy, first.pk, first.pk)
    with pytest.raises(IntegrityError):
        run_sql(copy, first.pk, first.pk)
    with pytest.raises(IntegrityError):  # the same version of a source again
        run_sql(copy, None, second.pk)


def test_no_sql_can_post_into_a_closed_month(world):
    MonthClose.objects.create(merchant=world.shop, month=OCTOBER.first, state="approved", approved_at=NOW)
    first = JournalEntry.objects.filter(belongs_on=date(2026, 10, 5)).first()
    later = JournalRun.objects.create(merchant=world.shop, started_at=NOW, posted=1, reversed=0)
    same = "merchant_id, channel_id, source, source_key, kind, currency, belongs_on, posted_at"
    copy = (
        f"INSERT INTO settlements_journalentry ({same}, run_id, version, entered_on) "
        f"SELECT {same}, %s, %s, %s FROM settlements_journalentry WHERE id = %s"
    )
    before = JournalEntry.objects.count()

    for day in (date(2026, 10, 5), OCTOBER.last):
        with pytest.raises(IntegrityError, match="journal_month_is_closed"):
            run_sql(copy, later.pk, 7, day, first.pk)
    assert JournalEntry.objects.count() == before

    run_sql(copy, later.pk, 7, date(2026, 11, 1), first.pk)
    assert JournalEntry.objects.count() == before + 1


def test_what_was_accepted_within_tolerance_leaves_suspense(world):
    a3 = Payment.objects.get(order__order_no="A3")
    AcceptedDifference.objects.create(
        merchant=world.shop,
        channel=world.ecpay,
        kind="amount_mismatch",
        payment=a3,
        currency="TWD",
        expected_minor=90000,
        actual_minor=80000,
        business_date=date(2026, 10, 30),
        rules_version=1,
        accepted_at=NOW,
    )

    post_journal(merchant=world.shop, now=NOW)

    after = said(world.shop)
    assert (after["tolerance:TWD"], "suspense_payments:TWD" in after) == (10000, False)
    assert [proof.failed for proof in (journal_sums(world.shop), journal_current(world.shop), journal_certificate(world.shop))] == [0, 0, 0]

    AcceptedDifference.objects.update(voided_at=NOW)
    post_journal(merchant=world.shop, now=NOW)
    assert said(world.shop)["suspense_payments:TWD"] == 10000

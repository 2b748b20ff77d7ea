"""The pass over a merchant and what it leaves in the database: opened, cleared, reopened, kept."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from apps.audit.models import AuditEvent
from apps.settlements.enums import DiscrepancyState as State
from apps.settlements.enums import Resolution
from apps.settlements.models import BankMatch, Discrepancy, Match, Payout, ReconciliationRun, StatementLine
from apps.settlements.services.by_hand import match_line, tie_payout, unmatch_line
from apps.settlements.services.intake import import_file, withdraw_file
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.resolve import resolve
from tests import cast
from tests.settlements import stripe_files as f

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
PAID_AT = datetime(2026, 11, 16, 3, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def stripe(shop):
    account = cast.make_bank_account(shop, "chase", currency="USD", mapping=f.BANK_MAPPING)
    return cast.make_channel(
        shop, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout",
        bank_account=account, bank_keywords=["STRIPE"],
    )  # fmt: skip


def pay(channel, number, amount=1000, **fields):
    return cast.make_payment(channel, f"A{number}", amount, provider_ref=f"pi_{number}", **({"paid_at": PAID_AT} | fields))


def bring(owner, data, name="payout_20261118.csv"):
    return import_file(owner=owner, name=name, data=data, by=None, now=NOW).file


def run(shop, now=NOW, **options):
    return reconcile(merchant=shop, now=now, **options)


def told():
    rows = Discrepancy.objects.order_by("kind", "subject_key")
    return [(d.kind, d.state, d.expected_minor, d.actual_minor, d.difference_minor) for d in rows]


def test_a_wrong_total_that_comes_in_two_wrappings_is_told_once(shop):
    wrong = [{"name": "gross", "stated": 8700, "computed": 8800, "unit": "minor"}]
    channel = cast.make_channel(shop, "alipay", provider="alipay", currency="CNY", timezone="Asia/Shanghai", calendar="CN")
    names = ("2088_20261117 (1).zip", "2088_20261117.zip")
    _, short = (cast.make_statement(channel, day=date(2026, 11, 17), name=name, totals=wrong) for name in names)
    other = cast.make_statement(channel, day=date(2026, 11, 18), totals=wrong)  # another day is another difference

    run(shop)

    found = Discrepancy.objects.filter(kind="statement_total_mismatch").order_by("business_date")
    assert list(found.values_list("subject_key", "expected_minor", "actual_minor")) == [
        (str(short.pk), 8800, 8700),
        (str(other.pk), 8800, 8700),
    ]


def test_what_agrees_is_matched_and_raises_nothing(shop, stripe):
    payment = pay(stripe, 1)
    bring(stripe, f.report(f.row(1)))
    bring(stripe.bank_account, f.bank(("2026-11-18", "9.70", "STRIPE po_1Qx88")), "bank_20261118.csv")

    counts = run(shop).counts

    assert (counts["matches"], counts["opened"]) == (1, 0)
    match = Match.objects.get()
    assert (match.payment_id, match.line.line_ref, match.rule, match.amount_minor) == (payment.pk, "txn_1", "provider_ref", 1000)
    payout = Payout.objects.get()
    assert (payout.ref, payout.due_on, payout.lines_net_minor, payout.arrived_on, payout.arrived_minor) == (
        "po_1Qx88", date(2026, 11, 18), 970, date(2026, 11, 18), 970,
    )  # fmt: skip
    assert BankMatch.objects.get().rule == "payout_ref"


def test_running_again_changes_nothing(shop, stripe):
    pay(stripe, 1)
    pay(stripe, 2)
    bring(stripe, f.report(f.row(1, gross="12.00")))
    run(shop)
    before = (list(Match.objects.values()), list(Discrepancy.objects.values()), list(Payout.objects.values()), AuditEvent.objects.count())

    counts = run(shop, NOW + timedelta(hours=1)).counts

    assert (counts["matched"], counts["opened"], counts["cleared"], counts["reopened"]) == (0, 0, 0, 0)
    assert (
        list(Match.objects.values()),
        list(Discrepancy.objects.values()),
        list(Payout.objects.values()),
        AuditEvent.objects.count(),
    ) == before


def test_a_late_line_clears_what_it_explains_and_says_so(shop, stripe):
    pay(stripe, 1)
    pay(stripe, 2)
    bring(stripe, f.report(f.row(1)))
    run(shop)
    assert told() == [("missing_at_provider", State.OPEN, 1000, 0, -1000)]

    bring(stripe, f.report(f.row(2)), "payout_20261119.csv")
    run(shop, NOW + timedelta(hours=1))

    cleared = Discrepancy.objects.get()
    assert (cleared.state, cleared.closed_at, cleared.closed_by) == (State.CLEARED, NOW + timedelta(hours=1), None)
    assert AuditEvent.objects.filter(action="discrepancy.cleared", subject_id=str(cleared.pk)).count() == 1


def test_a_cleared_difference_that_comes_back_is_the_same_row(shop, stripe):
    pay(stripe, 1)
    pay(stripe, 2)
    bring(stripe, f.report(f.row(1)))
    late = None
    run(shop)
    late = bring(stripe, f.report(f.row(2)), "payout_20261119.csv")
    run(shop)
    withdraw_file(file=late, reason="wrong month", by=None, now=NOW)

    run(shop)

    assert told() == [("missing_at_provider", State.OPEN, 1000, 0, -1000)]
    assert Match.objects.filter(voided_at=None).count() == 1
    assert Match.objects.filter(voided_at__isnull=False, voided_by=None).count() == 1


def test_what_a_person_closed_stays_closed_until_its_figures_change(shop, stripe):
    lin = cast.accountant(shop)
    payment = pay(stripe, 1, 900)
    bring(stripe, f.report(f.row(1)))
    run(shop)
    resolve(merchant=shop, ids=[Discrepancy.objects.get().pk], resolution=Resolution.EXPLAINED, reason="tip", by=lin, now=NOW)
    run(shop)
    assert told() == [("amount_mismatch", State.RESOLVED, 900, 1000, 100)]

    payment.amount_minor = 800
    payment.save(update_fields=["amount_minor"])
    run(shop)

    assert told() == [("amount_mismatch", State.OPEN, 800, 1000, 200)]


def test_a_pair_by_hand_survives_passes_and_an_undone_one_is_not_made_again(shop, stripe):
    lin = cast.accountant(shop)
    payment = pay(stripe, 9)
    bring(stripe, f.report(f.row(1)))
    run(shop)
    assert [kind for kind, *_ in told()] == ["missing_at_provider", "missing_in_books"]

    match = match_line(merchant=shop, line=StatementLine.objects.get(), ours=payment, reason="same customer", by=lin, now=NOW)
    run(shop)
    assert [(kind, state) for kind, state, *_ in told()] == [("missing_at_provider", State.RESOLVED), ("missing_in_books", State.RESOLVED)]

    unmatch_line(merchant=shop, match=match, reason="mistake", by=lin, now=NOW)
    run(shop)
    assert Match.objects.filter(voided_at=None).count() == 0


def test_a_payout_tied_by_hand_stays_tied(shop, stripe):
    lin = cast.accountant(shop)
    pay(stripe, 1)
    bring(stripe, f.report(f.row(1)))
    bring(stripe.bank_account, f.bank(("2026-11-23", "5.00", "WIRE")), "bank_20261118_20261124.csv")
    run(shop)
    assert told() == [("payout_missing_in_bank", State.OPEN, 970, 0, -970)]

    tie_payout(merchant=shop, payout=Payout.objects.get(), bank_line=stripe.bank_account.lines.get(), reason="advice slip", by=lin, now=NOW)
    run(shop)

    assert told() == [("bank_amount_mismatch", State.OPEN, 970, 500, -470), ("payout_missing_in_bank", State.RESOLVED, 970, 0, -970)]


def test_severity_and_due_time_follow_the_amount_and_the_open_days(shop, stripe):
    for number, amount in ((1, 600_000), (2, 60_000), (3, 100)):
        pay(stripe, number, amount)
    pay(stripe, 4)
    bring(stripe, f.report(f.row(4)))

    run(shop)

    rows = Discrepancy.objects.order_by("expected_minor").values_list("severity", "due_at")
    assert list(rows) == [  # Wednesday 25 November 10:00 in Taipei; Thursday 26 is closed in the channel's country
        ("normal", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("high", datetime(2026, 11, 27, 10, tzinfo=UTC)),
        ("critical", NOW + timedelta(hours=2)),
    ]


def test_one_channel_alone_leaves_the_others_as_they_are(shop, stripe):
    other = cast.make_channel(
        shop, "stripe-2", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout"
    )
    for channel in (stripe, other):
        pay(channel, f"{channel.code}-1")
        bring(channel, f.report(f.row(f"{channel.code}-7")))

    run(shop, channel=other)

    assert set(Discrepancy.objects.values_list("channel__code", flat=True)) == {"stripe-2"}


def test_another_merchant_is_not_looked_at(shop, stripe):
    elsewhere = cast.make_merchant("elsewhere")
    theirs = cast.make_channel(
        elsewhere, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout"
    )
    pay(theirs, 1)
    bring(stripe, f.report(f.row(1)))

    run(shop)

    assert told() == [("missing_in_books", State.OPEN, 0, 1000, 1000)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres_only
def test_passes_at_the_same_moment_give_each_result_once(shop, stripe):
    pay(stripe, 1)
    pay(stripe, 2)
    bring(stripe, f.report(f.row(1), f.row(3)))
    gate, errors = threading.Barrier(4), []

    def work():
        try:
            gate.wait()
            run(shop)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert ReconciliationRun.objects.count() == 4
    assert Match.objects.count() == 1
    assert [kind for kind, *_ in told()] == ["missing_at_provider", "missing_in_books"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres_only
def test_the_same_file_brought_by_eight_at_once_is_in_once(stripe):
    data, gate, seen, errors = f.report(f.row(1), f.row(2)), threading.Barrier(8), [], []

    def work():
        try:
            gate.wait()
            seen.append(
                import_file(owner=type(stripe).objects.get(pk=stripe.pk), name="p_20261118.csv", data=data, by=None, now=NOW).was_seen
            )
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sorted(seen) == [False] + [True] * 7
    assert StatementLine.objects.count() == 2

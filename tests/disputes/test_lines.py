"""Chargeback lines and disputes meet in reconciliation, in any order."""

from datetime import UTC, date, datetime, timedelta

import pytest

from apps.core.models import Job
from apps.disputes.errors import DisputeKnown, LineNotDisputable
from apps.disputes.models import Dispute, DisputeEvent, DisputeLine
from apps.disputes.selectors.cases import journal_entry_of
from apps.disputes.services.lines import open_from_line
from apps.disputes.services.moving import move_dispute
from apps.disputes.services.opening import open_dispute
from apps.reports.figures.certificate import certificate
from apps.reports.figures.months import Month
from apps.reports.figures.proofs import prove
from apps.reports.month.links import term_links
from apps.settlements.models import Discrepancy, StatementLine
from apps.settlements.selectors.journal import balances
from apps.settlements.services.intake import import_file, withdraw_file
from apps.settlements.services.journal import post_journal
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.settlements import stripe_files as f

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
PAID_AT = datetime(2026, 11, 10, 3, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
SALE = f.row(1, day=date(2026, 11, 10), payout="po_1Q1", automatic_payout_effective_at_utc="2026-11-12 00:00:00")
TAKEN = f.row(1, gross="-10.00", fee="15.00", reporting_category="dispute", source_id="du_1", balance_transaction_id="txn_2")
BACK = f.row(1, gross="10.00", fee="0.00", reporting_category="dispute_reversal", source_id="du_1", balance_transaction_id="txn_3")


@pytest.fixture
def stripe(shop):
    return cast.make_channel(
        shop, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout"
    )


@pytest.fixture
def payment(stripe):
    return cast.make_payment(stripe, "A1", 1000, provider_ref="pi_1", paid_at=PAID_AT)


@pytest.fixture
def on_record(shop, stripe, payment):
    """`on_record(provider_dispute_ref="")`: a dispute of the payment."""

    def make(**changes):
        fields = {
            "merchant": shop, "channel": stripe, "payment": payment, "amount_minor": 1000, "currency": "USD", "opened_at": NOW,
            "origin": "hand", "by": None, "now": NOW, "provider_dispute_ref": "du_1",
        }  # fmt: skip
        return open_dispute(**{**fields, **changes})

    return make


def bring(stripe, *rows, name="payout_20261118.csv"):
    return import_file(owner=stripe, name=name, data=f.report(*rows), by=None, now=NOW).file


def run(shop):
    """A pass, and the journal after it, as the worker does the two."""
    counts = reconcile(merchant=shop, now=NOW).counts
    post_journal(merchant=shop, now=NOW)
    return counts


def told():
    return sorted(Discrepancy.objects.values_list("kind", "state"))


def links():
    rows = DisputeLine.objects.filter(voided_at=None).order_by("line__line_ref")
    return list(rows.values_list("line__line_ref", "dispute__provider_dispute_ref", "role", "rule"))


def test_a_line_of_a_dispute_on_record_raises_nothing_and_tells_the_fee(shop, stripe, on_record):
    dispute = on_record()
    bring(stripe, SALE, TAKEN)

    run(shop)

    assert (told(), links()) == ([], [("txn_2", "du_1", "taken", "dispute_ref")])
    dispute.refresh_from_db()
    assert (dispute.fee_minor, dispute.state) == (1500, "needs_response")
    assert all(proof.holds for proof in prove(shop))


def test_without_one_it_is_a_difference_that_clears_when_the_dispute_comes(shop, stripe, on_record):
    bring(stripe, SALE, TAKEN)
    run(shop)
    assert (told(), links()) == ([("dispute_missing_in_books", "open")], [])

    on_record()
    counts = run(shop)

    assert (told(), counts["cleared"]) == ([("dispute_missing_in_books", "cleared")], 1)
    assert all(proof.holds for proof in prove(shop))


def test_running_again_changes_nothing(shop, stripe, on_record):
    on_record()
    bring(stripe, SALE, TAKEN, BACK)
    run(shop)
    before = (list(Dispute.objects.values()), list(DisputeLine.objects.values()), DisputeEvent.objects.count())

    run(shop)

    assert (list(Dispute.objects.values()), list(DisputeLine.objects.values()), DisputeEvent.objects.count()) == before


@pytest.mark.parametrize("ours", ["", "du_1"])
@pytest.mark.parametrize("theirs", ["", "du_1"])
def test_payment_and_amount_pair_what_has_no_number(shop, stripe, on_record, ours, theirs):
    on_record(provider_dispute_ref=ours)
    bring(stripe, SALE, {**TAKEN, "source_id": theirs})

    run(shop)

    assert told() == []
    assert [link[3] for link in links()] == ["dispute_ref" if ours and theirs else "payment_amount"]


def test_a_number_that_contradicts_is_never_overruled_by_an_amount(shop, stripe, on_record):
    on_record(provider_dispute_ref="du_other")
    bring(stripe, SALE, TAKEN)

    run(shop)

    assert (told(), links()) == ([("dispute_missing_in_books", "open")], [])


def test_two_lines_of_one_number_are_not_both_explained(shop, stripe, on_record):
    on_record()
    bring(stripe, SALE, TAKEN, {**TAKEN, "balance_transaction_id": "txn_9"})

    run(shop)

    assert told() == [("dispute_missing_in_books", "open")]
    assert len(links()) == 1


def test_a_reversal_ends_the_dispute_as_won(shop, stripe, on_record):
    dispute = on_record()
    move_dispute(merchant=shop, dispute_id=dispute.pk, to="under_review", by=None, now=NOW)
    bring(stripe, SALE, TAKEN, BACK)

    run(shop)

    dispute.refresh_from_db()
    assert (dispute.state, dispute.returned_minor, dispute.fee_minor) == ("won", 1000, 1500)
    assert [link[2] for link in links()] == ["taken", "returned"]


def test_a_line_turns_an_inquiry_into_a_chargeback(shop, stripe, on_record):
    dispute = on_record(kind="inquiry")
    bring(stripe, SALE, TAKEN)

    run(shop)

    dispute.refresh_from_db()
    assert (dispute.kind, dispute.state) == ("chargeback", "needs_response")


def test_a_withdrawn_file_takes_its_line_away_again(shop, stripe, on_record):
    on_record()
    file = bring(stripe, SALE, TAKEN)
    run(shop)

    withdraw_file(file=file, reason="wrong account", by=None, now=NOW)
    run(shop)

    assert links() == []
    assert DisputeLine.objects.get().voided_at == NOW
    assert DisputeEvent.objects.last().kind == "unlisted"


def test_one_click_opens_the_dispute_of_a_line(shop, stripe, payment, lin):
    bring(stripe, SALE, TAKEN)
    run(shop)
    line = StatementLine.objects.get(kind="dispute")

    dispute = open_from_line(merchant=shop, line_id=line.pk, by=lin, now=NOW)

    assert (dispute.payment, dispute.amount_minor, dispute.currency, dispute.fee_minor) == (payment, 1000, "USD", 1500)
    assert (dispute.provider_dispute_ref, dispute.origin, dispute.state, dispute.due_is_guess) == ("du_1", "line", "needs_response", True)
    assert dispute.evidence_due_at == NOW + timedelta(days=2)
    assert Job.objects.get().kind == "settlements.reconcile"
    run(shop)
    assert (told(), links()) == ([("dispute_missing_in_books", "cleared")], [("txn_2", "du_1", "taken", "opened_from")])


def test_a_line_opens_one_dispute_only(shop, stripe, payment, lin):
    bring(stripe, SALE, TAKEN)
    line = StatementLine.objects.get(kind="dispute")
    open_from_line(merchant=shop, line_id=line.pk, by=lin, now=NOW)

    with pytest.raises(DisputeKnown):
        open_from_line(merchant=shop, line_id=line.pk, by=lin, now=NOW)

    assert Dispute.objects.count() == 1


def test_only_a_live_chargeback_line_of_this_merchant_opens_one(shop, stripe, payment, lin):
    file = bring(stripe, SALE, TAKEN)
    sale, taken = (StatementLine.objects.get(kind=kind).pk for kind in ("payment", "dispute"))

    for merchant, line_id in ((shop, sale), (cast.make_merchant("other"), taken), (shop, 0)):
        with pytest.raises(LineNotDisputable):
            open_from_line(merchant=merchant, line_id=line_id, by=lin, now=NOW)
    withdraw_file(file=file, reason="wrong", by=None, now=NOW)
    with pytest.raises(LineNotDisputable):
        open_from_line(merchant=shop, line_id=taken, by=lin, now=NOW)

    assert not Dispute.objects.exists()


def test_a_line_of_an_unknown_payment_opens_one_without_it(shop, stripe, lin):
    bring(stripe, {**TAKEN, "payment_intent_id": "pi_9", "payment_metadata[merchant_ref]": ""})

    dispute = open_from_line(merchant=shop, line_id=StatementLine.objects.get().pk, by=lin, now=NOW)

    assert (dispute.payment, dispute.provider_ref) == (None, "pi_9")


def test_a_month_s_figure_leads_to_the_disputes_whose_lines_it_holds(client, shop, stripe, on_record, lin):
    month, channel = Month.parse("2026-11"), {"code": "stripe"}
    assert "dispute_missing_in_books" in term_links(shop, month, channel, stripe.pk, "USD")["disputes"]
    on_record()
    on_record(provider_dispute_ref="du_not_listed", payment=cast.make_payment(stripe, "A2", 1000, paid_at=PAID_AT))
    bring(stripe, SALE, TAKEN)
    run(shop)
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")

    html = client.get(term_links(shop, month, channel, stripe.pk, "USD")["disputes"]).content.decode()

    assert "du_1" in html
    assert "du_not_listed" not in html
    assert "du_1" not in client.get(term_links(shop, Month.parse("2026-10"), channel, stripe.pk, "USD")["disputes"]).content.decode()


def test_the_certificate_s_disputes_are_the_lines_whatever_the_books_say(shop, stripe, on_record):
    bring(stripe, SALE, TAKEN)
    run(shop)
    [before] = certificate(shop, Month.parse("2026-11")).values()
    on_record()
    run(shop)

    [after] = certificate(shop, Month.parse("2026-11")).values()

    assert (before.disputes, after.disputes, after.missing) == (-1000, -1000, 0)
    assert before == after


def said(shop) -> dict[str, int]:
    """What stands in the journal of a dispute, in cents, debits positive."""
    kept = ("disputes_held", "dispute_fees", "disputes_lost", "suspense_disputes")
    return {one.account.code: one.minor for one in balances(shop, at=date(2026, 12, 31)) if one.account.code in kept and one.minor}


@pytest.mark.parametrize(
    ("lines", "to", "returned", "stands"),
    [
        pytest.param([TAKEN], None, None, {"disputes_held": 1000, "dispute_fees": 1500}, id="runs"),
        pytest.param([TAKEN], "won", None, {"disputes_held": 1000, "dispute_fees": 1500}, id="won-and-on-its-way"),
        pytest.param([TAKEN, BACK], "won", None, {"dispute_fees": 1500}, id="won-back"),
        pytest.param([TAKEN], "lost", None, {"disputes_lost": 1000, "dispute_fees": 1500}, id="lost"),
        pytest.param([TAKEN], "lost", 400, {"disputes_held": 400, "disputes_lost": 600, "dispute_fees": 1500}, id="lost-in-part"),
        pytest.param([TAKEN], "accepted", None, {"disputes_lost": 1000, "dispute_fees": 1500}, id="accepted"),
    ],
)
def test_each_outcome_has_its_postings(shop, stripe, on_record, lines, to, returned, stands):
    dispute = on_record()
    if to:
        move_dispute(merchant=shop, dispute_id=dispute.pk, to=to, by=None, now=NOW, returned_minor=returned)
    bring(stripe, SALE, *lines)

    run(shop)

    assert said(shop) == stands
    assert all(proof.holds for proof in prove(shop))
    assert [one.source_id for one in [journal_entry_of(dispute)] if one] == [dispute.pk] * ("disputes_lost" in stands)


def test_the_page_of_a_dispute_names_the_entry_of_its_end(client, shop, lin, stripe, on_record):
    dispute = on_record()
    bring(stripe, SALE, TAKEN)
    run(shop)
    client.force_login(lin)
    address = f"/m/{shop.slug}/disputes/{dispute.public_id}/"
    assert "held for disputes until the case ends" in client.get(address).content.decode()

    move_dispute(merchant=shop, dispute_id=dispute.pk, to="lost", by=None, now=NOW)
    run(shop)

    page = f"/m/{shop.slug}/reports/journal/entries/{journal_entry_of(dispute).pk}/"
    assert page in client.get(address).content.decode()

"""The pages of the journal: balances at a day, entries of an account, the rows behind one, and the download."""

from datetime import date

import pytest
from django.urls import reverse

from apps.core.models import Job
from apps.merchants.models import Notification
from apps.reports.services.proving import prove_books
from apps.reports.tasks import watch_proofs
from apps.settlements.models import JournalAccount, JournalEntry, Payout
from apps.settlements.services.journal import post_journal
from tests import cast
from tests.reports.small_month import NOW, make_small_month, paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    made = make_small_month()
    post_journal(merchant=made.shop, now=NOW)
    return made


@pytest.fixture
def page(client, world):
    client.force_login(cast.accountant(world.shop, language="en"))

    def get(name, *args, **query):
        return client.get(reverse(f"settlements:{name}", args=[world.shop.slug, *args]), query)

    return get


def text_of(response) -> str:
    return response.content.decode()


def test_balances_stand_at_the_day_that_is_asked_for(page):
    response = page("journal", at="2026-09-30")

    [(currency, rows, debits, credits)] = response.context["groups"]
    assert currency == "TWD"
    assert [(row.account.code, row.minor) for row in rows if row.minor] == [("receivable", 97250), ("sales", -100000), ("fees", 2750)]
    assert "Receivable from the channel · 綠界" in text_of(response)
    assert (debits, credits) == (100000, 100000)
    assert "30 Sep 2026" in text_of(response)


def test_a_day_that_is_none_shows_today_and_says_so(page):
    response = page("journal", at="soon")

    assert "at" in response.context["form"].errors
    assert [group[0] for group in response.context["groups"]] == ["TWD", "USD"]


def test_entries_of_an_account_show_its_postings_alone(page):
    bank = JournalAccount.objects.get(code="bank", currency="TWD")

    rows = page("journal_entries", account=bank.pk).context["page"].rows

    assert [(row.source, [one.amount_minor for one in row.shown_postings]) for row in rows] == [("arrival", [144400]), ("arrival", [97250])]
    assert page("journal_entries", month="2026-09").context["page"].rows[0].entered_on == date(2026, 9, 30)
    assert {row.channel.code for row in page("journal_entries", channel="stripe").context["page"].rows} == {"stripe"}


def test_an_entry_names_the_rows_behind_it(page, world):
    sales = JournalEntry.objects.get(source="payments", belongs_on=date(2026, 10, 5))
    lines = JournalEntry.objects.get(source="lines", kind="payment", belongs_on=date(2026, 10, 5))
    payout = JournalEntry.objects.filter(source="payout").order_by("pk").first()

    assert [(row.order_no, row.amount_minor) for row in page("journal_entry", sales.pk).context["rows"]] == [("A2", 200000)]
    [line] = page("journal_entry", lines.pk).context["rows"]
    assert (line.amount_minor, line.href.startswith(f"/m/{world.shop.slug}/statements/provider/")) == (194500, True)
    assert page("journal_entry", payout.pk).context["source_href"] == reverse(
        "settlements:payout", args=[world.shop.slug, payout.source_id]
    )


def test_a_reversed_entry_and_its_reversal_name_each_other(page, world):
    paid(world.ecpay, "A6", 7000, date(2026, 10, 31))
    post_journal(merchant=world.shop, now=NOW)
    reversal = JournalEntry.objects.get(reverses__isnull=False)

    assert f">{reversal.number}<" in text_of(page("journal_entry", reversal.reverses_id))
    assert f">{reversal.reverses.number}<" in text_of(page("journal_entry", reversal.pk))


def test_pages_take_as_many_queries_for_few_rows_as_for_many(page, world, django_assert_num_queries, django_assert_max_num_queries):
    def count(name, *args, **query):
        with django_assert_max_num_queries(60) as found:
            page(name, *args, **query)
        return len(found)

    page("journal")  # the session's first look
    few = (count("journal", at="2026-09-30"), count("journal_entries", month="2026-09"))
    many = (count("journal"), count("journal_entries"))

    assert few == many


def test_a_month_is_downloaded_as_it_is_exported(page, world):
    response = page("journal_export", month="2026-10", format="hledger")

    body = b"".join(response.streaming_content).decode()
    assert response.headers["Content-Disposition"] == 'attachment; filename="journal_qingtian_2026-10_hledger.journal"'
    assert "(OPEN-2026-10) Opening balances" in body
    assert "2026-10-31 * Closing balances" in body
    assert page("journal_export", month="2026-13", format="hledger").status_code == 302


def test_the_list_goes_out_as_it_is_shown_and_runs_nothing(page, world):
    world.ecpay.label = "=SUM(1)"
    world.ecpay.save(update_fields=["label"])

    body = b"".join(page("journal_entries", channel="ecpay", export="csv").streaming_content).decode()

    assert "'=SUM(1)" in body
    assert "stripe" not in body
    assert ",=SUM(1)" not in body


def test_a_press_brings_the_journal_up_to_date(client, page, world):
    client.post(reverse("settlements:journal_refresh", args=[world.shop.slug]))

    assert list(Job.objects.values_list("kind", "dedupe_key")) == [("settlements.journal", "journal")]


def test_a_night_with_a_failing_proof_tells_owner_and_accountant_once(world):
    shop = world.shop
    owner, accountant, viewer = cast.owner(shop), cast.accountant(shop, language="en"), cast.viewer(shop)
    Payout.objects.filter(ref="2026-10-06").update(lines_net_minor=1)

    for _night in range(2):
        proofs = prove_books(merchant=shop, now=NOW)

    assert "payouts" in [proof.code for proof in proofs if not proof.holds]
    told = Notification.objects.filter(kind="books.not_proved")
    assert {row.user_id for row in told} >= {owner.pk, accountant.pk}
    assert viewer.pk not in {row.user_id for row in told}
    row = told.get(user=accountant)
    assert (row.count, row.severity) == (2, "critical")
    assert row.title.startswith("The books do not add up")


def test_proofs_are_run_once_a_night_by_each_shops_clock(monkeypatch):
    cast.make_merchant()
    cast.make_merchant("elsewhere", timezone="America/New_York")
    four_in_taipei = NOW.replace(hour=20, minute=5)
    monkeypatch.setattr("apps.core.clock.now", lambda: four_in_taipei)

    watch_proofs()
    watch_proofs()

    assert list(Job.objects.values_list("kind", "dedupe_key")) == [("reports.prove", "night:2026-11-04")]

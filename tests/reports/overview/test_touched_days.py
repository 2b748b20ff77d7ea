"""Figures kept up day by day are those that all rows come to, whatever happened in whatever order."""

import threading
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from apps.channels.models import Channel
from apps.orders.models import Payment, TouchedDay
from apps.orders.services.books import import_payments
from apps.orders.services.touched import touch_days
from apps.reports.models import DailyFigure, Term
from apps.reports.services.rollup import differing_days, fresh_rollup
from apps.reports.tasks import watch_figures
from apps.settlements.enums import Resolution
from apps.settlements.models import Discrepancy, Match, Statement, StatementLine
from apps.settlements.services import by_hand, resolve
from apps.settlements.services.intake import import_file, withdraw_file
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.settlements import stripe_files as f

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
COLUMNS = (
    "order_no,placed_at,storefront,order_total,currency,channel,method,merchant_ref,provider_ref,amount,status,paid_at,"
    "customer_ref,payer_country,payer_ip"
)
EARLY = f.report(f.row(1, day=date(2026, 11, 2)), f.row(2, day=date(2026, 11, 4)), f.row(9, day=date(2026, 11, 3)))
LATE = f.report(  # the sale of the 3rd at last, and money that went back
    f.row(3, day=date(2026, 11, 3), payout="po_2"),
    f.row(20, gross="-4.00", fee="0", day=date(2026, 11, 9), payout="po_2", reporting_category="refund", source_id="re_2"),
)


def shop_on(slug: str = "qingtian") -> Channel:
    merchant = cast.make_merchant(slug)
    account = cast.make_bank_account(merchant, "chase", currency="USD")
    return cast.make_channel(
        merchant, "stripe", provider="stripe", currency="USD", timezone="UTC", calendar="US", settles="T+2", statements="per_payout",
        bank_account=account,
    )  # fmt: skip


def sale(number: int, day: int, status: str = "paid") -> str:
    at = f"2026-11-0{day}T03:00:00Z"
    return f"O{number},{at},own,10.00,USD,stripe,credit_card,A{number},pi_{number},10.00,{status},{at if status == 'paid' else ''},C1,US,"


def bring_books(channel: Channel, name: str, *rows: str) -> None:
    data = "\n".join([COLUMNS, *rows, ""]).encode()
    import_payments(merchant=channel.merchant, name=name, data=data, by=None, now=cast.NOW)


def bring(channel: Channel, name: str, data: bytes) -> None:
    import_file(owner=Channel.objects.get(pk=channel.pk), name=name, data=data, by=None, now=cast.NOW)


def look(channel: Channel, as_of: date) -> None:
    reconcile(merchant=channel.merchant, as_of=as_of, now=cast.NOW)


def write_off(channel: Channel) -> None:
    missing = Discrepancy.objects.get(merchant=channel.merchant, kind="missing_at_provider", payment__merchant_ref="A4")
    resolve.resolve(
        merchant=channel.merchant, ids=[missing.pk], resolution=Resolution.WRITTEN_OFF, reason="too small", by=cast.owner(channel.merchant),
        now=cast.NOW,
    )  # fmt: skip


def pair_by_hand(channel: Channel) -> None:
    line, ours = StatementLine.objects.get(line_ref="txn_9", is_live=True), Payment.objects.get(merchant_ref="A4")
    by_hand.match_line(
        merchant=channel.merchant, line=line, ours=ours, reason="same buyer", by=cast.accountant(channel.merchant), now=cast.NOW
    )


def part_again(channel: Channel) -> None:
    match = Match.objects.get(rule="manual", voided_at=None)
    by_hand.unmatch_line(merchant=channel.merchant, match=match, reason="no", by=cast.approver(channel.merchant), now=cast.NOW)


def withdraw(channel: Channel) -> None:
    withdraw_file(file=Statement.objects.get(name="payout_20261106.csv"), reason="wrong", by=None, now=cast.NOW)


def checked(channel: Channel) -> list:
    fresh_rollup(merchant=channel.merchant, now=cast.NOW)
    return [differing_days(merchant=channel.merchant), TouchedDay.objects.count()]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0)])
def test_day_by_day_is_as_all_at_once_after_every_event(order):
    channel = shop_on()
    first = [
        lambda: bring_books(channel, "payments.csv", sale(1, 2), sale(2, 4), sale(3, 3), sale(4, 5), sale(5, 5, "pending")),
        lambda: bring(channel, "payout_20261106.csv", EARLY),
        lambda: look(channel, date(2026, 11, 6)),
    ]
    then = [
        lambda: look(channel, date(2026, 11, 25)),
        lambda: write_off(channel),
        lambda: bring(channel, "payout_20261112.csv", LATE),
        lambda: look(channel, date(2026, 11, 25)),
        lambda: pair_by_hand(channel),
        lambda: look(channel, date(2026, 11, 25)),
        lambda: part_again(channel),
        lambda: bring_books(channel, "again.csv", sale(5, 6)),
        lambda: withdraw(channel),
        lambda: look(channel, date(2026, 11, 25)),
        lambda: bring(channel, "payout_20261106_20261106.csv", EARLY),
        lambda: look(channel, date(2026, 11, 26)),
    ]
    fresh_rollup(merchant=channel.merchant, now=cast.NOW)  # nothing yet: from here on only what is touched is added up

    found = []
    for event in [*(first[at] for at in order), *then]:
        event()
        found.append(checked(channel))

    assert found == [[[], 0]] * 15
    sums = {
        term: (n, amount) for term, n, amount in DailyFigure.objects.values_list("term", "count", "amount_minor") if term == Term.REFUNDS
    }
    assert sums == {"refunds": (1, -400)}


def test_other_days_keep_their_rows():
    channel = shop_on()
    bring_books(channel, "payments.csv", sale(1, 2), sale(2, 4))
    fresh_rollup(merchant=channel.merchant, now=cast.NOW)
    before = dict(DailyFigure.objects.filter(term=Term.PAID).values_list("day", "pk"))

    bring_books(channel, "more.csv", sale(3, 4))
    touched = list(TouchedDay.objects.values_list("channel_id", "day"))
    fresh_rollup(merchant=channel.merchant, now=cast.NOW)

    after = dict(DailyFigure.objects.filter(term=Term.PAID).values_list("day", "pk"))
    assert touched == [(channel.pk, date(2026, 11, 4))]
    assert (after[date(2026, 11, 2)], after[date(2026, 11, 4)] == before[date(2026, 11, 4)]) == (before[date(2026, 11, 2)], False)


def test_other_terms_of_paying_out_make_every_day_anew():
    channel = shop_on()
    bring_books(channel, "payments.csv", sale(1, 2))
    before = fresh_rollup(merchant=channel.merchant, now=cast.NOW).facts
    DailyFigure.objects.update(amount_minor=1)

    Channel.objects.filter(pk=channel.pk).update(settles="T+5")
    after = fresh_rollup(merchant=channel.merchant, now=cast.NOW).facts

    assert (before == after, differing_days(merchant=channel.merchant)) == (False, [])


def test_the_check_finds_a_figure_that_its_rows_do_not_come_to(capsys):
    channel = shop_on()
    bring_books(channel, "payments.csv", sale(1, 2))
    call_command("rebuild_figures", "--merchant", "qingtian", "--check")
    DailyFigure.objects.filter(term=Term.PAID).update(amount_minor=7)

    with pytest.raises(CommandError, match="1 daily figures are not what their rows come to"):
        call_command("rebuild_figures", "--merchant", "qingtian", "--check")
    call_command("rebuild_figures", "--merchant", "qingtian")

    assert differing_days(merchant=channel.merchant) == []
    assert "stored (1, 7), rows come to (1, 1000)" in capsys.readouterr().out


def test_each_minute_rings_once_for_a_shop_whose_days_changed(run_jobs):
    bring_books(shop_on(), "payments.csv", sale(1, 2))

    watch_figures()
    watch_figures()

    assert [(job.kind, job.state) for job in run_jobs()] == [("reports.rollup", "done")]
    assert (DailyFigure.objects.get(term=Term.PAID).amount_minor, TouchedDay.objects.count()) == (1000, 0)


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_what_is_committed_after_a_refresh_began_is_left_for_the_next():
    channel = shop_on()
    bring_books(channel, "payments.csv", sale(1, 2))
    written, refreshed, errors = threading.Event(), threading.Event(), []

    def change_slowly():
        try:
            with transaction.atomic():
                Payment.objects.update(amount_minor=1500)
                touch_days(merchant_id=channel.merchant_id, channel_id=channel.pk, days=[date(2026, 11, 2)])
                written.set()
                refreshed.wait(30)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=change_slowly)
    other.start()
    written.wait(30)
    fresh_rollup(merchant=channel.merchant, now=cast.NOW)
    between = list(DailyFigure.objects.filter(term=Term.PAID).values_list("amount_minor", flat=True))
    refreshed.set()
    other.join()

    assert (errors, between, TouchedDay.objects.count()) == ([], [1000], 1)
    assert checked(channel) == [[], 0]

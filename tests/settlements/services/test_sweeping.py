"""Lines of a provider whose payouts take the balance: each goes with the first payout after it, in whichever file it stands."""

from datetime import UTC, date, datetime

import pytest

from apps.channels.models import Channel
from apps.settlements.models import Payout, StatementLine
from apps.settlements.services.intake import import_file, withdraw_file
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.channels.providers.bills_abroad import paypal, paypal_row

NOW = datetime(2026, 9, 20, 8, tzinfo=UTC)
SALE = paypal_row("8AB10000001", "QT1", "", "T0006", "04:00:00", "CR", 10000, "USD", 400)
BACK = paypal_row("8AB10000002", "QT0", "8AB10000000", "T1107", "05:00:00", "DR", 3000, "USD")
AFTER = paypal_row("8AB10000003", "QT3", "", "T0006", "23:59:50", "CR", 2000, "USD", 80)

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def sweep_row(ref: str, cents: int) -> str:
    return paypal_row(f"8AB{ref}", "", "", "T0400", "23:59:20", "DR", cents, "USD", bank=ref)


@pytest.fixture
def channel(db) -> Channel:
    merchant = cast.make_merchant()
    return cast.make_channel(merchant, "paypal", provider="paypal", currency="USD", timezone="America/Los_Angeles", settles="T+1")


def take_in(channel: Channel, day: int, *rows: str):
    """A file of one day of September, its rows moved there from the 13th."""
    data = paypal(rows, feet=()).replace(b"2026/09/13", b"2026/09/%02d" % day)
    return import_file(owner=channel, name=f"STL-202609{day:02}.01.009.CSV", data=data, by=None, now=NOW).file


def refs(channel: Channel) -> dict[str, str]:
    reconcile(merchant=channel.merchant, as_of=date(2026, 9, 20), now=NOW)
    lines = StatementLine.objects.filter(channel=channel, is_live=True).exclude(kind="payout")
    return dict(lines.values_list("line_ref", "payout_ref"))


def test_days_without_a_withdrawal_go_with_the_next_one(channel):
    take_in(channel, 14, BACK)
    first, waiting = refs(channel), Payout.objects.filter(channel=channel).count()
    take_in(channel, 16, SALE, sweep_row("1000000000016", 6600))

    assert (first, waiting) == ({"8AB10000002": ""}, 0)
    assert refs(channel) == {"8AB10000002": "1000000000016", "8AB10000001": "1000000000016"}
    payout = Payout.objects.get(channel=channel, ref="1000000000016")
    assert (payout.lines_net_minor, payout.announced_minor, payout.line_count, payout.due_on) == (6600, 6600, 2, date(2026, 9, 17))


def test_a_file_that_comes_late_takes_what_was_its_own(channel):
    take_in(channel, 14, SALE, sweep_row("1000000000014", 9600), AFTER)
    take_in(channel, 17, sweep_row("1000000000017", 1920))
    before = refs(channel)
    late = take_in(channel, 15, sweep_row("1000000000015", 1920))

    assert before == {"8AB10000001": "1000000000014", "8AB10000003": "1000000000017"}
    assert refs(channel)["8AB10000003"] == "1000000000015"
    withdraw_file(file=late, reason="sent by mistake", by=None, now=NOW)
    assert refs(channel) == before


def test_a_row_that_is_listed_a_day_late_missed_the_withdrawal_of_its_own_evening(channel):
    take_in(channel, 14, SALE, sweep_row("1000000000014", 9600))
    of_the_14th = AFTER.replace("2026/09/13 23:59:50", "2026/09/12 22:10:00")  # and the 15th has more money back than in
    take_in(channel, 15, of_the_14th, paypal_row("8AB10000004", "QT4", "8AB10000000", "T1107", "09:00:00", "DR", 5000, "USD"))
    take_in(channel, 16, paypal_row("8AB10000005", "QT5", "", "T0006", "04:00:00", "CR", 9000, "USD"), sweep_row("1000000000016", 5920))

    assert refs(channel) == {
        "8AB10000001": "1000000000014", "8AB10000003": "1000000000016", "8AB10000004": "1000000000016", "8AB10000005": "1000000000016",
    }  # fmt: skip
    assert list(Payout.objects.order_by("ref").values_list("lines_net_minor", "announced_minor")) == [(9600, 9600), (5920, 5920)]


def test_what_went_with_the_withdrawal_of_a_lost_file_is_not_given_to_the_next(channel):
    take_in(channel, 14, BACK)
    take_in(channel, 16, SALE, sweep_row("1000000000016", 9600))  # the 15th is lost, and its withdrawal took the refund of the 14th

    assert refs(channel) == {"8AB10000002": "", "8AB10000001": "1000000000016"}
    assert Payout.objects.get(channel=channel).lines_net_minor == 9600


def test_other_providers_name_their_payouts_themselves(channel):
    take_in(channel, 14, BACK)
    take_in(channel, 16, sweep_row("1000000000016", 10))
    Channel.objects.filter(pk=channel.pk).update(provider="stripe")

    assert refs(Channel.objects.get(pk=channel.pk)) == {"8AB10000002": ""}

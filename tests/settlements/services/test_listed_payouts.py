"""A list of payouts beside the transactions: what it announces is compared, in whichever order the two come, and it is no statement."""

from datetime import UTC, date, datetime

import pytest

from apps.settlements.enums import Kind
from apps.settlements.models import Discrepancy, Payout, Statement
from apps.settlements.services.intake import import_file, withdraw_file
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.channels.providers.bills_abroad import SHOPIFY_PAYOUT_ROWS, SHOPIFY_ROWS, shopify, shopify_payouts

NOW = datetime(2026, 10, 12, 8, tzinfo=UTC)
ONE_CENT_LESS = (SHOPIFY_PAYOUT_ROWS[0].replace("24.25", "24.24"), *SHOPIFY_PAYOUT_ROWS[1:])

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def channel():
    shop = cast.make_merchant(currency="EUR", timezone="Europe/Berlin")
    return cast.make_channel(shop, "shopify", currency="EUR", settles="T+2", statements="per_payout", calendar="EU")


def take_in(channel, *files):
    for name, data in files:
        import_file(owner=channel, name=name, data=data, by=None, now=NOW)
    reconcile(merchant=channel.merchant, as_of=date(2026, 10, 12), now=NOW)


def payouts(channel):
    return list(Payout.objects.filter(channel=channel).order_by("due_on").values_list("ref", "lines_net_minor", "announced_minor"))


def told(channel):
    found = Discrepancy.objects.filter(channel=channel, kind=Kind.PAYOUT_AMOUNT_MISMATCH, state="open")
    return list(found.values_list("payout__ref", "expected_minor", "actual_minor"))


@pytest.mark.parametrize("list_first", [True, False])
def test_a_payout_that_the_list_tells_otherwise_is_one_difference(channel, list_first):
    files = [("export_20261008.csv", shopify()), ("payouts.csv", shopify_payouts(ONE_CENT_LESS))]

    take_in(channel, *(reversed(files) if list_first else files))

    assert payouts(channel) == [("123456789", 2425, 2424), ("987654321", 115565, 115565)]
    assert told(channel) == [("123456789", 2425, 2424)]


def test_the_list_again_with_another_status_adds_nothing_and_withdrawn_it_says_nothing(channel):
    take_in(channel, ("export_20261008.csv", shopify()), ("payouts.csv", shopify_payouts(ONE_CENT_LESS)))
    later = shopify_payouts([row.replace("in_transit", "paid") for row in ONE_CENT_LESS])
    take_in(channel, ("payouts (1).csv", later))
    again = Statement.objects.get(name="payouts (1).csv")
    assert (again.lines_new, again.lines_seen, again.lists) == (0, 3, "payouts")

    for file in Statement.objects.filter(lists="payouts"):
        withdraw_file(file=file, reason="wrong", by=None, now=NOW)
    take_in(channel)

    assert payouts(channel) == [("123456789", 2425, None), ("987654321", 115565, None)]
    assert told(channel) == []


def test_a_payout_on_the_list_does_not_prove_that_its_payments_are_missing(channel):
    cast.make_payment(channel, "1002", 123450, merchant_ref="#1002", business_date=date(2026, 10, 5))  # paid out on the 8th

    take_in(channel, ("payouts.csv", shopify_payouts()))
    take_in(channel, ("export_20261006.csv", shopify(SHOPIFY_ROWS[:2])))

    found = Discrepancy.objects.filter(channel=channel)
    assert not found.filter(kind=Kind.MISSING_AT_PROVIDER).exists()
    assert payouts(channel) == [("123456789", 2425, 2425)]
    take_in(channel, ("export_20261008.csv", shopify((*SHOPIFY_ROWS[:2], *SHOPIFY_ROWS[3:]))))
    assert list(found.filter(kind=Kind.MISSING_AT_PROVIDER).values_list("payment__merchant_ref", flat=True)) == ["#1002"]

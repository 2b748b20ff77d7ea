"""What a channel still owes, from which its refunds are taken."""

from datetime import timedelta

import pytest

from apps.orders.selectors.refund_context import ChannelBalance, balances_of
from apps.settlements.selectors.channel_balance import channel_balances
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_payouts_to_come_are_the_balance(django_assert_num_queries):
    shop = cast.make_merchant()
    ecpay, stripe, silent = (cast.make_channel(shop, code) for code in ("ecpay", "stripe", "wechat"))
    day = cast.TODAY
    cast.make_payout(ecpay, "A", 100000, due_on=day + timedelta(days=3))
    cast.make_payout(ecpay, "B", 50000, due_on=day, announced_minor=49000)
    cast.make_payout(ecpay, "late", 7000, due_on=day - timedelta(days=1))
    cast.make_payout(ecpay, "came", 9000, due_on=day, arrived_on=day, arrived_minor=9000)
    cast.make_payout(ecpay, "usd", 300, due_on=day + timedelta(days=1), currency="USD")
    cast.make_payout(stripe, "old", 5000, due_on=day - timedelta(days=9), arrived_on=day, arrived_minor=5000)
    cast.make_payout(cast.make_channel(cast.make_merchant("other")), "theirs", 1, due_on=day)

    with django_assert_num_queries(2):
        found = channel_balances(shop, [ecpay.pk, stripe.pk, silent.pk], day)

    assert found == {
        (ecpay.pk, "TWD"): ChannelBalance(149000, "TWD", day),
        (ecpay.pk, "USD"): ChannelBalance(300, "USD", day + timedelta(days=1)),
        (stripe.pk, "TWD"): ChannelBalance(0, "TWD", None),
    }
    assert balances_of(shop, [stripe.pk], day) == {(stripe.pk, "TWD"): ChannelBalance(0, "TWD", None)}
    assert balances_of(shop, [], day) == {}

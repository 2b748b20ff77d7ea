"""Payment, notice, statement, payout, bank line, refund, next statement, next bank line: through real adapters and their providers' fakes.

At the end every amount is accounted for: nothing on the desk, clearing accounts at zero, all proofs hold.
"""

from datetime import timedelta

import pytest

from apps.channels.models import StatementFetch
from tests.loops.loop import MONDAY, walking
from tests.loops.ways import WAYS

pytestmark = pytest.mark.django_db


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def loop(request, client, settings):
    with walking(request.param, client, settings) as loop:
        yield loop


def test_money_goes_round_and_every_cent_is_accounted_for(loop):
    way = loop.way
    (first_fee, second_fee, fee_back), day = way.fees, MONDAY
    loop.at(day, 10)
    first = loop.start("A1", way.first)
    assert (first.state, bool(first.execution.action)) == ("pending", True)

    first = loop.pay(first)
    assert (first.state, first.amount_minor, first.business_date, bool(first.provider_ref)) == ("paid", way.first, day, True)

    loop.report(day)
    net = way.first - first_fee
    assert loop.lines() == [("payment", way.first, -first_fee, net)]
    assert loop.pairs() == {(first.pk, None)}
    assert loop.payouts() == [(day + timedelta(days=way.arrives), 1, net, None)]

    loop.bank(day + timedelta(days=way.arrives), (net, loop.memo(day)))
    assert loop.payouts() == [(day + timedelta(days=way.arrives), 1, net, net)]

    later = day + timedelta(days=way.reported)
    loop.at(later, 23)
    refund = loop.settle(loop.refund(first))
    second = loop.pay(loop.start("A2", way.second))
    first.refresh_from_db()
    assert (refund.state, refund.amount_minor, refund.business_date, first.state) == ("succeeded", way.back, later, "partially_refunded")
    assert (second.state, second.business_date) == ("paid", later)

    loop.report(later)
    second_net, back_net = way.second - second_fee, fee_back - way.back
    assert sorted(loop.lines()[1:]) == [("payment", way.second, -second_fee, second_net), ("refund", -way.back, fee_back, back_net)]
    assert loop.pairs() == {(first.pk, None), (second.pk, None), (None, refund.pk)}
    due = later + timedelta(days=way.arrives)
    assert loop.payouts()[1:] == [(due, 2, second_net + back_net, None)]

    loop.bank(due, (second_net + back_net, loop.memo(later)))
    assert loop.payouts()[1:] == [(due, 2, second_net + back_net, second_net + back_net)]
    assert loop.in_bank() == net + second_net + back_net
    assert StatementFetch.objects.filter(state="fetched").count() == (0 if way.export else 2)
    assert (loop.differences(), loop.open_accounts(), loop.broken_proofs()) == ([], {}, [])


def test_one_unit_more_of_a_fee_is_the_one_difference(loop):
    way = loop.way
    unit = way.terms.get("unit_minor", 1)
    loop.fake.fees[way.first] += unit
    loop.at(MONDAY, 10)
    loop.pay(loop.start("A1", way.first))

    loop.report(MONDAY)

    assert loop.differences() == [("fee_mismatch", -way.fees[0], -way.fees[0] - unit, "open")]
    assert loop.payouts() == [(MONDAY + timedelta(days=way.arrives), 1, way.first - way.fees[0] - unit, None)]

"""Every maker of tests/cast.py makes rows that the constraints of the database accept."""

from datetime import date

import pytest

from tests import cast


@pytest.mark.django_db
def test_every_maker_makes_a_row_the_database_accepts():
    shop = cast.make_merchant()
    people = [make(shop) for make in (cast.owner, cast.accountant, cast.approver, cast.operator, cast.viewer)]
    channel = cast.make_channel(shop)
    cast.make_fee_rule(channel)
    payment = cast.make_payment(channel, "A10293")
    statement = cast.make_statement(channel)
    line = cast.make_line(statement, payment=payment, fee=-3500)
    bank_line = cast.make_bank_line(cast.make_bank_statement(channel.bank_account))

    assert [person.memberships.get().role for person in people] == ["owner", "accountant", "approver", "operator", "viewer"]
    assert cast.outsider().memberships.get().merchant != shop
    assert not cast.staff().memberships.exists()
    assert payment.business_date == date(2026, 11, 16)
    assert (line.merchant_ref, line.net) == ("A10293", 124500)
    assert cast.make_refund(payment, amount_minor=100).business_date == date(2026, 11, 18)
    assert cast.make_payout(channel).amount_minor == bank_line.amount_minor
    assert cast.make_discrepancy(channel, payment=payment).difference_minor == -1200

"""An account at a bank: its number comes by notice, the money later, and what goes back is our own transfer that the bank's list proves."""

from datetime import timedelta

import pytest

from apps.orders.models import RefundTransfer
from apps.orders.services.refunds.payee_accounts import payee_account
from apps.orders.services.refunds.payees import ask_for_account, give_account
from apps.orders.services.refunds.transfers import file_of, make_batch
from apps.settlements.models import StatementLine
from tests import cast
from tests.loops.loop import MONDAY, walking
from tests.loops.ways import ATM

pytestmark = pytest.mark.django_db
BUYER = payee_account(currency="TWD", holder="林小美", bank_code="013", account_no="123456789012")


@pytest.fixture
def loop(client, settings):
    with walking(ATM, client, settings) as loop:
        yield loop


def issue(loop, payment):
    """The payer's browser posts the form, and ECPay tells which account is theirs."""
    loop.fake.post(payment.execution.action["fields"])
    words = {"RtnCode": "2", "RtnMsg": "Get VirtualAccount Succeeded", "BankCode": "812", "vAccount": "9103522175887271"}
    loop.ring(*loop.fake.notice(payment.merchant_ref, **words, ExpireDate="2026/11/19"))
    payment.execution.refresh_from_db()


def transfer(loop, refund) -> RefundTransfer:
    """The buyer names an account by the link, and an accountant sends the bank its file."""
    payer = cast.accountant(loop.shop)
    link = ask_for_account(merchant=loop.shop, refund_id=refund.pk, by=loop.clerk, now=loop.now)
    give_account(token=link.token, account=BUYER, now=loop.now)
    batch = make_batch(
        merchant=loop.shop, refund_ids=[refund.pk], bank_account=loop.channel.bank_account, format="csv",
        pay_on=MONDAY + timedelta(days=2), by=payer, now=loop.now,
    )  # fmt: skip
    made = batch.transfers.get()
    assert made.reference.encode() in file_of(batch)
    return made


def test_an_atm_payment_goes_round_and_its_refund_is_our_own_transfer(loop):
    (fee, second_fee, _back), day = ATM.fees, MONDAY
    loop.at(day, 10)
    first = loop.start("A1", ATM.first)
    issue(loop, first)
    assert (first.execution.action["details"], first.execution.expires_at.isoformat()) == (
        {"bank_code": "812", "account_no": "9103522175887271"}, "2026-11-19T15:59:59+00:00",
    )  # fmt: skip
    loop.fake.books.move(first.merchant_ref, "paid")
    loop.ring(*loop.fake.notice(first.merchant_ref))
    first.refresh_from_db()
    assert (first.state, first.business_date) == ("paid", day)

    loop.report(day)
    loop.bank(day + timedelta(days=1), (ATM.first - fee, loop.memo(day)))
    assert loop.payouts() == [(day + timedelta(days=1), 1, ATM.first - fee, ATM.first - fee)]

    later = day + timedelta(days=1)
    loop.at(later, 23)
    refund = loop.refund(first)
    assert (refund.state, refund.request.route) == ("approved", "bank_transfer")
    sent = transfer(loop, refund)
    second = loop.pay(loop.start("A2", ATM.second))
    loop.report(later)
    loop.bank(later + timedelta(days=1), (ATM.second - second_fee, loop.memo(later)), (-ATM.back, f"跨行轉帳 {sent.reference}"))

    for row in (refund, first, sent):
        row.refresh_from_db()
    assert (refund.state, first.state, sent.state, second.state) == ("succeeded", "partially_refunded", "paid", "paid")
    assert set(StatementLine.objects.values_list("kind", "net")) == {("payment", ATM.first - fee), ("payment", ATM.second - second_fee)}
    assert loop.in_bank() == ATM.first - fee + ATM.second - second_fee - ATM.back
    assert (loop.differences(), loop.open_accounts(), loop.broken_proofs()) == ([], {}, [])

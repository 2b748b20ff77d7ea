"""Bank lines end the transfers of refunds that they pay or bring back, and no others."""

from datetime import date

import pytest

from apps.orders.models import RefundTransfer
from apps.orders.services.refunds import deciding, payees, transfers
from apps.orders.services.refunds.payee_accounts import payee_account
from apps.orders.services.refunds.requesting import request_refund
from apps.settlements.models import BankLine, Discrepancy
from apps.settlements.services.reconcile import reconcile
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = cast.NOW
ACCOUNT = payee_account(currency="TWD", holder="林小美", bank_code="013", account_no="123456789012")


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def batch(shop):
    """NT$300 and NT$200, handed to the bank for Monday."""
    channel, lin = cast.make_channel(shop), cast.accountant(shop)
    judge, boss = cast.approver(shop), cast.owner(shop)
    ids = []
    for order_no, amount in (("A1", 30000), ("A2", 20000)):
        payment = cast.make_payment(channel, order_no, 128000, method="atm")
        refund = request_refund(merchant=shop, payment_id=payment.pk, amount_minor=amount, reason_code="duplicate", by=lin, now=NOW)
        deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=judge, now=NOW)
        token = payees.ask_for_account(merchant=shop, refund_id=refund.pk, by=boss, now=NOW).token
        payees.give_account(token=token, account=ACCOUNT, now=NOW)
        ids.append(refund.pk)
    return transfers.make_batch(
        merchant=shop, refund_ids=ids, bank_account=shop.bank_accounts.get(), format="csv", pay_on=date(2026, 11, 23), by=lin, now=NOW
    )


def bank(shop, *rows) -> list[BankLine]:
    statement = cast.make_bank_statement(shop.bank_accounts.get())
    return [
        cast.make_bank_line(statement, amount, booked_on=day, memo=memo, reference=f"B{number}")
        for number, (amount, day, memo) in enumerate(rows)
    ]


def states() -> list[str]:
    return list(RefundTransfer.objects.order_by("pk").values_list("state", flat=True))


def test_a_debit_with_our_reference_pays_its_transfer_and_nothing_is_missing_at_the_provider(shop, batch):
    one, two = batch.transfers.order_by("pk")
    line, *_others = bank(
        shop,
        (-30000, date(2026, 11, 24), f"跨行轉帳 {one.reference.lower()[:4]} {one.reference[4:]}"),
        (-19900, date(2026, 11, 24), f"跨行轉帳 {two.reference}"),
        (-20000, date(2026, 11, 24), "房租"),
        (-20000, date(2026, 11, 1), two.reference),
    )

    counts = reconcile(merchant=shop, now=NOW).counts
    again = reconcile(merchant=shop, now=NOW).counts

    assert (counts["transfers_paid"], again.get("transfers_paid", 0), states()) == (1, 0, ["paid", "sent"])
    one.refresh_from_db()
    assert (one.bank_line_id, one.paid_on, one.refund.state, one.refund.provider_refund_ref) == (
        line.pk, date(2026, 11, 24), "succeeded", "B0",
    )  # fmt: skip
    assert one.refund.payment.state == "partially_refunded"
    late = reconcile(merchant=shop, as_of=date(2027, 1, 15), now=NOW)
    assert late.counts["opened"] >= 0
    assert not Discrepancy.objects.filter(kind="refund_missing_at_provider").exists()


def test_a_credit_with_our_reference_brings_it_back(shop, batch):
    one, _two = batch.transfers.order_by("pk")
    bank(shop, (-30000, date(2026, 11, 23), one.reference), (30000, date(2026, 11, 24), f"退匯 {one.reference}"))

    reconcile(merchant=shop, now=NOW)

    one.refresh_from_db()
    assert (states(), one.refund.state, one.refund.payment.state) == (["returned", "sent"], "failed", "paid")


def test_one_debit_of_the_total_pays_the_whole_file_unless_two_could(shop, batch):
    bank(shop, (-50000, date(2026, 11, 23), "整批轉帳"), (-50000, date(2026, 11, 24), "貨款"))
    reconcile(merchant=shop, now=NOW)
    assert states() == ["sent", "sent"]

    BankLine.objects.filter(memo="貨款").update(is_live=False)
    reconcile(merchant=shop, now=NOW)

    assert states() == ["paid", "paid"]
    assert set(RefundTransfer.objects.values_list("bank_line_id", flat=True)) == {BankLine.objects.get(memo="整批轉帳").pk}

"""Refunds by bank transfer: the buyer's account through a link that works once, the file, and what the bank did."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.audit.models import AuditEvent
from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.orders.enums import TransferFormat
from apps.orders.models import Refund, RefundBatch, RefundPayee, RefundTransfer
from apps.orders.services.refunds import deciding, payees, transfers
from apps.orders.services.refunds.holds import place_hold
from apps.orders.services.refunds.payee_accounts import payee_account
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.services.refunds.transfer_files import FileNotPossible
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = cast.NOW
ACCOUNT = payee_account(currency="TWD", holder="林小美", bank_code="013", account_no="123456789012")


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def lin(shop):
    return cast.accountant(shop, name="Lin")


@pytest.fixture
def channel(shop):
    return cast.make_channel(shop)


def approved(channel, lin, order_no="A10293", amount_minor=30000) -> Refund:
    payment = cast.make_payment(channel, order_no, 128000, method="atm")
    refund = request_refund(
        merchant=channel.merchant, payment_id=payment.pk, amount_minor=amount_minor, reason_code="customer_request", by=lin, now=NOW
    )
    return deciding.approve_refund(merchant=channel.merchant, refund_id=refund.pk, by=cast.approver(channel.merchant), now=NOW)


def ask(refund, lin, **fields) -> payees.Asked:
    return payees.ask_for_account(merchant=refund.merchant, refund_id=refund.pk, by=lin, now=fields.pop("now", NOW), **fields)


def ready(channel, lin, order_no="A10293", amount_minor=30000) -> Refund:
    refund = approved(channel, lin, order_no, amount_minor)
    payees.give_account(token=ask(refund, cast.owner(channel.merchant)).token, account=ACCOUNT, now=NOW)
    return refund


def make(shop, lin, *refunds, **fields) -> RefundBatch:
    account = fields.pop("bank_account", None) or shop.bank_accounts.get()
    fields = {"format": TransferFormat.MAPPED, "pay_on": date(2026, 11, 23), "by": lin, "now": NOW, **fields}
    return transfers.make_batch(merchant=shop, refund_ids=[refund.pk for refund in refunds], bank_account=account, **fields)


# The link


def test_a_link_works_once_and_the_account_is_unreadable_in_the_database(channel, lin):
    refund = approved(channel, lin)
    asked = ask(refund, lin, email="mei@example.com")

    payee = payees.give_account(token=asked.token, account=ACCOUNT, now=NOW)

    assert (payee.label, payee.filled_at, RefundPayee.objects.get().account) == ("013 ****9012", NOW, ACCOUNT.dumped())
    with connection.cursor() as cursor:
        cursor.execute("SELECT account, link_sha256 FROM orders_refundpayee")
        stored, link = cursor.fetchone()
    assert "123456789012" not in stored
    assert asked.token not in link
    with pytest.raises(payees.LinkInvalid):
        payees.give_account(token=asked.token, account=ACCOUNT, now=NOW)
    said = AuditEvent.objects.filter(action__startswith="refund.account").order_by("pk")
    assert [(event.action, event.actor_label) for event in said] == [("refund.account_asked", "Lin"), ("refund.account_given", "Hezhang")]
    assert "123456789012" not in str([event.after for event in said])


def test_a_new_link_makes_the_old_one_and_its_answer_worthless(channel, lin):
    refund = approved(channel, lin)
    first = ask(refund, lin)
    payees.give_account(token=first.token, account=ACCOUNT, now=NOW)

    second = ask(refund, lin)

    payee = RefundPayee.objects.get()
    assert (payee.filled_at, payee.account, payee.label) == (None, "", "")
    with pytest.raises(payees.LinkInvalid):
        payees.payee_of_link(first.token, NOW)
    assert payees.payee_of_link(second.token, NOW) == payee


def test_an_old_link_and_one_of_a_refund_that_is_over_do_not_work(shop, channel, lin):
    old, over = ask(approved(channel, lin, "A1"), lin), approved(channel, lin, "A2")
    spent = ask(over, cast.owner(shop))
    payees.give_account(token=spent.token, account=ACCOUNT, now=NOW)
    make(shop, lin, over)

    for token, moment in ((old.token, NOW + timedelta(days=14)), (spent.token, NOW), ("x" * 43, NOW)):
        with pytest.raises(payees.LinkInvalid):
            payees.payee_of_link(token, moment)
    with pytest.raises(payees.AccountNotNeeded):
        ask(over, lin)


def test_a_refund_through_the_provider_needs_no_account(channel, lin):
    payment = cast.make_payment(channel, "A1")
    known = cast.make_refund(payment, "R1", 100)

    with pytest.raises(payees.AccountNotNeeded):
        ask(known, lin)
    with pytest.raises(Refund.DoesNotExist):
        payees.ask_for_account(merchant=cast.make_merchant("second"), refund_id=known.pk, by=lin, now=NOW)


def test_the_buyer_reads_the_mail_opens_the_page_and_answers(client, channel, lin):
    refund = approved(channel, lin)
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    page = client.post(reverse("orders:refund_account", args=["qingtian", refund.pk]), {"email": "mei@example.com"})
    link = page.context["link"]
    client.logout()

    run(job_id=Job.objects.get(kind="orders.mail_payee_link").pk)

    letter = mail.outbox[0]
    assert (letter.to, link in letter.body, "300" in letter.body, "A10293" in letter.body) == (["mei@example.com"], True, True, True)
    assert link not in str(Job.objects.get().payload)
    page = client.get(link)
    assert (page.status_code, page.headers["Referrer-Policy"], "no-store" in page.headers["Cache-Control"]) == (200, "same-origin", True)
    wrong = client.post(link, {"holder": "林小美", "bank_code": "13", "account_no": "123456789012"})
    assert (wrong.status_code, list(wrong.context["form"].errors), RefundPayee.objects.get().filled_at) == (422, ["bank_code"], None)
    assert client.post(link, {"holder": "林小美", "bank_code": "013", "account_no": "123456789012"}).status_code == 200
    assert RefundPayee.objects.get().label == "013 ****9012"
    assert client.get(link).status_code == 404


# The file


def test_a_file_submits_its_refunds_and_stays_as_it_was_made(shop, channel, lin):
    first, second = ready(channel, lin, "A1", 30000), ready(channel, lin, "A2", 20000)

    batch = make(shop, lin, first, second)

    assert (batch.count, batch.total_minor, batch.currency, batch.file_name[:17]) == (2, 50000, "TWD", "refunds-20261123-")
    assert list(Refund.objects.order_by("pk").values_list("state", flat=True)) == ["submitting", "submitting"]
    one, two = batch.transfers.order_by("pk")
    head = "付款帳號,收款銀行代碼,收款帳號,收款戶名,金額,付款日期,附言\r\n"
    rows = "".join(
        f"001234561234,013,123456789012,林小美,{amount},2026/11/23,{reference}\r\n"
        for amount, reference in ((300, one.reference), (200, two.reference))
    )
    assert transfers.file_of(RefundBatch.objects.get()).decode("big5") == head + rows


def test_nothing_is_paid_twice_or_without_approval_and_account(shop, channel, lin):
    paid, good, bare = ready(channel, lin, "A1"), ready(channel, lin, "A2"), approved(channel, lin, "A3")
    make(shop, lin, paid)

    for other in (paid, bare):
        with pytest.raises(transfers.NotPayable, match=other.refund_no):
            make(shop, lin, good, other)
    with pytest.raises(transfers.NothingToPay):
        make(shop, lin)
    with pytest.raises(transfers.NotPayable):
        make(shop, lin, good, bank_account=cast.make_bank_account(shop, "usd", currency="USD"))

    good.refresh_from_db()
    assert (good.state, RefundBatch.objects.count(), RefundTransfer.objects.count()) == ("approved", 1, 1)
    transfer = RefundTransfer.objects.get()
    with pytest.raises(IntegrityError, match=r"refund_transfer_once|orders_refundtransfer.refund_id"), transaction.atomic():
        RefundTransfer.objects.create(merchant=shop, batch=transfer.batch, refund=paid, amount_minor=1, reference="HZ2")


def test_what_speaks_against_paying_is_asked_once_for_all_refunds_of_a_file(shop, channel, lin):
    refunds = [ready(channel, lin, f"A{number}") for number in range(3)]

    with CaptureQueriesContext(connection) as asked:
        make(shop, lin, *refunds)

    tables = ("orders_paymenthold", "orders_refundpayee")
    assert [sum(one["sql"].startswith("SELECT") and f'FROM "{table}"' in one["sql"] for one in asked) for table in tables] == [1, 0]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(shop, channel, lin):
    refund = ready(channel, lin)

    with pytest.raises(FileNotPossible):
        make(shop, lin, refund, format=TransferFormat.PAIN001)

    refund.refresh_from_db()
    assert (refund.state, RefundBatch.objects.count()) == ("approved", 0)


def test_who_asked_for_the_account_does_not_make_the_file_not_even_around_the_service(shop, channel, lin):
    refund = approved(channel, lin)
    payees.give_account(token=ask(refund, lin).token, account=ACCOUNT, now=NOW)

    with pytest.raises(transfers.AskedByYou, match=refund.refund_no):
        make(shop, lin, refund)

    other = make(shop, lin, ready(channel, lin, "A2"))
    with pytest.raises(IntegrityError, match="refund_transfer_asked_by_payer"), transaction.atomic():
        RefundTransfer.objects.create(merchant=shop, batch=other, refund=refund, amount_minor=30000, reference="HZ2")
    refund.refresh_from_db()
    assert (refund.state, RefundTransfer.objects.count()) == ("approved", 1)


def test_money_that_a_dispute_took_since_is_not_paid_as_well(shop, channel, lin):
    refund = ready(channel, lin)
    place_hold(merchant=shop, payment_id=refund.payment_id, kind="dispute", key="dp_1", label="dp_1", amount_minor=128000, now=NOW)

    with pytest.raises(transfers.MoneyTaken, match=refund.refund_no):
        make(shop, lin, refund)

    refund.refresh_from_db()
    assert (refund.state, RefundBatch.objects.count()) == ("approved", 0)
    given_up = transfers.give_up(merchant=shop, refund_id=refund.pk, reason="disputed", by=lin, now=NOW)
    assert given_up.state == "failed"
    with pytest.raises(transfers.NotGivenUp):
        transfers.give_up(merchant=shop, refund_id=refund.pk, reason="again", by=lin, now=NOW)


# What the bank did


def test_a_person_records_that_it_was_paid_or_came_back(shop, channel, lin):
    first, second = ready(channel, lin, "A1"), ready(channel, lin, "A2")
    one, two = make(shop, lin, first, second).transfers.order_by("pk")

    transfers.confirm_paid(
        merchant=shop, transfer_ids=[one.pk], paid_on=date(2026, 11, 23), by=lin, now=NOW, reason="seen in the banking app"
    )
    transfers.record_return(merchant=shop, transfer_id=two.pk, reason="account closed", by=lin, now=NOW)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.business_date, first.provider_refund_ref) == ("succeeded", date(2026, 11, 23), one.reference)
    assert first.payment.state == "partially_refunded"
    assert (second.state, second.payment.state) == ("failed", "paid")
    for transfer in (one, two):
        with pytest.raises(transfers.TransferEnded):
            transfers.record_return(merchant=shop, transfer_id=transfer.pk, reason="again", by=lin, now=NOW)
    with pytest.raises(RefundTransfer.DoesNotExist):
        transfers.record_return(merchant=cast.make_merchant("second"), transfer_id=two.pk, reason="no", by=lin, now=NOW)


def test_the_pages_lead_from_the_account_to_the_paid_transfer(client, shop, channel, lin):
    refund, waiting = ready(channel, lin, "A1"), approved(channel, lin, "A2")
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    desk = client.get(reverse("orders:refund_transfers", args=["qingtian"])).context["desk"]
    assert (desk.ready, desk.waiting, desk.batches) == ([refund], [(waiting, None)], [])

    values = {"refund": [refund.pk], "bank_account": shop.bank_accounts.get().pk, "format": "csv", "pay_on": "2026-11-23"}
    made = client.post(reverse("orders:refund_batch_make", args=["qingtian"]), values)
    batch = RefundBatch.objects.get()
    assert made.headers["Location"] == reverse("orders:refund_batch", args=["qingtian", batch.public_id])
    again = client.post(reverse("orders:refund_batch_make", args=["qingtian"]), values)
    assert (again.status_code, RefundBatch.objects.count()) == (422, 1)
    file = client.get(reverse("orders:refund_batch_file", args=["qingtian", batch.public_id]))
    assert (file.content, file.headers["Content-Disposition"]) == (
        transfers.file_of(batch),
        f'attachment; filename="{batch.file_name}"',
    )
    transfer = batch.transfers.get()
    end = reverse("orders:refund_transfer_end", args=["qingtian", batch.public_id, transfer.pk])
    assert client.post(end, {"outcome": "paid", "reason": "", "paid_on": "2026-11-23"}).status_code == 422
    assert client.post(end, {"outcome": "paid", "reason": "seen", "paid_on": "2026-11-23"}).status_code == 302
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    assert client.get(made.headers["Location"]).status_code == 200


def test_a_refund_whose_buyer_does_not_answer_is_given_up_on_the_page(client, shop, channel, lin):
    refund = approved(channel, lin)
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("orders:refund_give_up", args=["qingtian", refund.pk])

    client.post(address, {"reason": " "})
    assert Refund.objects.get(pk=refund.pk).state == "approved"
    client.post(address, {"reason": "the buyer does not answer"})

    refund = Refund.objects.get(pk=refund.pk)
    assert (refund.state, AuditEvent.objects.filter(action="refund.failed").count()) == ("failed", 1)

"""The buyer's page and the accountant's pages of refunds by bank transfer, in a real browser."""

import pytest

from apps.orders.models import RefundBatch
from apps.orders.services.refunds.payee_accounts import payee_account
from apps.orders.services.refunds.payees import ask_for_account, give_account
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.journeys.shots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_accountant_asks_the_buyer_answers_and_the_file_is_made(page, sign_in, browser, live_server):
    shop = cast.make_merchant()
    channel = cast.make_channel(shop)
    lin = cast.accountant(shop, name="林小美", language="en")
    refund = cast.approve_bank_refund(channel)
    cast.make_refund_batch(channel, cast.approve_bank_refund(channel))
    sign_in(lin)

    page.goto("/m/qingtian/refunds/transfers/")
    assert_no_axe_violations(page)
    page.get_by_role("link", name="Ask").click()
    page.get_by_role("button", name="Make the link").click()
    link = page.locator("#link").input_value()
    assert_no_axe_violations(page)

    buyer = browser.new_context(viewport={"width": 390, "height": 844}, locale="en").new_page()
    buyer.goto(link)
    assert_no_axe_violations(buyer)
    buyer.get_by_label("Account holder").fill("林小美")
    buyer.get_by_label("Bank code").fill("013")
    buyer.get_by_label("Account number").fill("12")
    buyer.get_by_role("button", name="Pay it here").click()
    buyer.get_by_text("The account number has 6 to 16 digits.").wait_for()
    buyer.get_by_label("Account number").fill("123456789012")
    buyer.get_by_role("button", name="Pay it here").click()
    buyer.get_by_text("will pay").wait_for()
    assert_no_axe_violations(buyer)
    buyer.context.close()

    sign_in(cast.owner(shop, name="王志明", language="en"))
    page.goto("/m/qingtian/refunds/transfers/")
    page.get_by_role("button", name="Make the file for the bank").click()
    page.get_by_text("handed to the bank").wait_for()
    assert_no_axe_violations(page)
    refund.refresh_from_db()
    assert refund.state == "submitting"
    assert RefundBatch.objects.filter(merchant=shop).count() == 2

    waiting = cast.approve_bank_refund(channel)
    ready = cast.approve_bank_refund(channel)
    token = ask_for_account(merchant=shop, refund_id=ready.pk, by=lin, now=cast.NOW).token
    give_account(
        token=token, account=payee_account(currency="TWD", holder="林小美", bank_code="013", account_no="123456789012"), now=cast.NOW
    )
    sign_in(lin)
    shoot(page, "/m/qingtian/refunds/transfers/", "transfers", user=lin)
    shoot(page, f"/m/qingtian/refunds/{waiting.pk}/account/", "account", user=lin)
    shoot(page, f"/m/qingtian/refunds/transfers/{RefundBatch.objects.first().public_id}/", "batch", user=lin)
    shoot(page, f"/r/{ask_for_account(merchant=shop, refund_id=waiting.pk, by=lin, now=cast.NOW).token}/", "payee", user=lin)

"""A refund from the request to the bank's side of it: asked for by one, refused to herself, approved by another on the phone with the
second factor, carried out by the simulator, and found in the provider's next statement."""

import re
from datetime import timedelta

import pytest

from apps.core import clock
from apps.orders.models import Refund, RefundDecision
from apps.settlements.models import Discrepancy, Match
from tests import cast
from tests.browser import assert_no_axe_violations
from tests.settlements import stripe_files

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BASE = "/m/sunny"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture
def shop():
    """A practice shop, whose providers are simulated: above 50.00 the second factor is asked for."""
    fields = {"refund_mfa_above_minor": 5000, "refund_second_approver_above_minor": None, "refund_owner_above_minor": None}
    return cast.make_merchant("sunny", currency="USD", is_practice=True, **fields)


@pytest.fixture
def payment(shop):
    channel = cast.make_channel(shop, "stripe", label="Stripe", timezone="UTC", settles="T+2", statements="per_payout")
    order = cast.make_order(shop, "S1", 16000, currency="USD", placed_at=clock.now() - timedelta(days=3))
    return cast.make_payment(
        channel, amount_minor=16000, order=order, merchant_ref="S1", provider_ref="pi_1", customer_ref="mei@example.com"
    )


def test_from_the_request_to_the_statement(page, sign_in, shop, payment, run_jobs, tmp_path):
    lin = cast.owner(shop, name="林怡君", language="en")
    wang = cast.with_totp(cast.approver(shop, name="王志明", language="en"))
    page.emulate_media(reduced_motion="reduce")

    sign_in(lin)
    refund = ask(page)
    cannot_approve_herself(page, refund)
    sign_in(wang)
    approve_on_the_phone(page, refund, wang)
    see_it_succeed(page, refund, run_jobs)
    sign_in(lin)
    see_it_in_the_statement(page, refund, run_jobs, tmp_path)


def ask(page) -> Refund:
    page.set_viewport_size(DESK)
    page.goto(f"{BASE}/orders/S1/story")
    page.get_by_role("link", name="Refund…").click()
    page.wait_for_url(f"**{BASE}/refunds/new/**")
    page.get_by_label("A part of it").check()
    page.get_by_label("Amount", exact=True).fill("64.80")
    page.get_by_label("Reason").select_option("customer_request")
    page.get_by_label("Note for colleagues").fill("arrived with a crack")
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Request the refund").click()
    page.wait_for_url(re.compile(rf"{BASE}/refunds/\d+/$"))
    return Refund.objects.get()


def cannot_approve_herself(page, refund: Refund) -> None:
    assert page.locator("#headline").inner_text() == "Refund USD\u00a064.80"
    assert page.locator(".drawer .lock").inner_text() == ("You asked for this refund yourself, so somebody else has to decide it: 王志明.")
    assert page.locator("[data-approve]").count() == 0
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(f"{BASE}/refunds/{refund.pk}/approve/", form={"csrfmiddlewaretoken": token})
    assert answer.status == 422
    assert "You asked for this refund yourself" in answer.text()
    assert not RefundDecision.objects.exists()
    assert_no_axe_violations(page)


def approve_on_the_phone(page, refund: Refund, wang) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{BASE}/refunds/")
    assert_no_axe_violations(page)
    page.locator(f"tr[data-id='{refund.pk}'] a.title").click()
    page.wait_for_url(f"**{BASE}/refunds/{refund.pk}/")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("[data-approve]").click()
    code = page.get_by_label("The 6 digits of your authenticator app")
    code.wait_for()
    button = page.locator("#approve button")
    box = button.bounding_box()
    assert box["height"] >= 44
    assert box["y"] + box["height"] <= PHONE["height"]
    assert_no_axe_violations(page)
    code.fill(cast.totp_code(wang))
    button.click()
    page.locator("#progress").wait_for()
    decision = RefundDecision.objects.get()
    assert (decision.verdict, decision.decided_by) == ("approve", wang)
    assert decision.mfa_at is not None


def see_it_succeed(page, refund: Refund, run_jobs) -> None:
    assert page.locator("#progress .stage").all_inner_texts() == ["sent out", "at the provider", "done"]
    assert page.locator("#progress .stage.is-done").count() == 0
    run_jobs()
    refund.refresh_from_db()
    assert refund.state == "succeeded"
    page.locator("#progress .stage.is-done").nth(2).wait_for()  # the page asks by itself
    assert refund.provider_refund_ref in page.locator("#progress").inner_text()
    page.reload()
    assert_no_axe_violations(page)


def see_it_in_the_statement(page, refund: Refund, run_jobs, tmp_path) -> None:
    day = refund.refunded_at.date()
    paid = refund.payment.paid_at.date()
    named = {"payment_metadata[merchant_ref]": "S1", "payment_intent_id": "pi_1", "automatic_payout_effective_at_utc": f"{day} 00:00:00"}
    back = {"reporting_category": "refund", "source_id": refund.provider_refund_ref, "refund_metadata[refund_no]": refund.refund_no}
    rows = [
        stripe_files.row(1, gross="160.00", fee="0.00", day=paid, **named),
        stripe_files.row(2, gross="-64.80", fee="0.00", day=day, **named, **back),
    ]
    file = tmp_path / "payouts.csv"
    file.write_bytes(stripe_files.report(*rows))
    page.set_viewport_size(DESK)
    page.goto(f"{BASE}/statements/")
    page.set_input_files("#upload input[type=file]", file)
    page.locator("#upload").get_by_role("button", name="Upload").click()
    page.locator("#waiting").wait_for()
    page.get_by_role("button", name="Import 1 file").click()
    page.wait_for_load_state()
    run_jobs()

    tied = Match.objects.get(refund=refund, voided_at=None)
    assert (tied.line.kind, tied.line.gross, tied.rule) == ("refund", -6480, "refund_ref")
    assert not Discrepancy.objects.filter(refund=refund).exists()
    page.goto(f"{BASE}/orders/S1/story?show=statement")
    assert "−64.80" in page.locator(".timeline").inner_text()
    assert_no_axe_violations(page)

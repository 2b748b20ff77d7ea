"""The pages of disputes in a browser: what people do there, axe, both widths, both themes."""

from datetime import timedelta

import pytest

from apps.disputes.models import Dispute, EvidenceBundle
from apps.disputes.services.evidence import add_evidence
from apps.disputes.services.handling import add_note, give_to
from apps.disputes.services.moving import move_dispute
from tests import cast
from tests.disputes.conftest import pdf, picture
from tests.journeys.every_page import WIDE_AND_NARROW, Visitor
from tests.journeys.shots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cases(shop, channel, payment, opened, lin):
    """Five disputes in several states; the first has evidence."""
    first = opened(fee_minor=45000, evidence_due_at=cast.NOW + timedelta(days=2, hours=5), note="綠界來電通知")
    add_evidence(merchant=shop, dispute_id=first.pk, type="order", name="訂單 A10293.pdf", data=pdf(2), by=lin, now=cast.NOW)
    add_evidence(
        merchant=shop,
        dispute_id=first.pk,
        type="delivery",
        name="簽收.jpg",
        data=picture("JPEG", (800, 600)),
        by=lin,
        now=cast.NOW,
        note="門口",
    )
    add_note(merchant=shop, dispute_id=first.pk, text="已向物流調閱簽收紀錄。", by=lin, now=cast.NOW)
    give_to(merchant=shop, dispute_id=first.pk, owner=lin, by=lin, now=cast.NOW)
    for number, (reason, due, path) in enumerate(
        [("13.1", -3, []), ("4853", 30, ["under_review"]), ("duplicate", 5, ["under_review", "won"]), ("13.6", 9, ["lost"])], start=2
    ):
        one = opened(
            payment=cast.make_payment(channel, f"A1030{number}", 36000 * number), amount_minor=36000 * number, reason_code=reason,
            provider_dispute_ref=f"du_{number}", evidence_due_at=cast.NOW + timedelta(hours=due), fee_minor=45000,
        )  # fmt: skip
        for to in path:
            move_dispute(merchant=shop, dispute_id=one.pk, to=to, by=lin, now=cast.NOW)
    return first


def test_every_page_of_disputes_is_clean(page, sign_in, cases, lin):
    sign_in(lin)
    visitor = Visitor(page)

    for path in ("", "?view=closed", "new/", "import/", "figures/", f"{cases.public_id}/"):
        visitor.look("disputes", f"/m/qingtian/disputes/{path}", WIDE_AND_NARROW)

    assert visitor.seen == 6
    assert not visitor.wrong, "\n".join(visitor.wrong)


def test_a_case_is_answered_and_won(page, sign_in, shop, cases, lin, run_jobs):
    sign_in(lin)
    page.goto("/m/qingtian/disputes/")
    page.get_by_role("link", name="du_1", exact=True).click()
    page.get_by_label("What it proves").select_option("identity")
    page.get_by_label("File", exact=True).set_input_files({"name": "3ds.png", "mimeType": "image/png", "buffer": picture(color="red")})
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("link", name="3ds.png").wait_for()
    page.get_by_role("button", name="Make the evidence file").click()
    page.get_by_text("The evidence file is being made.").wait_for()
    run_jobs()
    assert EvidenceBundle.objects.get().pages >= 4
    page.reload()  # the page would reload itself once it hears that the file is made, perhaps under the next click

    page.get_by_role("button", name="The answer is sent").click()
    page.get_by_text("The dispute is now “under review”.").wait_for()
    page.get_by_text("It was decided").click()
    page.get_by_label("What came back").fill("1,000")
    page.get_by_role("button", name="Record the result").click()
    page.get_by_text("The dispute is now “won”.").wait_for()

    dispute = Dispute.objects.get(pk=cases.pk)
    assert (dispute.state, dispute.returned_minor) == ("won", 100000)
    assert page.get_by_role("button", name="Record the result").count() == 0


def test_pictures(page, sign_in, cases, lin):
    sign_in(lin)
    for name, path in {"list": "", "case": f"{cases.public_id}/", "new": "new/", "figures": "figures/", "import": "import/"}.items():
        shoot(page, f"/m/qingtian/disputes/{path}", f"disputes-{name}", user=lin)

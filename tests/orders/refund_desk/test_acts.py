"""What people do at the desk: every act through its page, by everyone who may and everyone who may not."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from lxml import html

from apps.channels.gateways import Outcome, RefundAnswer
from apps.channels.services.gateway import end_call, start_call
from apps.core.models import Job
from apps.merchants import step_up
from apps.orders.models import Refund, RefundAttachment, RefundDecision, RefundExecution, RefundRequest
from apps.orders.services.refunds import deciding, holds
from tests import cast
from tests.orders.refund_desk import scene as scenes

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
URL = "/m/qingtian/refunds/"


def act(client, refund, verb, **data):
    return client.post(f"{URL}{refund.pk}/{verb}/", data)


def state(refund) -> str:
    return Refund.objects.get(pk=refund.pk).state


def problem(answer) -> str:
    page = html.fromstring(answer.content)
    return page.xpath("//*[@role='alert']")[0].text_content().strip()


def verdicts(refund) -> list[tuple[str, str]]:
    return list(RefundDecision.objects.filter(refund=refund).order_by("pk").values_list("verdict", "reason"))


def test_approving_sends_it_once(scene, as_user):
    client = as_user(scene.approver)
    answer = act(client, scene.small, "approve")

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{URL}{scene.small.pk}/")
    assert state(scene.small) == "approved"
    assert list(Job.objects.filter(payload={"refund_id": scene.small.pk}).values_list("kind", "dedupe_key")) == [
        ("orders.submit_refund", f"refund:{scene.small.pk}")
    ]
    page = html.fromstring(client.get(answer.headers["Location"]).content)
    assert page.xpath("//*[@id='progress']//li/@class") == ["stage is-now", "stage is-later", "stage is-later"]
    assert page.xpath("//*[@id='acts']") == []

    again = act(client, scene.small, "approve")
    assert again.status_code == 422
    assert problem(again) == "Nothing was changed: this refund is already decided (approved)."
    assert verdicts(scene.small) == [("approve", "")]


def test_own_request_is_refused_and_has_no_button(scene, as_user):
    client = as_user(scene.owner)
    page = html.fromstring(client.get(f"{URL}{scene.own.pk}/").content)

    assert page.xpath("//*[@data-approve]") == []
    answer = act(client, scene.own, "approve")
    assert answer.status_code == 422
    assert problem(answer) == "You asked for this refund yourself, so somebody else has to decide it."
    assert (state(scene.own), verdicts(scene.own)) == ("requested", [])


def test_a_large_one_asks_for_the_code_in_place(scene, as_user):
    cast.with_totp(scene.approver)
    client = as_user(scene.approver)
    page = html.fromstring(client.get(f"{URL}{scene.big.pk}/").content)
    assert len(page.xpath("//form[@id='approve']//input[@name='code']")) == 1
    facts = [cell.text_content().strip() for cell in page.xpath("//*[@id='act-approve']//dd")]
    assert facts == ["NT$16,480", "綠界 · Credit card", "陳思妤"]

    without = act(client, scene.big, "approve")
    assert (without.status_code, problem(without)) == (
        422, "A refund of this amount needs your second factor, given within the last ten minutes."
    )  # fmt: skip
    wrong = act(client, scene.big, "approve", code="000000")
    assert (wrong.status_code, verdicts(scene.big)) == (422, [])
    assert html.fromstring(wrong.content).xpath("//details[@id='act-approve']/@open") == [""]

    right = act(client, scene.big, "approve", code=cast.totp_code(scene.approver, cast.NOW))
    assert right.status_code == 302
    decision = RefundDecision.objects.get(refund=scene.big)
    assert (decision.verdict, decision.decided_by, decision.mfa_at) == ("approve", scene.approver, cast.NOW)
    assert state(scene.big) == "requested"
    page = html.fromstring(client.get(f"{URL}{scene.big.pk}/").content)
    assert "You have approved this refund already; a second person has to: 林怡君." in page.text_content()


def test_the_second_person_completes_it_with_a_fresh_session(scene, as_user):
    scenes.approve(scene.big, scene.approver, hours=0)
    client = as_user(scene.owner)
    cast.give_factor(client, cast.NOW - step_up.FRESH_FOR)
    assert act(client, scene.big, "approve").status_code == 422
    cast.give_factor(client, cast.NOW - step_up.FRESH_FOR + timedelta(seconds=1))

    assert act(client, scene.big, "approve").status_code == 302
    assert state(scene.big) == "approved"


def test_without_a_factor_the_page_leads_to_setting_one_up(scene, as_user):
    page = html.fromstring(as_user(scene.approver).get(f"{URL}{scene.big.pk}/").content)

    here = quote(f"{URL}{scene.big.pk}/")
    assert page.xpath("//*[@id='act-approve']//a/@href") == [f"{reverse('merchants:step_up')}?next={here}"]
    assert page.xpath("//input[@name='code']") == []


@pytest.mark.parametrize(
    ("verb", "who", "after", "verdict"),
    [("reject", "approver", "rejected", "reject"), ("ask", "approver", "requested", "ask"), ("withdraw", "clerk", "withdrawn", "withdraw")],
)
def test_deciding_otherwise(scene, as_user, verb, who, after, verdict):
    answer = act(as_user(getattr(scene, who)), scene.small, verb, reason="seen the photos")

    assert answer.status_code == 302
    assert (state(scene.small), verdicts(scene.small)) == (after, [(verdict, "seen the photos")])


@pytest.mark.parametrize("verb", ["reject", "ask", "answer"])
def test_a_reason_is_needed_and_the_form_stays_open(scene, as_user, verb):
    person = scene.owner
    if verb == "answer":
        deciding.ask_about_refund(merchant=scene.shop, refund_id=scene.small.pk, by=scene.approver, now=cast.NOW, reason="A photo?")
    before = verdicts(scene.small)
    answer = act(as_user(person), scene.small, verb, reason="  ")

    assert (answer.status_code, problem(answer)) == (422, "Say in a few words why.")
    assert html.fromstring(answer.content).xpath(f"//details[@id='act-{verb}']/@open") == [""]
    assert (state(scene.small), verdicts(scene.small)) == ("requested", before)


def test_question_and_answer(scene, as_user):
    act(as_user(scene.approver), scene.small, "ask", reason="Is the box open?")
    clerk = as_user(scene.clerk)
    page = html.fromstring(clerk.get(f"{URL}{scene.small.pk}/").content)
    assert "王志明 asks: “Is the box open?”" in page.text_content()

    assert act(clerk, scene.small, "answer", reason="No").status_code == 302
    assert RefundRequest.objects.get(refund=scene.small).asked_at is None
    twice = act(clerk, scene.small, "answer", reason="No")
    assert (twice.status_code, problem(twice)) == (422, "Nobody asked for information about this refund.")


def test_stale_figures_stop_the_approval_until_looked_at_again(scene, as_user):
    holds.place_hold(
        merchant=scene.shop,
        payment_id=scene.small.payment_id,
        kind="dispute",
        key="dp_1",
        label="a dispute",
        amount_minor=1000,
        now=cast.NOW,
    )
    client = as_user(scene.approver)
    page = html.fromstring(client.get(f"{URL}{scene.small.pk}/").content)
    changed = [row.xpath("./th")[0].text for row in page.xpath("//table[@class='compare']//tr[contains(@class,'is-off')]")]
    assert changed == ["Held back", "Left after this refund"]
    assert page.xpath("//*[@data-approve]") == []
    words = "Nobody can approve this as it stands: money of this payment has since been held back by a dispute."
    assert words in page.text_content()

    answer = act(client, scene.small, "approve")
    assert (answer.status_code, problem(answer)) == (
        422, "Not approved: money of this payment has since been held back by a dispute. Look at the request again."
    )  # fmt: skip
    page = html.fromstring(answer.content)
    assert page.xpath("//*[@data-approve]") == []
    assert page.xpath("//form[contains(@action,'/again/')]//button")[0].text_content().strip() == "Look again and freeze the figures of now"

    assert act(client, scene.small, "again").status_code == 302
    assert act(client, scene.small, "approve").status_code == 302
    assert state(scene.small) == "approved"


def test_again_needs_a_right(scene, as_user):
    viewer = cast.viewer(scene.shop, language="en")

    answer = act(as_user(viewer), scene.small, "again")

    assert (answer.status_code, problem(answer)) == (422, "Your role does not allow this.")
    assert verdicts(scene.small) == []


def many(client, *refunds, total: str):
    return client.post(f"{URL}approve/", {"ids": [refund.pk for refund in refunds], "total": total})


def test_many_at_once_with_the_typed_total(scene, as_user):
    client = as_user(scene.approver)

    wrong = many(client, scene.own, scene.small, total="1820.01")
    assert problem(wrong) == "The chosen refunds come to NT$1,820, not NT$1,820.01. Nothing was approved."
    assert problem(many(client, scene.own, scene.small, total="")) == "Type the sum of the chosen refunds, such as 7760."
    assert problem(many(client, total="1820")) == "Choose at least one refund."
    assert (state(scene.own), state(scene.small)) == ("requested", "requested")

    assert many(client, scene.own, scene.small, total="1,820").status_code == 302
    assert (state(scene.own), state(scene.small)) == ("approved", "approved")


def test_many_at_once_leaves_out_what_cannot_be_approved_and_says_why(scene, as_user):
    answer = many(as_user(scene.owner), scene.own, scene.small, scene.big, total="18300")

    assert answer.status_code == 422
    assert [state(refund) for refund in (scene.own, scene.small, scene.big)] == ["requested", "approved", "requested"]
    said = [" ".join(line.text_content().split()) for line in html.fromstring(answer.content).xpath("//ul[@class='plain-list']/li")]
    assert said == [
        "A10219 NT$16,480 – A refund of this amount needs your second factor, given within the last ten minutes.",
        "A10231 NT$540 – You asked for this refund yourself, so somebody else has to decide it.",
    ]


def test_files_are_added_and_shown(scene, as_user):
    client = as_user(scene.clerk)
    good = SimpleUploadedFile("../cup.png", scenes.PNG + b"2")
    assert act(client, scene.small, "files", attachments=[good]).status_code == 302
    kept = RefundAttachment.objects.get(refund=scene.small)
    shown = client.get(f"{URL}{scene.small.pk}/files/{kept.pk}/")
    assert (b"".join(shown.streaming_content), shown.headers["Content-Type"]) == (scenes.PNG + b"2", "image/png")
    assert shown.headers["Content-Disposition"] == 'inline; filename="cup.png"'

    bad = act(client, scene.small, "files", attachments=[SimpleUploadedFile("x.html", b"<html><script>")])
    assert bad.status_code == 422
    assert RefundAttachment.objects.filter(refund=scene.small).count() == 1
    text = RefundAttachment.objects.get(refund=scene.big, content_type="text/plain")
    assert client.get(f"{URL}{scene.big.pk}/files/{text.pk}/").headers["Content-Disposition"] == 'attachment; filename="chat.txt"'
    assert client.get(f"{URL}{scene.small.pk}/files/{text.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("refund", "looks", "wait"),
    [("gone", "", "2"), ("gone", "3", "5"), ("gone", "99", "30"), ("lost", "", "30"), ("done", "", ""), ("small", "x", "")],
)
def test_a_page_that_waits_asks_less_and_less_often(scene, as_user, refund, looks, wait):
    answer = as_user(scene.approver).get(f"{URL}{getattr(scene, refund).pk}/progress/?looks={looks}")

    found = html.fromstring(answer.content).xpath("//*[@id='progress']/@hx-trigger")
    assert found == ([f"load delay:{wait}s"] if wait else [])


def test_the_drawer_gets_only_the_request(scene, as_user):
    client = as_user(scene.approver)

    answer = client.get(f"{URL}{scene.big.pk}/", headers={"HX-Request": "true", "HX-Target": "drawer"})

    assert b"<html" not in answer.content
    assert b'id="headline"' in answer.content


def test_what_cannot_be_sent_says_so(scene, as_user):
    client = as_user(scene.approver)
    act(client, scene.small, "approve")
    scene.shop.is_practice = False
    scene.shop.save()

    page = html.fromstring(client.get(f"{URL}{scene.small.pk}/progress/").content.decode())

    assert page.xpath("//*[@id='progress']/@hx-trigger") == []
    assert page.xpath("//p")[0].text_content() == (
        "Approved, and not sent: 綠界 cannot be called yet. It goes out once its credentials are entered."
    )


def test_an_unknown_result_says_when_it_is_asked_about(scene, as_user):
    moment = cast.NOW + timedelta(minutes=5)
    RefundExecution.objects.create(merchant=scene.shop, refund=scene.lost, submitted_at=cast.NOW, ask_at=moment)
    client = as_user(scene.approver)

    page = html.fromstring(client.get(f"{URL}{scene.lost.pk}/progress/").content)
    assert [line.text_content() for line in page.xpath("//p")] == [
        "The result is being confirmed; the system asks by itself. Do not send it again.",
        "next look 20 Nov 15:51",
    ]
    row = html.fromstring(client.get(URL).content).xpath(f"//tr[@data-id='{scene.lost.pk}']/td")[-1]
    assert "next look 20 Nov 15:51" in row.text_content()


def test_the_page_tells_what_the_provider_was_asked(scene, as_user):
    call = start_call(channel=scene.stripe, operation="refund", key=scene.lost.request.idempotency_key, now=cast.NOW)
    end_call(call, RefundAnswer(Outcome.UNKNOWN, code="timeout", message="no answer in 20 s", raw={"status": 504}), cast.NOW)
    page = html.fromstring(as_user(scene.approver).get(f"{URL}{scene.lost.pk}/").content)

    section = page.xpath("//section[h3='What the provider was asked']")[0]
    assert section.xpath(".//*[@class='title']")[0].text_content() == "Sent to the provider"
    assert section.xpath(".//*[@class='detail']")[0].text_content() == "no clear answer · timeout · no answer in 20 s"
    assert section.xpath(".//pre")[0].text_content() == '{\n "status": 504\n}'

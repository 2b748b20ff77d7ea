"""Asking for a refund: from the order, the list, a difference and a file; what cannot go back says why before the button."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation
from lxml import html

from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.orders.models import Refund, RefundRequest
from apps.orders.selectors.refund_doors import doors_of
from apps.settlements.selectors.advice import advice_of
from apps.settlements.selectors.facts import detail_of, facts_of
from tests import cast
from tests.orders.refund_desk import scene as scenes

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
URL = "/m/qingtian/refunds/"
ASK = {"part": "whole", "reason_code": "customer_request", "request_key": "k1"}


@pytest.fixture
def payment(scene):
    return cast.make_payment(scene.ecpay, "A10400", 128000)


def form_of(client, payment, query=""):
    answer = client.get(f"{URL}new/{payment.pk}/{query}")
    assert answer.status_code == 200
    return html.fromstring(answer.content)


def send(client, payment, **data):
    return client.post(f"{URL}new/{payment.pk}/", {**ASK, **data})


def asked(payment) -> list[tuple[int, str]]:
    return list(Refund.objects.filter(payment=payment).order_by("pk").values_list("amount_minor", "request__reason_code"))


def test_the_whole_payment_is_one_press(scene, as_user, payment):
    client = as_user(scene.clerk)
    files = [SimpleUploadedFile("slip.txt", b"returned"), SimpleUploadedFile("cup.png", scenes.PNG)]

    answer = send(client, payment, note="box damaged", customer_note="Sorry", attachments=files)
    assert answer.status_code == 302, html.fromstring(answer.content).text_content()
    request = RefundRequest.objects.get(refund__payment=payment)

    assert (answer.status_code, answer.headers["Location"]) == (302, f"{URL}{request.refund_id}/")
    assert (request.refund.amount_minor, request.note, request.customer_note, request.requested_by) == (
        128000, "box damaged", "Sorry", scene.clerk
    )  # fmt: skip
    assert sorted(request.refund.attachments.values_list("name", flat=True)) == ["cup.png", "slip.txt"]


def test_pressing_twice_asks_once(scene, as_user, payment):
    client = as_user(scene.clerk)

    first, second = send(client, payment), send(client, payment)

    assert first.headers["Location"] == second.headers["Location"]
    assert asked(payment) == [(128000, "customer_request")]


@pytest.mark.parametrize(
    ("typed", "kept", "problem"),
    [
        ("280", 28000, ""),
        ("1,280.00", 128000, ""),
        ("1280.01", None, "Type an amount between NT$0.01 and NT$1,280; that much of this payment can still be refunded."),
        ("0", None, "Type an amount between NT$0.01 and NT$1,280; that much of this payment can still be refunded."),
        ("12.345", None, "Type a plain amount such as 1280 or 12.50."),
        ("", None, "Type a plain amount such as 1280 or 12.50."),
    ],
)
def test_a_part_of_it(scene, as_user, payment, typed, kept, problem):
    answer = send(as_user(scene.clerk), payment, part="part", amount=typed)

    assert asked(payment) == ([(kept, "customer_request")] if kept else [])
    assert answer.status_code == (302 if kept else 422)
    if problem:
        page = html.fromstring(answer.content)
        assert problem in page.text_content()
        assert page.xpath("//input[@name='amount']/@value") in ([typed], [])


def test_another_reason_needs_words(scene, as_user, payment):
    answer = send(as_user(scene.clerk), payment, reason_code="other")

    assert (answer.status_code, asked(payment)) == (422, [])
    assert "Say in a few words why." in html.fromstring(answer.content).text_content()


def test_a_refused_file_refuses_the_request(scene, as_user, payment):
    answer = send(as_user(scene.clerk), payment, attachments=[SimpleUploadedFile("x.html", b"<script>")])

    assert (answer.status_code, asked(payment)) == (422, [])


def test_the_page_says_what_is_left(scene, as_user):
    page = form_of(as_user(scene.clerk), scene.small.payment)
    facts = [cell.text_content().strip() for cell in page.xpath("//dl[@class='facts']//dd")]

    assert facts == ["Credit card", "A10199", "3,280", "800", "1,280", "1,200"]
    assert "All that is left NT$1,200" in " ".join(page.text_content().split())


def test_what_cannot_go_back_says_why_and_has_no_form(scene, as_user):
    page = form_of(as_user(scene.clerk), scene.own.payment)

    assert page.xpath("//form[.//select[@name='reason_code']]") == []
    assert page.xpath("//*[contains(@class,'banner--amber')]")[0].text_content().strip() == (
        "Nothing is left to refund: NT$0 was refunded and NT$540 is on its way."
    )


def test_the_address_fills_the_form_in(scene, as_user, payment):
    client = as_user(scene.clerk)
    page = form_of(client, payment, "?reason=duplicate&amount=12.5&note=paid+twice")

    assert page.xpath("//input[@name='part'][@checked]/@value") == ["part"]
    assert page.xpath("//input[@name='amount']/@value") == ["12.50"]
    assert page.xpath("//select[@name='reason_code']/option[@selected]/@value") == ["duplicate"]
    assert page.xpath("//textarea[@name='note']")[0].text.strip() == "paid twice"
    odd = form_of(client, payment, "?reason=x&amount=99999")
    assert odd.xpath("//input[@name='part'][@checked]/@value") == ["whole"]


def test_people_without_the_right_get_no_door(scene, as_user):
    story = f"/m/qingtian/orders/{scene.small.payment.order.order_no}/story"

    for person, doors in ((scene.clerk, 1), (scene.approver, 0)):
        for address in (story, "/m/qingtian/orders/payments/?q=A10199"):
            page = html.fromstring(as_user(person).get(address).content)
            found = page.xpath(f"//a[@href='{URL}new/{scene.small.payment_id}/']")
            assert len(found) == doors


def test_a_shut_door_says_why(scene, as_user):
    story = f"/m/qingtian/orders/{scene.own.payment.order.order_no}/story"
    page = html.fromstring(as_user(scene.clerk).get(story).content)

    assert len(page.xpath("//button[@disabled]")) == 1
    assert "Nothing is left to refund: NT$0 was refunded and NT$540 is on its way." in page.text_content()


def test_doors_cost_two_queries(scene, django_assert_num_queries):
    payments = [cast.make_payment(scene.ecpay, f"B{number}") for number in range(6)]
    with django_assert_num_queries(2):
        doors = doors_of(payments, cast.NOW)
    assert [door.balance_minor for door in doors] == [128000] * 6
    with django_assert_num_queries(0):
        assert doors_of([], cast.NOW) == []


def test_a_payment_made_twice_offers_the_refund_first(scene, as_user, payment):
    with translation.override("en"):
        item = cast.make_discrepancy(
            scene.ecpay, "duplicate_payment", payment=payment, order_no="A10400", expected_minor=0, actual_minor=128000
        )
        facts = facts_of(detail_of(scene.shop).get(pk=item.pk))
        first = advice_of(facts, has_likely=False)[0]
    assert (first.verb, first.right) == ("Request the refund…", "request_refund")
    assert first.href.startswith(f"{URL}new/{payment.pk}/?reason=duplicate&note=")

    page = html.fromstring(as_user(cast.accountant(scene.shop, language="en")).get(f"/m/qingtian/discrepancies/{item.pk}/").content)
    assert page.xpath("//ol[@class='advice']//a/@href")[0] == first.href
    refused = html.fromstring(as_user(scene.approver).get(f"/m/qingtian/discrepancies/{item.pk}/").content)
    assert first.href not in refused.xpath("//ol[@class='advice']//a/@href")


def test_too_much_paid_offers_the_difference(scene, payment):
    item = cast.make_discrepancy(scene.ecpay, "amount_mismatch", payment=payment, expected_minor=128000, actual_minor=130050)
    with translation.override("en"):
        found = advice_of(facts_of(detail_of(scene.shop).get(pk=item.pk)), has_likely=False)

    assert [one.verb for one in found][-1] == "Request the refund…"
    assert "amount=20.50" in found[-1].href
    assert "reason=price_adjustment" in found[-1].href


def test_a_file_is_seen_row_by_row_and_asks_once(scene, as_user, payment):
    rows = [f"ecpay,{payment.merchant_ref},300,TWD,duplicate,seen,", "ecpay,nobody,1,TWD,fraud,,"]
    data = "\n".join(["channel,merchant_ref,amount,currency,reason,note,customer_note", *rows]).encode()
    client = as_user(scene.clerk)
    answer = client.post(f"{URL}file/", {"file": SimpleUploadedFile("asked.csv", data)})
    job = Job.objects.get(kind="orders.check_refund_requests")
    assert answer.headers["Location"] == f"{URL}file/{job.pk}/"

    run(job_id=job.pk)
    page = html.fromstring(client.get(answer.headers["Location"]).content)
    tables = [[cell.text_content().strip() for cell in table.xpath(".//tbody//td")] for table in page.xpath("//table[@class='table']")]
    assert tables == [
        ["3", "merchant_ref", "nobody", "No payment with the reference “nobody” is known in this channel; bring payments in first."],
        ["2", "ecpay", "A10400", "TWD 300", "paid twice", "seen"],
    ]
    assert asked(payment) == []

    address = page.xpath("//form[contains(@action,'/confirm/')]/@action")[0]
    done = client.post(address, {"keep_good": "1"})
    run(job_id=Job.objects.get(kind="orders.request_refunds").pk)
    assert asked(payment) == [(30000, "duplicate")]
    assert client.get(done.headers["Location"]).status_code == 200


def test_the_columns_can_be_had_as_a_file(scene, as_user):
    answer = as_user(scene.clerk).get(f"{URL}file/columns/")

    assert answer.content.decode("utf-8-sig") == "channel,merchant_ref,amount,currency,reason,note,customer_note\r\n"

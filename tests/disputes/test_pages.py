"""What the pages answer."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.core import files
from apps.disputes.models import Dispute, Evidence
from apps.disputes.services.evidence import add_evidence
from apps.disputes.services.moving import move_dispute
from apps.orders.models import PaymentHold
from apps.settlements.models import Discrepancy
from tests import cast
from tests.disputes.conftest import picture
from tests.disputes.test_file import book


def url(name, *args):
    return reverse(f"disputes:{name}", args=["qingtian", *args])


@pytest.fixture
def desk(client, lin):
    client.force_login(lin, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(response) -> str:
    return response.content.decode()


def numbers(response) -> list[str]:
    return re.findall(r'class="title ident" href="[^"]*">([^<]*)<', page(response))


def test_the_list_shows_what_waits_for_us_first_by_deadline(desk, shop, opened):
    for number, hours in enumerate((72, -2, 20), start=1):
        opened(provider_dispute_ref=f"du_{number}", evidence_due_at=cast.NOW + timedelta(hours=hours))
    reviewed = opened(provider_dispute_ref="du_4", evidence_due_at=cast.NOW + timedelta(hours=1))
    move_dispute(merchant=shop, dispute_id=reviewed.pk, to="under_review", by=None, now=cast.NOW)
    ended = opened(provider_dispute_ref="du_5")
    move_dispute(merchant=shop, dispute_id=ended.pk, to="accepted", by=None, now=cast.NOW)

    assert numbers(desk.get(url("disputes"))) == ["du_2", "du_3", "du_1", "du_4"]
    assert numbers(desk.get(url("disputes") + "?view=closed")) == ["du_5"]
    assert numbers(desk.get(url("disputes") + "?view=waiting&due=overdue")) == ["du_2"]
    assert numbers(desk.get(url("disputes") + "?view=waiting&due=1")) == ["du_2", "du_3"]
    assert numbers(desk.get(url("disputes") + "?view=all&state=under_review")) == ["du_4"]
    assert numbers(desk.get(url("disputes") + "?view=all&family=not_received")) == []


def test_the_list_reads_as_many_rows_as_it_shows(desk, channel, opened, django_assert_num_queries):
    def shown():
        with django_assert_num_queries(counted):
            return len(numbers(desk.get(url("disputes") + "?view=all")))

    opened()
    desk.get(url("disputes"))
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as captured:
        desk.get(url("disputes") + "?view=all")
    counted = len(captured)
    for number in range(2, 12):
        opened(payment=cast.make_payment(channel, f"C{number}"), provider_dispute_ref=f"du_{number}")

    assert shown() == 11


def test_the_export_holds_exactly_the_filtered_rows(desk, opened):
    opened()
    opened(provider_dispute_ref="du_2", reason_code="13.1", amount_minor=5000)

    text = b"".join(desk.get(url("disputes") + "?view=all&family=not_received&export=csv").streaming_content).decode()

    assert "du_2" in text
    assert "du_1" not in text


def test_a_dispute_by_hand(desk, shop, payment):
    said = {
        "reference": "a10293", "kind": "chargeback", "amount": "1,000", "fee": "450", "reason_code": "4853", "opened_on": "2026-11-18",
        "evidence_due_at": "2026-11-28T18:00", "provider_dispute_ref": "du_9", "note": "by letter",
    }  # fmt: skip

    response = desk.post(url("new"), said)

    dispute = Dispute.objects.get()
    assert response.headers["Location"] == url("case", dispute.public_id)
    assert (dispute.payment, dispute.amount_minor, dispute.fee_minor, dispute.family) == (payment, 100000, 45000, "not_as_described")
    assert dispute.opened_at == datetime(2026, 11, 18, 4, tzinfo=UTC)
    assert dispute.evidence_due_at == datetime(2026, 11, 28, 10, tzinfo=UTC)
    assert PaymentHold.objects.get(released_at=None).amount_minor == 100000


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reference": "nowhere"}, "No payment is known under this number."),
        ({"amount": "9,999"}, "The amount must be above zero and at most what was paid: NT$1,280."),
        ({"amount": "12.345"}, "Enter an amount such as 1280 or 12.50."),
        ({"fee": "-1"}, "Enter the amount without a minus."),
        ({"opened_on": ""}, "This field is required."),
        ({"provider_dispute_ref": "du_1"}, "This dispute is on record already: du_1."),
    ],
)
def test_a_wrong_entry_is_told_and_nothing_is_written(desk, opened, change, sentence):
    opened()
    said = {"reference": "A10293", "kind": "chargeback", "opened_on": "2026-11-18", **change}

    response = desk.post(url("new"), said)

    assert response.status_code == 422
    assert sentence in page(response)
    assert Dispute.objects.count() == 1


def test_several_payments_of_an_order_are_named(desk, shop, channel, payment):
    cast.make_payment(channel, order=payment.order, merchant_ref="A10293-2", provider_ref="P2")
    cast.make_payment(channel, order=payment.order, merchant_ref="A10293-3", provider_ref="P3", amount_minor=5)

    response = desk.post(url("new"), {"reference": "A10293", "kind": "chargeback", "opened_on": "2026-11-18"})
    assert response.status_code == 302  # the very reference of one payment goes first
    Dispute.objects.all().delete()
    payment.merchant_ref_key = "a10293-1"
    payment.save()
    response = desk.post(url("new"), {"reference": "A10293", "kind": "chargeback", "opened_on": "2026-11-18"})

    assert "Several payments fit" in page(response)
    assert not Dispute.objects.exists()


def test_the_desk_offers_to_open_the_dispute_of_a_chargeback_line(client, desk, shop, channel, payment):
    line = cast.make_line(
        cast.make_statement(channel), kind="dispute", gross=-128000, fee=-45000, provider_ref=payment.provider_ref,
        provider_refund_ref="du_1",
    )  # fmt: skip
    item = Discrepancy.objects.create(
        merchant=shop, channel=channel, kind="dispute_missing_in_books", subject_type="line", subject_key=str(line.pk), line=line,
        currency="TWD", expected_minor=0, actual_minor=-128000, difference_minor=-128000, business_date=cast.TODAY, severity="high",
        opened_at=cast.NOW, due_at=cast.NOW,
    )  # fmt: skip
    act, shown = url("open_from_line", line.pk), reverse("settlements:discrepancy", args=["qingtian", item.pk])
    assert f'action="{act}"' in page(desk.get(shown))

    response = desk.post(act)

    dispute = Dispute.objects.get()
    assert response.headers["Location"] == url("case", dispute.public_id)
    assert (dispute.payment, dispute.fee_minor, dispute.origin) == (payment, 45000, "line")
    assert desk.post(act).headers["Location"] == url("case", dispute.public_id)
    assert Dispute.objects.count() == 1
    client.force_login(cast.viewer(shop), backend="django.contrib.auth.backends.ModelBackend")
    assert act not in page(client.get(shown))


def test_a_case_says_what_is_claimed_and_what_is_asked_for(desk, opened):
    html = page(desk.get(url("case", opened().public_id)))

    assert "The cardholder says that somebody else used the card" in html
    assert "Proof that the cardholder paid" in html
    assert "what the channel took is held for disputes until the case ends" in html


def test_moves_over_the_page(desk, opened):
    dispute = opened()
    assert desk.post(url("move", dispute.public_id), {"to": "under_review"}).status_code == 302
    wrong = desk.post(url("move", dispute.public_id), {"to": "lost", "returned": "1,280"})
    assert (wrong.status_code, "What came back must be between" in page(wrong)) == (422, True)

    desk.post(url("move", dispute.public_id), {"to": "lost", "returned": "280", "fee": "450", "text": "half a victory"})

    dispute.refresh_from_db()
    assert (dispute.state, dispute.returned_minor, dispute.fee_minor) == ("lost", 28000, 45000)
    again = desk.post(url("move", dispute.public_id), {"to": "won"})
    assert (again.status_code, "This dispute has ended" in page(again)) == (422, True)


def test_details_owner_and_note(desk, lin, opened):
    dispute = opened(evidence_due_at=None)
    desk.post(
        url("details", dispute.public_id), {"reason_code": "13.1", "family": "fraud", "evidence_due_at": "2026-12-01T12:00", "fee": "15"}
    )
    desk.post(url("owner", dispute.public_id), {"owner": lin.pk})
    desk.post(url("note", dispute.public_id), {"text": "asked the carrier"})

    dispute.refresh_from_db()
    assert (dispute.family, dispute.fee_minor, dispute.owner, dispute.due_is_guess) == ("not_received", 1500, lin, False)
    assert dispute.evidence_due_at == datetime(2026, 12, 1, 4, tzinfo=UTC)
    assert dispute.events.last().text == "asked the carrier"


def test_a_dispute_goes_only_to_who_may_answer_it(desk, shop, opened):
    dispute = opened()

    response = desk.post(url("owner", dispute.public_id), {"owner": cast.viewer(shop).pk})

    assert response.status_code == 422
    dispute.refresh_from_db()
    assert dispute.owner is None


def test_evidence_goes_up_and_comes_down_as_a_download(desk, opened):
    dispute = opened()
    file = SimpleUploadedFile("../收據.exe", picture(), "application/x-msdownload")

    desk.post(url("upload", dispute.public_id), {"type": "order", "file": file, "note": "front"})

    kept = Evidence.objects.get()
    assert (kept.name, kept.media_type, kept.note) == ("收據.png", "image/png", "front")
    response = desk.get(url("document", dispute.public_id, kept.pk))
    assert response.content == picture()
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert (response.headers["Content-Type"], response.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    desk.post(url("remove", dispute.public_id, kept.pk))
    assert Evidence.objects.get().removed_at == cast.NOW


def test_a_file_that_is_no_evidence_is_told_at_its_field(desk, opened):
    dispute = opened()

    response = desk.post(url("upload", dispute.public_id), {"type": "order", "file": SimpleUploadedFile("a.pdf", b"MZ\x90\x00")})

    assert response.status_code == 422
    assert "not a PDF, a PNG or JPEG picture, or plain text" in page(response)
    assert not Evidence.objects.exists()


def test_another_dispute_s_document_is_not_found(desk, shop, opened, lin):
    one, other = opened(), opened(provider_dispute_ref="du_2")
    kept = add_evidence(merchant=shop, dispute_id=one.pk, type="order", name="a.png", data=picture(), by=lin, now=cast.NOW)

    assert desk.get(url("document", other.public_id, kept.pk)).status_code == 404
    assert desk.post(url("remove", other.public_id, kept.pk)).status_code == 404


def test_disputes_csv_is_looked_at_before_it_is_written(desk, payment):
    response = desk.post(url("import"), {"file": SimpleUploadedFile("disputes.csv", book({}, {"dispute_no": "D-2", "channel": "x"}))})

    assert not Dispute.objects.exists()
    assert "This merchant has no channel" in page(response)
    token = re.search(r'name="token" value="([^"]+)"', page(response))[1]
    assert desk.post(url("import_confirm"), {"token": token}).status_code == 422
    assert not Dispute.objects.exists()
    desk.post(url("import_confirm"), {"token": token, "keep_good": "1"})
    assert Dispute.objects.get().dispute_no == "D-1"


def test_a_preview_of_another_shop_cannot_be_confirmed(client, desk, shop, payment):
    response = desk.post(url("import"), {"file": SimpleUploadedFile("disputes.csv", book({}))})
    token = re.search(r'name="token" value="([^"]+)"', page(response))[1]
    other = cast.make_merchant("other")
    client.force_login(cast.owner(other), backend="django.contrib.auth.backends.ModelBackend")

    for wrong in (token, token + "x", files.store(b"secret"), ""):
        assert client.post(reverse("disputes:import_confirm", args=["other"]), {"token": wrong}).status_code == 422

    assert not Dispute.objects.exists()


def test_figures_by_reason_channel_product_and_storefront(desk, shop, opened, channel):
    plan = [("10.4", "won", 50000), ("10.4", "lost", None), ("13.1", "lost", 28000), ("13.1", "accepted", None), ("13.1", None, None)]
    for number, (reason, to, returned) in enumerate(plan):
        one = opened(
            payment=cast.make_payment(channel, f"F{number}", method="credit_card" if number < 3 else "apple_pay"),
            provider_dispute_ref=f"f_{number}",
            reason_code=reason,
            fee_minor=1500,
        )
        if to:
            move_dispute(merchant=shop, dispute_id=one.pk, to=to, by=None, now=cast.NOW, returned_minor=returned)

    response = desk.get(url("figures"))

    total = response.context["total"]
    assert (total.opened, total.won, total.lost, total.accepted, total.still_open) == (5, 1, 2, 1, 1)
    assert total.win_ppm == 333_333
    # lost: 78000 of the won one, 128000, 100000 and 128000; fees 5 × 1500; one still runs
    assert total.money == [("TWD", 434000, 7500, 441500, 128000)]
    by_reason = {row.label: (row.opened, row.win_ppm, row.money) for row in response.context["groups"][0][2]}
    assert by_reason == {
        "not received": (3, 0, [("TWD", 228000, 4500, 232500, 128000)]), "fraud": (2, 500_000, [("TWD", 206000, 3000, 209000, 0)]),
    }  # fmt: skip
    assert [(row.label, row.opened) for row in response.context["groups"][1][2]] == [("綠界", 5)]
    by_method = {row.label: (row.opened, row.win_ppm, row.money) for row in response.context["groups"][2][2]}
    assert by_method == {
        "Credit card": (3, 333_333, [("TWD", 306000, 4500, 310500, 0)]), "Apple Pay": (2, None, [("TWD", 128000, 3000, 131000, 128000)]),
    }  # fmt: skip
    assert [(row.label, row.opened) for row in response.context["groups"][3][2]] == [("without a storefront", 5)]
    assert desk.get(url("figures") + "?first=2020-01-01&last=2020-12-31").context["total"].opened == 0

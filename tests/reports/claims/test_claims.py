"""Claim sheets: what counts as overcharged, why, the two files, and what happens once a sheet was sent."""

import io
from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from apps.audit.models import AuditEvent
from apps.core import files
from apps.core.models import Job
from apps.reports.errors import ClaimedAlready, NothingToClaim
from apps.reports.figures.claims import CauseSum, claim_of, claims_by_channel
from apps.reports.models import ClaimSheet
from apps.reports.services.claims import ask_for_claim, make_claim, mark_claimed
from apps.settlements.enums import Kind
from tests import cast

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
CARD = {"percent_ppm": 27_500, "valid_from": date(2026, 1, 1)}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"), time_machine.travel(cast.NOW, tick=False):
        yield


@pytest.fixture
def ecpay():
    channel = cast.make_channel(cast.make_merchant())
    cast.make_fee_rule(channel, methods=("credit_card",), **CARD)
    cast.make_fee_rule(channel, methods=("unionpay",), **CARD | {"percent_ppm": 35_000})
    return channel


def overcharge(channel, order_no: str, gross: int, agreed: int, charged: int, **fields):
    """A payment whose fee is not the agreed one."""
    payment = cast.make_payment(channel, order_no, gross)
    line = cast.make_line(cast.make_statement(channel, day=cast.TODAY), payment=payment, fee=-charged, row_no=42)
    return cast.make_discrepancy(
        channel,
        Kind.FEE_MISMATCH,
        payment=payment,
        line=line,
        subject_type="payment",
        subject_key=str(payment.pk),
        order_no=order_no,
        provider_ref=payment.provider_ref,
        expected_minor=-agreed,
        actual_minor=-charged,
        source_file="20261118.csv",
        source_row=42,
        **fields,
    )


def october(channel):
    return {"channel": channel, "first": FIRST, "last": LAST}


def test_only_open_and_claimed_overcharges_are_claimed(ecpay):
    mine = overcharge(ecpay, "A1", 128000, 3520, 4480)
    overcharge(ecpay, "A2", 128000, 3500, 3000)
    overcharge(ecpay, "A3", 128000, 3520, 4480, business_date=date(2026, 10, 31))
    done = {"reason": "x", "closed_at": cast.NOW}
    claimed = overcharge(ecpay, "A4", 128000, 3520, 4480, state="resolved", resolution="claimed", **done)
    overcharge(ecpay, "A5", 128000, 3520, 4480, state="written_off", resolution="written_off", **done)
    overcharge(cast.make_channel(ecpay.merchant, "newebpay"), "A6", 128000, 3520, 4480)
    overcharge(cast.make_channel(cast.make_merchant("other"), "theirs"), "A7", 128000, 3520, 4480)

    claim = claim_of(**october(ecpay))

    assert [row.pk for row in claim.rows] == [mine.pk, claimed.pk]
    assert claim.totals == [("TWD", 2, 1920)]
    assert [(one.channel.code, one.count, one.claimed) for one in claims_by_channel(ecpay.merchant, FIRST, LAST)] == [
        ("ecpay", 2, 1920),
        ("newebpay", 1, 960),
    ]


def test_each_row_names_the_cause_that_its_figure_fits(ecpay):
    overcharge(ecpay, "A1", 128000, 3520, 4480)
    overcharge(ecpay, "A2", 200000, 5500, 11000)

    claim = claim_of(**october(ecpay))

    card, twice = "the terms for UnionPay (3.50\xa0%) were applied", "the fee was charged twice"
    assert [(row.order_no, row.agreed, row.charged, row.claimed, row.cause) for row in claim.rows] == [
        ("A1", 3520, 4480, 960, card),
        ("A2", 5500, 11000, 5500, twice),
    ]
    assert claim.causes == [CauseSum(twice, "TWD", 1, 5500), CauseSum(card, "TWD", 1, 960)]


def test_causes_cost_the_same_queries_for_one_fee_and_for_many(ecpay, django_assert_num_queries):
    overcharge(ecpay, "A1", 128000, 3520, 4480)
    with django_assert_num_queries(3):
        claim_of(**october(ecpay))
    for number in range(2, 6):
        overcharge(ecpay, f"A{number}", 128000, 3520, 4480)

    with django_assert_num_queries(3):
        claim_of(**october(ecpay))


def test_a_sheet_is_made_in_the_background_and_its_files_add_up(ecpay, run_jobs, pdf_tools):
    overcharge(ecpay, "A1", 128000, 3520, 4480)
    overcharge(ecpay, "=A2", 200000, 5500, 11000)
    lin = cast.accountant(ecpay.merchant)

    ask_for_claim(**october(ecpay), language="en", by=lin, now=cast.NOW)
    ask_for_claim(**october(ecpay), language="en", by=lin, now=cast.NOW)
    run_jobs()

    sheet = ClaimSheet.objects.get()
    assert (sheet.count, sheet.totals, sheet.made_by) == (2, [{"currency": "TWD", "count": 2, "claimed": 6460}], lin)
    book = CalamineWorkbook.from_filelike(io.BytesIO(files.read(sheet.xlsx_path)))
    rows = book.get_sheet_by_name("Claims").to_python()
    assert [[row[1], row[6], row[7], row[8], row[9], row[11]] for row in rows[1:]] == [
        ["A1", 1280, 35.2, 44.8, 9.6, "20261118.csv, row 42"],
        ["'=A2", 2000, 55, 110, 55, "20261118.csv, row 42"],
    ]
    assert [row[1:] for row in book.get_sheet_by_name("By cause").to_python()[1:]] == [["TWD", 1, 55], ["TWD", 1, 9.6]]
    pages = PdfReader(io.BytesIO(files.read(sheet.pdf_path))).pages
    text = " ".join(page.extract_text() for page in pages)
    assert "Claim for overcharged fees" in text
    assert "NT$64.60" in text


def test_nothing_to_claim_is_said_before_a_sheet_is_asked_for(ecpay):
    with pytest.raises(NothingToClaim):
        ask_for_claim(**october(ecpay), language="en", by=cast.owner(ecpay.merchant), now=cast.NOW)
    with pytest.raises(NothingToClaim):
        make_claim(**october(ecpay), language="en", by=None, now=cast.NOW, progress=lambda percent, step: None)

    assert (Job.objects.count(), ClaimSheet.objects.count()) == (0, 0)


def made(channel, *items) -> ClaimSheet:
    return ClaimSheet.objects.create(
        merchant=channel.merchant,
        channel=channel,
        first_day=FIRST,
        last_day=LAST,
        count=len(items),
        totals=[{"currency": "TWD", "count": len(items), "claimed": 1000}],
        discrepancies=[item.pk for item in items],
        pdf_path=files.store(b"%PDF"),
        xlsx_path=files.store(b"PK"),
        made_at=cast.NOW,
    )


def test_marking_a_sheet_as_sent_resolves_what_it_lists_once(ecpay):
    item, other = overcharge(ecpay, "A1", 128000, 3520, 4480), overcharge(ecpay, "A2", 128000, 3520, 4480)
    sheet, wang = made(ecpay, item), cast.owner(ecpay.merchant)

    resolved = mark_claimed(merchant=ecpay.merchant, sheet_id=sheet.pk, by=wang, now=cast.NOW)

    item.refresh_from_db()
    other.refresh_from_db()
    assert (resolved, item.state, item.resolution, item.closed_by, item.reason) == (
        1, "resolved", "claimed", wang, "綠界 2026/11/01–2026/11/30",
    )  # fmt: skip
    assert other.state == "open"
    with pytest.raises(ClaimedAlready):
        mark_claimed(merchant=ecpay.merchant, sheet_id=sheet.pk, by=wang, now=cast.NOW)
    assert AuditEvent.objects.filter(action="claim.sent").count() == 1


def test_a_sheet_without_rows_or_with_its_days_the_wrong_way_round_is_refused_by_the_database(ecpay):
    item = overcharge(ecpay, "A1", 128000, 3520, 4480)
    for change in ({"count": 0}, {"first_day": LAST, "last_day": FIRST}):
        sheet = made(ecpay, item)
        with pytest.raises(IntegrityError), transaction.atomic():
            ClaimSheet.objects.filter(pk=sheet.pk).update(**change)


def test_the_page_shows_channels_rows_and_sheets(ecpay, client):
    overcharge(ecpay, "A1", 128000, 3520, 4480)
    sheet = made(ecpay, overcharge(ecpay, "A2", 128000, 3520, 4480))
    client.force_login(cast.accountant(ecpay.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("reports:claims", args=["qingtian"])

    page = client.get(address, {"channel": "ecpay", "first": "2026-11-01", "last": "2026-11-30"})

    assert [row.order_no for row in page.context["claim"].rows] == ["A1", "A2"]
    assert page.content.decode().count("The terms for UnionPay (3.50\xa0%) were applied") == 3  # the sum, and each row
    file = client.get(reverse("reports:claim_file", args=["qingtian", sheet.pk, "xlsx"]))
    assert (file.content, file["Content-Disposition"]) == (
        b"PK",
        'attachment; filename="qingtian-claim-ecpay-20261101-20261130.xlsx"',
    )
    assert client.get(reverse("reports:claim_file", args=["qingtian", sheet.pk, "exe"])).status_code == 404


def test_the_page_says_when_nothing_is_to_be_claimed_and_refuses_days_the_wrong_way_round(ecpay, client):
    client.force_login(cast.viewer(ecpay.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("reports:claims", args=["qingtian"])

    empty, wrong = client.get(address), client.get(address, {"channel": "ecpay", "first": "2026-11-30", "last": "2026-11-01"})

    assert "No fee above the plan" in empty.content.decode()
    assert "The last day lies before the first." in wrong.content.decode()

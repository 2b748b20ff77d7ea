"""The queue: what it lists, in which order, at what cost; its filters, views and files."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import Job
from apps.merchants.models import SavedView
from apps.settlements.models import ReconciliationRun
from apps.settlements.selectors import discrepancies as queue
from tests import cast

URL = "/m/qingtian/discrepancies/"
pytestmark = pytest.mark.postgres


def listed(response) -> list[int]:
    return [item.pk for item in response.context["page"].rows]


@pytest.fixture
def three(ecpay, lin):
    """Overdue and large, mine, and another currency."""
    late, later = cast.NOW - timedelta(hours=5), cast.NOW + timedelta(days=3)
    large = {"expected_minor": 368000, "actual_minor": 0, "severity": "high"}
    yen = {"expected_minor": 900, "actual_minor": 700, "currency": "JPY"}
    return [
        cast.make_discrepancy(ecpay, "missing_at_provider", order_no="A10251", due_at=late, **large),
        cast.make_discrepancy(ecpay, "fee_mismatch", order_no="A10293", owner=lin),
        cast.make_discrepancy(ecpay, "amount_mismatch", provider_ref="2611ABC", due_at=later, **yen),
    ]


def test_open_ones_stand_in_order_of_their_deadline_with_totals_per_currency(desk, three, ecpay):
    cast.make_discrepancy(ecpay, state="cleared", closed_at=cast.NOW)

    page = desk.get(URL)

    assert listed(page) == [item.pk for item in three]
    assert page.context["totals"] == [queue.Total("JPY", 1, -200), queue.Total("TWD", 2, -369200)]
    assert [tab.count for tab in page.context["tabs"]] == ["3", "1", "1", "1", "0"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("view=mine", [1]),
        ("view=overdue", [0]),
        ("view=large", [0]),
        ("kind=fee_mismatch", [1]),
        ("severity=high", [0]),
        ("owner=nobody", [0, 2]),
        ("owner=me", [1]),
        ("currency=JPY", [2]),
        ("least=700", [0]),
        ("least=150", [0, 2]),
        ("channel=ecpay", [0, 1, 2]),
        ("q=a102", [0, 1]),
        ("q=2611abc", [2]),
        ("q=ABC", []),
        ("first=2026-11-17", []),
        ("last=2026-11-16", [0, 1, 2]),
        ("sort=amount", [0, 1, 2]),
        ("sort=kind", [2, 1, 0]),
        ("state=closed", []),
        ("kind=nonsense", [0, 1, 2]),
    ],
)
def test_filters_and_orders(desk, three, query, expected):
    page = desk.get(f"{URL}?{query}")

    assert page.status_code == 200
    assert listed(page) == [three[number].pk for number in expected]


def test_search_finds_what_is_closed_and_an_order_by_amount_survives_paging(desk, ecpay):
    gone = cast.make_discrepancy(ecpay, order_no="B7", state="cleared", closed_at=cast.NOW)
    rows = [cast.make_discrepancy(ecpay, expected_minor=0, actual_minor=amount) for amount in (5, 9, 9, 7, 1)]
    found = queue.of_merchant(ecpay.merchant).filter(state="open")

    first = queue.page_of(ecpay.merchant, found, "amount", {}, size=2)
    second = queue.page_of(ecpay.merchant, found, "amount", {"after": str(first.after)}, size=2)
    third = queue.page_of(ecpay.merchant, found, "amount", {"after": str(second.after)}, size=2)
    back = queue.page_of(ecpay.merchant, found, "amount", {"before": str(third.before)}, size=2)

    assert listed(desk.get(f"{URL}?q=b7")) == [gone.pk]
    assert [row.actual_minor for page in (first, second, third) for row in page.rows] == [9, 9, 7, 5, 1]
    assert (third.after, back.rows) == (None, second.rows)
    assert queue.place_of(found, "amount", rows[3], 5).number == 3


def test_the_number_of_queries_does_not_depend_on_the_number_of_rows(desk, ecpay, three):
    desk.get(URL)  # the first page of a session notes the merchant in it
    with CaptureQueriesContext(connection) as many:
        desk.get(URL)
    queue.open_of(ecpay.merchant).exclude(pk=three[0].pk).delete()
    with CaptureQueriesContext(connection) as one:
        desk.get(URL)

    assert len(many) == len(one) <= 20


def test_the_part_for_htmx_is_the_pages_own_include(desk, three):
    whole = desk.get(URL).content.decode()
    part = desk.get(URL, headers={"HX-Request": "true"}).content.decode()

    table = part[part.index("<tbody") : part.index("</tbody>")]
    assert table in whole
    assert "<html" not in part


def test_cleared_and_empty_states(desk, shop, ecpay):
    empty = desk.get(URL).content.decode()
    ReconciliationRun.objects.create(merchant=shop, as_of=cast.TODAY, started_at=cast.NOW, finished_at=cast.NOW)
    cast.make_discrepancy(ecpay, state="cleared", closed_at=cast.NOW)
    cleared = desk.get(URL).content.decode()

    assert "Nothing to compare yet" in empty
    assert "All cleared" in cleared
    assert "1 difference was closed today." in cleared
    assert "Open differences 0 = 0" in cleared


def test_the_csv_holds_exactly_the_filtered_rows_and_no_formula(desk, three, ecpay):
    cast.make_discrepancy(ecpay, "fee_mismatch", order_no="=1+1", reason="@sum")

    answer = desk.get(f"{URL}?kind=fee_mismatch&export=csv")

    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    head = {row[0]: row[1] for row in rows[: rows.index([])]}
    assert head["Currency"] == "TWD"
    assert head["Time zone"] == "Asia/Taipei"
    assert head["Filter"] == "Kind: The fee is not as agreed"
    assert head["Rows"] == "2"
    assert head["Total TWD"] == "-24.00"
    body = rows[rows.index([]) + 2 :]
    assert sorted(row[2] for row in body) == ["'=1+1", "A10293"]
    assert {row[8] for row in body} == {"-12.00"}


def test_the_excel_file_downloads(desk, three):
    answer = desk.get(f"{URL}?export=xlsx")

    assert b"".join(answer.streaming_content)[:2] == b"PK"


def test_saved_views_belong_to_one_person(desk, shop, client, three):
    desk.post(f"{URL}views/", {"name": "Overdue fees", "query": "?view=overdue&kind=fee_mismatch&after=3"})
    saved = SavedView.objects.get()
    desk.force_login(cast.owner(shop), backend="django.contrib.auth.backends.ModelBackend")

    refused = desk.post(f"{URL}views/delete/", {"name": saved.name})

    assert saved.query == "view=overdue&kind=fee_mismatch"
    assert list(desk.get(URL).context["saved_views"]) == []
    assert refused.status_code == 422
    assert SavedView.objects.count() == 1


def test_a_saved_view_is_listed_replaced_and_deleted(desk, three):
    desk.post(f"{URL}views/", {"name": "Mine", "query": "?view=mine"})
    desk.post(f"{URL}views/", {"name": "Mine", "query": "?view=large"})

    page = desk.get(URL).content.decode()
    desk.post(f"{URL}views/delete/", {"name": "Mine"})

    assert f'href="{URL}?view=large">Mine' in page
    assert SavedView.objects.count() == 0


def test_reconcile_now_rings_once_and_shows_how_far_it_is(desk, shop, three):
    desk.post(f"{URL}reconcile/")
    desk.post(f"{URL}reconcile/")

    job = Job.objects.get()
    assert (job.kind, job.merchant_id, job.dedupe_key) == ("settlements.reconcile", shop.pk, "reconcile")
    assert f'id="job-{job.pk}"' in desk.get(URL).content.decode()
    assert desk.get(f"{URL}jobs/{job.pk}/").status_code == 200

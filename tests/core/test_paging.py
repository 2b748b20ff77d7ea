"""Paging by key: every row once, in one query a page, whatever the cursor says."""

from datetime import timedelta

import pytest
from django.http import QueryDict

from apps.core.paging import keyset_page
from apps.orders.models import Payment
from tests import cast

FIELDS = ("paid_at", "id")


def pages_onward(rows, *, size, parameter="after", start=""):
    """The ids of each page from the start cursor on."""
    cursor, found = start, []
    while True:
        page = keyset_page(rows, QueryDict(f"{parameter}={cursor}"), fields=FIELDS, size=size)
        found.append([row.pk for row in page])
        cursor = page.older if parameter == "after" else page.newer
        if not cursor:
            return found, page


@pytest.fixture
def payments(db):
    """Seven payments; two were paid in the same moment and two not yet."""
    channel = cast.make_channel(cast.make_merchant())
    hours = [1, 2, 2, 3, 4, None, None]
    made = [
        cast.make_payment(channel, paid_at=cast.NOW - timedelta(hours=hour)) if hour else cast.make_payment(channel, state="pending")
        for hour in hours
    ]
    expected = sorted(made, key=lambda one: (one.paid_at is not None, one.paid_at or cast.NOW, one.pk), reverse=True)
    return [one.pk for one in expected]


def test_pages_show_every_row_once_newest_first_and_back_again(payments, django_assert_num_queries):
    with django_assert_num_queries(4):
        onward, last = pages_onward(Payment.objects.all(), size=2)
    backward, first = pages_onward(Payment.objects.all(), size=2, parameter="before", start=last.newer)

    assert [pk for page in onward for pk in page] == payments
    assert [pk for page in reversed(backward) for pk in page] == payments[:6]
    assert (first.newer, last.older) == ("", "")
    assert keyset_page(Payment.objects.all(), QueryDict(""), fields=FIELDS, size=7).older == ""


@pytest.mark.parametrize("cursor", ["x", "////", "W10", "WyJub3QgYSBkYXRlIiwgMV0", "eyJhIjogMX0", "W3RydWUsIDFd", "é"])
def test_a_cursor_that_is_none_starts_from_the_newest(payments, cursor):
    query = QueryDict(mutable=True)
    query["after"] = cursor

    page = keyset_page(Payment.objects.all(), query, fields=FIELDS, size=2)

    assert [row.pk for row in page] == payments[:2]

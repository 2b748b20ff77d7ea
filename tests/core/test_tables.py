"""Lists: money in the row's currency, states as chips, a literal empty text, the same queries for one row and for three."""

import pytest
from django.template import engines
from django.test import RequestFactory

from apps.core.tables import BaseTable, ChipColumn, DateColumn, IdentifierColumn, MoneyColumn
from apps.core.ui import render_page, wants_partial
from apps.orders.models import Payment
from tests import cast


class PaymentTable(BaseTable):
    merchant_ref = IdentifierColumn(verbose_name="Order", keep=4)
    paid_at = DateColumn(verbose_name="Paid", time=True)
    amount_minor = MoneyColumn(verbose_name="Amount")
    difference = MoneyColumn(accessor="amount_minor", verbose_name="Difference", signed=True, currency="=TWD")
    state = ChipColumn(verbose_name="State", tones={"failed": "red"})

    class Meta(BaseTable.Meta):
        model = Payment
        fields = ("merchant_ref", "paid_at", "amount_minor", "difference", "state")
        empty_text = "No payments yet."
        row_attrs = {"data-href": lambda record: f"/payments/{record.pk}/"}


def render(rows):
    template = engines["django"].from_string("{% load render_table from django_tables2 %}{% render_table table %}")
    return template.render({"table": PaymentTable(rows)}, RequestFactory().get("/"))


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_rows_cost_one_query(django_assert_num_queries, count):
    channel = cast.make_channel(cast.make_merchant())
    made = [cast.make_payment(channel, f"A1029{number}") for number in range(count)]

    with django_assert_num_queries(1):
        shown = render(list(Payment.objects.order_by("pk")))

    assert shown.count("<tr") == count + 1
    assert f'data-href="/payments/{made[0].pk}/"' in shown
    assert '<td class="num">1,280</td>' in shown
    assert '<td class="diff num">+1,280</td>' in shown
    assert '<span class="ident" title="A10290">…0290</span>' in shown
    assert '<span class="chip chip--neutral">' in shown


@pytest.mark.django_db
def test_a_list_without_rows_says_so():
    assert "<h2>No payments yet.</h2>" in render([])


@pytest.mark.parametrize(
    ("headers", "partial"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_htmx_gets_the_part_and_everyone_else_the_page(headers, partial):
    request = RequestFactory().get("/", headers=headers)

    answer = render_page(request, "components/form_errors.html", "components/tabs.html", {"errors": [], "label": "x", "entries": []})

    assert wants_partial(request) is partial
    assert (b"<nav" in answer.content) is partial
    assert answer.headers["Vary"] == "HX-Request"

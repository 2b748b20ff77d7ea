"""`manage.py bench_reconcile` prints one line of JSON, checks its own result and takes its merchant away again."""

import io
import json

import pytest
from django.core.management import call_command
from django.db import connection

from apps.merchants.models import Merchant
from apps.orders.models import Order, Payment
from apps.settlements.models import StatementLine


@pytest.mark.django_db(transaction=True)
def test_bench_prints_one_line_of_json_and_leaves_nothing():
    out = io.StringIO()

    call_command("bench_reconcile", rows=1_000, stdout=out)

    figures = json.loads(out.getvalue())
    assert list(figures) == ["rows", "total_s", "steps", "rows_per_s", "peak_mb", "database"]
    assert list(figures["steps"]) == ["books", "statements", "reconcile"]
    assert (figures["rows"], figures["database"]) == (1_000, connection.vendor)
    assert [model.objects.count() for model in (Merchant, Order, Payment, StatementLine)] == [0, 0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_bench_keeps_its_merchant_when_asked():
    call_command("bench_reconcile", rows=1_000, keep=True, stdout=io.StringIO())

    assert Payment.objects.filter(merchant__slug="bench-throwaway").count() == 998  # two are missing in the books

"""Injured files at the door: each is posted whole or refused whole, and never more money than the rows hold."""

import os

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.settlements.errors import UnableToImport
from apps.settlements.models import Statement, StatementLine
from apps.settlements.services.intake import import_file
from tests import cast
from tests.settlements import stripe_files as f

EXAMPLES = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "full" else 60
GOOD = f.report(*(f.row(number) for number in range(1, 6)))


def injure(data: bytes, injury: tuple) -> bytes:
    """One wound: a byte flipped, a stretch cut out, a stretch doubled, or the end torn off."""
    kind, at, size, byte = injury
    at %= max(len(data), 1)
    match kind:
        case "flip":
            return data[:at] + bytes([byte]) + data[at + 1 :]
        case "cut":
            return data[:at] + data[at + size :]
        case "double":
            return data[: at + size] + data[at:]
        case _:
            return data[:at]


injuries = st.tuples(st.sampled_from(["flip", "cut", "double", "tear"]), st.integers(0, 10_000), st.integers(1, 200), st.integers(0, 255))


@pytest.mark.django_db
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wounds=st.lists(injuries, min_size=1, max_size=3))
def test_an_injured_file_is_in_whole_or_not_at_all(wounds):
    data = GOOD
    for wound in wounds:
        data = injure(data, wound)
    StatementLine.objects.all().delete()
    Statement.objects.all().delete()
    channel = cast.Channel.objects.first() or cast.make_channel(
        cast.make_merchant(),
        "stripe",
        provider="stripe",
        currency="USD",
        timezone="UTC",
        calendar="US",
        settles="T+2",
        statements="per_payout",
    )

    file = refused = None
    try:
        file = import_file(owner=channel, name="payout_20261118.csv", data=data, by=None, now=cast.NOW).file
    except UnableToImport as error:
        refused = error

    if refused:
        assert str(refused.message)
        assert StatementLine.objects.count() == 0
        assert set(Statement.objects.values_list("state", flat=True)) == {"rejected"}
    else:
        sums = StatementLine.objects.aggregate(gross=Sum("gross"), fee=Sum("fee"), net=Sum("net"))
        assert StatementLine.objects.filter(statement=file).count() == file.lines_new == file.rows_in
        assert (sums["net"] or 0) == (sums["gross"] or 0) + (sums["fee"] or 0)

"""Every value of a merchant.toml replaced by every kind of nonsense: read, or refused with a place; never a crash, never half-kept."""

import copy
import tomllib
from contextlib import suppress
from datetime import date, datetime

import pytest

from apps.channels.errors import UnableToLoadMerchantFile
from apps.channels.models import Channel
from apps.channels.services import merchant_spec
from apps.merchants.models import Merchant
from tests.channels.merchant_files import load, small

pytestmark = pytest.mark.slow

NONSENSE = [
    "", " ", "x" * 300, "\x00", "a\nb", "9" * 40, "-1", "NaN", "1e9", "=1+1", "%", "\ud83d", 0, -1, 10**30, True, 1.5, float("nan"),
    date(1, 1, 1), datetime(2026, 1, 1), [], [1], [[]], ["\x00"], ["*", "atm"], [date(9999, 12, 31)],
    {}, {"x": 1}, {"\x00": "payment"}, [{}],
]  # fmt: skip


def places(node, path=()):
    """The path of every value in the file, tables and lists included."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def injured(tree: dict, path: tuple, value) -> dict:
    tree = copy.deepcopy(tree)
    node = tree
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return tree


def test_no_value_crashes_the_reader(monkeypatch):
    tree = tomllib.loads(small().decode())
    refused = accepted = 0

    for path in places(tree):
        for value in NONSENSE:
            monkeypatch.setattr(merchant_spec, "_toml", lambda _data, path=path, value=value: injured(tree, path, value))
            faults = faults_of_reading()
            assert all(fault.place and fault.sentence for fault in faults), (path, value)
            refused += bool(faults)
            accepted += not faults

    assert refused > accepted > 0


def faults_of_reading() -> tuple:
    try:
        merchant_spec.read_merchant_file(b"")
    except UnableToLoadMerchantFile as error:
        return error.faults
    return ()


@pytest.mark.django_db
def test_what_the_reader_accepts_the_database_accepts(monkeypatch):
    tree = tomllib.loads(small().decode())
    load()

    for path in places(tree):
        for value in NONSENSE:
            monkeypatch.setattr(merchant_spec, "_toml", lambda _data, path=path, value=value: injured(tree, path, value))
            if not faults_of_reading():
                # What only the rows can tell may still be refused: a currency that cannot change, terms that overlap.
                with suppress(UnableToLoadMerchantFile):
                    load()

    assert Merchant.objects.filter(slug="qingtian").count() == 1
    assert Channel.objects.filter(merchant__slug="qingtian", code="ecpay").count() == 1

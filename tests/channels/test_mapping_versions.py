"""Saved mappings: a version for each change, none for no change, kept by the database, shared without data of the shop."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import AuditEvent
from apps.channels import registry
from apps.channels.models import Channel, MappingVersion
from apps.channels.services.mappings import MappingRefused, NotAMapping, dump_mapping, load_mapping, save_mapping, versions_of
from apps.channels.services.merchant_file import load_merchant_file
from tests import cast
from tests.channels.merchant_files import load, small

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
MAPPING = {"time": "time", "gross": "amount", "merchant_ref": "order"}


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def till(shop):
    return cast.make_channel(shop, "till", provider="generic")


def save(owner, mapping=MAPPING, **options):
    return save_mapping(owner=owner, mapping=mapping, by=None, now=cast.NOW, **options)


def test_each_change_is_a_version_and_no_change_is_none(till):
    first, again = save(till), save(till)
    second = save(till, {**MAPPING, "fee": "fee"}, valid_from=date(2026, 11, 1))

    assert (first.pk, first.version, second.version, second.valid_from) == (again.pk, 1, 2, date(2026, 11, 1))
    assert Channel.objects.get(pk=till.pk).mapping == {**MAPPING, "fee": "fee"}
    assert [event.after["mapping_version"] for event in AuditEvent.objects.filter(action="channel.changed").order_by("pk")] == [1, 2]


def test_a_mapping_from_before_versions_becomes_the_first(till):
    Channel.objects.filter(pk=till.pk).update(mapping=MAPPING)

    save(till, {**MAPPING, "net": "net"})

    assert list(versions_of(till).values_list("version", "source", "mapping")) == [
        (2, "studio", {**MAPPING, "net": "net"}), (1, "earlier", MAPPING)
    ]  # fmt: skip


def test_a_refused_mapping_changes_nothing(till, in_english):
    with pytest.raises(MappingRefused) as refused:
        save(till, {"time": "time", "money_in": "in"})

    assert [fault.sentence for fault in refused.value.faults] == [
        "either gross, or money_in and money_out are expected", "provider_ref or merchant_ref is needed, or no line can be paired"
    ]  # fmt: skip
    assert (MappingVersion.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_what_a_version_says_cannot_be_changed(till):
    version = save(till)

    with pytest.raises(IntegrityError), transaction.atomic():
        MappingVersion.objects.filter(pk=version.pk).update(mapping={})
    with pytest.raises(IntegrityError), transaction.atomic():
        MappingVersion.objects.create(merchant=till.merchant, version=2, mapping={}, fingerprint="", source="file", created_at=cast.NOW)


def test_merchant_toml_keeps_versions_too_and_loading_it_again_makes_none():
    load()
    load_merchant_file(small(), by=None, now=cast.NOW)
    load_merchant_file(small(('fee = "手續費"', 'fee = "費用"')), by=None, now=cast.NOW)

    till = Channel.objects.get(code="till")
    assert [(version.version, version.mapping["fee"], version.source) for version in versions_of(till)] == [
        (2, "費用", "file"),
        (1, "手續費", "file"),
    ]
    assert MappingVersion.objects.filter(bank_account__code="cathay-twd").count() == 1


def test_a_mapping_is_shared_without_anything_of_the_shop(till, shop):
    save(till, {**MAPPING, "types": {"付款": "payment"}, "type": "kind", "footer_starts": ["合計", "總計"], "skip_rows": 2})
    other = cast.make_channel(cast.make_merchant("moon"), "linepay", provider="linepay")

    text = dump_mapping(till)

    assert load_mapping(other, text.encode()) == till.mapping
    assert load_mapping(other, b'{"channels": {"csv": {"time": "t", "gross": "g", "merchant_ref": "m"}}}') == {
        "time": "t", "gross": "g", "merchant_ref": "m"
    }  # fmt: skip
    for word in (shop.slug, shop.name, till.label, "till"):
        assert word not in text


@pytest.mark.parametrize(
    "data", [b"\xff", b"[1]", b"{}", b"[bank_accounts.csv]\ndate = 'x'\n", b"channels = 3", b"[channels]\ncsv = 'x'\n"]
)
def test_another_file_is_no_mapping(till, data):
    with pytest.raises(NotAMapping):
        load_mapping(till, data)


def test_providers_without_a_published_export_are_read_by_mapped_ones():
    mapped = {code: entry for code, entry in registry.PROVIDERS.items() if entry.is_mapped}

    assert {"linepay", "jkopay", "newebpay", "lakala", "shouqianba", "chinaums", "airwallex", "pingpong", "91app", "generic"} <= set(mapped)
    assert [entry.recognise("x.csv", b"a,b\n") for entry in mapped.values()] == [None] * len(mapped)
    assert mapped["generic"].gateway is None
    assert all(entry.capabilities.methods and entry.capabilities.statements == ("CSV", "TSV", "XLSX", "ZIP") for entry in mapped.values())


def test_a_named_provider_may_be_mapped_later_and_one_with_a_parser_never():
    text = small(('provider = "generic"', 'provider = "linepay"'))
    assert load_merchant_file(text, by=None, now=cast.NOW).merchant.channels.get(code="till").mapping["gross"] == "金額"

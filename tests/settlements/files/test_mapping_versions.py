"""Files and the versions of the column mapping: the newest reads, an older one where it fits better, and old files as they were."""

from datetime import date

import pytest

from apps.channels.services.mappings import save_mapping
from apps.settlements.ingest.lanes import read_again
from apps.settlements.models import StatementLine
from apps.settlements.services.intake import import_file
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
OLD = {"time": "日期", "time_format": "%Y/%m/%d", "merchant_ref": "訂單", "gross": "金額"}
NEW = {**OLD, "merchant_ref": "訂單編號"}


@pytest.fixture
def till():
    return cast.make_channel(cast.make_merchant(), "till", provider="linepay")


def save(till, mapping, **options):
    return save_mapping(owner=till, mapping=mapping, by=None, now=cast.NOW, **options)


def brought(till, day: int, column: str, amount: str = "100"):
    data = f"日期,{column},金額\n2026/09/{day:02d},A{day},{amount}\n".encode()
    return import_file(owner=till, name=f"x_202609{day:02d}.csv", data=data, by=None, now=cast.NOW).file


def test_a_file_keeps_the_version_it_was_read_by_and_is_read_again_with_it(till):
    first = save(till, OLD)
    old_file = brought(till, 1, "訂單")
    second = save(till, {**NEW, "gross": "金額", "fee_sign": "cost"}, valid_from=date(2026, 9, 5))

    new_file, late = brought(till, 6, "訂單編號"), brought(till, 2, "訂單")

    assert [file.mapping_version_id for file in (old_file, new_file, late)] == [first.pk, second.pk, first.pk]
    assert read_again(old_file).rows["merchant_ref"].to_list() == ["A1"]
    assert read_again(new_file).rows["merchant_ref"].to_list() == ["A6"]
    assert StatementLine.objects.count() == 3


def test_days_before_a_version_applies_stay_with_the_version_before(till):
    first = save(till, OLD)
    second = save(till, {**OLD, "decimal": ","}, valid_from=date(2026, 9, 5))

    before, after = brought(till, 4, "訂單", "1.50"), brought(till, 6, "訂單", '"1,50"')

    assert (before.mapping_version_id, after.mapping_version_id) == (first.pk, second.pk)
    assert list(StatementLine.objects.order_by("business_date").values_list("gross", flat=True)) == [150, 150]

"""The books of the practice worlds come in whole, twice, with the sums that the files state."""

import csv
import tomllib
from decimal import Decimal

import pytest
from django.db.models import Sum

from apps.core.money import to_minor
from apps.orders.models import Order, Payment, Refund
from apps.orders.services.books import import_payments, import_refunds
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("world", ["clean", "basic", "rich"])
def test_a_world_comes_in_whole_and_again_changes_nothing(shared_folder, world):
    drop = shared_folder / "worlds" / world / "drop"
    if not drop.is_dir():
        pytest.skip(f"no world {world} beside the checkout")
    config = tomllib.loads((drop / "merchant.toml").read_text(encoding="utf-8"))
    shop = cast.make_merchant()
    for channel in config["channels"]:
        cast.make_channel(shop, channel["code"], currency=channel["currency"], timezone=channel["timezone"])

    def bring():
        return [
            service(merchant=shop, name=name, data=(drop / name).read_bytes(), by=None, now=cast.NOW)
            for name, service in (("payments.csv", import_payments), ("refunds.csv", import_refunds))
        ]

    first, again = bring(), bring()

    for name, model, report in zip(("payments.csv", "refunds.csv"), (Payment, Refund), first, strict=True):
        rows = list(csv.DictReader((drop / name).read_text(encoding="utf-8-sig").splitlines()))
        assert (report.rows_in, report.rows_new, report.rows_rejected) == (len(rows), len(rows), 0)
        sums = {row["currency"]: 0 for row in rows}
        for row in rows:
            sums[row["currency"]] += to_minor(Decimal(row["amount"]), row["currency"])
        assert dict(model.objects.values_list("currency").annotate(Sum("amount_minor")).order_by()) == sums
    assert [report.seen_before for report in again] == [True, True]
    assert Order.objects.count() == len(
        {row["order_no"] for row in csv.DictReader((drop / "payments.csv").read_text("utf-8-sig").splitlines())}
    )

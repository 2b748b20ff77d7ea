"""The practice world without faults: the certificates of its two months add up to the control totals of its answer key."""

import json
from decimal import Decimal

import pytest
from django.core.management import call_command

from apps.core.money import to_minor
from apps.merchants.models import Merchant
from apps.reports.figures.certificate import certificate
from apps.reports.figures.months import Month
from apps.reports.figures.proofs import prove

pytestmark = pytest.mark.django_db


def test_months_of_the_clean_world_add_up_to_its_control_totals(shared_folder):
    world = shared_folder / "worlds" / "clean"
    facts = json.loads((world / "facts.json").read_text())
    call_command("ingest", str(world / "drop"), verbosity=0)
    call_command("reconcile", "--merchant", "qingtian", "--as-of", facts["as_of"])
    shop = Merchant.objects.get(slug="qingtian")

    september, october = (certificate(shop, Month.parse(text)) for text in ("2026-09", "2026-10"))

    for channel in shop.channels.all():
        key, wanted = (channel.pk, channel.currency), facts["channels"][channel.code]
        first, second = september[key], october[key]
        lines = wanted["statement_lines"]
        kinds = {kind: Decimal(lines[kind]["gross"]) for kind in lines}
        fees = sum(Decimal(row["fee"]) for row in lines.values()) + kinds.get("fee", Decimal(0))
        assert (first.missing, second.missing, first.closing) == (0, 0, second.opening)
        assert first.sales + second.sales == to_minor(kinds["payment"], channel.currency)
        assert first.refunds + second.refunds == to_minor(kinds.get("refund", Decimal(0)), channel.currency)
        assert first.fees + second.fees == to_minor(fees, channel.currency)
        assert first.payouts + second.payouts == to_minor(wanted["payouts_in_bank"]["amount"], channel.currency)
        assert second.closing == to_minor(wanted["in_transit"], channel.currency)
    assert [proof.code for proof in prove(shop) if not proof.holds] == []

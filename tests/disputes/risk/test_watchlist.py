"""The watch-list: one entry a buyer however written, reasons, expiry, appeal, and the signs on orders, payments and refunds."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.core.ui import Chip
from apps.disputes.errors import BuyerListed, BuyerRemoved, BuyerUnreadable, ExpiryWrong, ReasonMissing
from apps.disputes.models import WatchlistEntry
from apps.disputes.selectors.risk import signs
from apps.disputes.selectors.risk.watching import watch_key
from apps.disputes.services.risk.watchlist import note_appeal, remove_buyer, watch_buyer, watch_payer
from tests import cast

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

NOW = cast.NOW


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def boss(shop):
    return cast.owner(shop)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr(signs.clock, "now", lambda: NOW)


def watch(shop, boss, kind="customer", value="C77041", **fields):
    return watch_buyer(merchant=shop, kind=kind, value=value, by=boss, now=NOW, **{"reason": "Three chargebacks", **fields})


@pytest.mark.parametrize(
    ("kind", "texts", "key"),
    [
        ("email", ["Lin@Example.com", " lin@example.com "], "lin@example.com"),
        ("phone", ["0912-345-678", "+886 912 345 678", "886-0912345678", "00886912345678", "(0912) 345678"], "0912345678"),
        ("phone", ["+49 30 901820", "004930901820"], "4930901820"),
        ("ip", ["2001:0db8::0001", "2001:db8::1"], "2001:db8::1"),
        ("customer", ["C 77041", "c77041", "'C77041"], "c77041"),
        ("card", ["XkFp 91", "xkfp91"], "xkfp91"),
    ],
)
def test_however_written_it_is_one_buyer(kind, texts, key):
    assert {watch_key(kind, text) for text in texts} == {key}


@pytest.mark.parametrize(
    ("kind", "text"), [("email", "lin"), ("phone", "12345"), ("phone", "C0912345678"), ("ip", "1.2.3"), ("customer", " ")]
)
def test_what_cannot_be_one_is_refused(shop, boss, kind, text):
    with pytest.raises(BuyerUnreadable):
        watch(shop, boss, kind, text)
    assert WatchlistEntry.objects.count() == 0


def test_refusals_change_nothing(shop, boss):
    watch(shop, boss)
    before = list(WatchlistEntry.objects.values())

    with pytest.raises(BuyerListed):
        watch(shop, boss, value="c77041 ")
    with pytest.raises(ReasonMissing):
        watch(shop, boss, value="C2", reason=" ")
    with pytest.raises(ExpiryWrong):
        watch(shop, boss, value="C2", expires_at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        WatchlistEntry.objects.filter(value="C77041").update(removed_at=NOW)
    assert list(WatchlistEntry.objects.values()) == before


def test_off_the_list_with_a_reason_and_on_again(shop, boss):
    entry = watch(shop, boss)
    with pytest.raises(ReasonMissing):
        remove_buyer(merchant=shop, entry_id=entry.pk, reason="", by=boss, now=NOW)
    note_appeal(merchant=shop, entry_id=entry.pk, reason="The parcel was lost, not stolen", by=boss, now=NOW)
    remove_buyer(merchant=shop, entry_id=entry.pk, reason="The appeal is right", by=boss, now=NOW)
    with pytest.raises(BuyerRemoved):
        remove_buyer(merchant=shop, entry_id=entry.pk, reason="Again", by=boss, now=NOW)
    with pytest.raises(BuyerRemoved):
        note_appeal(merchant=shop, entry_id=entry.pk, reason="More", by=boss, now=NOW)
    watch(shop, boss)

    entry.refresh_from_db()
    assert (entry.appeal, entry.removed_reason, entry.removed_by) == ("The parcel was lost, not stolen", "The appeal is right", boss)
    assert WatchlistEntry.objects.filter(removed_at=None).count() == 1
    assert list(AuditEvent.objects.filter(action__startswith="risk.buyer").order_by("pk").values_list("action", "reason")) == [
        ("risk.buyer_watched", "Three chargebacks"), ("risk.buyer_appealed", ""), ("risk.buyer_removed", "The appeal is right"),
        ("risk.buyer_watched", "Three chargebacks"),
    ]  # fmt: skip


def test_an_expired_entry_gives_no_sign_and_makes_room(shop, boss):
    payment = cast.make_payment(cast.make_channel(shop), customer_ref="C77041")
    old = watch(shop, boss, expires_at=NOW + timedelta(days=1))
    WatchlistEntry.objects.filter(pk=old.pk).update(expires_at=NOW)

    assert signs.signs_of(shop, payment) == []
    watch(shop, boss)
    assert len(signs.signs_of(shop, payment)) == 1


def test_from_a_dispute_by_buyer_and_address(shop, boss):
    payment = cast.make_payment(cast.make_channel(shop), customer_ref="Lin@Example.com", payer_ip="198.51.100.23")

    added = watch_payer(merchant=shop, payment=payment, reason="Chargeback", dispute="dp_1", by=boss, now=NOW)
    again = watch_payer(merchant=shop, payment=payment, reason="Chargeback", dispute="dp_1", by=boss, now=NOW)

    assert [(one.kind, one.value_key, one.source, one.source_label) for one in added] == [
        ("email", "lin@example.com", "dispute", "dp_1"), ("ip", "198.51.100.23", "dispute", "dp_1"),
    ]  # fmt: skip
    assert again == []


def test_signs_on_order_payment_and_refund_in_two_queries(shop, boss, django_assert_num_queries):
    channel = cast.make_channel(shop)
    watch(shop, boss)
    order = cast.make_order(shop, customer_ref="c77041")
    payments = [cast.make_payment(channel, customer_ref="C77041", payer_ip="203.0.113.1"), cast.make_payment(channel, customer_ref="C1")]
    refund = cast.make_refund(payments[0])
    with translation.override("en"):
        assert signs.signs_of(shop, order) == [Chip("On the watch-list: C77041", "red", "eye")]
    (sign,) = signs.signs_of(shop, order)

    assert signs.signs_of(shop, payments[0]) == signs.signs_of(shop, refund) == [sign]
    with django_assert_num_queries(2):
        assert signs.signs_of_many(shop, payments) == {payments[0].pk: [sign], payments[1].pk: []}
    assert signs.signs_of(shop, shop) == []
    assert signs.signs_of(cast.make_merchant("other"), payments[0]) == []

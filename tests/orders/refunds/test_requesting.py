"""Asking for a refund: how much may be asked for, by whom, and what is kept of the moment."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from apps.audit.models import AuditEvent
from apps.channels.capabilities import Capabilities
from apps.channels.services.gateway import enter_credentials
from apps.core import files
from apps.core.models import Job
from apps.orders.errors import (
    AmountNotRefundable,
    AttachmentRefused,
    KeyUsed,
    NoPartialRefund,
    NotAllowed,
    ReasonMissing,
    ReasonUnknown,
    RefundRefused,
)
from apps.orders.models import Payment, PaymentEvent, Refund, RefundAttachment, RefundRequest
from apps.orders.selectors.refundable import credentials_limit, fee_effect, refundable
from apps.orders.services.refunds.attachments import add_attachment
from apps.orders.services.refunds.holds import place_hold, release_hold
from apps.orders.services.refunds.requesting import request_refund
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def clerk(shop):
    return cast.operator(shop, name="Lin")


@pytest.fixture
def payment(shop):
    channel = cast.make_channel(shop)
    cast.make_fee_rule(channel, refund_fee="return")
    return cast.make_payment(channel, "A10293")


def ask(payment, by, amount_minor=30000, **fields) -> Refund:
    fields = {"reason_code": "customer_request", "now": cast.NOW, **fields}
    return request_refund(merchant=payment.merchant, payment_id=payment.pk, amount_minor=amount_minor, by=by, **fields)


def everything() -> list:
    models = (Refund, RefundRequest, RefundAttachment, PaymentEvent, AuditEvent, Job)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_a_request_keeps_who_asked_why_and_what_was_known(payment, clerk):
    refund = ask(payment, clerk, note=" broken on arrival ", customer_note="Sorry.")

    refund.refresh_from_db()
    request = refund.request
    assert (refund.state, refund.amount_minor, refund.currency, refund.requested_at) == ("requested", 30000, "TWD", cast.NOW)
    assert refund.refund_no == request.idempotency_key
    assert refund.refund_no.startswith("rf_")
    assert (request.requested_by, request.reason_code, request.note, request.customer_note) == (
        clerk,
        "customer_request",
        "broken on arrival",
        "Sorry.",
    )
    assert (request.route, request.round, request.approvals_needed, request.needs_owner, request.needs_mfa) == (
        "provider", 1, 1, False, False,
    )  # fmt: skip
    assert request.due_at == cast.NOW + timedelta(hours=24)
    assert request.figures == {
        "at": cast.NOW.isoformat(),
        "order_no": "A10293",
        "order_total_minor": 128000,
        "payment_amount_minor": 128000,
        "currency": "TWD",
        "payment_state": "paid",
        "refunded_minor": 0,
        "in_flight_minor": 0,
        "held_minor": 0,
        "balance_after_minor": 98000,
        "channel": "ecpay",
        "channel_label": "綠界",
        "method": "credit_card",
        "merchant_ref": "A10293",
        "provider_ref": "PA10293",
        "fee_policy": "return",
        "fee_plan_minor": 3520,
        "fee_returned_minor": 825,
        "route": "provider",
        "others": [],
    }
    event = AuditEvent.objects.get()
    assert (event.action, event.actor_label, event.subject_label, event.reason) == (
        "refund.requested", "Lin", refund.refund_no, "broken on arrival",
    )  # fmt: skip
    assert PaymentEvent.objects.get().detail == {
        "refund_no": refund.refund_no,
        "amount_minor": 30000,
        "currency": "TWD",
        "reason_code": "customer_request",
        "by": "Lin",
        "reason": "broken on arrival",
    }


def test_several_partial_refunds_use_the_balance_up(payment, clerk):
    ask(payment, clerk, 28000)
    second = ask(payment, clerk, 100000)
    before = everything()

    with pytest.raises(RefundRefused) as refused:
        ask(payment, clerk, 1)

    assert refused.value.code == "used_up"
    assert everything() == before
    assert second.request.figures["in_flight_minor"] == 28000
    room = refundable(payment, cast.NOW)
    assert (room.balance_minor, room.in_flight_minor, room.refunded_minor) == (0, 128000, 0)


@pytest.mark.parametrize("amount", [0, -1, 128001])
def test_an_amount_outside_the_balance_is_refused_with_the_balance(payment, clerk, amount):
    before = everything()

    with translation.override("en"), pytest.raises(AmountNotRefundable, match=r"between NT\$0.01 and NT\$1,280"):
        ask(payment, clerk, amount)

    assert everything() == before


def test_the_same_form_sent_twice_is_one_refund(payment, clerk):
    first = ask(payment, clerk, request_key="k1")
    before = everything()

    assert ask(payment, clerk, request_key="k1").pk == first.pk
    for other in ({"amount_minor": 1}, {"reason_code": "duplicate"}):
        with pytest.raises(KeyUsed):
            ask(payment, clerk, request_key="k1", **other)
    with pytest.raises(KeyUsed):
        ask(cast.make_payment(payment.channel, "A2"), clerk, request_key="k1")

    assert everything() == before


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"reason_code": "other"}, ReasonMissing),
        ({"reason_code": "other", "note": "  "}, ReasonMissing),
        ({"reason_code": "because"}, ReasonUnknown),
        ({"reason_code": ""}, ReasonUnknown),
    ],
)
def test_a_reason_is_one_of_the_list_and_other_says_more(payment, clerk, fields, error):
    before = everything()

    with pytest.raises(error):
        ask(payment, clerk, **fields)

    assert everything() == before


def test_who_may_not_ask_and_strangers_are_refused(payment, shop):
    before = everything()

    for person in (cast.viewer(shop), cast.approver(shop), cast.outsider(), cast.staff()):
        with pytest.raises(NotAllowed):
            ask(payment, person)
    other = cast.make_merchant("second", name="Second")
    with pytest.raises(Payment.DoesNotExist):
        request_refund(merchant=other, payment_id=payment.pk, amount_minor=1, reason_code="fraud", by=cast.owner(other), now=cast.NOW)

    assert everything() == before


@pytest.mark.parametrize(
    ("state", "refunded", "code"),
    [
        ("pending", 0, "not_paid"),
        ("failed", 0, "not_paid"),
        ("refunded", 0, "books_say_refunded"),
        ("refunded", 128000, "used_up"),
        ("partially_refunded", 128000, "used_up"),
    ],
)
def test_a_payment_without_money_left_says_why(payment, clerk, state, refunded, code):
    Payment.objects.filter(pk=payment.pk).delete()
    payment = cast.make_payment(payment.channel, "A3", state=state)
    if refunded:
        cast.make_refund(payment, amount_minor=refunded)
    before = everything()

    room = refundable(payment, cast.NOW)
    with pytest.raises(RefundRefused) as refused:
        ask(payment, clerk, 100)

    assert (room.balance_minor, room.refusal.code, refused.value.code) == (0, code, code)
    assert str(refused.value) == room.refusal.sentence
    assert everything() == before


def test_held_money_cannot_be_refunded_until_it_is_released(payment, clerk, shop):
    where = {"merchant": shop, "payment_id": payment.pk, "kind": "dispute", "key": "dp_1"}
    place_hold(**where, label="DP-1", amount_minor=100000, now=cast.NOW)
    assert refundable(payment, cast.NOW).balance_minor == 28000
    hold = place_hold(**where, label="DP-1", amount_minor=128000, now=cast.NOW)
    before = everything()

    with translation.override("en"), pytest.raises(RefundRefused, match=r"NT\$1,280 is held back \(DP-1\)"):
        ask(payment, clerk)
    assert everything() == before
    assert place_hold(**where, label="DP-1", amount_minor=128000, now=cast.NOW) == hold
    assert everything() == before

    assert release_hold(**where, now=cast.NOW).pk == hold.pk
    assert release_hold(**where, now=cast.NOW) is None
    assert ask(payment, clerk).state == "requested"
    kinds = list(PaymentEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["payment.held", "payment.held", "payment.released", "refund.requested"]


@pytest.mark.parametrize(
    ("provider", "method", "paid_days_ago", "route", "codes"),
    [
        ("ecpay", "credit_card", 4, "provider", []),
        ("ecpay", "atm", 4, "bank_transfer", ["method"]),
        ("ecpay", "cvs_code", 4, "bank_transfer", ["method"]),
        ("ecpay", "cvs_barcode", 4, "bank_transfer", ["method"]),
        ("generic", "credit_card", 4, "bank_transfer", ["no_api"]),
        ("wechat", "wechat_pay", 4, "provider", ["window"]),
        ("91app", "line_pay", 4, "bank_transfer", ["no_api"]),
        ("stripe", "credit_card", 400, "provider", []),
    ],
)
def test_the_route_follows_what_the_channel_can(shop, clerk, provider, method, paid_days_ago, route, codes):
    channel = cast.make_channel(shop, "other", provider=provider)
    moment = cast.NOW - timedelta(days=paid_days_ago)
    payment = cast.make_payment(channel, method=method, order=cast.make_order(shop, placed_at=moment))

    room = refundable(payment, cast.NOW)
    refund = ask(payment, clerk)

    assert (room.route, [limit.code for limit in room.limits], room.refusal) == (route, codes, None)
    assert refund.request.route == route
    assert all(limit.sentence for limit in room.limits)


def test_who_asks_is_told_that_credentials_are_missing(shop, clerk):
    def said(provider, method="credit_card"):
        payment = cast.make_payment(cast.make_channel(shop, f"{provider}-{method}", provider=provider, label="It"), method=method)
        found = credentials_limit(refundable(payment, cast.NOW))
        return found and (found.code, found.sentence, found.blocks)

    with translation.override("en"):
        told = "No credentials have been entered for It: once approved, the refund waits until they are."
        assert said("stripe") == said("ecpay") == ("no_credentials", told, False)
    assert said("ecpay", "atm") is said("generic") is None
    channel = cast.make_channel(shop)
    values = {"merchant_id": "1", "hash_key": "2", "hash_iv": "3"}
    enter_credentials(channel=channel, values=values, is_live=False, by=clerk, now=cast.NOW)
    channel.refresh_from_db()
    assert credentials_limit(refundable(cast.make_payment(channel), cast.NOW)) is None


@pytest.mark.parametrize(("paid_days_ago", "route"), [(365, "provider"), (366, "bank_transfer")])
def test_a_channel_refunds_for_so_many_days(shop, clerk, monkeypatch, paid_days_ago, route):
    known = Capabilities(refunds_by_api=True, partial_refund=True, refund_days=365)
    monkeypatch.setattr("apps.orders.selectors.refundable.capabilities_of", lambda channel: known)
    order = cast.make_order(shop, placed_at=cast.NOW - timedelta(days=paid_days_ago))
    payment = cast.make_payment(cast.make_channel(shop), order=order)

    room = refundable(payment, cast.NOW)

    assert (room.route, [limit.code for limit in room.limits], room.refusal) == (route, ["window"], None)
    assert ask(payment, clerk).request.route == route


def test_a_channel_that_refunds_whole_payments_only(shop, clerk, monkeypatch):
    monkeypatch.setattr("apps.orders.selectors.refundable.capabilities_of", lambda channel: Capabilities(refunds_by_api=True))
    payment = cast.make_payment(cast.make_channel(shop))
    before = everything()

    room = refundable(payment, cast.NOW)
    with translation.override("en"), pytest.raises(NoPartialRefund, match="whole payments only: NT\\$1,280"):
        ask(payment, clerk, 100)
    assert (room.whole_only, room.smallest_minor, [limit.code for limit in room.limits]) == (True, 128000, ["whole_only"])
    assert everything() == before

    cast.make_refund(payment, amount_minor=1000)
    with pytest.raises(RefundRefused) as refused:
        ask(payment, clerk, 127000)
    assert refused.value.code == "whole_only"


@pytest.mark.parametrize(
    ("amount", "tier"),
    [
        (1_000_000, (1, False, False)),
        (1_000_001, (2, False, True)),
        (5_000_000, (2, False, True)),
        (5_000_001, (2, True, True)),
    ],
)
def test_the_amount_says_whose_approval_is_needed(shop, clerk, amount, tier):
    payment = cast.make_payment(cast.make_channel(shop), amount_minor=6_000_000)

    request = ask(payment, clerk, amount).request

    assert (request.approvals_needed, request.needs_owner, request.needs_mfa) == tier


def test_a_limit_in_another_currency_is_taken_by_its_figure(shop, clerk):
    payment = cast.make_payment(cast.make_channel(shop, currency="JPY"), amount_minor=60_000)

    assert ask(payment, clerk, 10_000).request.approvals_needed == 1
    assert ask(payment, clerk, 10_001).request.approvals_needed == 2


def test_limits_that_never_apply(shop, clerk):
    shop.refund_second_approver_above_minor = shop.refund_owner_above_minor = shop.refund_mfa_above_minor = None
    shop.refund_due_hours = 4
    shop.save()
    payment = cast.make_payment(cast.make_channel(shop), amount_minor=6_000_000)

    request = ask(payment, clerk, 6_000_000).request

    assert (request.approvals_needed, request.needs_owner, request.needs_mfa) == (1, False, False)
    assert request.due_at == cast.NOW + timedelta(hours=4)


def test_the_fee_comes_back_or_not_by_the_plan(payment, shop):
    kept = cast.make_channel(shop, "stripe")
    cast.make_fee_rule(kept)
    bare = cast.make_channel(shop, "wechat")

    def effect(row, route="provider"):
        found = fee_effect(row, 64000, route)
        return found.policy, found.plan_minor, found.returned_minor

    assert effect(payment) == ("return", 3520, 1760)
    assert effect(payment, "bank_transfer") == ("keep", 3520, 0)
    assert effect(cast.make_payment(kept)) == ("keep", 3520, 0)
    assert effect(cast.make_payment(bare)) == ("unknown", None, None)


def test_attachments_are_kept_under_safe_names(payment, clerk):
    refund = ask(payment, clerk, attachments=[("../../photo of box.exe", PNG), ("..", b"%PDF-1.7 x"), ("same", PNG)])
    add_attachment(merchant=payment.merchant, refund_id=refund.pk, name="聊天 記錄.txt", data="壞了".encode(), by=clerk, now=cast.NOW)

    rows = RefundAttachment.objects.order_by("pk")
    assert [(row.name, row.content_type, row.size) for row in rows] == [
        ("photo_of_box.png", "image/png", 28),
        ("attachment.pdf", "application/pdf", 10),
        ("聊天_記錄.txt", "text/plain", 6),
    ]
    assert files.read(rows[0].sha256) == PNG
    assert AuditEvent.objects.filter(action="refund.attached").count() == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"x" * (10 * 1024 * 1024 + 1), "too_large"),
        (b"MZ\x90\x00", "unknown_type"),
        (b"<svg onload=alert(1)>", "unknown_type"),
        (b"  <!DOCTYPE html>", "unknown_type"),
    ],
)
def test_a_file_that_is_refused_refuses_the_request(payment, clerk, data, code):
    before = everything()

    with pytest.raises(AttachmentRefused) as refused:
        ask(payment, clerk, attachments=[("good.png", PNG), ("bad", data)])

    assert refused.value.code == code
    assert everything() == before


def test_a_request_has_at_most_ten_attachments(payment, clerk):
    refund = ask(payment, clerk, attachments=[(f"{n}.txt", f"page {n}".encode()) for n in range(10)])
    before = everything()

    with pytest.raises(AttachmentRefused, match="10"):
        add_attachment(merchant=payment.merchant, refund_id=refund.pk, name="x", data=b"eleven", by=clerk, now=cast.NOW)

    assert everything() == before


def test_what_is_refundable_costs_two_queries_however_many_refunds_there_are(payment, clerk):
    for _n in range(5):
        ask(payment, clerk, 100)
    payment = Payment.objects.select_related("channel").get(pk=payment.pk)

    with CaptureQueriesContext(connection) as queries:
        refundable(payment, cast.NOW)

    assert len(queries) == 2

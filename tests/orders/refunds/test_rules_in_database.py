"""What the database itself refuses, whoever writes: own approvals, too much money, illegal moves. Raw SQL, around every service."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.orders.enums import PaymentState, RefundState
from apps.orders.models import Payment, PaymentHold, Refund, RefundAttachment, RefundDecision, RefundExecution, RefundRequest
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.states import DESK_MOVES, PAYMENT_MOVES, REFUND_MOVES
from apps.reports.practice.throwaway import delete_merchant
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def shop():
    return cast.make_merchant()


@pytest.fixture
def clerk(shop):
    return cast.operator(shop)


@pytest.fixture
def boss(shop):
    return cast.owner(shop)


@pytest.fixture
def payment(shop):
    return cast.make_payment(cast.make_channel(shop), "A10293", 8_000_000)


def ask(payment, by, amount_minor=30000) -> Refund:
    return request_refund(
        merchant=payment.merchant, payment_id=payment.pk, amount_minor=amount_minor, reason_code="fraud", by=by, now=cast.NOW
    )


def decision_sql(refund, by, **fields) -> tuple[str, list]:
    values = {
        "merchant_id": refund.merchant_id,
        "refund_id": refund.pk,
        "requested_by_id": refund.request.requested_by_id,
        "round": refund.request.round,
        "verdict": "approve",
        "decided_by_id": by.pk,
        "role": "approver",
        "decided_at": cast.NOW,
        "reason": "so",
        "mfa_at": None,
        **fields,
    }
    marks = ", ".join(["%s"] * len(values))
    return f"INSERT INTO orders_refunddecision ({', '.join(values)}) VALUES ({marks})", list(values.values())


def run(sql, params=()):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def refused(rule, sql, params=()):
    rows = {model: list(model.objects.order_by("pk").values_list()) for model in (Payment, Refund, RefundRequest, RefundDecision)}
    with pytest.raises(IntegrityError, match=rule):
        run(sql, params)
    assert {model: list(model.objects.order_by("pk").values_list()) for model in rows} == rows


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_an_own_request_is_not_decided_even_by_sql(payment, clerk, boss, verdict):
    refund = ask(payment, clerk)

    refused("refund_decision_four_eyes", *decision_sql(refund, clerk, verdict=verdict))
    refused("refund_decision_of_another_request", *decision_sql(refund, clerk, verdict=verdict, requested_by_id=boss.pk))
    refused("refund_request_is_kept", "UPDATE orders_refundrequest SET requested_by_id = %s", [boss.pk])
    refused("refund_not_approved_by_enough", "UPDATE orders_refund SET state = 'approved'")

    run(*decision_sql(refund, clerk, verdict="withdraw"))
    run(*decision_sql(refund, boss))
    refused("refund_decision_append_only", "UPDATE orders_refunddecision SET decided_by_id = requested_by_id")
    run("UPDATE orders_refund SET state = 'approved'")


def test_what_was_asked_and_decided_cannot_be_taken_away(payment, clerk, boss):
    refund = ask(payment, clerk)
    run(*decision_sql(refund, boss))

    refused("refund_decision_append_only", "DELETE FROM orders_refunddecision")
    refused("refund_request_append_only", "DELETE FROM orders_refundrequest")
    before = [list(model.objects.values_list()) for model in (Refund, RefundRequest, RefundDecision)]
    with pytest.raises(IntegrityError, match="_append_only"), transaction.atomic():
        refund.delete()
    assert [list(model.objects.values_list()) for model in (Refund, RefundRequest, RefundDecision)] == before


def test_a_practice_shop_goes_with_its_requests_and_decisions_and_the_rules_stay(payment, clerk, boss, shop):
    run(*decision_sql(ask(payment, clerk), boss))
    run("UPDATE orders_refund SET state = 'approved'")
    other = cast.make_merchant("second")
    kept = ask(cast.make_payment(cast.make_channel(other), "B1", 128000), cast.operator(other))

    delete_merchant(shop)

    assert [list(model.objects.values_list("merchant_id", flat=True)) for model in (Refund, RefundRequest, RefundDecision)] == [
        [other.pk], [other.pk], []
    ]  # fmt: skip
    run(*decision_sql(kept, cast.approver(other)))
    refused("refund_decision_append_only", "DELETE FROM orders_refunddecision")
    refused("refund_request_append_only", "DELETE FROM orders_refundrequest")


def test_two_approvals_are_by_two_people_of_this_round_and_one_is_an_owner(payment, clerk, boss, shop):
    judge, refund = cast.approver(shop), ask(payment, clerk, 6_000_000)
    approved = "UPDATE orders_refund SET state = 'approved'"
    factor = {"mfa_at": cast.NOW}

    refused("refund_decision_without_second_factor", *decision_sql(refund, boss))
    run(*decision_sql(refund, judge, **factor))
    # PostgreSQL names the index, SQLite its columns.
    refused("refund_approver_once_a_round|UNIQUE constraint failed", *decision_sql(refund, judge, **factor))
    refused("refund_not_approved_by_enough", approved)
    run(*decision_sql(refund, cast.approver(shop), **factor))
    refused("refund_not_approved_by_enough", approved)
    refused("refund_request_tier_is_kept", "UPDATE orders_refundrequest SET needs_owner = %s", [False])
    refused("refund_request_tier_is_kept", "UPDATE orders_refundrequest SET approvals_needed = 1")
    run(*decision_sql(refund, boss, role="owner", **factor))
    run("UPDATE orders_refundrequest SET stale_at = %s, stale_reason = 'held'", [cast.NOW])
    refused("refund_not_approved_by_enough", approved)
    run("UPDATE orders_refundrequest SET stale_at = NULL, stale_reason = '', round = 2")
    refused("refund_not_approved_by_enough", approved)
    refused("refund_decision_of_another_request", *decision_sql(refund, boss, **factor))
    run("UPDATE orders_refundrequest SET needs_owner = %s, approvals_needed = 1, round = 3", [False])
    refund.request.refresh_from_db()
    run(*decision_sql(refund, judge, **factor))
    run(approved)


def test_a_refund_is_submitted_once_for_ever(payment, clerk):
    refund = ask(payment, clerk)
    RefundExecution.objects.create(merchant=payment.merchant, refund=refund, submitted_at=cast.NOW, ask_at=cast.NOW)

    with pytest.raises(IntegrityError), transaction.atomic():
        RefundExecution.objects.create(merchant=payment.merchant, refund=refund, submitted_at=cast.NOW, ask_at=cast.NOW)
    assert RefundExecution.objects.count() == 1


def test_what_is_decided_takes_no_more_decisions(payment, clerk, boss):
    refund = ask(payment, clerk)
    run("UPDATE orders_refund SET state = 'withdrawn'")

    refused("refund_decided_already", *decision_sql(refund, boss))


@pytest.mark.parametrize(("column", "value"), [("amount_minor", 1), ("currency", "USD"), ("refund_no", "R1")])
def test_what_was_asked_for_stays_what_it_was(payment, clerk, column, value):
    ask(payment, clerk)

    refused("refund_asked_for_is_kept", f"UPDATE orders_refund SET {column} = %s", [value])


def test_rows_of_two_merchants_do_not_meet(payment, clerk, boss):
    refund, other = ask(payment, clerk), cast.make_merchant("second", name="Second")
    cast.owner(other)
    request = RefundRequest.objects.values().get()
    for model, values in (
        (RefundAttachment, {"name": "x", "content_type": "x", "size": 1, "sha256": "x", "added_by": clerk, "added_at": cast.NOW}),
        (RefundExecution, {"submitted_at": cast.NOW, "ask_at": cast.NOW}),
        (RefundRequest, {name: request[name] for name in request if name not in ("id", "merchant_id", "refund_id", "idempotency_key")}),
    ):
        with pytest.raises(IntegrityError, match="refund_of_another_merchant"), transaction.atomic():
            model.objects.create(merchant=other, refund=refund, **values)
    with pytest.raises(IntegrityError, match="payment_of_another_merchant"), transaction.atomic():
        PaymentHold.objects.create(merchant=other, payment=payment, kind="dispute", key="x", label="x", amount_minor=1, placed_at=cast.NOW)
    refused("refund_decision_of_another_request", *decision_sql(refund, boss, merchant_id=other.pk))


@pytest.mark.parametrize("state", ["requested", "approved", "submitting", "unknown", "succeeded"])
def test_refunds_never_come_to_more_than_their_payment(payment, state):
    times = {"refunded_at": cast.NOW} if state == "succeeded" else {}
    first = cast.make_refund(payment, "R1", 5_000_000, state=state, **times)
    cast.make_refund(payment, "R2", 3_000_000, state="requested")
    freed = cast.make_refund(payment, "R3", 9_000_000, state="failed")
    yen = cast.make_payment(cast.make_channel(payment.merchant, "stripe", currency="JPY"), amount_minor=1)

    with pytest.raises(IntegrityError, match="refund_exceeds_payment"), transaction.atomic():
        cast.make_refund(payment, "R4", 1, state=state, **times)
    refused("refund_exceeds_payment", "UPDATE orders_refund SET amount_minor = 3000001 WHERE refund_no = 'R2'")
    refused("refund_exceeds_payment", "UPDATE orders_refund SET payment_id = %s, currency = 'JPY' WHERE id = %s", [yen.pk, first.pk])
    refused("refund_exceeds_payment", "UPDATE orders_payment SET amount_minor = 7999999 WHERE id = %s", [payment.pk])

    run("UPDATE orders_refund SET amount_minor = 1 WHERE id = %s", [first.pk])
    run("UPDATE orders_refund SET amount_minor = 1 WHERE id = %s", [freed.pk])
    run("UPDATE orders_payment SET amount_minor = 3000001 WHERE id = %s", [payment.pk])
    refused("refund_exceeds_payment", "UPDATE orders_payment SET amount_minor = 3000000 WHERE id = %s", [payment.pk])


def _times(state) -> dict:
    return {"refunded_at": cast.NOW, "business_date": cast.TODAY} if state == "succeeded" else {"refunded_at": None}


@pytest.mark.parametrize("has_request", [False, True])
def test_the_whole_grid_of_refund_states(payment, clerk, boss, has_request):
    moves = DESK_MOVES if has_request else REFUND_MOVES
    allowed, refusals = set(), []
    for was in RefundState:
        for to in RefundState:
            with transaction.atomic():
                refund = _refund_in(was, payment, clerk, boss, has_request)
                try:
                    with transaction.atomic():
                        Refund.objects.filter(pk=refund.pk).update(state=to, **_times(to))
                    allowed.add((was, to))
                except IntegrityError as error:
                    refusals.append("moves_not_allowed" in str(error))
                transaction.set_rollback(True)

    assert all(refusals)
    assert allowed == {(was, to) for was, after in moves.items() for to in {was, *after}}


def _refund_in(state, payment, clerk, boss, has_request) -> Refund:
    """By the shortest legal way, with the approval that the database asks for on it."""
    if not has_request:
        return cast.make_refund(payment, "R1", 100, state=state)
    refund = ask(payment, clerk, 100)
    run(*decision_sql(refund, boss))
    ways = {
        "requested": [], "approved": ["approved"], "submitting": ["approved", "submitting"],
        "unknown": ["approved", "submitting", "unknown"], "succeeded": ["approved", "submitting", "succeeded"],
        "failed": ["approved", "submitting", "failed"], "rejected": ["rejected"], "withdrawn": ["withdrawn"],
    }  # fmt: skip
    for step in ways[state]:
        Refund.objects.filter(pk=refund.pk).update(state=step, **_times(step))
    return refund


def test_the_whole_grid_of_payment_states(shop):
    channel, allowed, refusals = cast.make_channel(shop), set(), []
    for was in PaymentState:
        for to in PaymentState:
            payment = cast.make_payment(channel, f"{was}-{to}", state=was)
            try:
                with transaction.atomic():
                    Payment.objects.filter(pk=payment.pk).update(state=to, paid_at=cast.NOW, business_date=cast.TODAY)
                allowed.add((was, to))
            except IntegrityError as error:
                refusals.append("payment_moves_not_allowed" in str(error))

    assert all(refusals)
    assert allowed == {(was, to) for was, after in PAYMENT_MOVES.items() for to in {was, *after}}

"""Sixty-four people, workers and provider notices at once on the same refunds: the provider's own books say what is true afterwards."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.db.models import Sum

from apps.audit.models import AuditEvent
from apps.channels.models import ProviderCall, WebhookEvent
from apps.channels.providers.simulator.books import Behaviour
from apps.channels.services.gateway import gateway_for
from apps.core.errors import HezhangError
from apps.merchants.models import Notification
from apps.orders.errors import RefundMoveIllegal
from apps.orders.models import Payment, Refund, RefundDecision, RefundExecution
from apps.orders.services.notices.doing import do_waiting
from apps.orders.services.notices.intake import Intake, take_notice
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.calling import ask_about, submit_refund
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.states import HOLDS_MONEY
from tests import cast
from tests.orders.refunds.test_many_at_once import THREADS, at_once

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True), pytest.mark.slow]

ENDS = {"success": "succeeded", "decline": "failed", "timeout_after": "succeeded", "timeout_before": "succeeded", "slow": "succeeded",
        "slow_decline": "failed", "duplicate_notice": "succeeded", "disorder": "succeeded"}  # fmt: skip
LATER = timedelta(days=1)  # every lease and pause is over by then, so whoever asks may ask


@pytest.fixture
def shop():
    return cast.make_merchant(is_practice=True)


@pytest.fixture
def channel(shop):
    return cast.make_channel(shop)


def request(payment, by, amount_minor) -> Refund:
    return request_refund(
        merchant=payment.merchant, payment_id=payment.pk, amount_minor=amount_minor, reason_code="fraud", by=by, now=datetime.now(UTC)
    )


def truth(channel) -> dict[str, tuple[str, int]]:
    return {paid.key: (paid.outcome, paid.amount) for paid in gateway_for(channel).books.truth()}


def nameless(results: list) -> list:
    """What a loser may not get: an error without a name (a deadlock, a broken rule of the database), or an answer that is not 200."""
    failures = [result for result in results if isinstance(result, Exception) and not isinstance(result, HezhangError)]
    return failures + [result for result in results if isinstance(result, Intake) and result.status != 200]


def tell_everything(channel) -> list[Intake]:
    """Twice and the last first: late and repeated as on a real network."""
    now, waiting = datetime.now(UTC), list(reversed(gateway_for(channel).pending_notices()))
    taken = [take_notice(channel=channel, headers=headers, body=body, now=now) for headers, body in waiting * 2]
    do_waiting(now=datetime.now(UTC))
    return taken


def ask_until_known(shop) -> None:
    """As the schedule does, at ever later moments."""
    for day in range(1, 9):
        for refund_id in RefundExecution.objects.filter(ask_at__isnull=False).values_list("refund_id", flat=True):
            ask_about(merchant=shop, refund_id=refund_id, now=datetime.now(UTC) + day * LATER)


def assert_books_agree(channel) -> None:
    """Ours with the provider's: the same refunds succeeded, each once, and no payment gave back more than it took."""
    paid = truth(channel)
    ours = {refund.refund_no: refund for refund in Refund.objects.filter(request__isnull=False)}
    assert {key for key, (outcome, _amount) in paid.items() if outcome == "succeeded"} == {
        number for number, refund in ours.items() if refund.state == "succeeded"
    }
    assert {key for key, (outcome, _amount) in paid.items() if outcome == "declined"} == {
        number for number, refund in ours.items() if refund.state == "failed"
    }
    assert all(amount == ours[key].amount_minor for key, (_outcome, amount) in paid.items())
    for payment in Payment.objects.all():
        held = Refund.objects.filter(payment=payment, state__in=HOLDS_MONEY).aggregate(total=Sum("amount_minor"))["total"] or 0
        assert held <= payment.amount_minor
        succeeded = Refund.objects.filter(payment=payment, state="succeeded").aggregate(total=Sum("amount_minor"))["total"] or 0
        states = {0: "paid", payment.amount_minor: "refunded"}
        assert payment.state == states.get(succeeded, "partially_refunded")
    moves = AuditEvent.objects.filter(action__in=["refund.succeeded", "refund.failed"]).values_list("subject_id", flat=True)
    ended = [str(refund.pk) for refund in ours.values() if refund.state in ("succeeded", "failed")]
    assert sorted(moves) == sorted(ended)
    assert not AuditEvent.objects.filter(action="refund.contradiction").exists()
    assert not ProviderCall.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("seed", [1, 2])
def test_decisions_calls_questions_and_notices_at_once(shop, channel, seed):
    dice, clerk, judges = random.Random(seed), cast.operator(shop), [cast.approver(shop) for _n in range(3)]
    payments = [cast.make_payment(channel, amount_minor=128000) for _n in range(4)]
    refunds = [request(payment, clerk, amount) for payment in payments for amount in (20000, 25000, 30000, 35000)]
    books = gateway_for(channel).books
    for payment in payments:
        for behaviour in dice.sample(list(Behaviour), k=len(Behaviour)):
            books.script(payment.merchant_ref, behaviour)

    def decide(verb: str, refund: Refund, by) -> Callable[[], object]:
        verdict = getattr(deciding, verb)
        return lambda: verdict(merchant=shop, refund_id=refund.pk, by=by, now=datetime.now(UTC), reason="so")

    def works_on(refund: Refund) -> list[Callable[[], object]]:
        about = {"merchant": shop, "refund_id": refund.pk}
        return [
            decide("approve_refund", refund, dice.choice(judges)),
            decide("approve_refund", refund, dice.choice(judges)),
            decide("reject_refund", refund, judges[0]) if dice.random() < 0.4 else decide("approve_refund", refund, judges[1]),
            decide("withdraw_refund", refund, clerk) if dice.random() < 0.4 else decide("approve_refund", refund, judges[2]),
            lambda: submit_refund(**about, now=datetime.now(UTC)),
            lambda: submit_refund(**about, now=datetime.now(UTC)),
            lambda: ask_about(**about, now=datetime.now(UTC) + LATER),
            lambda: ask_about(**about, now=datetime.now(UTC) + LATER),
            lambda: tell_everything(channel),
        ]

    results = []
    for _round in range(3):
        works = [work for refund in refunds for work in works_on(refund)]
        results += at_once(dice.sample(works, k=THREADS))

    told = [one for result in results for one in (result if isinstance(result, list) else [result])]
    assert nameless(told) == []
    for refund in Refund.objects.filter(state="approved"):
        submit_refund(merchant=shop, refund_id=refund.pk, now=datetime.now(UTC))
    ask_until_known(shop)
    assert {intake.status for intake in tell_everything(channel)} <= {200}

    states = dict(Refund.objects.values_list("pk", "state"))
    assert set(states.values()) <= {"requested", "rejected", "withdrawn", "succeeded", "failed"}
    decided = sorted(pk for pk, state in states.items() if state != "requested")
    assert sorted(RefundDecision.objects.values_list("refund_id", flat=True)) == decided  # one decision each
    submitted = sorted(pk for pk, state in states.items() if state in ("succeeded", "failed"))
    assert sorted(RefundExecution.objects.values_list("refund_id", flat=True)) == submitted
    assert submitted
    assert_books_agree(channel)


def one_of_each(shop, channel) -> dict[Refund, Behaviour]:
    """An approved refund for each way the provider can behave."""
    clerk, judge, books, found = cast.operator(shop), cast.approver(shop), gateway_for(channel).books, {}
    for behaviour in Behaviour:
        payment = cast.make_payment(channel, amount_minor=128000)
        books.script(payment.merchant_ref, behaviour)
        refund = request(payment, clerk, 128000)
        deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=judge, now=datetime.now(UTC))
        found[refund] = behaviour
    return found


def ends() -> dict[str, str]:
    return dict(Refund.objects.values_list("refund_no", "state"))


def test_sixty_four_workers_submit_approved_refunds_once(shop, channel):
    refunds = list(one_of_each(shop, channel))

    results = at_once([
        lambda at=at: submit_refund(merchant=shop, refund_id=refunds[at % 8].pk, now=datetime.now(UTC)).state for at in range(THREADS)
    ])  # fmt: skip

    assert Counter("sent" if isinstance(one, str) else type(one).__name__ for one in results) == {"sent": 8, "RefundMoveIllegal": 56}
    assert Counter(ProviderCall.objects.values_list("key", "operation")) == {(one.refund_no, "refund"): 1 for one in refunds}


def test_refunds_submitted_asked_about_and_told_by_everybody_end_once_as_the_provider_did(shop, channel):
    """For each way it can behave: three workers submit, two ask, three bring every notice."""
    refunds = one_of_each(shop, channel)

    def works_on(refund: Refund) -> list[Callable[[], object]]:
        about = {"merchant": shop, "refund_id": refund.pk}
        send, ask = (
            (lambda: submit_refund(**about, now=datetime.now(UTC)).state),
            (lambda: ask_about(**about, now=datetime.now(UTC) + LATER)),
        )
        return [send, send, send, ask, ask, *([lambda: tell_everything(channel)] * 3)]

    results = at_once([work for refund in refunds for work in works_on(refund)])

    told = [one for result in results for one in (result if isinstance(result, list) else [result])]
    assert nameless(told) == []
    assert {type(one) for one in told if isinstance(one, Exception)} == {RefundMoveIllegal}
    assert sum(isinstance(one, RefundMoveIllegal) for one in told) == 2 * len(refunds)  # one worker of three submitted each
    ask_until_known(shop)
    tell_everything(channel)
    # A script is for the next call, whoever makes it: a call sent again under its key while the first is on its way may overtake a decline.
    wanted, ended = {refund.refund_no: ENDS[behaviour] for refund, behaviour in refunds.items()}, ends()
    assert set(ended) == set(wanted)
    assert {state for number, state in ended.items() if state != wanted[number]} <= {"succeeded"}
    assert_books_agree(channel)


def test_partial_refunds_of_one_payment_never_come_to_more_than_it_took(shop, channel):
    """The desk, down to the provider, and rows of the books draw on one payment."""
    payment, clerk, judge = cast.make_payment(channel, amount_minor=500_000), cast.operator(shop), cast.approver(shop)

    def through_the_desk() -> str:
        refund = request(payment, clerk, 70_000)
        deciding.approve_refund(merchant=shop, refund_id=refund.pk, by=judge, now=datetime.now(UTC))
        return submit_refund(merchant=shop, refund_id=refund.pk, now=datetime.now(UTC)).state

    def work(at: int) -> Callable[[], object]:
        return (lambda: cast.make_refund(payment, f"B{at}", 70_000, state="requested").pk) if at % 4 == 3 else through_the_desk

    results = at_once([work(at) for at in range(THREADS)])

    assert all(isinstance(one, HezhangError | IntegrityError) for one in results if isinstance(one, Exception))
    paid = truth(channel)
    assert sum(amount for outcome, amount in paid.values() if outcome == "succeeded") <= 500_000
    held = Refund.objects.filter(state__in=HOLDS_MONEY).aggregate(total=Sum("amount_minor"))["total"]
    assert 500_000 - 70_000 < held <= 500_000


def test_requests_and_refunds_started_at_the_provider_share_what_is_left(shop, channel):
    """Each of eight refunds begun in the provider's console is told by four notices, while people ask for the same money."""
    payment, clerk = cast.make_payment(channel, amount_minor=500_000), cast.operator(shop)
    judge, gateway = cast.approver(shop), gateway_for(channel)

    def tell(at: int) -> Intake:
        said = {"event": f"evt-{at}", "outcome": "succeeded", "done_at": "", "key": "", "ref": f"CONSOLE-{at % 8}", "amount": 60_000}
        said |= {"payment": payment.provider_ref, "merchant_ref": payment.merchant_ref, "currency": "TWD"}
        body = json.dumps(said).encode()
        headers = {"x-simulator-signature": gateway.sign(body)}
        taken = take_notice(channel=channel, headers=headers, body=body, now=datetime.now(UTC))
        do_waiting(now=datetime.now(UTC))
        return taken

    def work(at: int) -> Callable[[], object]:
        return (lambda: tell(at // 2)) if at % 2 else (lambda: request(payment, clerk, 70_000))

    results = at_once([work(at) for at in range(THREADS)])

    assert nameless(results) == []
    tied = list(Refund.objects.filter(request=None).values_list("provider_refund_ref", flat=True))
    asked = Refund.objects.filter(request__isnull=False).count()
    assert len(tied) == len(set(tied))
    assert 500_000 - 70_000 < 60_000 * len(tied) + 70_000 * asked <= 500_000
    states = Counter(WebhookEvent.objects.values_list("state", flat=True))
    assert states == Counter({"processed": len(tied), "ignored": THREADS // 2 - len(tied)})
    beyond = WebhookEvent.objects.filter(result__startswith="exceeds_payment").count()
    assert Notification.objects.filter(user=judge, kind="refund.beyond_payment").count() == beyond
    assert_books_agree(channel)

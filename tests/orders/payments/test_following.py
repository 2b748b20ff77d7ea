"""What becomes of a payment: by questions, at its deadline, late, with another sum; and what people do with it."""

from datetime import timedelta

import pytest
import time_machine

from apps.channels.cells import key_text
from apps.channels.paying import PaymentAnswer, PaymentOutcome
from apps.core.jobs.runner import run
from apps.core.models import Job
from apps.merchants.models import Notification
from apps.orders.enums import PaymentJob
from apps.orders.errors import AmountRefused, PaymentMoveIllegal
from apps.orders.models import Payment, PaymentExecution
from apps.orders.services.payments.calling import ask_about, cancel_payment, capture_payment
from apps.orders.services.payments.settling import LATE_LOOKS, MOST_ASKS, apply_answer
from apps.orders.services.payments.sweeping import ring_payments
from apps.settlements.models import Discrepancy
from apps.settlements.services.reconcile import reconcile
from tests import cast
from tests.orders.payments.scene import NOW, again, ask, payer, practice_channel, said, simulator, start, steps, tell

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
DEADLINE = NOW + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def channel():
    return practice_channel()


def differences() -> list[tuple]:
    rows = Discrepancy.objects.order_by("pk")
    return list(rows.values_list("kind", "expected_minor", "actual_minor", "state"))


def test_a_question_learns_that_it_was_paid(channel):
    payment = start(channel)
    payer(payment, "pay", telling="lost")
    Job.objects.all().delete()

    assert ring_payments(now=NOW + timedelta(seconds=30)) == 1
    assert ring_payments(now=NOW + timedelta(seconds=30)) == 1  # one job
    run(job_id=Job.objects.get(kind=PaymentJob.ASK).pk)  # too early by its own clock: nobody asks
    assert again(payment).state == "pending"
    payment = ask(payment)

    assert (payment.state, payment.paid_at, payment.business_date) == ("paid", NOW, cast.TODAY)
    execution = PaymentExecution.objects.get()
    assert (execution.captured_minor, execution.ask_at, execution.action) == (128000, None, {})
    assert steps(payment) == ["started", "waiting", "paid"]


def test_who_asks_about_a_paid_one_has_their_answer_and_nobody_asks_for_ever(channel):
    payment = start(channel)
    payer(payment, "pay")
    tell(payment)

    ask_about(merchant=payment.merchant, payment_id=payment.pk, now=NOW, at_once=True)

    assert again(payment).execution.ask_at is None
    assert ring_payments(now=NOW + timedelta(days=9)) == 0


@pytest.mark.parametrize(
    ("provider", "told", "numbers"),
    [
        ("stripe", ["paid pi_1", "paid pi_2"], ["pi_1", "pi_1"]),  # a second payment of the same number is not the first
        ("stripe", ["pending pi_1", "authorized pi_1", "paid pi_1"], ["cs_1", "pi_1", "pi_1"]),
        ("paypal", ["authorized A-1", "paid C-1", "authorized A-1"], ["A-1", "C-1", "C-1"]),
        ("adyen", ["paid PLA1", "paid 8835511210681234", "paid PLA1"], ["PLA1", "8835511210681234", "8835511210681234"]),
    ],
)
def test_the_payment_s_own_number_takes_the_place_of_the_one_it_was_opened_by(provider, told, numbers):
    opened = {"stripe": "cs_1", "paypal": "O-1", "adyen": "PLA1"}[provider]
    payment = cast.make_payment(cast.make_channel(cast.make_merchant(), provider=provider), state="pending", provider_ref=opened)
    seen = []
    for one in told:
        outcome, number = one.split()
        answer = PaymentAnswer(PaymentOutcome(outcome), number, amount_minor=128000, currency="TWD")
        apply_answer(payment=payment, answer=answer, now=NOW)
        seen.append(again(payment).provider_ref)

    assert seen == numbers
    assert again(payment).provider_ref_key == key_text(numbers[-1])


def test_what_the_payer_approved_is_finished_once(channel):
    payment = start(channel)
    payer(payment, "approve", telling="lost")

    payment = ask_about(merchant=payment.merchant, payment_id=payment.pk, now=NOW, at_once=True)
    ask_about(merchant=payment.merchant, payment_id=payment.pk, now=NOW, at_once=True)

    assert payment.state == "paid"
    assert said(payment)[:3] == [("create_payment", "pending"), ("query_payment", "approved"), ("finish_payment", "paid")]
    assert simulator(channel).books.payments()[0].paid == 128000


def test_a_part_of_an_authorization_is_taken_and_no_other_sum_after_it(channel):
    payment = start(channel, captures_at_once=False)
    payer(payment, "pay")
    payment = tell(payment)
    assert (payment.state, payment.paid_at, payment.execution.ask_at) == ("authorized", None, NOW + timedelta(days=1))
    clerk = cast.owner(payment.merchant)
    with pytest.raises(AmountRefused):
        capture_payment(merchant=payment.merchant, payment_id=payment.pk, amount_minor=128001, by=clerk, now=NOW)
    simulator(channel).books.script_payment("capture_payment", "timeout_after")

    capture_payment(merchant=payment.merchant, payment_id=payment.pk, amount_minor=100000, by=clerk, now=NOW)
    with pytest.raises(AmountRefused):
        capture_payment(merchant=payment.merchant, payment_id=payment.pk, amount_minor=28000, by=clerk, now=NOW)
    payment = ask(payment)

    assert (payment.state, payment.amount_minor, payment.order_total_minor) == ("paid", 100000, 128000)
    assert (PaymentExecution.objects.get().captured_minor, simulator(channel).books.payments()[0].paid) == (100000, 100000)


def test_a_refused_capture_leaves_the_authorization(channel):
    payment = start(channel, captures_at_once=False)
    payer(payment, "pay")
    tell(payment)
    simulator(channel).books.script_payment("capture_payment", "decline")

    payment = capture_payment(merchant=payment.merchant, payment_id=payment.pk, amount_minor=100000, by=None, now=NOW)

    assert (payment.state, again(payment).execution.wanted_minor) == ("authorized", None)
    assert capture_payment(merchant=payment.merchant, payment_id=payment.pk, amount_minor=128000, by=None, now=NOW).state == "paid"


def test_calling_off_is_what_the_provider_says(channel):
    first, late = start(channel), start(channel, "cart-2")
    payer(late, "pay", telling="lost")

    first = cancel_payment(merchant=first.merchant, payment_id=first.pk, by=None, now=NOW)
    late = cancel_payment(merchant=late.merchant, payment_id=late.pk, by=None, now=NOW)

    assert (first.state, late.state) == ("cancelled", "paid")
    with pytest.raises(PaymentMoveIllegal):
        cancel_payment(merchant=late.merchant, payment_id=late.pk, by=None, now=NOW)


def test_a_deadline_ends_nothing_before_the_provider_agrees(channel):
    payment = start(channel, method="atm")

    assert ask(payment, DEADLINE + timedelta(hours=2)).state == "pending"
    payer(payment, "expire", telling="lost")
    payment = ask(payment, DEADLINE + timedelta(hours=3))

    assert (payment.state, steps(payment)) == ("expired", ["started", "waiting", "expired"])


def test_a_provider_without_a_word_for_expiry_is_believed_after_a_day(channel):
    payment = start(channel, method="atm")

    assert ask(payment, DEADLINE + timedelta(hours=23)).state == "pending"
    assert ask(payment, DEADLINE + timedelta(hours=24)).state == "expired"


@pytest.mark.parametrize("telling", ["once", "lost"])
def test_money_after_the_end_is_taken_and_stands_before_a_person(channel, telling):
    judge = cast.owner(channel.merchant, language="en")
    payment = start(channel, method="atm")
    payer(payment, "expire")
    assert tell(payment).state == "expired"
    payer(payment, "pay", telling=telling)

    payment = tell(payment) if telling == "once" else again(ask(payment))

    assert (payment.state, payment.execution.trouble) == ("paid", "late")
    assert differences() == [("status_mismatch", 0, 128000, "open")]
    assert Notification.objects.get(user=judge, kind="payment.trouble").title == "Order A10293: NT$1,280 was paid after the deadline"
    reconcile(merchant=payment.merchant, now=NOW)
    assert differences() == [("status_mismatch", 0, 128000, "open")]
    Discrepancy.objects.update(state="resolved", reason="kept", resolution="explained", closed_at=NOW, closed_by=judge)
    reconcile(merchant=payment.merchant, now=NOW)
    assert differences() == [("status_mismatch", 0, 128000, "resolved")]


def test_a_look_for_late_money_that_nobody_answers_is_repeated_and_not_for_ever(channel):
    payment, silent = start(channel, method="atm"), start(channel, "cart-2", method="atm")
    for one in (payment, silent):
        payer(one, "expire")
        tell(one)
    payer(payment, "pay", telling="lost")
    for _look in LATE_LOOKS:
        simulator(channel).books.script_payment("query_payment", "timeout_before")
        assert ask(payment).state == "expired"
    simulator(channel).books.script_payment("query_payment", "timeout_before")
    PaymentExecution.objects.filter(payment=silent).update(asks=MOST_ASKS - 1)
    ask(silent)

    assert PaymentExecution.objects.get(payment=silent).ask_at is None
    payment = ask(payment)
    assert (payment.state, payment.execution.trouble) == ("paid", "late")


def test_after_the_end_the_provider_is_asked_three_times(channel):
    payment = start(channel, method="atm")
    payer(payment, "expire")
    tell(payment)
    asked = []

    while due := PaymentExecution.objects.get().ask_at:
        asked.append(due - NOW)
        ask(payment)

    assert asked == [timedelta(hours=1), timedelta(hours=1, days=1), timedelta(hours=1, days=4)]


def test_money_that_comes_late_for_a_paid_order_is_one_payment_too_many(channel):
    late, other = start(channel, method="atm"), start(channel, "cart-2")
    payer(late, "expire")
    payer(other, "pay")
    tell(late)
    payer(late, "pay")

    late = tell(late)

    assert (late.state, again(other).state, late.execution.trouble) == ("paid", "paid", "twice")
    assert differences() == [("duplicate_payment", 0, 128000, "open")]


@pytest.mark.parametrize(
    ("stated", "kind", "trouble"),
    [((127000, "TWD"), "amount_mismatch", "amount"), ((128000, "USD"), "currency_mismatch", "currency")],
)
def test_another_sum_is_never_paid_silently(channel, stated, kind, trouble):
    payment = start(channel)
    answer = PaymentAnswer(PaymentOutcome.PAID, "SIM-1", "ok", amount_minor=stated[0], currency=stated[1], paid_at=NOW)

    apply_answer(payment=payment, answer=answer, now=NOW)
    apply_answer(payment=payment, answer=answer, now=NOW)

    payment = again(payment)
    assert (payment.state, payment.paid_at, payment.execution.trouble, payment.execution.ask_at) == ("pending", None, trouble, None)
    assert differences() == [(kind, 128000, stated[0], "open")]
    assert steps(payment) == ["started", "waiting", f"trouble_{trouble}"]

    right = PaymentAnswer(PaymentOutcome.PAID, "SIM-1", "ok", amount_minor=128000, currency="TWD", paid_at=NOW)
    apply_answer(payment=payment, answer=right, now=NOW)
    reconcile(merchant=payment.merchant, now=NOW)
    assert (again(payment).state, differences()) == ("paid", [(kind, 128000, stated[0], "cleared")])


def test_money_on_a_payment_that_failed_changes_no_state_and_is_told(channel):
    payment = start(channel)
    payer(payment, "decline")
    tell(payment)
    answer = PaymentAnswer(PaymentOutcome.PAID, "SIM-1", "ok", amount_minor=128000, currency="TWD", paid_at=NOW)

    apply_answer(payment=again(payment), answer=answer, now=NOW)

    assert (again(payment).state, differences()) == ("failed", [("status_mismatch", 0, 128000, "open")])


def test_a_payment_of_the_books_that_is_paid_late_is_kept_for_a_person_too(channel):
    payment = cast.make_payment(channel, "B1", 5000, state="expired", paid_at=None, business_date=None)
    answer = PaymentAnswer(PaymentOutcome.PAID, "SIM-1", "ok", amount_minor=5000, currency="TWD", paid_at=NOW)

    apply_answer(
        payment=Payment.objects.select_related("execution", "channel__merchant", "merchant").get(pk=payment.pk), answer=answer, now=NOW
    )
    reconcile(merchant=channel.merchant, now=NOW)

    assert (again(payment).state, differences()) == ("paid", [("status_mismatch", 0, 5000, "open")])


def test_an_end_after_the_money_is_on_record_and_changes_nothing(channel):
    payment = start(channel)
    payer(payment, "pay")
    payment = tell(payment)

    apply_answer(payment=payment, answer=PaymentAnswer(PaymentOutcome.DECLINED, code="late"), now=NOW)

    assert (again(payment).state, steps(payment)[-1]) == ("paid", "contradiction")
    assert Payment.objects.count() == 1

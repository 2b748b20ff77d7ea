"""What every gateway that takes money owes, whatever the provider: one suite, run on each provider's fake."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from apps.channels import registry
from apps.channels.fetching import FetchOutcome, Verdict
from apps.channels.gateways import Operation, Outcome
from apps.channels.paying import PaymentOutcome
from tests.channels.fakes.books import Mood
from tests.channels.hearing import hear
from tests.contract.conftest import SCENES
from tests.contract.paying import PayingScene
from tests.contract.steps import kind_of, needs, opened, paid

CREATE, QUERY, FINISH = Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT, Operation.FINISH_PAYMENT
CAPTURE, CANCEL, FETCH = Operation.CAPTURE_PAYMENT, Operation.CANCEL_PAYMENT, Operation.FETCH_STATEMENT


def fetched(scene: PayingScene, day: date):
    """The statement of a day; who writes reports first is asked once more."""
    answer = scene.gateway.fetch_statement(day)
    return scene.gateway.fetch_statement(day) if answer.outcome == FetchOutcome.NOT_READY else answer


def sums(scene: PayingScene) -> list[tuple[int, str]]:
    return [(back.amount, back.state) for one in scene.fake.books.payments.values() for back in one.backs.values()]


def test_every_provider_that_takes_money_is_in_this_suite():
    assert set(SCENES) == {code for code, entry in registry.PROVIDERS.items() if entry.gateway and CREATE in entry.gateway.operations}


def test_what_it_offers_is_there(scene):
    kind = kind_of(scene)

    assert [str(one) for one in kind.operations if not callable(getattr(scene.gateway, one, None))] == []
    assert (scene.call.method in kind.pays_by, set(kind.pays_by) - set(registry.get(scene.code).capabilities.methods)) == (True, set())
    assert kind.codes


def test_a_payer_is_never_told_of_a_suspicion(scene):
    words = ("fraud", "stolen", "lost", "suspic", "risk", "blacklist")

    assert [code for code, known in kind_of(scene).codes.items() if any(word in known.payer.lower() for word in words)] == []


def test_a_number_nobody_opened_is_not_found(scene):
    assert scene.gateway.query_payment(scene.call).outcome == PaymentOutcome.NOT_FOUND


def test_an_opened_payment_waits_for_its_payer(scene):
    made = scene.gateway.create_payment(scene.call)

    assert (made.outcome, made.action is not None) == (PaymentOutcome.PENDING, True)
    for call in (scene.call, replace(scene.call, provider_ref=made.provider_ref)):
        assert scene.gateway.query_payment(call).outcome in (PaymentOutcome.PENDING, PaymentOutcome.NOT_FOUND)


def test_a_paid_one_is_told_with_its_sum_currency_number_and_time(scene):
    answer = paid(scene)

    held = scene.fake.books.payments[scene.call.merchant_ref]
    assert (answer.outcome, answer.amount_minor, answer.currency) == (PaymentOutcome.PAID, scene.call.amount_minor, scene.call.currency)
    assert (bool(answer.provider_ref), held.amount, held.state) == (True, scene.call.amount_minor, "paid")
    assert answer.paid_at is not None
    assert abs((answer.paid_at - held.paid_at).total_seconds()) < 1.5


def test_the_same_call_again_is_the_same_payment(scene):
    scene.gateway.create_payment(scene.call)
    scene.gateway.create_payment(scene.call)
    _opened(scene)
    scene.gateway.create_payment(scene.call)

    assert list(scene.fake.books.payments) == [scene.call.merchant_ref]


@pytest.mark.parametrize("mood", [Mood.SILENT_BEFORE, Mood.SILENT_AFTER, Mood.BUSY, Mood.GARBAGE_AFTER, Mood.ODD_CODE])
def test_whatever_cannot_be_read_is_unknown(scene, mood):
    if not _calls_to_open(scene):
        pytest.skip(f"{scene.code} opens by a form that the payer posts")
    scene.fake.books.script(CREATE, mood)

    made = scene.gateway.create_payment(scene.call)

    assert made.outcome == PaymentOutcome.UNKNOWN
    assert made.code


def test_nobody_there_is_unknown(scene):
    call = opened(scene)

    assert scene.unreachable.query_payment(call).outcome == PaymentOutcome.UNKNOWN
    assert scene.unreachable.query_payment(call).code in ("no_answer", "timeout")


def test_a_question_without_an_answer_is_unknown_and_the_next_finds_the_truth(scene):
    call = opened(scene)
    scene.pays(call.merchant_ref)
    scene.fake.books.script(QUERY, Mood.GARBAGE_AFTER)

    assert scene.gateway.query_payment(call).outcome == PaymentOutcome.UNKNOWN
    assert scene.gateway.query_payment(call).outcome in (PaymentOutcome.PAID, PaymentOutcome.APPROVED)


@pytest.mark.parametrize(("state", "outcome"), [("declined", PaymentOutcome.DECLINED), ("expired", PaymentOutcome.EXPIRED)])
def test_an_end_without_money_is_told(scene, state, outcome):
    call = opened(scene)
    _opened(scene)
    scene.fake.books.move(call.merchant_ref, state)
    # A provider without a word for "expired" leaves it to the clock and to the end of the time to pay, which the call carries.
    over = datetime(2026, 1, 1, tzinfo=UTC) if state == "expired" else None

    answer = scene.gateway.query_payment(replace(call, expires_at=over))

    # Some providers have one word for both ends; what they never say is that money came or may still be waited for.
    assert answer.outcome in (outcome, PaymentOutcome.EXPIRED, PaymentOutcome.CANCELLED, PaymentOutcome.DECLINED)


def test_money_that_comes_after_the_end_is_told_as_paid(scene):
    call = opened(scene)
    _opened(scene)
    scene.fake.books.move(call.merchant_ref, "expired")
    scene.fake.books.move(call.merchant_ref, "paid")

    assert scene.gateway.query_payment(call).outcome == PaymentOutcome.PAID


def test_an_authorization_is_taken_or_given_back(scene):
    needs(scene, CAPTURE)
    call = opened(scene, captures_at_once=False)
    _opened(scene)
    scene.fake.books.move(call.merchant_ref, "authorized")
    held = scene.gateway.query_payment(call)

    taken = scene.gateway.capture_payment(replace(call, provider_ref=held.provider_ref), call.amount_minor)

    assert (held.outcome, taken.outcome) == (PaymentOutcome.AUTHORIZED, PaymentOutcome.PAID)
    assert scene.fake.books.payments[call.merchant_ref].captured == call.amount_minor


def test_an_unpaid_one_can_be_called_off_and_a_paid_one_cannot(scene):
    needs(scene, CANCEL)
    made = scene.gateway.create_payment(scene.call)
    _opened(scene)
    off = scene.gateway.cancel_payment(replace(scene.call, provider_ref=made.provider_ref))

    assert off.outcome == PaymentOutcome.CANCELLED
    assert scene.fake.books.payments[scene.call.merchant_ref].state == "cancelled"


def test_a_paid_one_is_not_called_off(scene):
    needs(scene, CANCEL)
    answer = paid(scene)

    off = scene.gateway.cancel_payment(replace(scene.call, provider_ref=answer.provider_ref))

    # Who only accepts a cancellation tells by notice that it was too late.
    assert off.outcome in (PaymentOutcome.PAID, PaymentOutcome.UNKNOWN, *([PaymentOutcome.PENDING] if scene.told_by_notice else []))
    assert scene.fake.books.payments[scene.call.merchant_ref].state == "paid"


def test_parts_go_back_once_each_and_never_more_than_was_paid(scene):
    needs(scene, Operation.REFUND)
    answer, third = paid(scene), scene.call.amount_minor // 300 * 100
    one = scene.refund_call(third, answer.provider_ref)

    first, again = scene.gateway.refund(one), scene.gateway.refund(one) if kind_of(scene).repeats_safely else None
    beyond = scene.gateway.refund(scene.refund_call(scene.call.amount_minor, answer.provider_ref, key="rf_2", before=third))

    assert first.outcome in (Outcome.SUCCEEDED, Outcome.PENDING)
    assert again is None or again.outcome in (Outcome.SUCCEEDED, Outcome.PENDING)
    assert beyond.outcome in (Outcome.DECLINED, Outcome.UNKNOWN)
    assert [amount for amount, state in sums(scene) if state != "failed"] == [third]


def test_a_lost_refund_is_unknown_and_asking_finds_it(scene):
    needs(scene, Operation.REFUND)
    answer, third = paid(scene), scene.call.amount_minor // 300 * 100
    call = scene.refund_call(third, answer.provider_ref)
    scene.fake.books.script(Operation.REFUND, Mood.SILENT_AFTER)

    lost = scene.gateway.refund(call)
    found = scene.gateway.query_refund(call)

    assert (lost.outcome, found.outcome in (Outcome.SUCCEEDED, Outcome.PENDING)) == (Outcome.UNKNOWN, True)
    assert sums(scene) == [(third, "succeeded")]


def test_a_refund_that_failed_there_is_declined_here(scene):
    needs(scene, Operation.REFUND)
    answer, third = paid(scene), scene.call.amount_minor // 300 * 100
    call = scene.refund_call(third, answer.provider_ref)
    scene.fake.books.script(Operation.REFUND, Mood.DECLINE)

    made = scene.gateway.refund(call)
    asked = scene.gateway.query_refund(replace(call, provider_refund_ref=made.provider_refund_ref))

    said = [made.outcome, asked.outcome]
    if scene.told_by_notice:
        said += [one.outcome for one in hear(scene.gateway, *scene.fake.refund_notice("rf_1"))]
    assert Outcome.DECLINED in said
    assert [amount for amount, state in sums(scene) if state != "failed"] == []


def test_no_secret_stands_in_what_is_logged(scene, caplog):
    made = scene.gateway.create_payment(scene.call)
    answers = [
        made,
        paid(scene),
        scene.wrong.query_payment(replace(scene.call, provider_ref=made.provider_ref)),
        scene.wrong.create_payment(scene.call),
    ]
    answers.append(scene.unreachable.query_payment(replace(scene.call, provider_ref=made.provider_ref)))
    said = " ".join(repr((one.raw, one.message, one.code)) for one in answers)

    assert [secret for secret in scene.secrets if secret in said + caplog.text] == []


def test_the_connection_is_judged(scene):
    needs(scene, Operation.TEST_CONNECTION)

    assert scene.gateway.test_connection().verdict == Verdict.WORKS
    assert scene.wrong.test_connection().verdict in (Verdict.WRONG_CREDENTIALS, Verdict.UNCLEAR)
    assert scene.unreachable.test_connection().verdict == Verdict.UNREACHABLE


def test_the_statement_of_a_day_is_fetched_and_read_and_an_empty_day_is_told(scene):
    needs(scene, FETCH)
    paid(scene)

    got = fetched(scene, scene.statement_day)
    empty = fetched(scene, scene.statement_day.replace(year=scene.statement_day.year - 1))
    lost = scene.unreachable.fetch_statement(scene.statement_day)

    assert (got.outcome, empty.outcome, lost.outcome) == (FetchOutcome.FETCHED, FetchOutcome.EMPTY, FetchOutcome.UNKNOWN)
    assert [code for code, _layout in registry.recognise(got.files[0].name, got.files[0].data)] == [scene.code]


def _calls_to_open(scene: PayingScene) -> bool:
    """Whether opening asks the provider anything at all."""
    scene.gateway.create_payment(replace(scene.call, merchant_ref="PROBE1", key="pay_probe"))
    asked = bool(scene.fake.requests)
    scene.fake.requests.clear()
    return asked


def _opened(scene: PayingScene) -> None:
    """Where the payer's form opens the payment, the payer has posted it."""
    if scene.call.merchant_ref not in scene.fake.books.payments:
        scene.pays(scene.call.merchant_ref)

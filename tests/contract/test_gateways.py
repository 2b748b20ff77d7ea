"""What every gateway owes, whatever the provider: one suite, run on the simulator, on Stripe's and on ECPay's stand-ins."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import stamina

from apps.channels import registry
from apps.channels.gateways import Account, Gateway, NoticeForged, Outcome, RefundCall
from tests.channels.providers import fake_ecpay, localstripe

PAID = 128000  # NT$1,280


@dataclass
class Scene:
    """A provider with one payment. `sums` tells, from its own books, each refund that it holds; `without` is one nobody can reach."""

    gateway: Gateway
    call: RefundCall
    sums: Callable[[], list[int]]
    unreachable: Gateway


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture(scope="module")
def stripe_url():
    with localstripe.running() as url:
        yield url


@pytest.fixture
def ecpay():
    with fake_ecpay.running() as fake:
        yield fake


def call_of(provider_ref: str, amount: int = 30000) -> RefundCall:
    return RefundCall("rf_1", "rf_1", provider_ref, "A10293", amount, PAID, 0, "TWD", "credit_card", "customer_request")


def simulator_scene(_request, tmp_path) -> Scene:
    account = Account({"account": "ch_1", "secret": "s"}, base_url=(tmp_path / "books.sqlite3").as_uri())
    gateway, silent = registry.PRACTICE.make(account), registry.PRACTICE.make(replace(account, credentials={"account": "x", "secret": "s"}))
    silent.books.script("", "timeout_before")
    return Scene(gateway, call_of("P1"), lambda: [paid.amount for paid in gateway.books.truth()], silent)


def stripe_scene(request, _tmp_path) -> Scene:
    url = request.getfixturevalue("stripe_url")
    intent = localstripe.paid_intent(url, PAID)
    account = Account({"secret_key": localstripe.KEY, "webhook_secret": "whsec_1"}, base_url=url)
    make = registry.get("stripe").gateway.make

    def sums() -> list[int]:
        return [refund.amount for refund in localstripe.api(url).refunds.list({"payment_intent": intent}).data]

    return Scene(make(account), call_of(intent), sums, make(replace(account, base_url="http://127.0.0.1:9")))


def ecpay_scene(request, _tmp_path) -> Scene:
    fake = request.getfixturevalue("ecpay")
    fake.trades["A10293"] = [PAID // 100]
    account = Account(fake_ecpay.CREDENTIALS, base_url=fake.base_url)
    make = registry.get("ecpay").gateway.make
    silent = make(replace(account, base_url="http://127.0.0.1:9"))
    return Scene(make(account), call_of("2611201104338"), lambda: [-row * 100 for row in fake.trades["A10293"][1:]], silent)


SCENES = {"simulator": simulator_scene, "stripe": stripe_scene, "ecpay": ecpay_scene}


@pytest.fixture(params=list(SCENES))
def scene(request, tmp_path) -> Scene:
    return SCENES[request.param](request, tmp_path)


def test_before_the_call_nothing_is_found_and_after_it_the_refund(scene):
    before = scene.gateway.query_refund(scene.call)
    made = scene.gateway.refund(scene.call)
    after = scene.gateway.query_refund(replace(scene.call, provider_refund_ref=made.provider_refund_ref))

    assert (before.outcome, made.outcome, after.outcome) == (Outcome.NOT_FOUND, Outcome.SUCCEEDED, Outcome.SUCCEEDED)
    assert after.provider_refund_ref == made.provider_refund_ref
    assert scene.sums() == [30000]


def test_it_is_found_by_our_key_when_the_answer_was_lost(scene):
    made = scene.gateway.refund(scene.call)

    assert scene.gateway.query_refund(scene.call).outcome == Outcome.SUCCEEDED
    assert scene.gateway.query_refund(scene.call).provider_refund_ref == made.provider_refund_ref
    assert scene.sums() == [30000]


def test_a_second_refund_of_the_payment_is_told_from_the_first(scene):
    scene.gateway.refund(scene.call)
    second = replace(scene.call, key="rf_2", refund_no="rf_2", amount_minor=20000, refunded_minor=30000)

    assert scene.gateway.query_refund(second).outcome == Outcome.NOT_FOUND
    assert scene.gateway.refund(second).outcome == Outcome.SUCCEEDED
    assert scene.gateway.query_refund(second).outcome == Outcome.SUCCEEDED
    assert sorted(scene.sums()) == [20000, 30000]


def test_a_payment_the_provider_does_not_know_is_declined_and_nothing_moves(scene, request):
    if request.node.callspec.params["scene"] == "simulator":
        scene.gateway.books.script("A1", "decline")
    other = replace(scene.call, provider_ref="pi_nobody", merchant_ref="A1")

    answer = scene.gateway.refund(other)

    assert (answer.outcome, scene.sums() in ([], [30000])) == (Outcome.DECLINED, True)
    assert answer.code


def test_nobody_answers_is_unknown_and_never_raised(scene):
    made = scene.unreachable.refund(scene.call)

    assert (made.outcome, made.done_at) == (Outcome.UNKNOWN, None)
    assert made.code
    assert scene.sums() == []


def test_what_is_logged_holds_no_secret(scene):
    answers = [scene.gateway.refund(scene.call), scene.gateway.query_refund(scene.call), scene.unreachable.refund(scene.call)]

    said = repr([(answer.raw, answer.message) for answer in answers])

    assert not any(secret in said for secret in (localstripe.KEY, "whsec_1", fake_ecpay.HASH_KEY, fake_ecpay.HASH_IV))
    assert all(answer.raw["key"] == "rf_1" for answer in answers)


def test_a_notice_without_the_right_signature_is_forged(scene):
    for headers in ({}, {"stripe-signature": "t=1,v1=00", "x-simulator-signature": "00"}):
        for body in (b"", b"{}", b"CheckMacValue=00&MerchantID=3002607", b"\xff\xfe"):
            with pytest.raises(NoticeForged):
                scene.gateway.read_notices(headers, body)


def test_it_says_what_to_answer(scene):
    assert scene.gateway.acknowledgement().body in (b"ok", b"1|OK")

"""What every gateway owes, whatever the provider: one suite, run on the simulator, on Stripe's and on ECPay's stand-ins."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import stamina

from apps.channels import registry
from apps.channels.gateways import Account, Gateway, NoticeForged, NoticeUnreadable, Operation, Outcome, RefundCall
from apps.channels.providers.ecpay.signing import CHECK, check_value
from apps.channels.providers.simulator.client import SIGNATURE
from apps.channels.providers.stripe import client as stripe_client
from apps.channels.providers.stripe.client import signed
from apps.core import clock
from apps.orders.services.notices.keeping import proving
from tests.channels.fakes import airwallex
from tests.channels.fakes.books import Mood
from tests.channels.fakes.server import running
from tests.channels.hearing import hear
from tests.channels.providers import fake_ecpay, localstripe, stripe_front
from tests.contract.paying import every_scene

PAID = 128000  # NT$1,280
SECRETS = (
    airwallex.API_KEY,
    airwallex.TOKEN,
    airwallex.HOOK,
    localstripe.KEY,
    "whsec_1",
    fake_ecpay.HASH_KEY,
    fake_ecpay.HASH_IV,
    "s3cret",
)


@dataclass
class Scene:
    """A provider with one payment. `sums` tells, from its own books, each refund that it holds; `hush` loses the next answer, before or
    after its effect; `nonsense` is a notice that is genuine and says nothing; `unreachable` is one nobody can reach."""

    gateway: Gateway
    call: RefundCall
    sums: Callable[[], list[int]]
    hush: Callable[[str], None]
    nonsense: tuple[dict[str, str], bytes]
    unreachable: Gateway


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture(scope="module")
def backend():
    with localstripe.running() as url:
        yield url


@pytest.fixture
def front(backend):
    with stripe_front.running(backend) as front:
        yield front


@pytest.fixture
def ecpay():
    with fake_ecpay.running() as fake:
        yield fake


@pytest.fixture
def airwallex_fake():
    with running(airwallex.FakeAirwallex()) as fake:
        yield fake


def call_of(provider_ref: str, amount: int = 30000) -> RefundCall:
    return RefundCall("rf_1", "RF-1", provider_ref, "A10293", amount, PAID, 0, "TWD", "credit_card", "customer_request")


def simulator_scene(_request, tmp_path) -> Scene:
    account = Account({"account": "ch_1", "secret": "s3cret"}, base_url=(tmp_path / "books.sqlite3").as_uri())
    other = Account({"account": "ch_2", "secret": "s3cret"}, base_url=account.base_url)
    gateway, silent = registry.PRACTICE.make(account), registry.PRACTICE.make(other)
    silent.books.script("", "timeout_before")
    return Scene(
        gateway,
        call_of("P1"),
        lambda: [paid.amount for paid in gateway.books.truth() if paid.outcome != "declined"],
        lambda when: gateway.books.script("", f"timeout_{when}"),
        ({SIGNATURE: gateway.sign(b"[]")}, b"[]"),
        silent,
    )


def stripe_scene(request, _tmp_path) -> Scene:
    front, backend = request.getfixturevalue("front"), request.getfixturevalue("backend")
    intent = localstripe.paid_intent(backend, PAID)
    account = Account({"secret_key": localstripe.KEY, "webhook_secret": "whsec_1"}, base_url=front.base_url)
    make, body = registry.get("stripe").gateway.make, b'{"id": "evt_1", "type": "refund.created", "created": 1, "data": {}}'

    def sums() -> list[int]:
        return [refund.amount for refund in localstripe.api(backend).refunds.list({"payment_intent": intent}).data]

    return Scene(
        make(account),
        call_of(intent),
        sums,
        lambda when: setattr(front, "mood", f"silent_{when}"),
        ({"stripe-signature": signed(body, "whsec_1", clock.now())}, body),
        make(replace(account, base_url="http://127.0.0.1:9")),
    )


def ecpay_scene(request, _tmp_path) -> Scene:
    fake = request.getfixturevalue("ecpay")
    fake.trades["A10293"] = [PAID // 100]
    account = Account(fake_ecpay.CREDENTIALS, base_url=fake.base_url)
    make, form = registry.get("ecpay").gateway.make, {"MerchantID": "2000132", "RtnCode": "1"}
    check = check_value(form, fake_ecpay.HASH_KEY, fake_ecpay.HASH_IV)
    return Scene(
        make(account),
        call_of("2611201104338"),
        lambda: [-row * 100 for row in fake.trades["A10293"][1:]],
        lambda when: setattr(fake, "mood", f"silent_{when}"),
        ({}, f"MerchantID=2000132&RtnCode=1&{CHECK}={check}".encode()),
        make(replace(account, base_url="http://127.0.0.1:9")),
    )


def airwallex_scene(request, _tmp_path) -> Scene:
    fake = request.getfixturevalue("airwallex_fake")
    fake.books.open("A10293", PAID, "TWD", "credit_card", number="int_1")
    paid = fake.books.move("A10293", "paid")
    known = {"client_id": airwallex.CLIENT, "api_key": airwallex.API_KEY, "webhook_secret": airwallex.HOOK}
    account = Account(known, base_url=fake.base_url)
    make = registry.get("airwallex").gateway.make
    return Scene(
        make(account),
        call_of("int_1"),
        lambda: [back.amount for back in paid.backs.values()],
        lambda when: fake.books.script("refund", Mood(f"silent_{when}")),
        airwallex.signed(b'{"id": "evt_1", "name": "refund.settled", "data": {}}'),
        make(replace(account, base_url="http://127.0.0.1:9")),
    )


SCENES = {"simulator": simulator_scene, "stripe": stripe_scene, "ecpay": ecpay_scene, "airwallex": airwallex_scene}
KINDS = {
    "simulator": registry.PRACTICE,
    "stripe": registry.get("stripe").gateway,
    "ecpay": registry.get("ecpay").gateway,
    "airwallex": registry.get("airwallex").gateway,
}


@pytest.fixture(params=list(SCENES))
def scene(request, tmp_path) -> Scene:
    return SCENES[request.param](request, tmp_path)


def test_every_provider_that_can_be_called_is_in_this_suite_or_in_the_one_of_payments():
    here = set(KINDS) - {"simulator"}
    called = {
        code: entry.gateway.operations
        for code, entry in registry.PROVIDERS.items()
        if entry.gateway and not entry.capabilities.reports_itself
    }
    # A storefront moves no money: it has a suite of its own with the orders.
    assert here | set(every_scene()) == {code for code, operations in called.items() if Operation.READ_ORDERS not in operations}


def test_before_the_call_nothing_is_found_and_after_it_the_refund(scene):
    before = scene.gateway.query_refund(scene.call)
    made = scene.gateway.refund(scene.call)
    after = scene.gateway.query_refund(replace(scene.call, provider_refund_ref=made.provider_refund_ref))

    assert (before.outcome, made.outcome, after.outcome) == (Outcome.NOT_FOUND, Outcome.SUCCEEDED, Outcome.SUCCEEDED)
    assert after.provider_refund_ref == made.provider_refund_ref
    assert scene.sums() == [30000]


@pytest.mark.parametrize(("when", "found", "sums"), [("before", Outcome.NOT_FOUND, []), ("after", Outcome.SUCCEEDED, [30000])])
def test_a_lost_answer_is_unknown_and_asking_finds_the_truth(scene, when, found, sums):
    scene.hush(when)

    made = scene.gateway.refund(scene.call)

    assert (made.outcome, made.done_at) == (Outcome.UNKNOWN, None)
    assert made.code
    assert scene.gateway.query_refund(scene.call).outcome == found
    assert scene.sums() == sums


def test_the_same_call_again_moves_no_more_money(scene, request):
    first, again = scene.gateway.refund(scene.call), scene.gateway.refund(scene.call)

    repeats = KINDS[request.node.callspec.params["scene"]].repeats_safely
    assert (first.outcome, again.outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED if repeats else Outcome.DECLINED)
    assert not repeats or again.provider_refund_ref == first.provider_refund_ref
    assert scene.sums() == [30000]


def test_the_same_key_for_another_sum_is_no_success(scene):
    scene.gateway.refund(scene.call)

    assert scene.gateway.refund(replace(scene.call, amount_minor=20000)).outcome != Outcome.SUCCEEDED
    assert scene.sums() == [30000]


def test_a_second_refund_of_the_payment_is_told_from_the_first(scene):
    scene.gateway.refund(scene.call)
    second = replace(scene.call, key="rf_2", refund_no="RF-2", amount_minor=20000, refunded_minor=30000)

    assert scene.gateway.query_refund(second).outcome == Outcome.NOT_FOUND
    assert scene.gateway.refund(second).outcome == Outcome.SUCCEEDED
    assert scene.gateway.query_refund(second).outcome == Outcome.SUCCEEDED
    assert sorted(scene.sums()) == [20000, 30000]


def test_the_whole_payment_can_go_back_and_not_a_dollar_more(scene):
    whole = replace(scene.call, amount_minor=PAID)
    more = replace(scene.call, key="rf_2", refund_no="RF-2", amount_minor=100, refunded_minor=PAID)

    assert scene.gateway.refund(whole).outcome == Outcome.SUCCEEDED
    assert scene.gateway.refund(more).outcome == Outcome.DECLINED
    assert scene.sums() == [PAID]


@pytest.mark.parametrize(("amount", "refunded"), [(PAID + 100, 0), (PAID - 30000 + 100, 30000)])
def test_more_than_is_left_is_declined_and_nothing_moves(scene, amount, refunded):
    if refunded:
        scene.gateway.refund(scene.call)

    answer = scene.gateway.refund(replace(scene.call, key="rf_2", refund_no="RF-2", amount_minor=amount, refunded_minor=refunded))

    assert (answer.outcome, scene.sums()) == (Outcome.DECLINED, [refunded] if refunded else [])
    assert answer.code


def test_a_payment_the_provider_does_not_know_is_declined_and_nothing_moves(scene, request):
    if request.node.callspec.params["scene"] == "simulator":
        scene.gateway.books.script("A1", "decline")
    other = replace(scene.call, provider_ref="pi_nobody", merchant_ref="A1")

    answer = scene.gateway.refund(other)

    assert (answer.outcome, scene.sums() in ([], [30000])) == (Outcome.DECLINED, True)
    assert answer.code


def test_nobody_is_there_is_no_success_and_never_raised(scene):
    made, found = scene.unreachable.refund(scene.call), scene.unreachable.query_refund(scene.call)

    # Declined only by who asks before it sends: then nothing has left.
    assert made.outcome == Outcome.UNKNOWN or (made.outcome, made.code) == (Outcome.DECLINED, "not_sent")
    assert found.outcome in (Outcome.UNKNOWN, Outcome.NOT_FOUND)
    assert scene.sums() == []


def test_what_is_logged_holds_no_secret(scene):
    answers = [scene.gateway.refund(scene.call), scene.gateway.query_refund(scene.call), scene.unreachable.refund(scene.call)]

    said = repr([(answer.raw, answer.message, answer.code) for answer in answers])

    assert not any(secret in said for secret in SECRETS)
    assert all(answer.raw["key"] == "rf_1" for answer in answers)


def test_a_notice_without_the_right_signature_is_forged(scene):
    headers, body = scene.nonsense
    for wrong in ({}, {"stripe-signature": "t=1,v1=00", SIGNATURE: "00"}):
        for bytes_ in (b"", b"{}", b"CheckMacValue=00&MerchantID=3002607", b"\xff\xfe"):
            with pytest.raises(NoticeForged):
                hear(scene.gateway, wrong, bytes_)
    with pytest.raises(NoticeForged):
        hear(scene.gateway, headers, body.replace(b"1", b"2") + b"&x=")


def test_a_genuine_notice_that_says_nothing_is_unreadable_by_what_is_kept_of_it_too(scene, request):
    headers, body = scene.nonsense
    for known in (headers, proving(KINDS[request.node.callspec.params["scene"]], headers)):
        with pytest.raises(NoticeUnreadable):
            hear(scene.gateway, known, body)


def test_it_says_what_to_answer(scene):
    assert scene.gateway.acknowledgement().body in (b"ok", b"1|OK")


# Stripe's own words on the wire, as its library hears them.
BUSY = {"type": "invalid_request_error", "code": "lock_timeout", "message": "This object cannot be accessed right now."}


@pytest.mark.parametrize(
    ("mood", "outcome", "code"),
    [
        ((400, {"type": "invalid_request_error", "code": "charge_disputed"}), Outcome.DECLINED, "charge_disputed"),
        ((402, {"type": "card_error", "code": "card_declined"}), Outcome.DECLINED, "card_declined"),
        (
            (401, {"type": "invalid_request_error", "message": f"Invalid API Key: {localstripe.KEY}"}),
            Outcome.DECLINED,
            "AuthenticationError",
        ),
        ((400, {"type": "invalid_request_error", "code": "rate_limit"}), Outcome.UNKNOWN, "rate_limit"),
        ((400, {"type": "idempotency_error"}), Outcome.UNKNOWN, "IdempotencyError"),
        ((409, BUSY), Outcome.UNKNOWN, "lock_timeout"),
        ((429, {"type": "invalid_request_error", "code": "rate_limit"}), Outcome.UNKNOWN, "rate_limit"),
        ((500, {"type": "api_error"}), Outcome.UNKNOWN, "APIError"),
        ((503, {"type": "api_error"}), Outcome.UNKNOWN, "APIError"),
        ("garbage", Outcome.UNKNOWN, "APIError"),
    ],
)
def test_answers_of_stripe_over_the_wire(front, backend, request, tmp_path, mood, outcome, code):
    scene = stripe_scene(request, tmp_path)
    front.mood = mood

    answer = scene.gateway.refund(scene.call)

    assert (answer.outcome, answer.code, scene.sums(), len(front.posts)) == (outcome, code, [], 1)
    assert localstripe.KEY not in repr(answer)


def test_an_answer_of_stripe_that_comes_too_late_is_none(front, request, tmp_path, monkeypatch):
    usual = stripe_scene(request, tmp_path)
    monkeypatch.setattr(stripe_client, "TIMEOUTS", (5.0, 0.3))
    hasty = stripe_client.StripeGateway(Account({"secret_key": localstripe.KEY, "webhook_secret": "whsec_1"}, base_url=front.base_url))
    front.mood = "slow_after"

    answer = hasty.refund(usual.call)
    assert front.acted.wait(20)
    front.closing.set()

    assert (answer.outcome, answer.code, len(front.posts)) == (Outcome.UNKNOWN, "no_answer", 1)
    assert usual.gateway.query_refund(usual.call).outcome == Outcome.SUCCEEDED
    assert usual.sums() == [30000]

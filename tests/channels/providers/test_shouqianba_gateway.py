"""Shouqianba as a gateway: its signature, the key of the day, refunds told by sums, and what each answer means."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import stamina

from apps.channels import registry
from apps.channels.fetching import Verdict
from apps.channels.gateways import Account, NoticeForged, Outcome
from apps.channels.paying import PaymentOutcome
from apps.channels.providers.shouqianba.api import SHANGHAI, signature
from apps.channels.providers.shouqianba.client import refund_number
from tests.channels.fakes.books import Mood
from tests.channels.fakes.shouqianba import DEVICE, KEY, SN, Vault
from tests.channels.hearing import hear
from tests.contract.scenes.shouqianba import CALL, CREDENTIALS, scene


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def made():
    with scene() as one:
        yield one


@pytest.fixture
def paid(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    return made.gateway.query_payment(CALL)


def with_vault(made, vault: Vault):
    return registry.get("shouqianba").gateway.make(Account(vault.credentials, base_url=made.fake.base_url, vault=vault))


def test_the_signature_is_the_digest_of_body_and_key():
    # Computed by the rule in github.com/WoSai/shouqianba-doc, zh-cn/api/sign.md
    body = b'{"terminal_sn":"100000000000000001","client_sn":"T202601010001","total_amount":"1000"}'

    assert signature(body, "0123456789abcdef0123456789abcdef") == "5bb69f5e93799a3a0b958e733b0a04c3"


@pytest.mark.parametrize(("method", "payway"), [("alipay", "1"), ("wechat_pay", "3"), ("unionpay", "17")])
def test_a_code_is_made_for_one_wallet(made, method, payway):
    answer = made.gateway.create_payment(replace(CALL, method=method))

    sent = json.loads(made.fake.requests[-1].body)
    assert answer.action.text.startswith("https://qr.")
    assert (sent["payway"], sent["total_amount"], sent["client_sn"], sent["terminal_sn"]) == (payway, "12800", CALL.merchant_ref, SN)


def test_each_day_begins_with_a_new_key_which_is_kept_before_it_is_used(made):
    vault = Vault(**CREDENTIALS)
    today = f"{datetime.now(UTC).astimezone(SHANGHAI):%Y-%m-%d}"

    with_vault(made, vault).create_payment(CALL)
    with_vault(made, vault).query_payment(CALL)

    assert [one.path for one in made.fake.requests] == ["/terminal/checkin", "/upay/v2/precreate", "/upay/v2/query"]
    assert vault.credentials == {"terminal_sn": SN, "terminal_key": made.fake.keys[-1], "device_id": DEVICE, "terminal_key_day": today}
    assert (made.fake.keys[0] != KEY, vault.is_claimed) == (True, False)


def test_while_somebody_else_fetches_the_key_nothing_is_sent(made):
    vault = Vault(**CREDENTIALS)
    vault.claim()

    answer = with_vault(made, vault).create_payment(CALL)

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.UNKNOWN, "renewing", [])


def test_a_key_that_somebody_else_has_fetched_meanwhile_is_used(made):
    vault = Vault(**CREDENTIALS)
    slow = with_vault(made, vault)
    with_vault(made, vault).create_payment(CALL)
    made.pays(CALL.merchant_ref)

    assert slow.query_payment(CALL).outcome == PaymentOutcome.PAID
    assert [one.path for one in made.fake.requests].count("/terminal/checkin") == 1


def test_a_check_in_that_is_refused_keeps_the_old_key_and_says_why(made):
    vault = Vault(**CREDENTIALS | {"terminal_key": "x" * 32})

    answer = with_vault(made, vault).query_payment(CALL)

    assert (answer.outcome, answer.code) == (PaymentOutcome.UNKNOWN, "ILLEGAL_SIGN")
    assert (vault.credentials["terminal_key"], vault.is_claimed) == ("x" * 32, False)
    assert "x" * 32 not in repr(answer)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "credit_card"}, "other_method"),
        ({"currency": "TWD"}, "other_currency"),
        ({"merchant_ref": "Q" * 33}, "bad_number"),
        ({"instalments": 3}, "no_instalments"),
        ({"captures_at_once": False}, "no_holding"),
    ],
)
def test_what_shouqianba_cannot_take_is_never_sent(made, changes, code):
    answer = made.gateway.create_payment(replace(CALL, **changes))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("declined", PaymentOutcome.DECLINED),
        ("cancelled", PaymentOutcome.CANCELLED),
        ("disturbed", PaymentOutcome.UNKNOWN),
        ("paid", PaymentOutcome.PAID),
    ],
)
def test_every_state_is_told(made, state, outcome):
    made.gateway.create_payment(CALL)
    made.fake.books.move(CALL.merchant_ref, state)

    assert made.gateway.query_payment(CALL).outcome == outcome
    assert made.gateway.create_payment(CALL).outcome == outcome  # the number was used, so it is told how it stands


def test_a_refund_is_told_by_the_sums(made, paid):
    call = made.refund_call(3_000, paid.provider_ref)
    second = made.refund_call(1_100, paid.provider_ref, key="rf_2", before=3_000)

    assert made.gateway.query_refund(call).outcome == Outcome.NOT_FOUND
    assert (made.gateway.refund(call).outcome, made.gateway.refund(call).outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)
    assert made.gateway.query_refund(second).outcome == Outcome.NOT_FOUND
    assert (made.gateway.refund(second).outcome, made.gateway.query_refund(second).outcome) == (Outcome.SUCCEEDED, Outcome.SUCCEEDED)
    assert made.gateway.query_refund(replace(second, amount_minor=1_200)).code == "other_sum"
    assert made.gateway.query_payment(CALL).code == "PARTIAL_REFUNDED"


def test_a_refund_in_progress_is_pending(made, paid):
    call = made.refund_call(3_000, paid.provider_ref)
    made.fake.books.script("refund", Mood.LATER)

    assert (made.gateway.refund(call).outcome, made.gateway.query_refund(call).outcome) == (Outcome.PENDING, Outcome.SUCCEEDED)


def test_a_refund_number_fits_and_stays_the_same():
    long = "rf_ABCDEFGHIJKLMNOPQRST"

    assert (refund_number("rf_1"), len(refund_number(long)), refund_number(long)) == ("rf_1", 20, refund_number(long))
    assert refund_number(long) != refund_number(long + "U")


def test_nobody_is_believed_who_calls_himself_shouqianba(made):
    with pytest.raises(NoticeForged):
        hear(made.gateway, {}, b'{"order_status":"PAID"}')


@pytest.mark.parametrize(
    ("changes", "field"), [({"terminal_key": "x" * 32}, "terminal_key"), ({"terminal_sn": "100000000000000009"}, "terminal_sn")]
)
def test_the_wrong_credential_is_named(made, changes, field):
    told = registry.get("shouqianba").gateway.make(Account(CREDENTIALS | changes, base_url=made.fake.base_url)).test_connection()

    assert (told.verdict, told.field_name) == (Verdict.WRONG_CREDENTIALS, field)

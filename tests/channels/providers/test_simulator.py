"""The simulator's books are the truth that tests of refunds are held against."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome, RefundCall
from apps.channels.providers.simulator.client import SIGNATURE, Simulator
from tests.channels.hearing import hear


@pytest.fixture
def account(tmp_path):
    return Account({"account": "ch_1", "secret": "s3cret"}, base_url=(tmp_path / "books.sqlite3").as_uri())


@pytest.fixture
def gateway(account):
    return Simulator(account)


def call(key="rf_1", amount=30000, **fields) -> RefundCall:
    fields = {"merchant_ref": "A1", "provider_ref": "P1", "payment_amount_minor": 128000, "refunded_minor": 0, **fields}
    return RefundCall(key=key, refund_no=key, amount_minor=amount, currency="TWD", method="credit_card", **fields)


def notices(gateway) -> list:
    return [hear(gateway, {SIGNATURE: gateway.sign(body.encode())}, body.encode())[0] for body in gateway.books.take_notices()]


def test_a_refund_is_paid_once_however_often_its_key_is_sent(gateway):
    first, again = gateway.refund(call()), gateway.refund(call())

    assert (first.outcome, first.provider_refund_ref, first.code) == (Outcome.SUCCEEDED, "SIM-RF-00000001", "ok")
    assert (again.outcome, again.provider_refund_ref) == (first.outcome, first.provider_refund_ref)
    assert [(paid.key, paid.amount, paid.calls) for paid in gateway.books.truth()] == [("rf_1", 30000, 2)]
    assert gateway.refund(call(amount=1)).code == "key_reused"


@pytest.mark.parametrize(
    ("behaviour", "answered", "asked", "asked_again"),
    [
        ("success", "succeeded", "succeeded", "succeeded"),
        ("decline", "declined", "declined", "declined"),
        ("timeout_before", "unknown", "not_found", "not_found"),
        ("timeout_after", "unknown", "succeeded", "succeeded"),
        ("slow", "pending", "pending", "succeeded"),
        ("slow_decline", "pending", "pending", "declined"),
    ],
)
def test_each_behaviour_and_what_asking_shows(gateway, behaviour, answered, asked, asked_again):
    gateway.books.script("A1", behaviour)

    said = [gateway.refund(call()).outcome, gateway.query_refund(call()).outcome, gateway.query_refund(call()).outcome]

    assert said == [answered, asked, asked_again]


def test_scripts_are_used_up_in_order_the_payments_own_first(gateway):
    gateway.books.script("", "decline")
    gateway.books.script("A1", "slow")

    said = [gateway.refund(call(key)).outcome for key in ("rf_1", "rf_2", "rf_3")]

    assert said == [Outcome.PENDING, Outcome.DECLINED, Outcome.SUCCEEDED]


def test_more_than_the_payment_is_declined(gateway):
    assert gateway.refund(call("rf_1", 100000)).outcome == Outcome.SUCCEEDED
    assert gateway.refund(call("rf_2", 28001)).outcome == Outcome.DECLINED
    assert gateway.refund(call("rf_3", 28000)).outcome == Outcome.SUCCEEDED


def test_notices_are_signed_and_come_as_scripted(gateway):
    gateway.books.script("A1", "duplicate_notice")
    gateway.books.script("A1", "disorder")
    gateway.refund(call("rf_1"))
    gateway.refund(call("rf_2"))

    told = notices(gateway)

    assert [(notice.key, notice.event_id, notice.outcome) for notice in told] == [
        ("rf_1", "evt-SIM-RF-00000001", "succeeded"),
        ("rf_1", "evt-SIM-RF-00000001", "succeeded"),
        ("rf_2", "evt-SIM-RF-00000002", "succeeded"),
        ("rf_2", "evt-SIM-RF-00000002-accepted", "pending"),
    ]
    assert notices(gateway) == []


def test_forged_and_unreadable_notices_are_told_apart(gateway):
    gateway.refund(call())
    body = gateway.books.take_notices()[0].encode()

    for headers in ({}, {SIGNATURE: "0" * 64}, {SIGNATURE: gateway.sign(body + b" ")}):
        with pytest.raises(NoticeForged):
            hear(gateway, headers, body)
    for wrong in (b"{", b"[]", b'{"event": 1}'):
        with pytest.raises(NoticeUnreadable):
            hear(gateway, {SIGNATURE: gateway.sign(wrong)}, wrong)


def test_accounts_share_a_file_and_nothing_else(account, gateway):
    other = Simulator(Account({**account.credentials, "account": "ch_2"}, base_url=account.base_url))

    gateway.refund(call())

    assert other.query_refund(call()).outcome == Outcome.NOT_FOUND
    assert other.books.truth() == []


def test_sixty_four_callers_with_one_key_pay_once(account):
    gateway = Simulator(account)

    with ThreadPoolExecutor(64) as pool:
        refs = list(pool.map(lambda _: Simulator(account).refund(call()).provider_refund_ref, range(64)))

    assert set(refs) == {"SIM-RF-00000001"}
    assert [(paid.amount, paid.calls) for paid in gateway.books.truth()] == [(30000, 64)]

"""Airwallex as a gateway: its signature, its decimals, and what each state and error means."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import stamina

from apps.channels.fetching import Verdict
from apps.channels.gateways import Account, NoticeForged, Outcome, RefundCall
from apps.channels.providers.airwallex.client import AirwallexGateway
from tests.channels.fakes.airwallex import API_KEY, CLIENT, HOOK, FakeAirwallex, signed
from tests.channels.fakes.books import Mood
from tests.channels.fakes.server import running
from tests.channels.hearing import hear

CALL = RefundCall("rf_1", "RF-1", "int_1", "A1", 1010, 12800, 0, "USD", "credit_card")
KNOWN = {"client_id": CLIENT, "api_key": API_KEY, "webhook_secret": HOOK}


@pytest.fixture
def fake():
    with stamina.set_testing(True, attempts=2), running(FakeAirwallex()) as fake:
        fake.books.open("A1", 12800, "USD", "credit_card", number="int_1")
        fake.books.move("A1", "paid")
        yield fake


@pytest.fixture
def gateway(fake):
    return AirwallexGateway(Account(KNOWN, base_url=fake.base_url))


def test_amounts_are_exact_on_the_wire(gateway, fake):
    answer = gateway.refund(CALL)

    assert (answer.outcome, answer.provider_refund_ref) == (Outcome.SUCCEEDED, "rfd_1")
    assert b'"amount": 10.10' in fake.requests[-1].body
    assert fake.books.find_back(key="rf_1")[1].amount == 1010


def test_a_received_one_waits_and_its_notice_tells_the_end(gateway, fake):
    fake.at_first = "RECEIVED"
    made = gateway.refund(CALL)
    fake.at_first = "SETTLED"
    (told,) = hear(gateway, *fake.refund_notice("rf_1"))

    assert (made.outcome, told.outcome, told.key, told.provider_ref) == (Outcome.PENDING, Outcome.SUCCEEDED, "rf_1", "int_1")
    assert (told.amount_minor, told.currency, told.occurred_at) == (1010, "USD", datetime(2026, 11, 20, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("mood", "outcome"),
    [
        (Mood.DECLINE, Outcome.DECLINED),
        (Mood.BUSY, Outcome.UNKNOWN),
        (Mood.ODD_CODE, Outcome.UNKNOWN),
        (Mood.GARBAGE_AFTER, Outcome.UNKNOWN),
    ],
)
def test_only_what_airwallex_refuses_plainly_is_declined(gateway, fake, mood, outcome):
    fake.books.script("refund", mood)

    assert gateway.refund(CALL).outcome == outcome


@pytest.mark.parametrize(("change", "code"), [({"provider_ref": "att_1"}, "no_payment_id"), ({"refunded_minor": 11791}, "too_much")])
def test_what_cannot_go_back_is_never_sent(gateway, fake, change, code):
    answer = gateway.refund(replace(CALL, **change))

    assert (answer.outcome, answer.code, fake.requests) == (Outcome.DECLINED, code, [])


def test_the_signature_covers_the_stamp_and_every_byte(gateway, fake):
    gateway.refund(CALL)
    headers, body = fake.refund_notice("rf_1")

    for wrong in ({**headers, "x-timestamp": "1795578540001"}, {**headers, "x-signature": ""}, signed(body, "another")[0]):
        with pytest.raises(NoticeForged):
            hear(gateway, wrong, body)
    with pytest.raises(NoticeForged):
        hear(gateway, headers, body + b" ")
    assert hear(gateway, *fake.event("payment_intent.succeeded", {"id": "int_1"})) == []


def test_the_connection_is_judged(gateway, fake):
    wrong = AirwallexGateway(Account({**KNOWN, "api_key": "another"}, base_url=fake.base_url))
    nobody = AirwallexGateway(Account(KNOWN, base_url="http://127.0.0.1:9"))

    verdicts = [one.test_connection().verdict for one in (gateway, wrong, nobody)]

    assert verdicts == [Verdict.WORKS, Verdict.WRONG_CREDENTIALS, Verdict.UNREACHABLE]

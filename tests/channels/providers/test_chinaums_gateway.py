"""ChinaUMS as a gateway: its published signature, its bills, and what each answer means."""

import json
from dataclasses import replace

import pytest
import stamina

from apps.channels import registry
from apps.channels.gateways import NoticeForged, NoticeUnreadable, Operation
from apps.channels.paying import ActionKind, PaymentOutcome
from apps.channels.providers.chinaums import signing
from tests.channels.fakes.chinaums import MID, NOTICE_KEY, SOURCE_NO
from tests.channels.hearing import hear
from tests.contract.scenes.chinaums import CALL, scene


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def made():
    with scene() as one:
        yield one


def test_the_published_signature():
    # The worked example of OPEN-BODY-SIG in ChinaUMS's open platform documents
    signed = signing.body_signature(
        "12345678901234567890123456789012", "67890123456789012345678901234567", "20170101120000", "09876543210987654321098765432109", b"A"
    )

    assert signed == "GINsCTyNKTpEI9KXO16KqZJ64fOyAytEKl8aaR/Dy08="


def test_it_is_read_by_a_mapping_and_takes_payments_alone():
    entry = registry.get("chinaums")

    assert (entry.is_mapped, entry.capabilities.refunds_by_api, entry.capabilities.statements[0]) == (True, False, "CSV")
    assert entry.gateway.operations == {Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT}


def test_a_bill_has_the_shops_source_number_and_shanghais_day(made):
    answer = made.gateway.create_payment(CALL)

    sent = json.loads(made.fake.requests[-1].body)
    assert (answer.action.kind, answer.action.text.startswith("https://qr.chinaums.com/")) == (ActionKind.QR, True)
    assert {name: sent[name] for name in ("billNo", "billDate", "totalAmount", "mid", "tid", "instMid", "notifyUrl")} == {
        "billNo": SOURCE_NO + "QT20261130A1", "billDate": "2026-12-01", "totalAmount": 12_800, "mid": MID, "tid": "00810001",
        "instMid": "QRPAYDEFAULT", "notifyUrl": CALL.notice_url,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "credit_card"}, "other_method"),
        ({"currency": "TWD"}, "other_currency"),
        ({"merchant_ref": "QT-1"}, "bad_number"),
        ({"instalments": 3}, "no_instalments"),
        ({"captures_at_once": False}, "no_holding"),
        ({"notice_url": ""}, "no_address"),
        ({"opened_at": None}, "no_time"),
    ],
)
def test_what_chinaums_cannot_take_is_never_sent(made, changes, code):
    answer = made.gateway.create_payment(replace(CALL, **changes))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


def test_what_nobody_documented_leaves_a_payment_unknown(made):
    assert made.gateway.query_payment(CALL).outcome == PaymentOutcome.UNKNOWN
    assert made.gateway.query_payment(CALL).code == "BILL_UNKNOWN"
    assert made.gateway.query_payment(replace(CALL, opened_at=None)).code == "no_time"


@pytest.mark.parametrize(
    ("extra", "outcome", "code"),
    [
        ({"billStatus": "REFUND"}, PaymentOutcome.PAID, "REFUND"),
        ({"billStatus": "CLOSED"}, PaymentOutcome.EXPIRED, "CLOSED"),
        ({"billStatus": "NEW_WORD"}, PaymentOutcome.UNKNOWN, "NEW_WORD"),
        ({"billNo": "3194OTHER"}, PaymentOutcome.UNKNOWN, "answer_differs"),
        ({"totalAmount": "12.80"}, PaymentOutcome.UNKNOWN, "answer_differs"),
        ({"billPayment": "{broken"}, PaymentOutcome.PENDING, "UNPAID"),
    ],
)
def test_every_state_is_told(made, extra, outcome, code):
    made.gateway.create_payment(CALL)
    made.fake.extra = extra

    answer = made.gateway.query_payment(CALL)

    assert (answer.outcome, answer.code) == (outcome, code)


@pytest.mark.parametrize("sign_type", ["MD5", "SHA256", ""])
def test_notices_are_proved_by_either_digest(made, sign_type):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    bill = made.fake._bill(made.fake.books.payments[CALL.merchant_ref])

    (told,) = hear(made.gateway, *made.fake.told(bill, sign_type))

    assert (told.outcome, told.merchant_ref, told.amount_minor) == (PaymentOutcome.PAID, CALL.merchant_ref, 12_800)
    with pytest.raises(NoticeUnreadable):
        hear(made.gateway, *made.fake.told(bill | {"mid": "999"}, sign_type))
    with pytest.raises(NoticeForged):
        hear(made.gateway, {}, b"\xff")
    assert (made.gateway.acknowledgement().body, len(NOTICE_KEY)) == (b"SUCCESS", 32)

"""Lakala as a gateway: what its signatures cover, its codes to scan, and what each answer means."""

import json
from dataclasses import replace

import pytest
import stamina

from apps.channels import registry
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Operation
from apps.channels.paying import Payer, PaymentOutcome
from apps.channels.providers.lakala import signing
from tests.channels.fakes.lakala import MERCHANT
from tests.channels.hearing import hear
from tests.contract.scenes.lakala import CALL, credentials, scene


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def made():
    with scene() as one:
        yield one


def test_what_a_signature_covers():
    assert signing.lines("OP00000003", "00df", "1", "n", body='{"a":"茶"}'.encode()) == 'OP00000003\n00df\n1\nn\n{"a":"茶"}\n'.encode()


def test_it_is_read_by_a_mapping_and_takes_payments_alone():
    entry = registry.get("lakala")

    assert (entry.is_mapped, entry.capabilities.refunds_by_api) == (True, False)
    assert entry.gateway.operations == {Operation.CREATE_PAYMENT, Operation.QUERY_PAYMENT}


@pytest.mark.parametrize(("method", "wallet"), [("alipay", "ALIPAY"), ("wechat_pay", "WECHAT"), ("unionpay", "UQRCODEPAY")])
def test_a_code_is_made_for_one_wallet(made, method, wallet):
    answer = made.gateway.create_payment(replace(CALL, method=method))

    sent = json.loads(made.fake.requests[-1].body)
    assert answer.action.text.startswith("https://qr.")
    assert (sent["version"], sent["req_data"]["merchant_no"]) == ("3.0", MERCHANT)
    assert {name: sent["req_data"][name] for name in ("account_type", "trans_type", "total_amount", "location_info")} == {
        "account_type": wallet, "trans_type": "41", "total_amount": "12800", "location_info": {"request_ip": "203.0.113.9"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "credit_card"}, "other_method"),
        ({"currency": "TWD"}, "other_currency"),
        ({"merchant_ref": "Q" * 33}, "bad_number"),
        ({"captures_at_once": False}, "no_holding"),
        ({"notice_url": ""}, "no_address"),
        ({"payer": Payer()}, "no_payer_ip"),
    ],
)
def test_what_lakala_cannot_take_is_never_sent(made, changes, code):
    answer = made.gateway.create_payment(replace(CALL, **changes))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


@pytest.mark.parametrize(
    ("extra", "outcome", "code"),
    [
        ({"trade_state": "DEAL"}, PaymentOutcome.PENDING, "DEAL"),
        ({"trade_state": "PART_REFUND"}, PaymentOutcome.PAID, "PART_REFUND"),
        ({"trade_state": "UNKNOWN"}, PaymentOutcome.UNKNOWN, "UNKNOWN"),
        ({"trade_state": "NEW_WORD"}, PaymentOutcome.UNKNOWN, "NEW_WORD"),
        ({"out_trade_no": "OTHER"}, PaymentOutcome.UNKNOWN, "answer_differs"),
        ({"total_amount": "128.00"}, PaymentOutcome.UNKNOWN, "answer_differs"),
    ],
)
def test_every_state_is_told(made, extra, outcome, code):
    made.gateway.create_payment(CALL)
    made.fake.extra = extra

    answer = made.gateway.query_payment(CALL)

    assert (answer.outcome, answer.code) == (outcome, code)


def test_what_proves_nothing_leaves_a_payment_unknown(made):
    locked = registry.get("lakala").gateway.make(Account(credentials(private_key="nonsense"), base_url=made.fake.base_url))

    codes = [one.query_payment(CALL).code for one in (made.gateway, made.wrong, locked)]

    assert codes == ["BBS11112", "bad_signature", "key_unusable"]


def test_genuine_notices_that_are_not_for_us(made):
    assert hear(made.gateway, *made.fake.told({"merchant_no": MERCHANT, "order_status": "2"})) == []
    for said in ({"merchant_no": "9", "trade_state": "SUCCESS"}, [1], {"merchant_no": MERCHANT, "trade_state": "SUCCESS"}):
        with pytest.raises(NoticeUnreadable):
            hear(made.gateway, *made.fake.told(said))
    with pytest.raises(NoticeForged):
        hear(made.gateway, {}, b"{}")

"""WeChat Pay as a gateway: published vectors, signatures both ways, and what each answer means."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import stamina

from apps.channels import registry, rsa
from apps.channels.fetching import FetchOutcome, Verdict
from apps.channels.gateways import Account, NoticeForged, NoticeUnreadable, Outcome
from apps.channels.paying import ActionKind, Payer, PaymentOutcome, Surface
from apps.channels.providers.wechat import api, codes, signing
from apps.channels.return_codes import CodeClass
from apps.core import clock
from tests.channels.fakes import keys
from tests.channels.fakes.books import Mood
from tests.channels.fakes.wechat import API_V3_KEY, APPID, MCHID
from tests.channels.hearing import hear
from tests.contract.scenes.wechat import CALL, credentials, scene


@pytest.fixture(autouse=True)
def _no_pauses():
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def made():
    with scene() as one:
        yield one


@pytest.fixture
def by_certificates(made):
    """The same account without the public key: WeChat Pay signs with the key of a certificate that has to be fetched."""
    api._kept.clear()
    made.fake.signs_with = "wechat-platform"
    account = Account(credentials(public_key_id="", public_key=""), base_url=made.fake.base_url)
    return registry.get("wechat").gateway.make(account)


def test_the_published_notice_is_opened_with_its_published_key():
    # github.com/wechatpay-apiv3/wechatpay-java, core/src/test/resources/notification/wechat_pay_notification.json
    resource = {
        "original_type": "payscore",
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": (
            "YDS3lKPaC4Y52Gf3uhft5qUBlIa8b428AWTtTauHQfQrRw+X1WpiuHIDy0vo1Vd6VEq67aVyqPdDYMkRVSDaZL3iZttevRMOoPKMifozg6XPWjIZumks"
            "/GpT48lI4NizyeaqLBokNebthah3o1H76qSlO9NkDjp9bzmKLEYYH9TEklFUpsvPqOTOcgSLgh21YJXYR7dEBXFgRLiNIKRgO5JdXh1hccRUAlyVWxE5"
            "4PXpnQ=="
        ),
        "associated_data": "payscore",
        "nonce": "Kj7QIyUiYx1q",
    }

    assert signing.opened_json(resource, "testMchAPIv3Key0") == {
        "mchid": "1234567890",
        "appid": "054aa7d7a2a54ab5898df65bd96f001c",
        "create_time": "2020-06-30T12:12:00+08:00",
        "out_contract_code": "21640bdbd08e473e828f3206a2741c6e",
    }
    with pytest.raises(ValueError, match="not opened"):
        signing.opened(resource, "testMchAPIv3Key1")


def test_a_payment_inside_wechat_is_signed_for_the_bridge(made):
    answer = made.gateway.create_payment(replace(CALL, surface=Surface.IN_APP, token="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"))

    fields = answer.action.fields
    message = "".join(f"{fields[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
    assert (answer.action.kind, fields["appId"], fields["signType"]) == (ActionKind.BRIDGE, APPID, "RSA")
    assert fields["package"].startswith("prepay_id=wx")
    assert rsa.is_signed(keys.key("wechat-merchant").public_key(), message.encode(), fields["paySign"])
    assert json.loads(made.fake.requests[-1].body)["payer"] == {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}


def test_a_phone_is_sent_to_wechat_and_back_to_the_shop(made):
    end = datetime(2026, 11, 30, 20, 0, 1, tzinfo=UTC)
    call = replace(CALL, surface=Surface.PHONE, payer=Payer(ip="203.0.113.9"), return_url="https://shop.example/o/1?a=b", expires_at=end)

    action = made.gateway.create_payment(call).action

    sent = json.loads(made.fake.requests[-1].body)
    assert action.kind == ActionKind.REDIRECT
    assert action.url.endswith("&package=1&redirect_url=https%3A%2F%2Fshop.example%2Fo%2F1%3Fa%3Db")
    assert sent["scene_info"] == {"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Wap"}}
    assert (sent["time_expire"], sent["amount"]) == ("2026-12-01T04:00:01+08:00", {"total": 12800, "currency": "CNY"})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"method": "alipay"}, "other_method"),
        ({"currency": "TWD"}, "other_currency"),
        ({"merchant_ref": "A1"}, "bad_number"),
        ({"merchant_ref": "Ä12345"}, "bad_number"),
        ({"instalments": 3}, "no_instalments"),
        ({"captures_at_once": False}, "no_holding"),
        ({"notice_url": ""}, "no_address"),
        ({"surface": Surface.IN_APP}, "no_openid"),
        ({"surface": Surface.PHONE}, "no_payer_ip"),
    ],
)
def test_what_wechat_cannot_take_is_never_sent(made, changed, code):
    answer = made.gateway.create_payment(replace(CALL, **changed))

    assert (answer.outcome, answer.code, made.fake.requests) == (PaymentOutcome.DECLINED, code, [])


def test_a_paid_number_asked_for_again_is_told_as_paid(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)

    assert made.gateway.create_payment(CALL).outcome == PaymentOutcome.PAID


@pytest.mark.parametrize(
    ("state", "outcome"), [("revoked", PaymentOutcome.DECLINED), ("paying", PaymentOutcome.PENDING), ("cancelled", PaymentOutcome.EXPIRED)]
)
def test_every_state_is_told(made, state, outcome):
    made.gateway.create_payment(CALL)
    made.fake.books.move(CALL.merchant_ref, state)

    assert made.gateway.query_payment(CALL).outcome == outcome


def test_a_refunded_payment_is_still_a_paid_one(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    ref = made.gateway.query_payment(CALL).provider_ref
    made.gateway.refund(made.refund_call(12_800, ref))

    answer = made.gateway.query_payment(CALL)

    assert (answer.outcome, answer.code, answer.amount_minor) == (PaymentOutcome.PAID, "REFUND", 12_800)


def test_wrong_signatures_sent_to_try_us_are_refused_everywhere(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    made.fake.probes = True

    assert (made.gateway.query_payment(CALL).outcome, made.gateway.query_payment(CALL).code) == (PaymentOutcome.UNKNOWN, "bad_signature")
    with pytest.raises(NoticeForged):
        hear(made.gateway, *made.fake.notice(CALL.merchant_ref))


@pytest.mark.parametrize("late", [-301, 301])
def test_a_notice_of_another_time_is_forged(made, late):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    headers, body = made.fake.notice(CALL.merchant_ref)

    with pytest.raises(NoticeForged):
        hear(made.gateway, headers, body, clock.now() + timedelta(seconds=late))


def test_a_genuine_notice_that_says_nothing_of_ours(made):
    other = made.fake.told("EV-1", "TRANSACTION.SUCCESS", "transaction", {"mchid": "1900099999", "out_trade_no": "A"})
    coupon = made.fake.told("EV-2", "COUPON.USE", "coupon", {"mchid": MCHID})

    assert hear(made.gateway, *coupon) == []
    with pytest.raises(NoticeUnreadable):
        hear(made.gateway, *other)
    with pytest.raises(NoticeUnreadable):
        hear(made.gateway, made.fake.signature(b"[1]"), b"[1]")


def test_the_platform_certificates_are_fetched_once_and_again_for_a_new_serial(made, by_certificates):
    by_certificates.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    assert by_certificates.query_payment(CALL).outcome == PaymentOutcome.PAID
    (told,) = hear(by_certificates, *made.fake.notice(CALL.merchant_ref))

    assert (told.outcome, told.amount_minor, told.currency) == (PaymentOutcome.PAID, 12_800, "CNY")
    assert [one.path for one in made.fake.requests].count("/v3/certificates") == 1

    headers, body = made.fake.notice(CALL.merchant_ref)
    for _ in range(3):  # a stranger's serial number does not make us ask again and again
        with pytest.raises(NoticeForged):
            hear(by_certificates, headers | {"wechatpay-serial": "00"}, body)
    assert [one.path for one in made.fake.requests].count("/v3/certificates") == 1


def test_certificates_that_our_key_does_not_open_prove_nothing(made, by_certificates):
    account = Account(credentials(public_key_id="", public_key="", api_v3_key="x" * 32), base_url=made.fake.base_url)
    wrong = registry.get("wechat").gateway.make(account)

    assert wrong.query_payment(CALL).code == "bad_signature"
    told = wrong.test_connection()
    assert (told.verdict, told.field_name) == (Verdict.WRONG_CREDENTIALS, "api_v3_key")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"api_v3_key": "short"}, "api_v3_key"),
        ({"private_key": "nonsense"}, "private_key"),
        ({"private_key": keys.private_pem("stranger")}, "serial_no"),
        ({"public_key": keys.public_pem("stranger")}, "public_key"),
    ],
)
def test_the_wrong_credential_is_named(made, changed, field):
    account = Account(credentials(**changed), base_url=made.fake.base_url)
    told = registry.get("wechat").gateway.make(account).test_connection()

    assert (told.verdict, told.field_name) == (Verdict.WRONG_CREDENTIALS, field)


def test_a_statement_that_is_not_what_was_promised_is_refused(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    bill = made.fake._bill
    made.fake._bill = lambda day: _swapped(made.fake, bill(day))

    got = made.gateway.fetch_statement(made.statement_day)

    assert (got.outcome, got.code, got.files) == (FetchOutcome.FAILED, "hash_differs", ())
    assert "token" not in repr(got.raw)


def _swapped(fake, answered):
    """After the address was told, another file lies there."""
    fake.bills |= dict.fromkeys(fake.bills, b"another")
    return answered


def test_a_refund_under_a_used_number_with_another_sum_is_unknown(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    call = made.refund_call(300, made.gateway.query_payment(CALL).provider_ref)
    made.gateway.refund(call)

    other = made.gateway.refund(replace(call, amount_minor=400))

    assert (other.outcome, other.code) == (Outcome.UNKNOWN, "answer_differs")


def test_a_refund_that_takes_time_is_pending_and_then_done(made):
    made.gateway.create_payment(CALL)
    made.pays(CALL.merchant_ref)
    call = made.refund_call(300, made.gateway.query_payment(CALL).provider_ref)
    made.fake.books.script("refund", Mood.LATER)

    outcomes = [made.gateway.refund(call).outcome, made.gateway.query_refund(call).outcome, made.gateway.query_refund(call).outcome]

    assert outcomes == [Outcome.PENDING, Outcome.PENDING, Outcome.SUCCEEDED]


def test_codes_are_known_in_every_spelling():
    spelled = ["ORDER_PAID", "OrderPaid", "NOTENOUGH", "SYSTEMERROR", "ORDERNOTEXIST", "NEVER_SEEN"]
    classes = [codes.class_of(codes.known_spelling(code)) for code in spelled]

    C = CodeClass
    assert classes == [C.DUPLICATE, C.DUPLICATE, C.DECLINED, C.RETRY, C.NOT_FOUND, None]
    assert len(API_V3_KEY) == signing.KEY_BYTES

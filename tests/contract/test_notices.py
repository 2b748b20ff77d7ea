"""What every gateway owes whose provider sends notices: what proves them, as of when, and what they tell. Run on each provider's fake."""

import re
from datetime import timedelta

import pytest
import time_machine

from apps.channels.gateways import NoticeForged, NoticeUnreadable, Operation, Outcome, RefundNotice
from apps.channels.paying import PaymentNotice, PaymentOutcome
from apps.core import clock
from apps.orders.services.notices.keeping import proving
from tests.channels.hearing import hear
from tests.contract.steps import kind_of, needs, needs_notices, paid

SECONDS, MOMENT = re.compile(r"\b1\d{9}\b"), re.compile(r"\b20\d\d-\d\d-\d\dT[\d:]{8}Z")  # how headers are dated


def test_a_notice_tells_the_payment_and_repeats_its_name(scene):
    needs_notices(scene)
    answer = paid(scene)
    headers, body = scene.fake.notice(scene.call.merchant_ref)

    (told,) = hear(scene.gateway, headers, body)
    (again,) = hear(scene.gateway, headers, body)

    assert isinstance(told, PaymentNotice)
    assert (told.outcome, told.amount_minor, told.currency) == (PaymentOutcome.PAID, scene.call.amount_minor, scene.call.currency)
    assert told.merchant_ref == scene.call.merchant_ref or told.provider_ref == answer.provider_ref
    assert (again.event_id, bool(told.event_id)) == (told.event_id, True)


def proves(scene, told: list, headers: dict[str, str], body: bytes) -> bool:
    """Whether a notice with these headers tells the same."""
    try:
        return hear(scene.gateway, headers, body) == told
    except (NoticeForged, NoticeUnreadable):
        return False


def test_what_is_kept_of_a_notice_proves_it_once_more(scene):
    needs_notices(scene)
    paid(scene)
    headers, body = scene.fake.notice(scene.call.merchant_ref)

    told, kind = hear(scene.gateway, headers, body), kind_of(scene)
    kept = proving(kind, {**headers, "cookie": "c"})

    assert (hear(scene.gateway, kept, body), set(kept) - {"content-type", "user-agent"}) == (told, set(kind.proven_by))
    for name in kind.proven_by:
        assert not proves(scene, told, {one: value for one, value in kept.items() if one != name}, body), f"{name} is kept for nothing"


def test_a_notice_proves_as_of_its_arrival_and_an_old_one_is_refused_at_the_door(scene):
    needs_notices(scene)
    paid(scene)
    headers, body = scene.fake.notice(scene.call.merchant_ref)
    arrived, limit = clock.now(), scene.notices_stay_good
    told = hear(scene.gateway, headers, body, arrived)

    with time_machine.travel(arrived + timedelta(hours=1)):
        assert hear(scene.gateway, headers, body, arrived) == told
        if limit is None:
            assert hear(scene.gateway, headers, body) == told
        else:
            assert hear(scene.gateway, headers, body, arrived + limit - timedelta(seconds=30)) == told
            for late in (arrived + limit + timedelta(seconds=2), clock.now()):
                with pytest.raises(NoticeForged):
                    hear(scene.gateway, headers, body, late)

        dated = {name: SECONDS.sub(str(int(clock.now().timestamp())), value) for name, value in headers.items()}
        dated = {name: MOMENT.sub(f"{clock.now():%Y-%m-%dT%H:%M:%SZ}", value) for name, value in dated.items()}
        assert dated != headers or limit is None
        if dated != headers:
            with pytest.raises(NoticeForged):
                hear(scene.gateway, dated, body)


def test_a_notice_with_a_changed_sum_is_forged(scene):
    needs_notices(scene)
    paid(scene)
    headers, body = scene.fake.notice(scene.call.merchant_ref)
    digit = next(at for at in range(len(body) - 1, -1, -1) if body[at : at + 1].isdigit())
    other = b"1" if body[digit : digit + 1] != b"1" else b"2"

    with pytest.raises(NoticeForged):
        hear(scene.gateway, headers, body[:digit] + other + body[digit + 1 :])
    with pytest.raises(NoticeForged):
        hear(scene.wrong, headers, body)


def test_a_notice_of_a_refund_names_it(scene):
    needs(scene, Operation.REFUND)
    answer, third = paid(scene), scene.call.amount_minor // 300 * 100
    made = scene.gateway.refund(scene.refund_call(third, answer.provider_ref))
    try:
        headers, body = scene.fake.refund_notice("rf_1")
    except NotImplementedError:
        pytest.skip(f"{scene.code} sends no notices of refunds")

    kept = proving(kind_of(scene), headers)
    told = [one for one in hear(scene.gateway, kept, body) if isinstance(one, RefundNotice)]

    assert [(one.outcome, one.amount_minor, one.currency) for one in told] == [(Outcome.SUCCEEDED, third, scene.call.currency)]
    assert told[0].key == "rf_1" or told[0].provider_refund_ref == made.provider_refund_ref

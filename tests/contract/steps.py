"""Steps that many tests of the suite of payments take with a scene."""

from dataclasses import replace

import pytest

from apps.channels import registry
from apps.channels.gateways import Operation
from apps.channels.paying import PaymentAnswer, PaymentCall, PaymentOutcome
from tests.channels.fakes.server import FakeProvider
from tests.channels.hearing import hear
from tests.contract.paying import PayingScene


def kind_of(scene: PayingScene):
    return registry.get(scene.code).gateway


def needs(scene: PayingScene, *operations: Operation) -> None:
    missing = [str(one) for one in operations if one not in kind_of(scene).operations]
    if missing:
        pytest.skip(f"{scene.code} offers no {', '.join(missing)}")


def needs_notices(scene: PayingScene) -> None:
    """A provider may be told the address for notices with each payment (so nobody sets it in a console), or send none at all."""
    if type(scene.fake).notice is FakeProvider.notice:
        assert not kind_of(scene).sends_notices, "its fake must send them too"
        pytest.skip(f"{scene.code} sends no signed notices of payments")


def opened(scene: PayingScene, **other) -> PaymentCall:
    """The scene's payment, opened; as it is asked about from then on, with the provider's number where it gave one."""
    call = replace(scene.call, **other)
    return replace(call, provider_ref=scene.gateway.create_payment(call).provider_ref)


def paid(scene: PayingScene):
    """The scene's payment, made and paid; the answer that says so."""
    call = opened(scene)
    scene.pays(call.merchant_ref)
    answer = told(scene, call) if scene.told_by_notice else scene.gateway.query_payment(call)
    if answer.outcome == PaymentOutcome.APPROVED:
        answer = scene.gateway.finish_payment(replace(call, provider_ref=answer.provider_ref))
    return answer


def told(scene: PayingScene, call: PaymentCall) -> PaymentAnswer:
    """What the provider's notice says of a payment, as an answer."""
    (one,) = hear(scene.gateway, *scene.fake.notice(call.merchant_ref))
    return PaymentAnswer(one.outcome, one.provider_ref, one.code, "", one.amount_minor, one.currency, one.occurred_at)

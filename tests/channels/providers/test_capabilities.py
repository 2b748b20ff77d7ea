"""What providers say of themselves must be so."""

from datetime import UTC, datetime

import pytest

from apps.channels import registry
from apps.channels.contracts import METHODS_WITHOUT_REFUND

PROVIDERS = registry.PROVIDERS.values()


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.code)
def test_only_who_can_be_called_takes_refunds(provider):
    assert provider.capabilities.refunds_by_api == (provider.gateway is not None)
    assert set(METHODS_WITHOUT_REFUND) <= set(provider.capabilities.methods_without_refund)


def test_who_can_be_called():
    able = {provider.code: provider.gateway for provider in PROVIDERS if provider.gateway}

    assert {code: [field.name for field in kind.credentials] for code, kind in able.items()} == {
        "ecpay": ["merchant_id", "hash_key", "hash_iv"],
        "stripe": ["secret_key", "webhook_secret"],
    }
    assert {code: kind.repeats_safely for code, kind in able.items()} == {"ecpay": False, "stripe": True}
    assert (registry.PRACTICE.repeats_safely, registry.PRACTICE.credentials) == (True, ())


def test_ecpay_rests_while_it_closes_its_books_in_taipei_and_nobody_else_does():
    resting = {provider.code: provider.gateway.rest for provider in PROVIDERS if provider.gateway and provider.gateway.rest}
    assert list(resting) == ["ecpay"]
    ends = {
        clock: resting["ecpay"].ends_at(datetime.fromisoformat(f"2026-11-20T{clock}+08:00"))
        for clock in ("20:14:59", "20:15:00", "20:29:59", "20:30:00")
    }

    end = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
    assert ends == {"20:14:59": None, "20:15:00": end, "20:29:59": end, "20:30:00": None}

"""What providers say of themselves must be so."""

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

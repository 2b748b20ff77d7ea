"""What providers say of themselves must be so."""

from datetime import UTC, datetime

import pytest

from apps.channels import registry
from apps.channels.capabilities import METHODS_WITHOUT_REFUND
from apps.channels.contracts import Method
from apps.channels.gateways import Operation

PROVIDERS = registry.PROVIDERS.values()


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.code)
def test_only_who_can_be_asked_for_one_takes_refunds(provider):
    asked = provider.gateway is not None and Operation.REFUND in provider.gateway.operations
    assert provider.capabilities.refunds_by_api == asked
    own = {Method.ON_ACCOUNT} if provider.capabilities.reports_itself else set()  # taken off our own account again
    assert set(METHODS_WITHOUT_REFUND) - own <= set(provider.capabilities.methods_without_refund)


@pytest.mark.parametrize(
    "provider", [one for one in PROVIDERS if one.gateway and not one.capabilities.reports_itself], ids=lambda provider: provider.code
)
def test_every_credential_says_its_name_and_where_it_stands(provider):
    fields = provider.gateway.credentials
    names = [field.name for field in fields]

    assert (len(set(names)), [field.name for field in fields if not (str(field.label) and str(field.help))]) == (len(names), [])
    assert [field.name for field in fields if field.is_secret], "an account that holds no secret proves nothing"


def test_who_repeats_safely():
    able = {provider.code: provider.gateway.repeats_safely for provider in PROVIDERS if provider.gateway}

    assert (able["ecpay"], able["stripe"]) == (False, True)
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

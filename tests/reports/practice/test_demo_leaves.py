"""What `manage.py demo` leaves for people to look at; made once for all of these."""

import io

import pytest
import time_machine
from django.core.management import call_command
from django.db import transaction
from django.test.utils import override_settings

from apps.channels.models import BookedRate, RuleSet
from apps.core.models import Job
from apps.merchants.models import Merchant
from apps.orders.models import Refund
from apps.settlements.enums import DiscrepancyState
from apps.settlements.models import Discrepancy, DiscrepancyComment, Suggestion
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_demo")]


@pytest.fixture(scope="module")
def _demo(django_db_setup, django_db_blocker, tmp_path_factory):
    """Nineteen days up to the cast's today, undone at the end."""
    folder = tmp_path_factory.mktemp("demo")
    places = override_settings(MEDIA_ROOT=folder / "files", SIMULATOR_FILE=folder / "simulator.sqlite3")
    with django_db_blocker.unblock(), transaction.atomic(), places:
        with time_machine.travel(cast.NOW, tick=False):
            call_command("demo", days=19, seed=4, stdout=io.StringIO(), stderr=io.StringIO())
        yield
        transaction.set_rollback(True)


def test_a_desk_that_someone_works_on():
    shop = Merchant.objects.get(slug="nuanyang")
    states = set(Discrepancy.objects.for_merchant(shop).values_list("state", flat=True))
    assert {DiscrepancyState.OPEN, DiscrepancyState.INVESTIGATING} <= states
    assert all(Discrepancy.objects.for_merchant(shop).filter(state=DiscrepancyState.RESOLVED).values_list("reason", flat=True))
    assert DiscrepancyComment.objects.for_merchant(shop).exists()
    assert "open" in set(Suggestion.objects.for_merchant(shop).values_list("state", flat=True))
    assert RuleSet.objects.get(merchant=shop).amount_minor == 1
    assert BookedRate.objects.get(merchant=shop).base == "JPY"


def test_refunds_at_every_stage():
    refunds = Refund.objects.filter(merchant__slug="nuanyang", request__isnull=False)
    assert sorted(refunds.values_list("state", "request__route")) == [
        ("approved", "bank_transfer"),
        ("approved", "provider"),
        ("rejected", "provider"),
        *[("requested", "provider")] * 4,
    ]
    assert refunds.filter(request__asked_at__isnull=False).count() == 1
    assert Job.objects.get(kind="orders.submit_refund").payload == {
        "refund_id": refunds.get(state="approved", request__route="provider").pk
    }

"""`manage.py demo`: logins for each role, a desk in use, and nothing on a second run."""

import io
from collections import Counter

import pytest
import time_machine
from django.core.management import CommandError, call_command

from apps.audit.models import AuditEvent
from apps.disputes.enums import RiskKind
from apps.disputes.models import Alert, Dispute, RiskRule, WatchlistEntry
from apps.merchants.enums import Role
from apps.merchants.models import Membership, Merchant, User
from apps.orders.models import PaymentHold
from apps.reports.figures.proofs import prove
from apps.reports.models import MonthClose
from apps.reports.practice import people
from apps.settlements.models import Discrepancy, Statement
from tests import cast


def _demo(**options) -> str:
    """Nineteen days up to the cast's today; their month is not over, so none is closed."""
    out = io.StringIO()
    with time_machine.travel(cast.NOW, tick=False):
        call_command("demo", **{"days": 19, "stdout": out, "stderr": io.StringIO(), **options})
    return out.getvalue()


def _counts() -> list[int]:
    return [model.objects.count() for model in (Merchant, User, Membership, Statement, Discrepancy, AuditEvent)]


@pytest.mark.django_db
def test_demo_makes_logins_for_each_role_and_a_second_run_changes_nothing():
    said = _demo()

    shop = Merchant.objects.get(slug="nuanyang")
    assert shop.is_practice
    for role in Role.values:
        user = User.objects.get(email=people.email(role))
        assert user.check_password(people.PASSWORD)
        assert Membership.objects.get(merchant=shop, user=user).role == role
        assert f"{role}@demo.hezhang.example" in said
    staff = User.objects.get(email=people.email("staff"))
    assert (staff.is_staff, staff.memberships.count()) == (True, 0)
    assert User.objects.get(email=people.email("owner")).memberships.count() == 2
    assert people.PASSWORD in said
    assert "The oldest month is left for you to close: " in said

    before = _counts()
    again = _demo()

    assert "nothing was changed" in again
    assert _counts() == before


@pytest.mark.django_db
def test_demo_if_empty_stays_away_from_a_database_in_use():
    cast.make_merchant()
    before = _counts()

    said = _demo(if_empty=True)

    assert "was not made" in said
    assert _counts() == before


@pytest.mark.django_db
def test_demo_asks_for_a_password_on_production_settings(settings):
    settings.SESSION_COOKIE_SECURE = True
    before = _counts()

    with pytest.raises(CommandError, match="--password"):
        _demo()

    assert _counts() == before


@pytest.mark.django_db
def test_the_oldest_month_is_closed_once_the_fonts_are_there(settings, tmp_path):
    fonts, settings.FONTS_ROOT = settings.FONTS_ROOT, tmp_path
    said = _demo(days=40)
    assert "The oldest month is left for you to close: " in said

    settings.FONTS_ROOT = fonts
    closed = _demo(days=40, close_oldest=True)
    again = _demo(days=40, close_oldest=True)

    close = MonthClose.objects.get(merchant__slug="nuanyang", month="2026-10-01")
    assert (close.state, closed, again) == ("approved", "2026-10 is closed: prepared by the accountant, approved by the approver.\n", "")
    assert close.approved_by != close.prepared_by


@pytest.mark.django_db
def test_demo_watches_for_risk_and_has_alerts_and_disputes_to_look_at():
    _demo(days=92)

    shop = Merchant.objects.get(slug="nuanyang")
    assert not RiskRule.objects.for_merchant(shop).filter(is_on=False).exists()
    kinds = dict(Alert.objects.for_merchant(shop).order_by("pk").values_list("kind", "state"))
    assert set(RiskKind.values) - set(kinds) == set()
    assert (kinds["ip_velocity"], kinds["fee_ratio"], kinds["card_testing"]) == ("closed", "acknowledged", "open")
    assert WatchlistEntry.objects.for_merchant(shop).filter(removed_at=None).count() == 3
    disputes = Counter(Dispute.objects.for_merchant(shop).values_list("state", flat=True))
    assert disputes == {"needs_response": 2, "inquiry": 1, "under_review": 1, "won": 1, "lost": 1}
    assert PaymentHold.objects.for_merchant(shop).filter(released_at=None).count() == 4
    assert all(proof.holds for proof in prove(shop))

from datetime import timedelta

import pytest

from apps.audit.models import AuditEvent
from apps.disputes.enums import EvidenceType, Family
from apps.disputes.errors import AmountWrong, CurrencyDiffers, DisputeKnown, PaymentElsewhere
from apps.disputes.models import Dispute, DisputeEvent
from apps.disputes.selectors.reasons import CHECKLISTS, family_of, reason_of
from tests import cast

pytestmark = pytest.mark.postgres


def test_a_dispute_by_hand_is_on_record_with_its_reason(opened, payment, lin):
    dispute = opened(fee_minor=1500, note="the bank called")

    assert (dispute.state, dispute.kind, dispute.family, dispute.provider_ref) == ("needs_response", "chargeback", "fraud", "PA10293")
    assert dispute.public_id.startswith("dp_")
    event = DisputeEvent.objects.get()
    assert (event.kind, event.by, event.text, event.detail["amount_minor"]) == ("opened", lin, "the bank called", 128000)
    assert list(AuditEvent.objects.order_by("pk").values_list("action", flat=True)) == ["dispute.opened", "payment.held"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount_minor": 0}, AmountWrong),
        ({"amount_minor": 128001}, AmountWrong),
        ({"currency": "USD"}, CurrencyDiffers),
    ],
)
def test_figures_that_cannot_be_are_refused(opened, changes, error):
    with pytest.raises(error):
        opened(**changes)

    assert not Dispute.objects.exists()


def test_a_payment_of_another_channel_is_refused(opened, shop):
    other = cast.make_payment(cast.make_channel(shop, "linepay"), "B1", 128000)

    with pytest.raises(PaymentElsewhere):
        opened(payment=other)


def test_a_number_is_one_dispute(opened):
    opened(dispute_no="D-1")

    for again in ({"provider_dispute_ref": " DU_1 "}, {"provider_dispute_ref": "du_2", "dispute_no": "d-1"}):
        with pytest.raises(DisputeKnown, match="du_1"):
            opened(**again)

    assert Dispute.objects.count() == 1
    assert DisputeEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("code", "family"),
    [
        ("10.4", Family.FRAUD), ("Visa 10.4", Family.FRAUD), ("4837", Family.FRAUD), ("fraudulent", Family.FRAUD),
        ("UNAUTHORISED", Family.FRAUD),
        ("13.1", Family.NOT_RECEIVED), ("product_not_received", Family.NOT_RECEIVED), ("C08", Family.NOT_RECEIVED),
        ("MERCHANDISE_OR_SERVICE_NOT_RECEIVED", Family.NOT_RECEIVED), ("13.3", Family.NOT_AS_DESCRIBED), (" 4853", Family.NOT_AS_DESCRIBED),
        ("12.6.1", Family.DUPLICATE), ("4834", Family.DUPLICATE), ("duplicate", Family.DUPLICATE), ("13.2", Family.CANCELLED),
        ("subscription_canceled", Family.CANCELLED), ("13.7", Family.CANCELLED), ("13.6", Family.NOT_CREDITED),
        ("4860", Family.NOT_CREDITED),
        ("credit_not_processed", Family.NOT_CREDITED), ("general", Family.OTHER), ("11.3", Family.OTHER),
    ],
)  # fmt: skip
def test_codes_of_networks_and_providers_are_known(code, family):
    assert family_of(code) == family
    assert reason_of(code).is_known


def test_an_unknown_code_is_said_to_be_unknown_and_a_person_chooses_the_family():
    assert (reason_of("99.9").family, reason_of("99.9").is_known) == (Family.OTHER, False)
    assert reason_of("99.9", "not_received").family == Family.NOT_RECEIVED
    assert reason_of("10.4", "not_received").family == Family.FRAUD


def test_every_family_has_a_checklist_that_needs_something():
    assert set(CHECKLISTS) == set(Family)
    assert all(any(needed for _type, needed in points) for points in CHECKLISTS.values())
    named = {kind for points in CHECKLISTS.values() for kind, _needed in points}
    assert named == set(EvidenceType) - {EvidenceType.OTHER}


@pytest.mark.parametrize(("days_ago", "days_left"), [(0, 7), (4, 3), (30, 2)])
def test_a_deadline_that_nobody_told_is_guessed_and_says_so(opened, days_ago, days_left):
    dispute = opened(evidence_due_at=None, opened_at=cast.NOW - timedelta(days=days_ago))

    assert (dispute.evidence_due_at, dispute.due_is_guess) == (cast.NOW + timedelta(days=days_left), True)
    assert not opened(provider_dispute_ref="du_2").due_is_guess
    assert opened(provider_dispute_ref="du_3", evidence_due_at=None, is_over=True).evidence_due_at is None

"""Disputes in the story of an order."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from apps.disputes.models import DisputeLine
from apps.disputes.services.moving import move_dispute
from apps.disputes.services.opening import open_dispute
from apps.reports.story.facts import story_facts
from apps.reports.story.items import items_of
from apps.reports.story.money import sums_of
from tests import cast

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def payment():
    with translation.override("en"), timezone.override("Asia/Taipei"):
        yield cast.make_payment(cast.make_channel(cast.make_merchant()), "A10293")


def disputed(payment):
    return open_dispute(
        merchant=payment.merchant, channel=payment.channel, payment=payment, amount_minor=128000, currency="TWD", opened_at=cast.NOW,
        origin="hand", by=None, now=cast.NOW, provider_dispute_ref="du_1", reason_code="10.4",
        evidence_due_at=cast.NOW + timedelta(days=5),
    )  # fmt: skip


def told(payment, group):
    items = items_of(story_facts(payment.order), "qingtian", cast.TODAY, "Asia/Taipei")
    return [(item.title, item.state, item.amount) for item in items if item.group == group]


def test_a_dispute_is_told_from_opening_to_end(payment):
    dispute = disputed(payment)
    assert told(payment, "dispute") == [
        ("Dispute du_1 opened", "done", "−1,280"),
        ("Answer to dispute du_1 due", "expected", ""),
    ]

    move_dispute(merchant=payment.merchant, dispute_id=dispute.pk, to="lost", by=None, now=cast.NOW + timedelta(hours=1))

    assert told(payment, "dispute") == [("Dispute du_1 opened", "done", "−1,280"), ("Dispute du_1: lost", "fault", "")]


def test_its_statement_line_is_no_fault(payment):
    dispute = disputed(payment)
    line = cast.make_line(cast.make_statement(payment.channel), kind="dispute", gross=-128000)
    DisputeLine.objects.create(merchant=payment.merchant, dispute=dispute, line=line, role="taken", rule="dispute_ref", made_at=cast.NOW)

    assert told(payment, "statement") == [("綠界 lists a dispute", "done", "−1,280")]
    [sums] = sums_of(story_facts(payment.order))
    assert (sums.paid, sums.disputes, sums.other, sums.to_bank) == (128000, -128000, 0, -128000)


def test_the_page_shows_it(client, payment):
    disputed(payment)
    client.force_login(cast.viewer(payment.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")

    html = client.get(reverse("reports:order_story", args=["qingtian", "A10293"])).content.decode()

    assert "in dispute" in html
    assert "?show=dispute" in html
    assert "disputes/new/" not in html


def test_who_may_answer_disputes_can_record_one_from_the_order(client, payment):
    client.force_login(cast.operator(payment.merchant, language="en"), backend="django.contrib.auth.backends.ModelBackend")
    door = f"{reverse('disputes:new', args=['qingtian'])}?payment={payment.pk}"

    assert door in client.get(reverse("reports:order_story", args=["qingtian", "A10293"])).content.decode()
    assert 'value="A10293"' in client.get(door).content.decode()

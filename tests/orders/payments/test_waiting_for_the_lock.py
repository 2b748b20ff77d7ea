"""A question that waits while the notice is done: it goes by the rows as they are when its turn comes, not as they were when it queued."""

import threading
import time
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, connections, transaction

from apps.channels.models import ProviderCall
from apps.orders.services.payments.calling import ask_about
from apps.orders.services.payments.trail import lock_payment
from tests.orders.payments.scene import NOW, again, payer, practice_channel, start, tell

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]
LATER = NOW + timedelta(minutes=5)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the activity of its first look alone
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        return cursor.fetchone()[0] > 0


def test_a_question_that_waited_for_the_notice_is_not_asked_any_more():
    with time_machine.travel(NOW, tick=False):
        payment = start(practice_channel())
        payer(payment, "pay")
    asked_before = ProviderCall.objects.count()

    def ask() -> None:
        ask_about(merchant=payment.merchant, payment_id=payment.pk, now=LATER)
        connections.close_all()

    asker = threading.Thread(target=ask)
    with transaction.atomic():
        lock_payment(payment.merchant_id, payment.pk)
        asker.start()
        until = time.monotonic() + 20
        while not somebody_waits() and time.monotonic() < until:
            time.sleep(0.01)
        assert somebody_waits()
        with time_machine.travel(NOW, tick=False):
            tell(payment)
    asker.join()

    now = again(payment)
    assert (now.state, now.execution.ask_at, ProviderCall.objects.count()) == ("paid", None, asked_before)

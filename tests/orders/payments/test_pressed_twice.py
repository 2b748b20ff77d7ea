"""Two people take the same authorization in the same moment, and a third calls it off: one of them reaches the provider."""

import threading

import pytest
import time_machine
from django.db import connections, transaction

from apps.channels.models import ProviderCall
from apps.orders.errors import PaymentRefused
from apps.orders.services.payments.calling import cancel_payment, capture_payment
from apps.orders.services.payments.trail import lock_payment
from tests.orders.payments.scene import NOW, again, payer, practice_channel, simulator, start, tell

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]
ACTS = ("capture_payment", "cancel_payment")


def test_of_three_presses_one_reaches_the_provider():
    with time_machine.travel(NOW, tick=False):
        payment = start(practice_channel(), captures_at_once=False)
        payer(payment, "pay")
        payment = tell(payment)
    common = {"merchant": payment.merchant, "payment_id": payment.pk, "by": None, "now": NOW}
    refused = []

    def press(act, **more) -> None:
        try:
            act(**common, **more)
        except PaymentRefused as error:
            refused.append(type(error).__name__)
        finally:
            connections.close_all()

    people = [threading.Thread(target=press, args=(capture_payment,), kwargs={"amount_minor": 128000}) for _ in range(2)]
    people.append(threading.Thread(target=press, args=(cancel_payment,)))
    with transaction.atomic():
        lock_payment(payment.merchant_id, payment.pk)  # nobody begins before all have pressed
        for person in people:
            person.start()
    for person in people:
        person.join()

    now, held = again(payment), simulator(payment.channel).books.payments()[0]
    assert ProviderCall.objects.filter(operation__in=ACTS).count() == 1
    assert (len(refused), set(refused) <= {"ActUnderWay", "PaymentMoveIllegal"}) == (2, True)
    assert (now.state, held.state, held.paid) in [("paid", "paid", 128000), ("cancelled", "cancelled", 0)]

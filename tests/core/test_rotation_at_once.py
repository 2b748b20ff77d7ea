"""Rotation while somebody else holds a row, on PostgreSQL with real threads."""

import threading

import pytest
from cryptography.fernet import Fernet
from django.db import connections, transaction

from apps.channels.models import Channel
from apps.core import rotation
from tests import cast
from tests.locks import waits

pytestmark = [pytest.mark.postgres_only, pytest.mark.django_db(transaction=True)]
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def test_a_row_that_somebody_changes_is_waited_for_last_and_their_value_wins(settings):
    settings.SECRETS_KEYS = [OLD]
    shop = cast.make_merchant()
    busy, _free = (cast.make_channel(shop, code, credentials="before") for code in ("busy", "free"))
    settings.SECRETS_KEYS = [NEW, OLD]
    [place] = [place for place in rotation.places() if place.name == "channels.Channel.credentials"]
    written = []

    def rotate():
        rotation.rotate(place, told=written.append)
        connections.close_all()

    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",)).get(pk=busy.pk)
        rotator = threading.Thread(target=rotate)
        rotator.start()
        assert (waits(rotator), written) == (True, [1])  # the free one is done, nothing was held while waiting
        row.credentials = "entered meanwhile"
        row.save(update_fields=["credentials"])
    rotator.join()

    assert written == [1, 0]
    settings.SECRETS_KEYS = [NEW]
    assert list(Channel.objects.order_by("code").values_list("code", "credentials")) == [("busy", "entered meanwhile"), ("free", "before")]

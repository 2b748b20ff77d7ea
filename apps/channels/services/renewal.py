"""Credentials that a provider renews by itself: claimed by one worker at a time, and kept before anybody uses them."""

import json
from datetime import datetime, timedelta

from django.db import transaction

from apps.channels.models import Channel
from apps.core import clock

CLAIM = timedelta(minutes=1)  # longer than any gateway waits for an answer
CLAIMED = "_claimed_until"  # beside the credentials, so that one row holds all there is to lock


class ChannelVault:
    """See `gateways.Vault`. The call to the provider happens between `claim` and `store`, outside of any transaction."""

    def __init__(self, channel_id: int):
        self.channel_id = channel_id
        self._before: dict[str, str] = {}

    def claim(self) -> dict[str, str] | None:
        """A claim that nobody ended lapses after a minute: whoever made it is gone."""
        now = clock.now()
        with transaction.atomic():
            row, known = self._locked()
            until = known.pop(CLAIMED, "")
            if not known or (until and now < datetime.fromisoformat(until)):
                return None
            self._write(row, {**known, CLAIMED: (now + CLAIM).isoformat()})
        self._before = known
        return known

    def store(self, fresh: dict[str, str]) -> None:
        """What a person entered or forgot in the meantime stands: it is newer than what was claimed."""
        with transaction.atomic():
            row, known = self._locked()
            if not known:
                return
            known.pop(CLAIMED, None)
            is_untouched = all(known.get(name, "") == self._before.get(name, "") for name in fresh)
            self._write(row, {**known, **fresh} if is_untouched else known)

    def _locked(self) -> tuple[Channel, dict[str, str]]:
        row = Channel.objects.select_for_update(of=("self",)).get(pk=self.channel_id)
        return row, json.loads(row.credentials) if row.credentials else {}

    @staticmethod
    def _write(row: Channel, values: dict[str, str]) -> None:
        row.credentials = json.dumps(values)
        row.save(update_fields=["credentials"])

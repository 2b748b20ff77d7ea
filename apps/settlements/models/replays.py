"""What proposed tolerances and windows would change, kept so that saving them can name it."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel, RuleSet
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User


class RuleReplay(models.Model):
    """One look at a channel's whole history under rules that nobody has saved yet. Rules of a channel change through a replay alone.

    `rules` are RuleSet's limits and the channel's `grace_days` as they were typed, `before` those in force when they were tried.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="replays")
    rules = models.JSONField()
    before = models.JSONField()
    as_of = models.DateField(null=True)  # the day it looked at, in the merchant's zone
    facts = models.CharField(max_length=64, blank=True)  # fingerprint of everything it looked at
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)
    sums = models.JSONField(default=list)  # one entry for each change, kind and currency: how many and how much, in minor units
    rows = models.JSONField(default=list)  # changes one by one, at most `ROWS_KEPT` of `services.replaying`
    row_count = models.IntegerField(default=0)  # all of them
    took_ms = models.IntegerField(default=0)
    rule_set = models.OneToOneField(RuleSet, null=True, on_delete=models.CASCADE, related_name="replay")  # what was saved by it

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None, rule_set=None) | (Q(finished_at__isnull=False, as_of__isnull=False) & ~Q(facts="")),
                name="rule_replay_saved_after_looking",
            ),
        ]
        indexes = [models.Index(fields=["channel", "-asked_at"], name="rule_replay_newest")]

    def __str__(self):
        return f"{self.channel_id} {self.asked_at:%Y-%m-%d}"

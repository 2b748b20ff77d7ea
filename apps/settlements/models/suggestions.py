"""What probably belongs together, what people said of it, and what was learned from that."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User
from apps.settlements.enums import Sign, SuggestionKind, SuggestionState


class Suggestion(models.Model):
    """Theirs (a statement or bank line) and ours (payment, refund, payout). Identity is the set of both sides, `sides`.

    Open ones come and go with each pass; one that a person declined stays, so that it is never suggested again.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="suggestions")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=SuggestionKind.choices)
    sides = models.CharField(max_length=250)  # "payment:5|7": the kind, their keys, our keys, each ascending and joined by commas
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()  # of theirs together, signed from the merchant's side
    score_ppm = models.IntegerField()  # the probability that they belong together, in millionths
    is_ambiguous = models.BooleanField()
    evidence = models.JSONField(default=list)  # the parts of the score, the weightiest first: part, grade, points, n, text
    state = models.CharField(max_length=10, choices=SuggestionState.choices, default=SuggestionState.OPEN)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "sides"], name="suggestion_once"),
            models.CheckConstraint(condition=Q(score_ppm__range=(0, 1_000_000)), name="suggestion_score_is_share"),
            models.CheckConstraint(condition=Q(state__in=SuggestionState.values), name="suggestion_state_known"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None) | (~Q(state="open") & Q(decided_at__isnull=False)),
                name="suggestion_decided_has_time",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "state", "-score_ppm", "id"], name="suggestion_best")]

    def __str__(self):
        return self.sides

    @property
    def theirs(self) -> list[int]:
        return [int(key) for key in self.sides.partition(":")[2].split("|")[0].split(",")]

    @property
    def ours(self) -> list[int]:
        return [int(key) for key in self.sides.partition(":")[2].split("|")[1].split(",")]


class LearnedSign(models.Model):
    """A word of bank memos, or a gap between due and booked (signed minor units), by which a channel was known when people confirmed.

    It counts while it was confirmed more often than declined; one that a person removed never counts again.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    sign = models.CharField(max_length=8, choices=Sign.choices)
    value = models.CharField(max_length=60)
    confirmed_count = models.IntegerField(default=0)
    declined_count = models.IntegerField(default=0)
    learned_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "channel", "sign", "value"], name="learned_sign_once"),
            models.CheckConstraint(condition=Q(confirmed_count__gte=0, declined_count__gte=0), name="learned_sign_counts"),
        ]

    def __str__(self):
        return self.value

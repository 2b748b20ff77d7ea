"""What a merchant accepts of a channel: how far figures may be off, and at which rates its books convert."""

from decimal import Decimal

from django.db import models
from django.db.models import Q

from apps.channels.models.terms import Channel
from apps.channels.tolerances import PICO
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User

RATE_LIMIT = 2**62


class RuleSet(models.Model):
    """The tolerances and windows of a channel in one version. A change is a new row; the highest version is in force.

    A limit that is null is not set; of an absolute and a relative limit the smaller wins. Minor units of the channel's currency.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="rule_sets")
    version = models.PositiveIntegerField()
    amount_minor = models.BigIntegerField(null=True, default=0)
    amount_ppm = models.IntegerField(null=True)  # parts per million of the expected amount
    fee_ppm = models.IntegerField(null=True)  # beside the tolerance of the fee rule
    fx_minor = models.BigIntegerField(null=True)
    fx_ppm = models.IntegerField(null=True, default=5_000)
    pairing_hours = models.PositiveSmallIntegerField(default=24)
    bank_days = models.PositiveSmallIntegerField(default=5)  # open days
    grace_days = models.PositiveSmallIntegerField(null=True)  # as it was with this version; the channel has the one in force
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "version"], name="rule_set_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="rule_set_counted_from_one"),
            models.CheckConstraint(
                condition=(Q(amount_minor=None) | Q(amount_minor__gte=0)) & (Q(fx_minor=None) | Q(fx_minor__gte=0)),
                name="rule_set_limits_positive",
            ),
            models.CheckConstraint(
                condition=(Q(amount_ppm=None) | Q(amount_ppm__range=(0, 1_000_000)))
                & (Q(fee_ppm=None) | Q(fee_ppm__range=(0, 1_000_000)))
                & (Q(fx_ppm=None) | Q(fx_ppm__range=(0, 1_000_000))),
                name="rule_set_shares_sane",
            ),
            models.CheckConstraint(condition=Q(pairing_hours__range=(1, 240), bank_days__range=(0, 20)), name="rule_set_windows_sane"),
        ]

    def __str__(self):
        return f"{self.channel_id} v{self.version}"


class BookedRate(models.Model):
    """At which rate the books convert a currency into a channel's, from a day on; the past keeps its rates."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="booked_rates")
    base = models.CharField(max_length=3)  # the currency of the payment
    quote = models.CharField(max_length=3)  # the currency that is settled
    valid_from = models.DateField()
    rate_pico = models.BigIntegerField()  # units of quote for one unit of base, times 10**12
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "base", "quote", "valid_from"], name="booked_rate_once_a_day"),
            models.CheckConstraint(condition=Q(rate_pico__gt=0, rate_pico__lt=RATE_LIMIT), name="booked_rate_positive"),
            models.CheckConstraint(condition=~Q(base=models.F("quote")), name="booked_rate_of_two_currencies"),
        ]

    def __str__(self):
        return f"{self.base}/{self.quote} {self.valid_from}"

    @property
    def text(self) -> str:
        """The rate as a plain decimal without trailing zeros."""
        return format((Decimal(self.rate_pico) / PICO).normalize(), "f")

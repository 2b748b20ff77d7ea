"""A merchant's accounts with its providers, and what it agreed with each."""

from functools import partial

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.ids import new_public_id
from apps.core.scoping import TenantQuerySet
from apps.core.secrets import SecretField
from apps.merchants.models import BankAccount, Merchant


class HolidayCalendar(models.Model):
    """The open days a merchant states itself; a channel whose calendar has no row here uses the country's holidays."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="calendars")
    code = models.CharField(_("code"), max_length=20)
    weekend = models.JSONField(default=list)  # ["sat", "sun"]
    holidays = models.JSONField(default=list)  # ISO days
    workdays = models.JSONField(default=list)  # ISO days: make-up working days

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["merchant", "code"], name="calendar_once")]

    def __str__(self):
        return self.code


class StatementRhythm(models.TextChoices):
    """How often a provider reports."""

    DAILY = "daily", _("one file a day")
    PER_PAYOUT = "per_payout", _("one file a payout")


class Channel(models.Model):
    """A merchant's account with one provider. `provider` is a key of the registry, not a choice: a new one needs no migration."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="channels")
    public_id = models.CharField(max_length=40, unique=True, default=partial(new_public_id, "ch"))  # where the provider sends notices
    code = models.SlugField(_("code"), max_length=40)
    provider = models.CharField(_("provider"), max_length=40)
    label = models.CharField(_("label"), max_length=100)
    currency = models.CharField(_("currency"), max_length=3)
    timezone = models.CharField(_("time zone of its files"), max_length=40)
    calendar = models.CharField(_("calendar"), max_length=20)
    settles = models.CharField(_("settles"), max_length=20)  # T+7 | weekly:fri | monthly:10
    statements = models.CharField(_("statements"), max_length=12, choices=StatementRhythm.choices, default=StatementRhythm.DAILY)
    bank_account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT, related_name="channels")
    bank_keywords = models.JSONField(default=list)
    grace_days = models.PositiveSmallIntegerField(_("grace in open days"), default=1)
    provider_account = models.CharField(_("account at the provider"), max_length=60, blank=True)  # learned from the first file
    mapping = models.JSONField(default=dict, blank=True)  # column mapping of a generic provider
    is_on = models.BooleanField(_("on"), default=True)
    is_live = models.BooleanField(_("live"), default=False)  # else calls go to the provider's test system
    credentials = SecretField(blank=True)  # JSON of what the provider's gateway asks for; never shown again
    certificate_ends_at = models.DateTimeField(null=True)  # the first end among the certificates entered
    certificate_reminded = models.PositiveSmallIntegerField(null=True)  # days before it at which people were told last
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "code"], name="channel_once"),
            models.CheckConstraint(condition=Q(statements__in=StatementRhythm.values), name="channel_statements_known"),
        ]

    def __str__(self):
        return self.label


class FeeRule(models.Model):
    """One dated term of a channel's contract. The past keeps its terms: a change is a new row with a later `valid_from`."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="fee_rules")
    methods_key = models.CharField(max_length=200)  # the methods, sorted and joined by a comma; identity beside valid_from
    methods = models.JSONField(default=list)  # method codes, or ["*"]
    percent_ppm = models.IntegerField()  # parts per million of the gross: 2.75 % is 27500
    fixed_minor = models.BigIntegerField(default=0)
    minimum_minor = models.BigIntegerField(null=True)
    cap_minor = models.BigIntegerField(null=True)
    refund_fee = models.CharField(max_length=6, choices=[("keep", _("keeps the fee")), ("return", _("returns the fee"))], default="keep")
    tolerance_minor = models.BigIntegerField(default=0)
    rounding = models.CharField(max_length=10, default="half_up")
    unit_minor = models.BigIntegerField(default=1)
    valid_from = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "methods_key", "valid_from"], name="fee_rule_once_a_day"),
            models.CheckConstraint(condition=Q(percent_ppm__gte=0, percent_ppm__lte=1_000_000), name="fee_rule_percent_sane"),
            models.CheckConstraint(condition=Q(unit_minor__gte=1, tolerance_minor__gte=0), name="fee_rule_unit_positive"),
            models.CheckConstraint(condition=Q(refund_fee__in=["keep", "return"]), name="fee_rule_refund_fee_known"),
            models.CheckConstraint(condition=Q(rounding__in=["half_up", "half_even", "up", "down"]), name="fee_rule_rounding_known"),
        ]

    def __str__(self):
        return f"{self.methods_key} {self.percent_ppm / 10_000:g} % {self.valid_from}"

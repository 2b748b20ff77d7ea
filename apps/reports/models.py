"""A month, frozen."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.scoping import TenantQuerySet
from apps.merchants.models import Merchant, User


class CloseState(models.TextChoices):
    """draft → prepared → approved; a person may reopen what is prepared, never what is approved."""

    DRAFT = "draft", _("draft")
    PREPARED = "prepared", _("prepared, waiting for approval")
    APPROVED = "approved", _("closed")


class MonthClose(models.Model):
    """The close of one month: its figures, who prepared and who approved, and the hash of what was handed out."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="closes")
    month = models.DateField()  # the first day of the month
    state = models.CharField(max_length=10, choices=CloseState.choices, default=CloseState.DRAFT)
    figures = models.JSONField(default=dict)
    figures_sha256 = models.CharField(max_length=64, blank=True)
    pdf_path = models.CharField(max_length=255, blank=True)
    xlsx_path = models.CharField(max_length=255, blank=True)
    prepared_at = models.DateTimeField(null=True)
    prepared_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "month"], name="close_once_a_month"),
            models.CheckConstraint(condition=~Q(approved_by=F("prepared_by")) | Q(approved_by=None), name="close_four_eyes"),
            models.CheckConstraint(condition=~Q(state="approved") | Q(approved_at__isnull=False), name="close_approved_has_time"),
        ]

    def __str__(self):
        return f"{self.merchant_id} {self.month:%Y-%m}"


class Term(models.TextChoices):
    """What a daily figure counts. The first four come from our books, the others from live statement lines."""

    PAID = "paid", _("paid by customers")
    MATCHED = "matched", _("paid, and paired with a line")
    UNREPORTED = "unreported", _("paid, no line yet")
    NOT_REPORTED = "not_reported", _("paid, missing at the provider")
    SALES = "sales", _("settled payments")
    NOT_BOOKED = "not_booked", _("settled without a payment of ours")
    REFUNDS = "refunds", _("refunds")
    FEES = "fees", _("fees")
    SALES_FEES = "sales_fees", _("fees of settled payments, a part of fees")
    DISPUTES = "disputes", _("disputes")
    RESERVES = "reserves", _("reserves")
    ADJUSTMENTS = "adjustments", _("adjustments")
    NET = "net", _("net of all lines, by payout")


class DailyFigure(models.Model):
    """Payments and lines of one day added up, so that a page need not read a million rows. Made by `services.rollup` alone,
    for the days that changed (`orders.models.TouchedDay`).

    `day` is the business date; a line that is paired with a payment counts on that payment's day, so that both sides of a sum
    are about the same sales. Amounts are signed from the merchant's side. Only NET rows name a payout, and none where there is none yet.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey("channels.Channel", on_delete=models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3)
    day = models.DateField()
    term = models.CharField(max_length=12, choices=Term.choices)
    payout = models.ForeignKey("settlements.Payout", null=True, on_delete=models.CASCADE, related_name="+")
    count = models.IntegerField()
    amount_minor = models.BigIntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "currency", "day", "term"], condition=Q(payout=None), name="daily_figure_once_without_payout"
            ),
            models.UniqueConstraint(
                fields=["channel", "currency", "day", "term", "payout"], condition=Q(payout__isnull=False), name="daily_figure_once"
            ),
            models.CheckConstraint(condition=Q(term="net") | Q(payout=None), name="daily_figure_payout_of_net"),
        ]
        indexes = [models.Index(fields=["merchant", "currency", "day"], name="daily_figure_day")]

    def __str__(self):
        return f"{self.day} {self.term} {self.amount_minor}"


class Rollup(models.Model):
    """When a merchant's daily figures were brought up last. `facts` names the terms they were made by, which decide about every day."""

    merchant = models.OneToOneField(Merchant, on_delete=models.CASCADE, related_name="+")
    facts = models.CharField(max_length=80, blank=True)
    refreshed_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"{self.merchant_id} {self.facts}"


class ClaimSheet(models.Model):
    """A list of what a provider took too much in a period, as it was made to be sent. The files are kept under their hashes."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey("channels.Channel", on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()  # business dates, both included
    last_day = models.DateField()
    count = models.PositiveIntegerField()
    totals = models.JSONField()  # [{currency, count, claimed}], minor units
    discrepancies = models.JSONField()  # primary keys of what it lists
    pdf_path = models.CharField(max_length=64)
    xlsx_path = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="claim_days_in_order"),
            models.CheckConstraint(condition=Q(count__gte=1), name="claim_lists_something"),
        ]
        indexes = [models.Index(fields=["merchant", "-made_at"], name="claim_newest")]

    def __str__(self):
        return f"{self.channel.label} {self.first_day:%Y/%m/%d}–{self.last_day:%Y/%m/%d}"

"""The journal: what the facts come to in double entry. Rows are only ever added (`triggers.py`); what changed is reversed and posted anew.

A posting is one amount that goes from its credited to its debited account, so an entry that does not sum to zero cannot be written down.
"""

from django.db import models
from django.db.models import F, Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.merchants.models import BankAccount, Merchant, User
from apps.settlements.enums import AccountCode, Kind, Source


class JournalAccount(models.Model):
    """One account in one currency. `key` is `ledger.accounts.AccountKey` as text; an account never changes."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    code = models.CharField(max_length=20, choices=AccountCode.choices)
    channel = models.ForeignKey(Channel, null=True, on_delete=models.PROTECT, related_name="+")
    bank_account = models.ForeignKey(BankAccount, null=True, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=30, blank=True)  # the kind of difference that was written off or accepted
    currency = models.CharField(max_length=3)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merchant", "key"], name="journal_account_once"),
            models.CheckConstraint(condition=Q(code__in=AccountCode.values), name="journal_account_code_known"),
            models.CheckConstraint(condition=Q(channel=None) | Q(bank_account=None), name="journal_account_one_place"),
        ]

    def __str__(self):
        return self.key

    @property
    def label(self) -> str:
        """As people call it: "Fees · 綠界". Needs `channel` and `bank_account` loaded."""
        place = self.channel.label if self.channel_id else str(self.bank_account) if self.bank_account_id else ""
        about = str(Kind(self.about).label) if self.about else ""
        return " · ".join(part for part in (str(self.get_code_display()), place, about) if part)


class JournalRun(models.Model):
    """One derivation of the journal, with how many entries it posted and reversed."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    posted = models.IntegerField()
    reversed = models.IntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["merchant", "-id"], name="journal_run_newest")]

    def __str__(self):
        return f"{self.merchant_id} {self.started_at:%Y-%m-%d %H:%M}"


class JournalEntry(models.Model):
    """One entry: a day's payments, refunds or lines of one kind, or one payout, arrival, deposit, transfer, dispute or decision.

    `belongs_on` is the day of the fact, `entered_on` the day on which it counts: later only when its month was closed by then.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(JournalRun, on_delete=models.PROTECT, related_name="entries")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=10, choices=Source.choices)
    source_id = models.BigIntegerField(null=True)  # of the one row behind it; null: all rows of `kind`, `currency` and `belongs_on`
    source_key = models.CharField(max_length=80)
    kind = models.CharField(max_length=30, blank=True)  # of the lines, or of the difference
    currency = models.CharField(max_length=3, blank=True)  # empty where an entry is in two
    belongs_on = models.DateField()
    entered_on = models.DateField()
    posted_at = models.DateTimeField()
    version = models.IntegerField()  # the how-manieth entry of its source, from 1
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "journal entries"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "source_key", "version"], condition=Q(reverses=None), name="journal_entry_once"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="journal_entry_source_known"),
            models.CheckConstraint(condition=Q(version__gte=1), name="journal_entry_version_counts"),
            models.CheckConstraint(condition=Q(entered_on__gte=F("belongs_on")), name="journal_entry_not_before_its_fact"),
        ]
        indexes = [
            models.Index(fields=["merchant", "-entered_on", "-id"], name="journal_entry_newest"),
            models.Index(fields=["merchant", "source", "source_id"], name="journal_entry_source"),
            models.Index(fields=["channel", "-entered_on"], name="journal_entry_channel"),
        ]

    def __str__(self):
        return f"{self.source_key} {self.version}"

    @property
    def is_late(self) -> bool:
        """Whether it is an adjustment of a later month than its own."""
        return self.entered_on != self.belongs_on

    @property
    def number(self) -> str:
        """As people and other programs name it."""
        return f"J{self.pk}"


class Posting(models.Model):
    """An amount that is debited to one account and credited to another of the same currency, hence always balanced."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="postings")
    debit = models.ForeignKey(JournalAccount, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(JournalAccount, on_delete=models.PROTECT, related_name="credits")
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "debit", "credit"], name="posting_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="posting_positive"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="posting_moves_something"),
        ]

    def __str__(self):
        return f"{self.debit_id} ← {self.credit_id} {self.amount_minor}"

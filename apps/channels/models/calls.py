"""What was said between us and the providers: every call we made, every notice that came."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.channels.models.terms import Channel
from apps.core.scoping import TenantQuerySet
from apps.core.secrets import SecretField
from apps.merchants.models import Merchant, User


class ProviderCall(models.Model):
    """One call to a provider. The row is committed before the call leaves, so one without an end was cut off.

    `raw` is request and answer as the gateway reports them, secrets left out.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="calls")
    operation = models.CharField(max_length=20)  # gateways.Operation
    method = models.CharField(max_length=20, blank=True)
    key = models.CharField(max_length=40)  # public id of what the call is about
    is_practice = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)  # gateways.Outcome
    code = models.CharField(max_length=60, blank=True)  # the provider's
    code_class = models.CharField(max_length=12, blank=True)  # return_codes.CodeClass; empty for a code that nobody listed
    message = models.CharField(max_length=300, blank=True)
    ms = models.PositiveIntegerField(null=True)
    raw = models.JSONField(default=dict)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="") | (Q(ended_at__isnull=False) & ~Q(outcome="")), name="provider_call_end_is_whole"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "key", "started_at"], name="provider_call_key"),
            models.Index(fields=["channel", "-started_at", "-id"], name="provider_call_newest"),
            models.Index(fields=["-started_at"], name="provider_call_time"),
        ]

    def __str__(self):
        return f"{self.operation} {self.key}"


class NoticeState(models.TextChoices):
    """What became of a notice."""

    RECEIVED = "received", _("received")
    PROCESSED = "processed", _("processed")
    IGNORED = "ignored", _("changed nothing")
    FORGED = "forged", _("signature wrong")
    UNREADABLE = "unreadable", _("cannot be read")


class WebhookEvent(models.Model):
    """A provider's notice as it came. One that proves to be the provider's is kept once; of forged ones the newest, and how many.

    A row that is `received` is work: it is done when `due_at` has come, and tried again later when it could not be. Without a `due_at`
    nobody tries any more.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="notices")
    event_id = models.CharField(max_length=120, blank=True)
    about = models.CharField(max_length=100, blank=True)  # our number of the payment or refund it names, else the provider's
    state = models.CharField(max_length=10, choices=NoticeState.choices)
    headers = models.JSONField(default=dict)
    body = SecretField(blank=True)  # as text; of a forged one only the beginning
    received_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # when what it says is to be done or tried again
    processed_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=200, blank=True)  # a code and what it is about
    told = models.JSONField(default=dict)  # what it says in our words, kept only until it is done

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "event_id"], condition=~Q(event_id=""), name="notice_once"),
            models.CheckConstraint(condition=Q(state__in=NoticeState.values), name="notice_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["processed", "ignored"]) | Q(processed_at__isnull=False), name="notice_end_has_time"
            ),
            models.CheckConstraint(condition=Q(due_at=None) | Q(state="received"), name="notice_due_is_undone"),
        ]
        indexes = [
            models.Index(fields=["channel", "-received_at"], name="notice_newest"),
            models.Index(fields=["channel", "-id"], condition=Q(state="forged"), name="notice_forged"),
            models.Index(fields=["channel", "about"], condition=~Q(about=""), name="notice_about"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="notice_due"),
        ]

    def __str__(self):
        return self.event_id or self.state


class ConnectionVerdict(models.TextChoices):
    """What a test of the connection showed: the values of `fetching.Verdict`."""

    WORKS = "works", _("works")
    WRONG_CREDENTIALS = "wrong_credentials", _("credentials refused")
    NOT_PERMITTED = "not_permitted", _("not allowed yet")
    UNREACHABLE = "unreachable", _("nobody answered")
    UNCLEAR = "unclear", _("unclear answer")


class ConnectionTest(models.Model):
    """The newest test of a channel's credentials; forgotten when other credentials are entered."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="connection_test")
    verdict = models.CharField(max_length=20, choices=ConnectionVerdict.choices)
    field_name = models.CharField(max_length=40, blank=True)  # the credential that is most likely wrong
    code = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300, blank=True)
    tested_at = models.DateTimeField()
    tested_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(verdict__in=ConnectionVerdict.values), name="connection_verdict_known")]

    def __str__(self):
        return f"{self.channel_id} {self.verdict}"

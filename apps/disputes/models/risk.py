"""Rules that watch, what they found, the alerts made of it, and the watch-list of buyers."""

from django.db import models
from django.db.models import Q

from apps.channels.models import Channel
from apps.core.scoping import TenantQuerySet
from apps.disputes.enums import AlertState, RiskKind, RiskSeverity, WatchKind, WatchSource
from apps.disputes.rules.kinds import OF_ONE_CURRENCY
from apps.merchants.models import Merchant, User
from apps.orders.models import Storefront

LIVE = [AlertState.OPEN, AlertState.ACKNOWLEDGED]
WITH_CURRENCY = sorted(kind.value for kind in OF_ONE_CURRENCY)


class RiskRule(models.Model):
    """One thing that is watched. Units of threshold, window and floor: `rules/settings.py`. Settings change through a dry run only."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="risk_rules")
    kind = models.CharField(max_length=20, choices=RiskKind.choices)
    channel = models.ForeignKey(Channel, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    storefront = models.ForeignKey(Storefront, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    method = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    threshold = models.BigIntegerField()
    window = models.IntegerField(default=0)
    floor = models.IntegerField(default=0)
    countries = models.JSONField(default=list, blank=True)  # always usual, for unusual_country
    severity = models.CharField(max_length=8, choices=RiskSeverity.choices)
    tell_roles = models.JSONField(default=list, blank=True)
    tell_people = models.JSONField(default=list, blank=True)  # primary keys of members; who has left the shop is passed over
    quiet_from = models.TimeField(null=True, blank=True)  # on the merchant's clock; may lie after `quiet_until`, over midnight
    quiet_until = models.TimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    is_on = models.BooleanField(default=False)
    dry_run = models.ForeignKey("DryRun", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # what it is set by
    looks_from = models.DateTimeField(null=True, blank=True)  # nothing before this moment makes an alert
    looked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=RiskKind.values), name="risk_rule_kind_known"),
            models.CheckConstraint(condition=Q(severity__in=RiskSeverity.values), name="risk_rule_severity_known"),
            models.CheckConstraint(condition=Q(threshold__gte=0, window__gte=0, floor__gte=0), name="risk_rule_not_negative"),
            models.CheckConstraint(
                condition=~Q(kind__in=WITH_CURRENCY) | ~Q(currency=""),
                name="risk_rule_amount_has_currency",
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None) | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="risk_rule_quiet_whole",
            ),
            models.CheckConstraint(
                condition=Q(is_on=False) | Q(dry_run__isnull=False, looks_from__isnull=False), name="risk_rule_on_was_tried"
            ),
        ]
        indexes = [models.Index(fields=["merchant", "kind"], name="risk_rule_kind")]

    def __str__(self):
        return self.get_kind_display()


class DryRun(models.Model):
    """What a rule with certain settings would have found in the last 30 days, before anybody was told anything."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+")
    rule = models.ForeignKey(RiskRule, on_delete=models.CASCADE, related_name="dry_runs")
    settings = models.JSONField()  # every field a person may set, as the form gave it
    since = models.DateTimeField()
    until = models.DateTimeField()
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)
    found = models.IntegerField(default=0)
    alerts = models.IntegerField(default=0)  # groups: what would have been told
    money = models.JSONField(default=dict)  # minor units by currency
    rows = models.JSONField(default=list)  # the newest findings, at most `ROWS_KEPT` of `services.risk.trying`
    took_ms = models.IntegerField(default=0)

    objects = TenantQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["rule", "-asked_at"], name="dry_run_newest")]

    def __str__(self):
        return f"{self.rule_id} {self.asked_at:%Y-%m-%d}"


class Alert(models.Model):
    """Findings of one rule and group that people look at together: one live alert, however many findings."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="alerts")
    rule = models.ForeignKey(RiskRule, on_delete=models.CASCADE, related_name="alerts")
    kind = models.CharField(max_length=20, choices=RiskKind.choices)
    group_key = models.CharField(max_length=150)
    severity = models.CharField(max_length=8, choices=RiskSeverity.choices)
    state = models.CharField(max_length=12, choices=AlertState.choices, default=AlertState.OPEN)
    facts = models.JSONField(default=dict)  # of its newest finding
    found = models.IntegerField(default=0)  # findings
    rows = models.IntegerField(default=0)  # payments, refunds, lines … behind them
    amount_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)  # of the amount
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    tell_at = models.DateTimeField(null=True)  # when people are to be told; null: they have been
    told_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "group_key", "currency"], condition=Q(state__in=LIVE), name="alert_live_once"),
            models.CheckConstraint(condition=Q(state__in=AlertState.values), name="alert_state_known"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at=None)),
                name="alert_closed_time",
            ),
            models.CheckConstraint(condition=~Q(state="closed") | ~Q(reason=""), name="alert_closed_reason"),
            models.CheckConstraint(condition=~Q(state="acknowledged") | Q(acknowledged_at__isnull=False), name="alert_seen_time"),
        ]
        indexes = [
            models.Index(fields=["merchant", "state", "-last_at", "-id"], name="alert_inbox"),
            models.Index(fields=["merchant", "group_key"], condition=Q(state__in=LIVE), name="alert_group"),
            models.Index(fields=["tell_at"], condition=Q(tell_at__isnull=False), name="alert_to_tell"),
        ]

    def __str__(self):
        return f"{self.kind} {self.group_key}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class Finding(models.Model):
    """One thing a rule found. Identity is (rule, key): looking again changes nothing but its figures, where the rows have grown."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="+", db_index=False)
    rule = models.ForeignKey(RiskRule, on_delete=models.CASCADE, related_name="+", db_index=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="findings", db_index=False)
    key = models.CharField(max_length=200)
    at = models.DateTimeField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    count = models.IntegerField()
    facts = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    found_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "key"], name="finding_once")]
        indexes = [models.Index(fields=["alert", "-at", "-id"], name="finding_newest")]

    def __str__(self):
        return self.key


class WatchlistEntry(models.Model):
    """A buyer who is looked at twice. Nobody is blocked by it; taken off, the row stays as history."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="watchlist")
    kind = models.CharField(max_length=10, choices=WatchKind.choices)
    value = models.CharField(max_length=200)  # as it was typed
    value_key = models.CharField(max_length=200)  # as it is compared: `selectors.watching.watch_key`
    reason = models.TextField()
    source = models.CharField(max_length=8, choices=WatchSource.choices, default=WatchSource.HAND)
    source_label = models.CharField(max_length=100, blank=True)  # the dispute's number
    expires_at = models.DateTimeField(null=True)
    appeal = models.TextField(blank=True)
    appealed_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    removed_reason = models.TextField(blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "watch-list entries"
        constraints = [
            models.UniqueConstraint(fields=["merchant", "kind", "value_key"], condition=Q(removed_at=None), name="watch_once"),
            models.CheckConstraint(condition=Q(kind__in=WatchKind.values), name="watch_kind_known"),
            models.CheckConstraint(condition=~Q(reason=""), name="watch_has_reason"),
            models.CheckConstraint(condition=~Q(value_key=""), name="watch_has_value"),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_reason="") | (Q(removed_at__isnull=False) & ~Q(removed_reason="")),
                name="watch_removed_has_reason",
            ),
        ]
        indexes = [models.Index(fields=["merchant", "-added_at", "-id"], name="watch_newest")]

    def __str__(self):
        return self.value

"""Alerts, dry runs and the watch-list as tables: two lines a row."""

from datetime import datetime

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.figures import count_text, money_text, when_text
from apps.core.tables import BaseTable, ChipColumn, DateColumn, MoneyColumn, QuietColumn, ToneColumn
from apps.core.ui import Chip, Tone
from apps.disputes.enums import AlertState, RiskSeverity, WatchSource
from apps.disputes.models import Alert, WatchlistEntry
from apps.disputes.selectors.risk.words import at_text, sentence

TONES = {
    RiskSeverity.CRITICAL: (Tone.RED, "alert-circle"),
    RiskSeverity.HIGH: (Tone.AMBER, "alert-triangle"),
    RiskSeverity.NORMAL: (Tone.OUTLINE, "circle-dashed"),
}
STATE_TONES = {AlertState.OPEN: Tone.AMBER, AlertState.ACKNOWLEDGED: Tone.NEUTRAL, AlertState.CLOSED: Tone.GREEN}


def tone_of(alert: Alert) -> tuple[str, str, str]:
    """The mark at the start of a row; green only for what is closed."""
    if not alert.is_live:
        return Tone.GREEN, "circle-check", alert.get_state_display()
    tone, name = TONES[RiskSeverity(alert.severity)]
    return tone, name, alert.get_severity_display()


def state_chip(alert: Alert, now: datetime) -> Chip:
    if alert.is_live and alert.snoozed_until is not None and alert.snoozed_until > now:
        return Chip(_("snoozed until %(when)s") % {"when": when_text(alert.snoozed_until)}, Tone.OUTLINE, "clock-pause")
    return Chip(alert.get_state_display(), STATE_TONES[AlertState(alert.state)])


class AlertTable(BaseTable):
    """`channels` are labels by key."""

    chosen = QuietColumn(
        verbose_name=gettext_lazy("Chosen"), empty_values=(), attrs={"td": {"class": "check phone-hide"}, "th": {"class": "check"}}
    )
    severity = ToneColumn(
        verbose_name=gettext_lazy("Severity"), tone=tone_of, attrs={"td": {"class": "tone-cell"}, "th": {"class": "tone-cell"}}
    )
    title = tables.Column(verbose_name=gettext_lazy("Alert"), empty_values=(), attrs={"td": {"class": "what"}})
    amount_minor = MoneyColumn(verbose_name=gettext_lazy("Money"), show_currency=True)
    last_at = tables.Column(verbose_name=gettext_lazy("Last seen"), attrs={"td": {"class": "nowrap phone-shrink"}})
    state = ChipColumn(verbose_name=gettext_lazy("State"), chip=lambda record: None)

    class Meta(BaseTable.Meta):
        model = Alert
        fields = ("chosen", "severity", "title", "amount_minor", "last_at", "state")
        attrs = {"class": "table is-list is-tall"}
        empty_text = gettext_lazy("No alerts here.")

    def __init__(self, rows, *, slug: str, channels: dict[int, str], can_act: bool, now: datetime):
        self.slug, self.channels, self.now = slug, channels, now
        super().__init__(rows, row_attrs={"data-href": lambda record: self.href(record)}, exclude=() if can_act else ("chosen",))
        self.columns["state"].column.chip_of = lambda record: state_chip(record, now)

    def href(self, record: Alert) -> str:
        return reverse("disputes:alert", args=[self.slug, record.pk])

    def render_chosen(self, record):
        label = _("Select: %(what)s") % {"what": record.get_kind_display()}
        return format_html(
            '<input type="checkbox" class="form-check-input" name="ids" value="{}" form="bulk" aria-label="{}">', record.pk, label
        )

    def render_last_at(self, value, record):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), at_text(record.kind, value))

    def render_title(self, record):
        words = sentence(record.kind, record.facts, record.currency, self.channels)
        times = ngettext("found once", "found %(n)s times", record.found) % {"n": count_text(record.found)}
        link = '<a class="title" href="{}">{}</a><span class="sub">{} · {}</span>'
        return format_html(link, self.href(record), words, record.get_kind_display(), times)


class WatchTable(BaseTable):
    """Buyers on the watch-list, or those who were."""

    title = tables.Column(verbose_name=gettext_lazy("Buyer"), empty_values=(), attrs={"td": {"class": "phone-full"}})
    reason = tables.Column(verbose_name=gettext_lazy("Reason"), attrs={"td": {"class": "phone-full"}})
    expires_at = tables.Column(verbose_name=gettext_lazy("Until"), empty_values=())
    added_at = DateColumn(verbose_name=gettext_lazy("Added"))

    class Meta(BaseTable.Meta):
        model = WatchlistEntry
        fields = ("title", "reason", "expires_at", "added_at")
        attrs = {"class": "table is-list is-tall"}
        empty_text = gettext_lazy("Nobody fits this filter.")

    def __init__(self, rows, *, slug: str):
        self.slug = slug
        super().__init__(rows, row_attrs={"data-href": lambda record: self.href(record)})

    def href(self, record: WatchlistEntry) -> str:
        return reverse("disputes:watched", args=[self.slug, record.pk])

    def render_title(self, record):
        return format_html(
            '<a class="title" href="{}">{}</a><span class="sub">{}</span>', self.href(record), record.value, record.get_kind_display()
        )

    def render_reason(self, record):
        source = f"{WatchSource.DISPUTE.label} {record.source_label}" if record.source == WatchSource.DISPUTE else WatchSource.HAND.label
        if record.appeal:
            source = f"{source} · {_('with an appeal')}"
        return format_html('{}<span class="sub">{}</span>', record.reason, source)

    def render_expires_at(self, record):
        if record.removed_at:
            return _("taken off")
        return when_text(record.expires_at) if record.expires_at else format_html('<span class="muted">{}</span>', _("for good"))


def amounts_text(money: dict[str, int]) -> str:
    """Sums by currency, one after the other."""
    return " · ".join(f"{code}\u00a0{money_text(minor, code)}" for code, minor in sorted(money.items()) if minor)

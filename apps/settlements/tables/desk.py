"""The queue as a table: two lines a row, the later document on the right, the difference bold."""

from collections.abc import Container

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.tables import BaseTable, MoneyColumn, QuietColumn, ToneColumn
from apps.core.templatetags.figures import identifier
from apps.core.templatetags.ui import avatar, due, icon
from apps.core.ui import Tone
from apps.settlements.enums import DiscrepancyState, Kind, Severity
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.discrepancies import stake_of
from apps.settlements.selectors.headlines import known_by, method_label, short_title

TONES = {
    Severity.CRITICAL: (Tone.RED, "alert-circle"),
    Severity.HIGH: (Tone.AMBER, "alert-triangle"),
    Severity.NORMAL: (Tone.OUTLINE, "circle-dashed"),
}
# Kinds of which one side does not exist: it reads "none", not 0.
NO_EXPECTED = frozenset({
    Kind.MISSING_IN_BOOKS, Kind.STATUS_MISMATCH, Kind.DUPLICATE_LINE, Kind.DUPLICATE_PAYMENT, Kind.AMBIGUOUS_MATCH,
    Kind.REFUND_MISSING_IN_BOOKS, Kind.DISPUTE_MISSING_IN_BOOKS, Kind.UNEXPECTED_BANK_LINE, Kind.STATEMENT_GAP,
})  # fmt: skip
NO_ACTUAL = frozenset({Kind.MISSING_AT_PROVIDER, Kind.REFUND_MISSING_AT_PROVIDER, Kind.PAYOUT_MISSING_IN_BANK, Kind.STATEMENT_GAP})
NO_DIFFERENCE = frozenset({Kind.CURRENCY_MISMATCH, Kind.LATE_SETTLEMENT, Kind.STATEMENT_GAP})  # not a matter of an amount


def tone_of(item: Discrepancy) -> tuple[str, str, str]:
    """The mark at the start of a row; green only for what is closed."""
    if not item.is_open:
        return Tone.GREEN, "circle-check", item.get_state_display()
    tone, name = TONES[Severity(item.severity)]
    return tone, name, item.get_severity_display()


def sub_of(item: Discrepancy):
    """Channel, method and the reference it is known by."""
    parts = [item.channel.label, *([method_label(item.method)] if item.method else [])]
    return format_html("{}　{}", " · ".join(parts), identifier(known_by(item)))


class SideColumn(MoneyColumn):
    """Expected or actual; the word "none" where that side does not exist."""

    def __init__(self, *args, absent: frozenset, **kwargs):
        super().__init__(*args, **kwargs)
        self.absent = absent

    def render(self, value, record):
        return super().render(None if record.kind in self.absent else value, record)


class DiscrepancyTable(BaseTable):
    """`detail_url(item)` gives a row's address, filter included; `open_id` is the row whose detail is beside the list."""

    chosen = QuietColumn(
        verbose_name=gettext_lazy("Chosen"), empty_values=(), attrs={"td": {"class": "check phone-hide"}, "th": {"class": "check"}}
    )
    severity = ToneColumn(
        verbose_name=gettext_lazy("Severity"), tone=tone_of, attrs={"td": {"class": "tone-cell"}, "th": {"class": "tone-cell"}}
    )
    title = tables.Column(verbose_name=gettext_lazy("Difference"), empty_values=(), attrs={"td": {"class": "what"}})
    expected_minor = SideColumn(verbose_name=gettext_lazy("Expected"), absent=NO_EXPECTED, phone="phone-hide")
    actual_minor = SideColumn(verbose_name=gettext_lazy("Actual"), absent=NO_ACTUAL, phone="phone-hide")
    difference_minor = MoneyColumn(verbose_name=gettext_lazy("Off by"), signed=True)
    due_at = tables.Column(verbose_name=gettext_lazy("Deadline"), attrs={"td": {"class": "due-cell nowrap"}})
    owner = tables.Column(verbose_name=gettext_lazy("Owner"), empty_values=(), attrs={"td": {"class": "owner-cell"}})

    class Meta(BaseTable.Meta):
        model = Discrepancy
        fields = ("chosen", "severity", "title", "expected_minor", "actual_minor", "difference_minor", "due_at", "owner")
        attrs = {"class": "table is-list is-tall desk-table", "id": "queue"}
        empty_text = gettext_lazy("No difference fits this filter.")

    def __init__(
        self, rows, *, detail_url, open_id: int | None = None, can_act: bool = True, currency: str = "", waiting: Container[int] = ()
    ):
        """`currency` is written once in the head when every row has it; in a mixed list each row carries its own.

        `waiting` are the keys of those that wait for a second person.
        """
        self.detail_url, self.mixed, self.waiting = detail_url, not currency, waiting
        attrs = {**self.Meta.attrs, "class": f"{self.Meta.attrs['class']} is-mixed"} if self.mixed else self.Meta.attrs
        super().__init__(
            rows,
            attrs=attrs,
            row_attrs={
                "data-href": lambda record: detail_url(record),  # called by the name of its argument
                "data-id": lambda record: record.pk,
                "data-minor": lambda record: stake_of(record),
                "data-currency": lambda record: record.currency,
                "class": lambda record: "is-open" if record.pk == open_id else "",
            },
            exclude=() if can_act else ("chosen",),
        )
        self.columns["difference_minor"].column.verbose_name = f"{_('Off by')} {currency}".strip()

    def render_chosen(self, record):
        label = _("Select: %(what)s") % {"what": f"{short_title(record)} {known_by(record)}"}
        return format_html(
            '<input type="checkbox" class="form-check-input" name="ids" value="{}" form="bulk" aria-label="{}">', record.pk, label
        )

    def render_title(self, record):
        url = self.detail_url(record)
        link = '<a class="title" href="{}" hx-get="{}" hx-target="#drawer" hx-push-url="true">{}</a><span class="sub">{}</span>'
        shown = format_html(link, url, url, short_title(record), sub_of(record))
        if record.pk in self.waiting:
            shown += format_html('<span class="sub">{} {}</span>', icon("users"), _("waits for a second person"))
        return shown

    def render_difference_minor(self, value, record):
        if not value and record.kind in NO_DIFFERENCE:
            return format_html('<span class="muted">{}</span>', "—")
        text = self.columns["difference_minor"].column.render(value, record)
        return format_html('<span class="code">{}</span> {}', record.currency, text) if self.mixed else text

    def render_due_at(self, value, record):
        if record.is_open and record.is_paused:
            return format_html('<span class="muted">{} {}</span>', icon("player-pause"), _("paused"))
        if record.is_open:
            return due(value)
        return format_html('<span class="muted">{}</span>', DiscrepancyState(record.state).label)

    def render_owner(self, record):
        if record.owner:
            return format_html('{}<span class="visually-hidden">{}</span>', avatar(record.owner), record.owner)
        return format_html(
            '<span class="face face--none" title="{}">{}</span><span class="visually-hidden">{}</span>',
            _("Nobody yet"),
            icon("plus"),
            _("Nobody yet"),
        )

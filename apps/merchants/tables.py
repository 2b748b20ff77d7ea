"""The audit trail as a filtered list."""

from datetime import timedelta

import django_filters as filters
import django_tables2 as tables
from django import forms
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditEvent
from apps.core import clock
from apps.core.tables import BaseTable, DateColumn
from apps.merchants.models import Merchant

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AuditFilter(filters.FilterSet):
    """`q` is looked for in who, what, why and what changed; days are the merchant's."""

    q = filters.CharFilter(label=_("Text"), method="holds")
    who = filters.CharFilter(label=_("Who"), field_name="actor_label", lookup_expr="icontains")
    action = filters.ChoiceFilter(label=_("What"), empty_label=_("all"), choices=[])
    subject_type = filters.ChoiceFilter(label=_("Subject"), empty_label=_("all"), choices=[])
    first = filters.DateFilter(label=_("From"), method="from_day", widget=_DAY)
    last = filters.DateFilter(label=_("To"), method="to_day", widget=_DAY)

    class Meta:
        model = AuditEvent
        fields = ["q", "who", "action", "subject_type", "first", "last"]

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, **kwargs)
        mine = AuditEvent.objects.for_merchant(merchant).order_by()
        for name in ("action", "subject_type"):
            found = sorted(mine.values_list(name, flat=True).distinct())
            self.filters[name].extra["choices"] = [(one, one) for one in found]

    def holds(self, rows, name, text):
        words = Q(reason__icontains=text) | Q(subject_label__icontains=text) | Q(subject_id=text) | Q(actor_label__icontains=text)
        rows = rows.annotate(before_text=Cast("before", TextField()), after_text=Cast("after", TextField()))
        return rows.filter(words | Q(action__icontains=text) | Q(before_text__icontains=text) | Q(after_text__icontains=text) | Q(ip=text))

    def from_day(self, rows, name, day):
        return rows.filter(happened_at__gte=clock.start_of_day(day, timezone.get_current_timezone_name()))

    def to_day(self, rows, name, day):
        return rows.filter(happened_at__lt=clock.start_of_day(day + timedelta(days=1), timezone.get_current_timezone_name()))


class AuditTable(BaseTable):
    happened_at = DateColumn(verbose_name=_("Time"), time=True, attrs={"td": {"class": "phone-full"}})
    action = tables.Column(verbose_name=_("What"))
    actor_label = tables.Column(verbose_name=_("Who"))
    subject_label = tables.Column(verbose_name=_("Subject"), empty_values=())
    seq = tables.Column(verbose_name=_("Place"), attrs={"td": {"class": "num phone-hide"}, "th": {"class": "num"}})

    class Meta(BaseTable.Meta):
        model = AuditEvent
        fields = ("happened_at", "action", "actor_label", "subject_label", "seq")
        empty_text = _("Nothing of this kind was recorded.")
        row_attrs = {"data-href": lambda record: record.href}
        attrs = {"class": "table is-list is-tall"}

    def __init__(self, rows, *, merchant: Merchant, **kwargs):
        for row in rows:
            row.href = reverse("merchants:audit_event", args=[merchant.slug, row.pk])
        super().__init__(rows, **kwargs)

    def render_action(self, record):
        link = format_html('<a class="title" href="{}">{}</a>', record.href, record.action)
        return format_html('{}<span class="sub">{}</span>', link, record.reason[:120]) if record.reason else link

    def render_subject_label(self, record):
        return record.subject_label or f"{record.subject_type} {record.subject_id}"

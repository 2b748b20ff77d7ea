"""The list of entries, and the same rows as files."""

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from apps.core.exports import Column, Export, Kind, filter_text
from apps.core.figures import day_text, money_text
from apps.core.tables import BaseTable, DateColumn
from apps.merchants.models import Merchant
from apps.settlements.models import JournalEntry, Posting
from apps.settlements.selectors.journal import entry_text


class EntryTable(BaseTable):
    """Entries with their postings: each amount with the account it is debited to and the one it is credited to."""

    text = tables.Column(accessor="pk", verbose_name=_("Entry"), attrs={"td": {"class": "phone-full"}})
    entered_on = DateColumn(verbose_name=_("Counts on"))
    debit = tables.Column(accessor="pk", verbose_name=_("Debit"), attrs={"td": {"class": "phone-hide"}})
    credit = tables.Column(accessor="pk", verbose_name=_("Credit"), attrs={"td": {"class": "phone-hide"}})
    amount = tables.Column(accessor="pk", verbose_name=_("Amount"), attrs={"td": {"class": "num"}, "th": {"class": "num"}})

    class Meta(BaseTable.Meta):
        model = JournalEntry
        fields = ("text", "entered_on", "debit", "credit", "amount")
        empty_text = _("No entries here.")
        attrs = {"class": "table is-list is-tall"}

    def __init__(self, *args, slug: str, **kwargs):
        self.slug = slug
        super().__init__(*args, row_attrs={"data-href": self.address}, **kwargs)

    def address(self, record) -> str:
        return reverse("settlements:journal_entry", args=[self.slug, record.pk])

    def render_text(self, record):
        title = format_html('<a class="title" href="{}">{}</a>', self.address(record), entry_text(record))
        about = " · ".join([record.number, record.channel.label, *([str(_("late"))] if record.is_late else [])])
        day = f" · {day_text(record.belongs_on)}" if record.is_late else ""
        return format_html('{}<span class="sub">{}{}</span>', title, about, day)

    def render_debit(self, record):
        return _lines(one.debit.label for one in record.shown_postings)

    def render_credit(self, record):
        return _lines(one.credit.label for one in record.shown_postings)

    def render_amount(self, record):
        return _lines(f"{one.currency}\u00a0{money_text(one.amount_minor, one.currency)}" for one in record.shown_postings)


def _lines(texts):
    return format_html_join("", '<span class="d-block">{}</span>', ((text,) for text in texts))


def entries_export(merchant: Merchant, found) -> Export:
    """The postings of exactly the entries that the list shows."""
    postings = Posting.objects.for_merchant(merchant).filter(entry__in=found.qs.order_by().values("pk"))
    postings = postings.select_related("entry__channel", "entry__merchant", "debit__channel", "debit__bank_account")
    columns = (
        Column(_("Entry"), lambda row: row.entry.number),
        Column(_("Counts on"), "entry__entered_on", Kind.DAY),
        Column(_("Belongs to"), "entry__belongs_on", Kind.DAY),
        Column(_("About"), lambda row: entry_text(row.entry)),
        Column(_("Channel"), "entry__channel__label"),
        Column(_("Debit"), lambda row: row.debit.label),
        Column(_("Credit"), lambda row: row.credit.label),
        Column(_("Currency"), "currency"),
        Column(_("Amount"), "amount_minor", Kind.MONEY),
        Column(_("Source"), "entry__source_key"),
    )
    return Export(
        name="journal",
        title=_("Journal"),
        merchant=merchant.name,
        currency=merchant.currency,
        timezone=merchant.timezone,
        filter_text=filter_text(found.form),
        columns=columns,
        rows=postings.select_related("credit__channel", "credit__bank_account").order_by("-entry__entered_on", "-entry_id", "pk"),
        total="amount_minor",
    )

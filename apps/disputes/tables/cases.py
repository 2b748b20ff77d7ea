"""The list of disputes, and the same rows as a file."""

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.core import figures
from apps.core.due import due
from apps.core.exports import Column, Export, Kind, filter_text
from apps.core.tables import BaseTable, ChipColumn, DateColumn, MoneyColumn
from apps.core.templatetags.ui import chip_html
from apps.core.ui import Chip
from apps.disputes.models import Dispute
from apps.merchants.models import Merchant

TONES = {"inquiry": "outline", "needs_response": "amber", "won": "green"}
ICONS = {"needs_response": "gavel", "under_review": "hourglass", "lost": "circle-x", "accepted": "check", "inquiry": "help"}
COLUMNS = (
    Column(_("Dispute"), "public_id"),
    Column(_("Our number"), "dispute_no"),
    Column(_("Provider's number of the dispute"), "provider_dispute_ref"),
    Column(_("Order"), "payment__order__order_no"),
    Column(_("Our reference"), "payment__merchant_ref"),
    Column(_("Channel"), "channel__code"),
    Column(_("Reason code"), "reason_code"),
    Column(_("Reason"), lambda row: row.get_family_display()),
    Column(_("Amount"), "amount_minor", Kind.MONEY),
    Column(_("Currency"), "currency"),
    Column(_("Fee of the dispute"), "fee_minor", Kind.MONEY),
    Column(_("What came back"), "returned_minor", Kind.MONEY),
    Column(_("State"), lambda row: row.get_state_display()),
    Column(_("Opened"), "opened_at", Kind.MOMENT),
    Column(_("Answer due"), "evidence_due_at", Kind.MOMENT),
    Column(_("Ended"), "closed_at", Kind.MOMENT),
)


def state_chip(dispute: Dispute) -> Chip:
    """The state in words; what waits for us stands out."""
    return Chip(dispute.get_state_display(), TONES.get(dispute.state, "neutral"), ICONS.get(dispute.state, ""))


class DisputeTable(BaseTable):
    """Rows open the case. `slug` is the merchant's; `now` runs the clocks."""

    number = tables.Column(accessor="pk", verbose_name=_("Dispute"), attrs={"td": {"class": "phone-full"}})
    order = tables.Column(accessor="pk", verbose_name=_("Order"), attrs={"td": {"class": "phone-hide"}})
    opened_at = DateColumn(verbose_name=_("Opened"), attrs={"td": {"class": "phone-hide"}})
    due_at = tables.Column(accessor="pk", verbose_name=_("Answer due"), attrs={"td": {"class": "nowrap"}})
    amount_minor = MoneyColumn(verbose_name=_("Amount"), show_currency=True)
    state = ChipColumn(accessor="pk", verbose_name=_("State"), chip=state_chip)

    class Meta(BaseTable.Meta):
        model = Dispute
        fields = ("number", "order", "opened_at", "due_at", "amount_minor", "state")
        empty_text = _("No disputes here.")
        attrs = {"class": "table is-list is-tall"}

    def __init__(self, *args, slug: str, now, **kwargs):
        self.slug, self.now = slug, now
        super().__init__(*args, row_attrs={"data-href": self.address}, **kwargs)

    def address(self, record) -> str:
        return reverse("disputes:case", args=[self.slug, record.public_id])

    def render_number(self, record):
        reason = record.get_family_display() + (f" · {record.reason_code}" if record.reason_code else "")
        title = format_html('<a class="title ident" href="{}">{}</a>', self.address(record), record)
        return format_html('{}<span class="sub">{} · {}</span>', title, record.channel.label, reason)

    def render_order(self, record):
        if record.payment is None:
            return format_html('<span class="muted">{}</span>', _("not in our books"))
        return record.payment.order.order_no

    def render_due_at(self, record):
        return due_html(record, self.now)


def due_html(dispute: Dispute, now):
    """The clock of an answer: counts down while it waits for us, the day of the result once it has ended."""
    if dispute.closed_at:
        day = figures.day_text(timezone.localtime(dispute.closed_at).date())
        return format_html('<span class="muted">{}</span>', _("ended %(day)s") % {"day": day})
    if not dispute.waits_for_us:
        return format_html('<span class="muted">{}</span>', _("answered"))
    if dispute.evidence_due_at is None:
        return chip_html(Chip(str(_("deadline not known")), "amber", "clock"))
    left = due(dispute.evidence_due_at, now)
    tone = "amber" if left.tone == "neutral" and (dispute.evidence_due_at - now).days < 3 else left.tone
    return chip_html(Chip(left.text, tone, left.icon))


def disputes_export(merchant: Merchant, found) -> Export:
    """The rows of the filter, newest first."""
    return Export(
        name="disputes",
        title=str(_("Disputes")),
        merchant=merchant.name,
        currency=merchant.currency,
        timezone=merchant.timezone,
        columns=COLUMNS,
        rows=found.qs.order_by("-opened_at", "-pk"),
        filter_text=filter_text(found.form),
        total="amount_minor",
    )

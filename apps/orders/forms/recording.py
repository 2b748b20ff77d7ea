"""A payment recorded by hand."""

from datetime import date
from uuid import uuid4

from django import forms
from django.db.models import Sum
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import METHOD_LABELS
from apps.channels.forms import MinorField
from apps.channels.models import Channel
from apps.channels.registry import get, reports_itself
from apps.core.figures import figure_for_input
from apps.orders.models import Order
from apps.orders.states import CAPTURED


class RecordForm(forms.Form):
    """`way` is a channel with one of its methods; `cleaned_data` holds `channel` and `method`. `key` names this form once for ever."""

    way = forms.ChoiceField(label=_("Channel and method"))
    amount = MinorField(label=_("Amount"))
    paid_on = forms.DateField(label=_("Paid on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    reference = forms.CharField(
        label=_("Reference"), max_length=100, required=False,
        help_text=_("How the bank, the courier or the invoice names it. Sales on account that bear one invoice number are due together."),
    )  # fmt: skip
    note = forms.CharField(label=_("Note"), max_length=300, required=False, help_text=_("For colleagues; it stands in the audit trail."))
    key = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)

    def __init__(self, *args, order: Order, today: date, **options):
        start = {"amount": _left(order), "paid_on": today, "key": uuid4().hex}
        super().__init__(*args, initial=start, **options)
        channels = Channel.objects.for_merchant(order.merchant_id).filter(is_on=True).select_related("merchant").order_by("code")
        self.channels = {str(channel.pk): channel for channel in channels if reports_itself(channel.provider)}
        self.fields["way"].choices = [
            (f"{pk}:{method}", f"{one.label} · {METHOD_LABELS[method]}")
            for pk, one in self.channels.items()
            for method in get(one.provider).capabilities.methods
        ]
        self.fields["amount"].currency = order.currency
        self.fields["amount"].label = format_lazy("{label} · {currency}", label=_("Amount"), currency=order.currency)

    def clean(self) -> dict:
        data = super().clean()
        if data.get("way"):
            pk, _colon, data["method"] = data["way"].partition(":")
            data["channel"] = self.channels[pk]
        return data


def _left(order: Order) -> str:
    """What of the order nobody has paid yet, as people write it; empty when nothing is left."""
    paid = order.payments.filter(state__in=CAPTURED, currency=order.currency).aggregate(sum=Sum("amount_minor"))["sum"] or 0
    return figure_for_input(order.total_minor - paid, order.currency) if paid < order.total_minor else ""

"""A practice payment to be started."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import METHOD_LABELS
from apps.channels.models import Channel
from apps.channels.selectors.details import capabilities_of
from apps.core.money import exponent
from apps.merchants.models import Merchant
from apps.orders.enums import Opening


class PracticeForm(forms.Form):
    """`amount` is in the channel's currency, as people write it; `cleaned_data` holds `channel` and `amount_minor`."""

    channel = forms.ModelChoiceField(label=_("Channel"), queryset=Channel.objects.none(), empty_label=None)
    method = forms.ChoiceField(label=_("Method"))
    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=11, decimal_places=2, initial=1280)
    opening = forms.ChoiceField(label=_("The provider …"), choices=Opening.choices)

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, **kwargs)
        channels = Channel.objects.for_merchant(merchant).filter(is_on=True).select_related("merchant").order_by("code")
        self.fields["channel"].queryset = channels
        methods = sorted({str(method) for one in channels for method in capabilities_of(one).methods})
        self.fields["method"].choices = [(method, METHOD_LABELS.get(method, method)) for method in methods if method != "*"]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("channel") and data.get("amount") is not None:
            minor = data["amount"] * 10 ** exponent(data["channel"].currency)
            if minor != int(minor) or minor <= 0:
                self.add_error("amount", _("The amount must be more than zero, in whole units of the currency."))
            data["amount_minor"] = int(minor)
        return data

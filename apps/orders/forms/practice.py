"""A practice payment to be started."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import METHOD_LABELS
from apps.channels.models import Channel
from apps.channels.registry import reports_itself
from apps.channels.selectors.details import capabilities_of
from apps.channels.services.gateway import gateway_kind
from apps.core.money import exponent
from apps.merchants.models import Merchant
from apps.orders.enums import Opening


class PracticeForm(forms.Form):
    """`way` is a channel with one of its methods; `cleaned_data` holds `channel`, `method` and `amount_minor`.

    `amount` is in the channel's currency, as people write it. `is_held`: what the payer pays is only held, until somebody takes it.
    """

    way = forms.ChoiceField(label=_("Channel and method"))
    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=11, decimal_places=2, initial=1280)
    opening = forms.ChoiceField(label=_("The provider …"), choices=Opening.choices)
    is_held = forms.BooleanField(label=_("Only authorize: the money is taken, or given back, later at the order"), required=False)

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, **kwargs)
        channels = Channel.objects.for_merchant(merchant).filter(is_on=True).select_related("merchant").order_by("code")
        channels = [channel for channel in channels if not reports_itself(channel.provider)]  # these are recorded by hand
        self.channels = {str(channel.pk): channel for channel in channels}
        self.fields["way"].choices = [
            (f"{channel.pk}:{method}", f"{channel.label} · {METHOD_LABELS.get(method, method)} · {channel.currency}")
            for channel in channels
            for method in _methods(channel)
        ]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("way"):
            key, _colon, data["method"] = data["way"].partition(":")
            data["channel"] = self.channels[key]
        if data.get("channel") and data.get("amount") is not None:
            minor = data["amount"] * 10 ** exponent(data["channel"].currency)
            if minor != int(minor) or minor <= 0:
                self.add_error("amount", _("The amount must be more than zero, in whole units of the currency."))
            data["amount_minor"] = int(minor)
        return data


def _methods(channel: Channel) -> Iterable[str]:
    """Those of the channel that can be called for; a provider that takes any method offers all of these."""
    kind = gateway_kind(channel)
    taken = kind.pays_by if kind else ()
    offered = {str(method) for method in capabilities_of(channel).methods}
    return [str(method) for method in taken if "*" in offered or str(method) in offered]

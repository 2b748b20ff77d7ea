"""Tolerances and windows of a channel as a person types them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.forms import MinorField, PercentField
from apps.channels.services.changes import percent_text
from apps.core.figures import figure_for_input


class ShareField(PercentField):
    """A percent that may be left empty; that is None."""

    def clean(self, value):
        return super().clean(value) if (value or "").strip() else None


class RulesForm(forms.Form):
    """What a replay tries: RuleSet's limits and the channel's grace. An empty limit is none of that sort."""

    amount_minor = MinorField(label=_("Amounts may differ by"), required=False)
    amount_ppm = ShareField(label=_("… and by at most this percent"), required=False)
    fee_ppm = ShareField(
        label=_("Fees may differ by at most this percent of the fee"),
        required=False,
        help_text=_("Beside the tolerance of each fee rule; the smaller wins. Empty: that of the fee rule alone."),
    )
    fx_minor = MinorField(label=_("Exchanged amounts may differ by"), required=False)
    fx_ppm = ShareField(label=_("… and by at most this percent"), required=False)
    pairing_hours = forms.IntegerField(
        label=_("Pairing by amount: hours apart"),
        min_value=1,
        max_value=240,
        help_text=_("How far the two clocks may be apart where only amount and time speak for a pair."),
    )
    grace_days = forms.IntegerField(
        label=_("Grace in open days"),
        min_value=0,
        max_value=60,
        help_text=_("How long a missing line may take before it counts as missing."),
    )
    bank_days = forms.IntegerField(
        label=_("Bank: open days after the due day"),
        min_value=0,
        max_value=20,
        help_text=_("How long a payout's amount is looked for on the bank statement."),
    )

    def __init__(self, data=None, *, values: dict, currency: str):
        start = {name: _shown(name, value, currency) for name, value in values.items()}
        super().__init__(data, initial=start)
        for name in ("amount_minor", "fx_minor"):
            self.fields[name].currency = currency


def _shown(name: str, value: int | None, currency: str) -> object:
    if value is None:
        return ""
    if name.endswith("_minor"):
        return figure_for_input(value, currency)
    return percent_text(value, unit="") if name.endswith("_ppm") else value


class SaveRulesForm(forms.Form):
    """Why the rules change; stays on record with the version."""

    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("Stays on record with this version."))

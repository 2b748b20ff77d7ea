"""Taking what a payer's bank holds, and calling a payment off."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.figures import cash_text, figure_for_input
from apps.core.money import MoneyError, to_minor
from apps.orders.models import Payment

WHOLE, PART = "whole", "part"


class TakeForm(forms.Form):
    """`cleaned_data["amount_minor"]` is what is to be taken. Without `takes_part` there is nothing to choose: the whole."""

    part = forms.ChoiceField(
        label=pgettext_lazy("capture", "How much"), choices=[(WHOLE, _("All of it")), (PART, _("A part of it"))], widget=forms.RadioSelect
    )
    amount = forms.CharField(label=_("Amount"), max_length=20, required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))

    def __init__(self, *args, payment: Payment, takes_part: bool, **kwargs):
        kwargs.setdefault("initial", {"part": WHOLE, "amount": figure_for_input(payment.amount_minor, payment.currency)})
        super().__init__(*args, **kwargs)
        self.payment = payment
        if not takes_part:
            del self.fields["part"], self.fields["amount"]

    def clean(self) -> dict:
        data = super().clean()
        data["amount_minor"] = self.payment.amount_minor
        if data.get("part") == PART:
            data["amount_minor"] = self._part(data.get("amount", ""))
        return data

    def _part(self, text: str) -> int | None:
        currency, most = self.payment.currency, self.payment.amount_minor
        try:
            minor = to_minor(text.strip().replace(",", ""), currency)
        except MoneyError:
            minor = 0
        if not 0 < minor <= most:
            self.add_error("amount", _("An amount above zero and up to %(most)s, please.") % {"most": cash_text(most, currency)})
            return None
        return minor


class CallOffForm(forms.Form):
    """Why, for colleagues; it stays on record."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)

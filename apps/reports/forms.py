"""What people write down when they act on a month."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel
from apps.merchants.models import Merchant


class ReturnForm(forms.Form):
    """Why a prepared month goes back to draft; the reason stays in the audit trail."""

    reason = forms.CharField(label=_("Reason"), max_length=300, strip=True)


class ClaimForm(forms.Form):
    """A channel and a period of business dates; `channels` are the merchant's."""

    channel = forms.ModelChoiceField(Channel.objects.none(), label=_("Channel"), empty_label=None, to_field_name="code")
    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.for_merchant(merchant).order_by("code")

    def clean(self):
        """The last day is not before the first."""
        found = super().clean()
        if found.get("first") and found.get("last") and found["last"] < found["first"]:
            self.add_error("last", _("The last day lies before the first."))
        return found

"""An address that is told of events."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.merchants.models import Merchant
from apps.orders.enums import EventType
from apps.orders.errors import AddressRefused
from apps.orders.services.webhook_addresses import check_address

TYPES = [(one.value, one.label) for one in EventType if one != EventType.TEST]


URL = forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"})


class EventsForm(forms.Form):
    types = forms.MultipleChoiceField(label=_("Events"), choices=TYPES, widget=forms.CheckboxSelectMultiple)
    is_active = forms.BooleanField(label=_("Active"), required=False)


class EndpointForm(forms.Form):
    url = forms.CharField(label=_("Address"), max_length=500, widget=URL)
    types = forms.MultipleChoiceField(label=_("Events"), choices=TYPES, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, **kwargs)
        self.merchant = merchant

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        try:
            check_address(url, is_practice=self.merchant.is_practice)
        except AddressRefused as error:
            raise forms.ValidationError(error.message) from error
        return url

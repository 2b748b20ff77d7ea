"""The period of the figures."""

from datetime import date, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

DAY = forms.DateInput(attrs={"type": "date"})
USUAL = timedelta(days=365)


class PeriodForm(forms.Form):
    """Both days included; a wrong or missing one gives way to the usual year."""

    first = forms.DateField(label=_("Opened from"), widget=DAY, required=False)
    last = forms.DateField(label=_("Opened until"), widget=DAY, required=False)

    def __init__(self, *args, today: date, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def days(self) -> tuple[date, date]:
        """The days asked for, in order."""
        said = self.cleaned_data if self.is_valid() else {}
        last = said.get("last") or self.today
        first = said.get("first") or last - USUAL
        return min(first, last), max(first, last)

"""What a person may ask of the journal, and which month goes out in which format."""

from datetime import date, timedelta

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.channels.models import Channel
from apps.merchants.models import Merchant
from apps.settlements.enums import Source
from apps.settlements.ledger.formats.registry import FORMATS
from apps.settlements.models import JournalAccount, JournalEntry
from apps.settlements.selectors.journal import accounts_of, touching

DAY = forms.DateInput(attrs={"type": "date"})
MONTH = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")


class MonthField(forms.DateField):
    """`2026-10` as the first day of that month."""

    widget = MONTH
    input_formats = ["%Y-%m"]


class BalanceForm(forms.Form):
    """The day at whose end balances are shown."""

    at = forms.DateField(label=_("At the end of"), required=False, widget=DAY)


class ExportForm(forms.Form):
    """One month in one format."""

    month = MonthField(label=_("Month"))
    format = forms.ChoiceField(label=_("Format"), choices=[(name, one.label) for name, one in FORMATS.items()])

    def days(self) -> tuple[date, date]:
        """First and last day of the month that was asked for."""
        first = self.cleaned_data["month"]
        return first, (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


class MonthFilter(filters.DateFilter):
    field_class = MonthField


class EntryFilter(filters.FilterSet):
    """`month` is that in which entries count; `account` shows what an account was debited and credited with."""

    account = filters.ModelChoiceFilter(label=pgettext_lazy("journal", "Account"), queryset=None, method="of_account")
    channel = filters.ModelChoiceFilter(label=_("Channel"), queryset=None, to_field_name="code", field_name="channel")
    source = filters.ChoiceFilter(label=_("Source"), choices=Source.choices)
    month = MonthFilter(label=_("Month"), method="of_month", widget=MONTH)

    class Meta:
        model = JournalEntry
        fields = ()

    def __init__(self, data, *, queryset, merchant: Merchant):
        super().__init__(data, queryset=queryset)
        self.filters["account"].queryset = accounts_of(merchant)
        self.filters["account"].field.label_from_instance = _named
        self.filters["channel"].queryset = Channel.objects.for_merchant(merchant).order_by("code")

    def of_account(self, rows, name, account):
        return touching(rows, account)

    def of_month(self, rows, name, first):
        return rows.filter(entered_on__gte=first, entered_on__lt=(first + timedelta(days=32)).replace(day=1))

    @property
    def chosen_account(self) -> JournalAccount | None:
        """The account that is asked about, where one is."""
        return self.form.cleaned_data.get("account") if self.form.is_valid() else None


def _named(account: JournalAccount) -> str:
    return f"{account.label} · {account.currency}"

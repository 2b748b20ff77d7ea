"""What a person may ask of payouts and bank lines, and the forms that tie the two."""

from datetime import date

import django_filters as filters
from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel
from apps.core.money import MoneyError, to_minor
from apps.merchants.models import BankAccount, Merchant
from apps.settlements.models import BankLine, Payout
from apps.settlements.selectors.payouts import in_state, tied_or_not

DAY = forms.DateInput(attrs={"type": "date"})
STATES = [
    ("waiting", _("not in the bank yet")),
    ("expected", _("expected")),
    ("under_way", _("announced or due")),
    ("missing", _("not in the bank, overdue")),
    ("arrived", _("arrived")),
    ("differs", _("arrived with another amount")),
]


class PayoutFilter(filters.FilterSet):
    """`first` and `last` are due days, both included; `came_first` and `came_last` the days the bank booked."""

    channel = filters.ModelChoiceFilter(label=_("Channel"), queryset=None, to_field_name="code", field_name="channel")
    state = filters.ChoiceFilter(label=_("State"), choices=STATES, method="of_state")
    currency = filters.ChoiceFilter(label=_("Currency"))
    first = filters.DateFilter(label=_("Due from"), field_name="due_on", lookup_expr="gte", widget=DAY)
    last = filters.DateFilter(label=_("Due until"), field_name="due_on", lookup_expr="lte", widget=DAY)
    came_first = filters.DateFilter(label=_("Booked from"), field_name="arrived_on", lookup_expr="gte", widget=DAY)
    came_last = filters.DateFilter(label=_("Booked until"), field_name="arrived_on", lookup_expr="lte", widget=DAY)

    class Meta:
        model = Payout
        fields = ()

    def __init__(self, data, *, queryset, merchant: Merchant, today: date):
        super().__init__(data, queryset=queryset)
        self.today = today
        self.filters["channel"].queryset = Channel.objects.for_merchant(merchant).order_by("code")
        self.filters["currency"].extra["choices"] = _currencies(Channel, merchant)

    def of_state(self, rows, name, state):
        return in_state(rows, state, self.today)


class BankLineFilter(filters.FilterSet):
    """Amounts are major units, taken in the currency of each account; the search looks at memo and reference."""

    account = filters.ModelChoiceFilter(label=_("Account"), queryset=None, to_field_name="code", field_name="bank_account")
    tied = filters.ChoiceFilter(label=_("Payout"), choices=[("yes", _("tied to a payout")), ("no", _("not tied"))], method="of_tie")
    first = filters.DateFilter(label=_("Booked from"), field_name="booked_on", lookup_expr="gte", widget=DAY)
    last = filters.DateFilter(label=_("Booked until"), field_name="booked_on", lookup_expr="lte", widget=DAY)
    at_least = filters.CharFilter(label=_("Amount from"), method="amount_from")
    at_most = filters.CharFilter(label=_("Amount to"), method="amount_until")
    memo = filters.CharFilter(label=_("Memo or reference"), method="in_memo")

    class Meta:
        model = BankLine
        fields = ()

    def __init__(self, data, *, queryset, merchant: Merchant):
        super().__init__(data, queryset=queryset)
        accounts = BankAccount.objects.for_merchant(merchant).order_by("code")
        self.filters["account"].queryset = accounts
        self.currencies = sorted(set(accounts.values_list("currency", flat=True)))

    def of_tie(self, rows, name, answer):
        return tied_or_not(rows, answer == "yes")

    def in_memo(self, rows, name, text):
        return rows.filter(Q(memo__icontains=text.strip()) | Q(reference__icontains=text.strip()))

    def amount_from(self, rows, name, text):
        return self._by_amount(rows, "gte", text)

    def amount_until(self, rows, name, text):
        return self._by_amount(rows, "lte", text)

    def _by_amount(self, rows, compare: str, text: str):
        found = Q(pk__in=[])
        for currency in self.currencies:
            try:
                found |= Q(currency=currency, **{f"amount_minor__{compare}": to_minor(text, currency)})
            except MoneyError:
                continue
        return rows.filter(found)


def _currencies(model, merchant: Merchant) -> list[tuple[str, str]]:
    codes = model.objects.for_merchant(merchant).order_by("currency").values_list("currency", flat=True).distinct()
    return [(code, code) for code in codes]


class LinesField(forms.TypedMultipleChoiceField):
    """Primary keys of at most ten bank lines; whose they are is the view's question."""

    MOST = 10

    def __init__(self, **kwargs):
        super().__init__(coerce=int, **kwargs)

    def valid_value(self, value) -> bool:
        return str(value).isascii() and str(value).isdecimal() and 1 <= int(value) < 2**62

    def validate(self, value) -> None:
        super().validate(value)
        if len(value) > self.MOST:
            raise forms.ValidationError(_("Choose at most %(n)s."), params={"n": self.MOST})


class TieForm(forms.Form):
    """The bank lines that carry a payout, and why a person says so."""

    bank_line = LinesField()
    reason = forms.CharField(label=_("Reason"), max_length=300)


class UntieForm(forms.Form):
    """Why a tie is undone."""

    reason = forms.CharField(label=_("Reason"), max_length=300)

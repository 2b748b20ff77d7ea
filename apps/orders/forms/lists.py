"""What a person may ask of the lists, and the upload of the books."""

from datetime import timedelta

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import METHOD_LABELS
from apps.core.clock import start_of_day
from apps.core.money import MoneyError, to_minor
from apps.orders.enums import PaymentState, RefundState
from apps.orders.models import NOT_PAID, Order, Payment, Refund
from apps.orders.selectors.lists import channels_of, storefronts_of

_NOT_PAID_SQL = "orders_payment.state IN ({})".format(", ".join(f"'{state}'" for state in NOT_PAID))
UPLOAD_MB = 300
DAY = forms.DateInput(attrs={"type": "date"})


class BooksForm(forms.Form):
    """One file of the shop's own books."""

    kind = forms.ChoiceField(
        label=_("What the file holds"), choices=[("payments", _("Payments")), ("refunds", _("Refunds"))], widget=forms.RadioSelect
    )
    file = forms.FileField(
        label=_("File"), help_text=_("CSV (UTF-8) or Excel (.xlsx)."), widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.xlsm"})
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > UPLOAD_MB * 1024 * 1024:
            raise forms.ValidationError(_("This file is larger than %(limit)s MB.") % {"limit": UPLOAD_MB})
        return file


class ListFilter(filters.FilterSet):
    """What the three lists share. Days are days of the merchant's zone; amounts are major units of the merchant's currency."""

    first = filters.DateFilter(label=_("From"), widget=DAY, method="from_day")
    last = filters.DateFilter(label=_("Until"), widget=DAY, method="until_day")
    at_least = filters.CharFilter(label=_("Amount from"), method="amount_from")
    at_most = filters.CharFilter(label=_("Amount to"), method="amount_until")

    moment = "placed_at"
    money = "amount_minor"

    def __init__(self, data, *, queryset, merchant):
        super().__init__(data, queryset=queryset)
        self.merchant = merchant
        for name in ("channel", "storefront"):
            if name in self.filters:
                self.filters[name].queryset = {"channel": channels_of, "storefront": storefronts_of}[name](merchant)

    def from_day(self, rows, name, day):
        return rows.filter(**{f"{self.moment}__gte": start_of_day(day, self.merchant.timezone)})

    def until_day(self, rows, name, day):
        return rows.filter(**{f"{self.moment}__lt": start_of_day(_next(day), self.merchant.timezone)})

    def amount_from(self, rows, name, text):
        return self._by_amount(rows, "gte", text)

    def amount_until(self, rows, name, text):
        return self._by_amount(rows, "lte", text)

    def _by_amount(self, rows, compare: str, text: str):
        try:
            minor = to_minor(text, self.merchant.currency)
        except MoneyError:
            return rows.none()
        return rows.filter(**{f"{self.money}__{compare}": minor})


class OrderFilter(ListFilter):
    storefront = filters.ModelChoiceFilter(label=_("Storefront"), empty_label=_("all"), queryset=None)

    money = "total_minor"

    class Meta:
        model = Order
        fields = ["storefront", "first", "last", "at_least", "at_most"]


class PaymentFilter(ListFilter):
    channel = filters.ModelChoiceFilter(label=_("Channel"), empty_label=_("all"), queryset=None)
    method = filters.ChoiceFilter(
        label=_("Method"), empty_label=_("all"), choices=[(code, label) for code, label in METHOD_LABELS.items() if code != "*"]
    )
    state = filters.ChoiceFilter(label=_("Status"), empty_label=_("all"), choices=PaymentState.choices, method="in_state")
    storefront = filters.ModelChoiceFilter(label=_("Storefront"), empty_label=_("all"), field_name="order__storefront", queryset=None)

    class Meta:
        model = Payment
        fields = ["channel", "method", "state", "storefront", "first", "last", "at_least", "at_most"]

    def in_state(self, rows, name, state):
        rows = rows.filter(state=state)
        # SQLite takes the index of what is not paid only where the query repeats its condition in plain text.
        return rows.extra(where=[_NOT_PAID_SQL]) if state in NOT_PAID else rows  # noqa: S610  built from our own enum


class RefundFilter(ListFilter):
    channel = filters.ModelChoiceFilter(label=_("Channel"), empty_label=_("all"), queryset=None)
    state = filters.ChoiceFilter(label=_("Status"), empty_label=_("all"), choices=RefundState.choices)

    moment = "requested_at"

    class Meta:
        model = Refund
        fields = ["channel", "state", "first", "last", "at_least", "at_most"]


def _next(day):
    return day + timedelta(days=1)

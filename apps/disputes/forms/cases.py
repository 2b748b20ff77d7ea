"""What a person may ask of disputes, and what they may say of one."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import django_filters as filters
from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.models import Channel
from apps.core.clock import start_of_day
from apps.core.money import MoneyError, to_minor
from apps.disputes.enums import DisputeKind, DisputeState, EvidenceType, Family
from apps.disputes.models import Dispute
from apps.disputes.selectors.cases import listed
from apps.disputes.selectors.payments import payments_named
from apps.merchants.models import Merchant, User
from apps.orders.models import Payment

DAY = forms.DateInput(attrs={"type": "date"})
MOMENT = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
PAPERS = forms.FileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.txt"})
BOOK = forms.FileInput(attrs={"accept": ".csv,.xlsx"})
DUE = [("overdue", _("overdue")), ("1", _("within a day")), ("3", _("within 3 days")), ("7", _("within 7 days")), ("none", _("not known"))]


class DisputeFilter(filters.FilterSet):
    """`due` looks at those that wait for us only."""

    state = filters.ChoiceFilter(label=_("State"), choices=DisputeState.choices)
    due = filters.ChoiceFilter(label=_("Answer due"), choices=DUE, method="of_due")
    channel = filters.ModelChoiceFilter(label=_("Channel"), queryset=None, to_field_name="code", field_name="channel")
    family = filters.ChoiceFilter(label=_("Reason"), choices=Family.choices)
    first = filters.DateFilter(label=_("Opened from"), widget=DAY, method="from_day")
    last = filters.DateFilter(label=_("Opened until"), widget=DAY, method="until_day")

    # Business days of its statement lines: where a figure of a month leads.
    listed_first = filters.DateFilter(widget=forms.HiddenInput, method="listed_from")
    listed_last = filters.DateFilter(widget=forms.HiddenInput, method="listed_until")

    class Meta:
        model = Dispute
        fields = ()

    def __init__(self, data, *, queryset, merchant: Merchant, now: datetime):
        super().__init__(data, queryset=queryset)
        self.merchant, self.now = merchant, now
        self.filters["channel"].queryset = Channel.objects.for_merchant(merchant).order_by("code")

    def listed_from(self, rows, name, day):
        return listed(rows, business_date__gte=day)

    def listed_until(self, rows, name, day):
        return listed(rows, business_date__lte=day)

    def of_due(self, rows, name, value):
        rows = rows.filter(state__in=[DisputeState.INQUIRY, DisputeState.NEEDS_RESPONSE])
        if value == "none":
            return rows.filter(evidence_due_at=None)
        until = self.now + timedelta(days=0 if value == "overdue" else int(value))
        return rows.filter(evidence_due_at__lte=until)

    def from_day(self, rows, name, day):
        return rows.filter(opened_at__gte=start_of_day(day, self.merchant.timezone))

    def until_day(self, rows, name, day):
        return rows.filter(opened_at__lt=start_of_day(day + timedelta(days=1), self.merchant.timezone))


class MinorField(forms.CharField):
    """An amount in major units. `clean_amount(form, name, currency)` reads it, since the currency is known only with the payment."""

    def __init__(self, **kwargs):
        super().__init__(**{"required": False, "max_length": 30, "widget": forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs})


def read_amount(form: forms.Form, name: str, currency: str) -> int | None:
    """The minor units of a field, None where it is empty; a wrong one becomes that field's error."""
    text = (form.cleaned_data.get(name) or "").strip()
    if not text:
        return None
    try:
        minor = to_minor(text.replace(",", ""), currency)
    except MoneyError:
        form.add_error(name, _("Enter an amount such as 1280 or 12.50."))
        return None
    if minor < 0:
        form.add_error(name, _("Enter the amount without a minus."))
        return None
    return minor


class NewDisputeForm(forms.Form):
    """One dispute by hand. `payment` is what was found under the reference, in this merchant alone."""

    reference = forms.CharField(label=_("Order or payment"), max_length=100, help_text=_("Order number, our reference or the provider's."))
    kind = forms.ChoiceField(label=_("What it is"), choices=DisputeKind.choices, initial=DisputeKind.CHARGEBACK)
    provider_dispute_ref = forms.CharField(
        label=_("Provider's number of the dispute"), max_length=100, required=False, help_text=_("Statement lines are paired by it.")
    )
    amount = MinorField(label=_("Amount disputed"), help_text=_("Empty: the whole payment."))
    fee = MinorField(label=_("Fee of the dispute"), help_text=_("Empty: not known yet."))
    reason_code = forms.CharField(
        label=_("Reason code"), max_length=60, required=False, help_text=_("As the provider shows it, such as 10.4, 4853 or fraudulent.")
    )
    family = forms.ChoiceField(label=_("Reason, where the code is unknown"), choices=[("", "—"), *Family.choices], required=False)
    opened_on = forms.DateField(label=_("Opened on"), widget=DAY)
    evidence_due_at = forms.DateTimeField(label=_("Answer due"), widget=MOMENT, required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 2}), required=False, max_length=2000)

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, **kwargs)
        self.merchant = merchant
        self.payment: Payment | None = None

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reference"):
            self._find(cleaned["reference"])
        if self.payment:
            amount = read_amount(self, "amount", self.payment.currency)
            cleaned["amount_minor"] = self.payment.amount_minor if amount is None else amount
            cleaned["fee_minor"] = read_amount(self, "fee", self.payment.currency)
        return cleaned

    def _find(self, reference: str) -> None:
        found = payments_named(self.merchant, reference)
        if not found:
            self.add_error("reference", _("No payment is known under this number."))
        elif len(found) > 1:
            names = ", ".join(f"{one.merchant_ref} ({one.channel.label})" for one in found[:5])
            self.add_error("reference", _("Several payments fit: %(names)s. Enter the reference of one of them.") % {"names": names})
        else:
            self.payment = found[0]

    def opened_at(self) -> datetime:
        """Noon of the day in the merchant's zone: the hour is not asked for."""
        return datetime.combine(self.cleaned_data["opened_on"], time(12), ZoneInfo(self.merchant.timezone))


class MoveForm(forms.Form):
    """The next state, with the figures of an end."""

    to = forms.ChoiceField(choices=DisputeState.choices, widget=forms.HiddenInput)
    returned = MinorField(label=_("What came back"))
    fee = MinorField(label=_("Fee of the dispute"))
    evidence_due_at = forms.DateTimeField(label=_("Answer due"), widget=MOMENT, required=False)
    text = forms.CharField(label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class DetailsForm(forms.Form):
    """What describes an open dispute."""

    reason_code = forms.CharField(label=_("Reason code"), max_length=60, required=False)
    family = forms.ChoiceField(label=_("Reason, where the code is unknown"), choices=Family.choices)
    evidence_due_at = forms.DateTimeField(label=_("Answer due"), widget=MOMENT, required=False)
    fee = MinorField(label=_("Fee of the dispute"))


class NoteForm(forms.Form):
    """A line of the discussion."""

    text = forms.CharField(label=_("Note"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class OwnerForm(forms.Form):
    """Who has it."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=None, required=False, empty_label=_("nobody"))

    def __init__(self, *args, people: list[User], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.filter(pk__in=[one.pk for one in people]).order_by("name", "email")


class EvidenceForm(forms.Form):
    """A document and what it proves. What the file is, is judged by its bytes."""

    type = forms.ChoiceField(label=_("What it proves"), choices=EvidenceType.choices)
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, PNG, JPEG or text, at most 10 MB."),
        widget=PAPERS,
    )
    note = forms.CharField(label=_("Short description"), required=False, max_length=300)


class FileForm(forms.Form):
    """A disputes.csv."""

    file = forms.FileField(label=_("File"), help_text=_("CSV (UTF-8) or Excel (.xlsx)."), widget=BOOK)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > 5 * 1024 * 1024:
            raise forms.ValidationError(_("This file is larger than %(limit)s MB.") % {"limit": 5})
        return file

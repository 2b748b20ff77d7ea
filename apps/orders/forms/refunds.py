"""The review desk's filter, the request for a refund, and what people say when they decide."""

from datetime import timedelta
from decimal import Decimal

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from apps.core.money import THREE_DIGITS, ZERO_DIGITS, MoneyError, plain, to_minor
from apps.orders.enums import ReasonCode, RefundState
from apps.orders.models import Refund
from apps.orders.selectors import refund_desk
from apps.orders.selectors.lists import channels_of
from apps.orders.selectors.refundable import Refundable

VIEWS = {"waiting": _("Waiting"), "going": _("Under way"), "over": _("Over")}
ME = "me"
AGES = [("4", _("4 hours")), ("24", _("1 day")), ("72", _("3 days")), ("168", _("1 week"))]
WHOLE, PART = "whole", "part"
FILE_MB = 10


class RefundDeskFilter(filters.FilterSet):
    """The whole filter lives in the address; a search looks at requests of every state."""

    q = filters.CharFilter(label=_("Order or refund number"), method="search")
    channel = filters.ModelChoiceFilter(label=_("Channel"), empty_label=_("all"), queryset=None)
    requester = filters.ChoiceFilter(label=_("Requested by"), empty_label=_("all"), method="asked_by")
    state = filters.ChoiceFilter(label=_("Status"), empty_label=_("all"), choices=RefundState.choices)
    age = filters.ChoiceFilter(label=_("Waiting longer than"), empty_label=_("any"), choices=AGES, method="older")
    least = filters.NumberFilter(label=_("Amount at least"), method="at_least", min_value=0, max_value=Decimal(10) ** 13)
    view = filters.ChoiceFilter(choices=[*VIEWS.items()], method="in_view", widget=forms.HiddenInput)

    class Meta:
        model = Refund
        fields = ()

    def __init__(self, data, queryset: QuerySet, *, user, merchant, now):
        super().__init__(data, queryset)
        self.user, self.now = user, now
        self.filters["channel"].queryset = channels_of(merchant)
        people = [(str(one.pk), str(one)) for one in refund_desk.people_of(merchant) if one != user]
        self.form.fields["requester"].choices = [("", _("all")), (ME, _("Me")), *people]

    @property
    def tab(self) -> str:
        asked = self.data.get("view", "")
        return asked if asked in VIEWS else ""

    @property
    def is_plain(self) -> bool:
        """Nothing is filtered but perhaps the tab."""
        return not any(self.data.get(name) for name in self.filters if name != "view")

    @property
    def has_more(self) -> bool:
        """Whether a filter of the folded part is set."""
        return any(self.data.get(name) for name in ("state", "age", "least"))

    def search(self, rows, _name, value):
        """Exact or by its beginning, so that an index can serve."""
        text = value.strip()
        return rows.filter(Q(payment__order__order_no__istartswith=text) | Q(refund_no__istartswith=text))

    def asked_by(self, rows, _name, value):
        return rows.filter(request__requested_by=self.user if value == ME else value)

    def older(self, rows, _name, value):
        return rows.filter(requested_at__lte=self.now - timedelta(hours=int(value)))

    def at_least(self, rows, _name, value):
        """A figure in major units, met by each currency in its own digits: no rate is assumed."""
        zero, three = sorted(ZERO_DIGITS), sorted(THREE_DIGITS)
        return rows.filter(
            Q(currency__in=zero, amount_minor__gte=int(value))
            | Q(currency__in=three, amount_minor__gte=int(value.scaleb(3)))
            | (~Q(currency__in=[*zero, *three]) & Q(amount_minor__gte=int(value.scaleb(2))))
        )

    def in_view(self, rows, _name, value):
        states = {"waiting": [RefundState.REQUESTED], "going": refund_desk.GOING, "over": refund_desk.OVER}[value]
        return rows.filter(state__in=states)


class ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files at once; what they are is looked at by the service."""

    widget = ManyFiles

    def clean(self, data, initial=None):
        return [super(ManyFilesField, self).clean(file, initial) for file in data or []]


class RequestForm(forms.Form):
    """Money back on one payment; `cleaned_data["amount_minor"]` is what is asked for. The key makes pressing twice one request."""

    part = forms.ChoiceField(label=_("How much"), choices=[], widget=forms.RadioSelect)
    amount = forms.CharField(
        label=_("Amount"), required=False, max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    )
    reason_code = forms.ChoiceField(label=_("Reason"), choices=[("", "—"), *ReasonCode.choices])
    note = forms.CharField(
        label=_("Note for colleagues"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the approver should know; needed for another reason."),
    )  # fmt: skip
    customer_note = forms.CharField(
        label=_("Note to the customer"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    attachments = ManyFilesField(
        label=_("Attachments"), required=False, widget=ManyFiles(attrs={"multiple": True, "accept": "image/*,.pdf,.txt"}),
        help_text=_("Photos, a return slip, a chat: PDF, picture or text."),
    )  # fmt: skip
    request_key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args, room: Refundable, **kwargs):
        super().__init__(*args, **kwargs)
        self.room = room
        self.fields["part"].choices = [(WHOLE, _("All that is left")), *([] if room.whole_only else [(PART, _("A part of it"))])]
        self.initial.setdefault("part", WHOLE)
        self.initial.setdefault("request_key", get_random_string(24))
        self.initial.setdefault("amount", plain(room.balance_minor, room.payment.currency).removesuffix(".00"))

    def clean(self):
        found = super().clean()
        found["amount_minor"] = self.room.balance_minor
        if found.get("part") == PART:
            try:
                found["amount_minor"] = to_minor(found.get("amount", ""), self.room.payment.currency)
            except MoneyError:
                self.add_error("amount", _("Type a plain amount such as 1280 or 12.50."))
        if found.get("reason_code") == ReasonCode.OTHER and not found.get("note", "").strip():
            self.add_error("note", _("Say in a few words why."))
        return found


class RequestFileForm(forms.Form):
    """A file of requests."""

    file = forms.FileField(
        label=_("File"), help_text=_("CSV (UTF-8) or Excel (.xlsx)."), widget=forms.FileInput(attrs={"accept": ".csv,.xlsx,.xlsm"})
    )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > FILE_MB * 1024 * 1024:
            raise forms.ValidationError(_("This file is larger than %(limit)s MB.") % {"limit": FILE_MB})
        return file


class SayForm(forms.Form):
    """What goes with a decision: a reason, a question, an answer."""

    reason = forms.CharField(max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class ManyForm(forms.Form):
    """The chosen requests and the sum of them, typed by hand."""

    ids = forms.TypedMultipleChoiceField(coerce=int, required=False)
    total = forms.CharField(label=_("Total"), max_length=20, required=False)

    def __init__(self, data):
        super().__init__(data)
        chosen = [value for value in data.getlist("ids") if value.isascii() and value.isdecimal() and len(value) < 19]
        self.fields["ids"].choices = [(value, value) for value in chosen]

    def total_minor(self, currency: str) -> int:
        """:raises MoneyError: what was typed is no amount of that currency."""
        return to_minor(self.cleaned_data["total"], currency)

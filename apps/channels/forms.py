"""What people type about channels, checked. Forms hand over `cleaned_data`; services decide and save."""

import re
from datetime import date

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels import registry
from apps.channels.calendar import CalendarError, has_country, parse_settlement
from apps.channels.contracts import Method
from apps.channels.enums import METHOD_LABELS, REFUND_FEE_LABELS, ROUNDING_LABELS, WEEKDAY_SHORT
from apps.channels.fees import FeeError, parts_per_million
from apps.channels.models import Channel, FeeRule, HolidayCalendar, StatementRhythm
from apps.channels.services.changes import percent_text
from apps.channels.services.merchant_spec import CURRENCIES, MAX_UNIT, WEEKDAYS, timezones
from apps.channels.services.toml_section import CODE
from apps.core.money import MoneyError, exponent, plain, to_minor
from apps.merchants.models import BankAccount, Merchant

FILE_LIMIT = 256 * 1024  # bytes of a merchant.toml
WEEKDAY_LABELS = dict(zip(WEEKDAYS, WEEKDAY_SHORT, strict=True))
MONEY_ERRORS = {
    "bad_amount": _("Type a plain amount, like 30 or 1,280.50."),
    "excess_digits": _("This has more digits after the point than the currency."),
    "too_large": _("This amount is too large."),
}


class MinorField(forms.CharField):
    """An amount typed in major units, handed over in minor units exactly; empty is None."""

    def __init__(self, *, currency: str = "", low: int = 0, high: int | None = None, **options):
        self.currency = currency
        self.low = low
        self.high = high
        super().__init__(max_length=20, **options)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value):
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            minor = to_minor(text, self.currency)
        except MoneyError as error:
            raise forms.ValidationError(MONEY_ERRORS[error.code], code=error.code) from error
        if minor < self.low:
            raise forms.ValidationError(_("This may not be below %(low)s.") % {"low": plain(self.low, self.currency)})
        if self.high is not None and minor > self.high:
            raise forms.ValidationError(MONEY_ERRORS["too_large"], code="too_large")
        return minor


class PercentField(forms.CharField):
    """A percent with up to four decimals, handed over as parts per million."""

    def __init__(self, **options):
        super().__init__(max_length=9, **options)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value):
        text = super().clean(value).strip().removesuffix("%").strip()
        try:
            ppm = parts_per_million(text)
        except FeeError as error:
            raise forms.ValidationError(_("Type a percent with up to four decimals, like 2.75."), code=error.code) from error
        if not 0 <= ppm <= 1_000_000:
            raise forms.ValidationError(_("Type a percent from 0 to 100."))
        return ppm


class DaysField(forms.CharField):
    """Days, one a line or separated by commas, handed over as sorted ISO text, each once."""

    widget = forms.Textarea(attrs={"rows": 8})

    def clean(self, value):
        words = re.split(r"[\s,，、;；]+", super().clean(value).strip())
        return sorted({self._day(word) for word in words if word})

    def _day(self, word: str) -> str:
        try:
            return date(*(int(part) for part in re.split(r"[-/.]", word))).isoformat()
        except (ValueError, TypeError) as error:
            raise forms.ValidationError(_("“%(word)s” is no day. Write days like 2026-09-28.") % {"word": word[:20]}) from error


class ChannelForm(forms.Form):
    """What may be changed of a channel at any time. Its grace is not here: it changes with the tolerances, after a replay."""

    label = forms.CharField(label=_("Name"), max_length=100)
    settles = forms.CharField(
        label=_("Settles"),
        max_length=20,
        help_text=_("T+7 is the 7th open day after the payment; weekly:fri and monthly:10 are the others."),
    )
    calendar = forms.CharField(
        label=_("Calendar"), max_length=20, help_text=_("A country code like TW, or the code of one of your own calendars.")
    )
    timezone = forms.ChoiceField(label=_("Time zone of its files"), choices=lambda: [(name, name) for name in sorted(timezones())])
    statements = forms.ChoiceField(label=_("Statements"), choices=StatementRhythm.choices)
    bank_account = forms.ModelChoiceField(
        label=_("Bank account"), queryset=BankAccount.objects.none(), required=False, empty_label=_("none")
    )
    bank_keywords = forms.CharField(
        label=_("Words on the bank statement"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line; a credit with one of them comes from this channel."),
    )
    provider_account = forms.CharField(
        label=_("Account at the provider"), max_length=60, required=False, help_text=_("Learned from the first statement when left empty.")
    )

    def __init__(self, *args, merchant: Merchant, channel: Channel | None = None, **options):
        super().__init__(*args, **options)
        self.merchant = merchant
        self.currency = channel.currency if channel else ""
        if channel and registry.reports_itself(channel.provider):
            del self.fields["statements"]  # its own books list themselves: there is nothing to choose
        self.fields["bank_account"].queryset = BankAccount.objects.for_merchant(merchant).order_by("code")

    @staticmethod
    def initial_of(channel: Channel) -> dict:
        names = ("label", "settles", "calendar", "timezone", "statements", "bank_account", "provider_account")
        return {**{name: getattr(channel, name) for name in names}, "bank_keywords": "\n".join(channel.bank_keywords)}

    def clean_settles(self):
        try:
            return str(parse_settlement(self.cleaned_data["settles"]))
        except CalendarError as error:
            raise forms.ValidationError(_("Type T+ and a number, weekly: and a weekday, or monthly: and a day.")) from error

    def clean_calendar(self):
        code = self.cleaned_data["calendar"].strip()
        if HolidayCalendar.objects.for_merchant(self.merchant).filter(code=code).exists():
            return code
        if not has_country(code):
            raise forms.ValidationError(_("This is neither a country code nor one of your calendars."))
        return code.upper()

    def clean_bank_keywords(self):
        return list(dict.fromkeys(line.strip() for line in self.cleaned_data["bank_keywords"].splitlines() if line.strip()))

    def clean(self):
        values = super().clean()
        account = values.get("bank_account")
        currency = values.get("currency") or self.currency
        if account and currency and account.currency != currency:
            params = {"account": account.currency, "channel": currency}
            self.add_error("bank_account", _("That account holds %(account)s, the channel pays out %(channel)s.") % params)
        return values


class NewChannelForm(ChannelForm):
    """A channel that does not exist yet: also what can never change."""

    provider = forms.ChoiceField(label=_("Provider"), choices=lambda: [(code, registry.get(code).name) for code in registry.codes()])
    code = forms.RegexField(
        CODE.pattern + r"\Z", label=_("Code"), max_length=40, help_text=_("Names the folder of its statements; cannot be changed later.")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=lambda: [(code, code) for code in sorted(CURRENCIES)])
    # Later it is a rule like the tolerances: a version, saved after a replay.
    grace_days = forms.IntegerField(
        label=_("Grace in open days"),
        min_value=0,
        max_value=60,
        help_text=_("How long a missing line may take before it counts as missing."),
    )
    field_order = ("provider", "code", "label", "currency", "timezone", "calendar", "settles")


class FeeVersionForm(forms.Form):
    """Dated terms for some methods."""

    methods = forms.MultipleChoiceField(
        label=_("Methods"),
        choices=[("*", METHOD_LABELS["*"]), *((str(method), METHOD_LABELS[method]) for method in Method)],
        widget=forms.CheckboxSelectMultiple,
    )
    valid_from = forms.DateField(label=_("Applies from"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    percent_ppm = PercentField(label=_("Percent"))
    fixed_minor = MinorField(label=_("Fixed amount"), required=False)
    minimum_minor = MinorField(label=_("At least"), required=False, help_text=_("Empty: no minimum."))
    cap_minor = MinorField(label=_("At most"), required=False, help_text=_("Empty: no cap."))
    rounding = forms.ChoiceField(label=_("Rounding"), choices=ROUNDING_LABELS.items())
    unit_minor = MinorField(label=_("Rounded to"), low=1, high=MAX_UNIT)
    tolerance_minor = MinorField(label=_("Tolerance"), required=False, help_text=_("A difference up to this, inclusive, is accepted."))
    refund_fee = forms.ChoiceField(label=_("Fee on a refund"), choices=REFUND_FEE_LABELS.items())

    def __init__(self, *args, currency: str, **options):
        super().__init__(*args, **options)
        for name, one in self.fields.items():
            if isinstance(one, MinorField):
                one.currency = currency
                if name != "unit_minor":
                    one.label = format_lazy("{} ({})", one.label, currency)

    @staticmethod
    def initial_of(rule: FeeRule | None, currency: str) -> dict:
        """The terms of a rule to start from; without one, those of a plain contract."""
        if rule is None:
            unit = "1" if exponent(currency) == 0 or currency == "TWD" else plain(1, currency)
            return {"methods": ["*"], "rounding": "half_up", "unit_minor": unit, "refund_fee": "keep"}
        money = {
            name: plain(getattr(rule, name), currency)
            for name in ("fixed_minor", "minimum_minor", "cap_minor", "tolerance_minor", "unit_minor")
        }
        return {
            **money,
            "methods": rule.methods,
            "percent_ppm": percent_text(rule.percent_ppm, unit=""),
            "rounding": rule.rounding,
            "refund_fee": rule.refund_fee,
        }

    def clean_methods(self):
        methods = self.cleaned_data["methods"]
        if "*" in methods and len(methods) > 1:
            raise forms.ValidationError(_("“All other methods” stands alone: the named ones have terms of their own."))
        return methods

    def clean(self):
        values = super().clean()
        for name in ("fixed_minor", "tolerance_minor"):
            values[name] = values.get(name) or 0
        minimum, cap = values.get("minimum_minor"), values.get("cap_minor")
        if minimum is not None and cap is not None and minimum > cap:
            self.add_error("cap_minor", _("The cap is below the minimum."))
        return values


class CalculatorForm(forms.Form):
    """A sample payment."""

    amount = MinorField(label=_("Amount"), low=0)
    method = forms.ChoiceField(label=_("Method"))

    def __init__(self, *args, currency: str, methods: list[str], **options):
        super().__init__(*args, **options)
        self.fields["amount"].currency = currency
        self.fields["amount"].label = format_lazy("{} ({})", self.fields["amount"].label, currency)
        self.fields["method"].choices = [(method, METHOD_LABELS.get(method, method)) for method in methods]


class CalendarForm(forms.Form):
    """The open days a merchant states itself."""

    weekend = forms.MultipleChoiceField(
        label=_("Weekend"), choices=WEEKDAY_LABELS.items(), widget=forms.CheckboxSelectMultiple, required=False
    )
    holidays = DaysField(label=_("Holidays"), required=False, help_text=_("One day a line, like 2026-09-28."))
    workdays = DaysField(
        label=_("Make-up working days"), required=False, help_text=_("Weekend days or holidays on which banks work all the same.")
    )

    def clean(self):
        values = super().clean()
        both = sorted(set(values.get("holidays", [])) & set(values.get("workdays", [])))
        if both:
            self.add_error("workdays", _("%(day)s is both a holiday and a working day.") % {"day": both[0]})
        if len(values.get("weekend", [])) == len(WEEKDAYS):
            self.add_error("weekend", _("At least one day of the week must be open."))
        return values


class MerchantFileForm(forms.Form):
    """A merchant.toml, as a file first and as its text when the change is confirmed."""

    file = forms.FileField(label=_("merchant.toml"), required=False, max_length=200)
    text = forms.CharField(widget=forms.HiddenInput, required=False, strip=False, max_length=FILE_LIMIT)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file and file.size > FILE_LIMIT:
            raise forms.ValidationError(_("A merchant.toml is smaller than 256 kB; this is another file."))
        return file

    def clean(self):
        values = super().clean()
        if not self.errors and not values.get("file") and not values.get("text"):
            self.add_error("file", _("Choose a file."))
        return values

    @property
    def data_bytes(self) -> bytes:
        """The file as it was given, by either way."""
        file = self.cleaned_data.get("file")
        return file.read() if file else self.cleaned_data["text"].encode()

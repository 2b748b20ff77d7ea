"""What people set about alerts and the watch-list, checked."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import METHOD_LABELS
from apps.channels.forms import MinorField, PercentField
from apps.channels.models import Channel
from apps.core.clock import start_of_day
from apps.core.money import plain
from apps.disputes.enums import AlertState, RiskKind, RiskSeverity, WatchKind
from apps.disputes.models import RiskRule
from apps.disputes.rules.kinds import OF_METHODS, OF_ONE_CURRENCY, OF_ORDERS
from apps.merchants.enums import Role
from apps.merchants.models import Merchant
from apps.merchants.selectors import members_of
from apps.orders.models import Storefront

MONEY, PERCENT, COUNT = "money", "percent", "count"


@dataclass(frozen=True, slots=True)
class Unit:
    """How the numbers of a kind are asked for; an empty label leaves the field out."""

    threshold: str
    label: Any
    window: Any = ""
    most_window: int = 0
    floor: Any = ""
    hint: Any = ""


UNITS = {
    RiskKind.SINGLE_DIFFERENCE: Unit(MONEY, _("Difference from"), hint=_("Empty takes the threshold of the merchant's settings.")),
    RiskKind.REFUND_RATE: Unit(
        PERCENT, _("Refunds above this part of the payments"), _("Number of days"), 60, _("At least so many refunds")
    ),
    RiskKind.REFUND_SURGE: Unit(
        COUNT, _("Percent of a normal day"), floor=_("At least so many refunds"), hint=_("300 is three times the usual.")
    ),
    RiskKind.IP_VELOCITY: Unit(COUNT, _("Payments from one address"), _("Minutes"), 1440),
    RiskKind.BUYER_VELOCITY: Unit(COUNT, _("Payments by one buyer"), _("Minutes"), 1440),
    RiskKind.LARGE_AMOUNT: Unit(MONEY, _("Payment from")),
    RiskKind.UNUSUAL_COUNTRY: Unit(
        PERCENT, _("Countries with less than this part of the payments"), _("Days looked back"), 180, _("At least so many payments before")
    ),
    RiskKind.FAILURE_RATE: Unit(
        PERCENT, _("Above the usual failure rate by"), _("Hours"), 48, _("At least so many failures"),
        _("In points: 20 means 25 of 100 where 5 of 100 are usual."),
    ),
    RiskKind.CARD_TESTING: Unit(
        MONEY, _("Charges up to"), _("Minutes"), 1440, _("At least so many attempts"), _("At least half of them refused.")
    ),
    RiskKind.FEE_RATIO: Unit(
        PERCENT, _("Above the usual ratio by"), _("Number of days"), 60, _("At least so many lines"),
        _("Of the ratio itself: 20 means 3.0 where 2.5 is usual."),
    ),
    RiskKind.PAYOUT_LATE: Unit(COUNT, _("Open days after the due day")),
}  # fmt: skip


class RuleForm(forms.Form):
    """The settings of one rule, as a dry run keeps them. `values` are those to begin with."""

    severity = forms.ChoiceField(label=_("Severity"), choices=RiskSeverity.choices)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    method = forms.ChoiceField(label=_("Payment method"), required=False)
    storefront = forms.ChoiceField(label=_("Storefront"), required=False)
    currency = forms.ChoiceField(label=_("Currency"), required=False)
    countries = forms.CharField(
        label=_("Countries that are always usual"), required=False, max_length=400, help_text=_("Codes of two letters: JP, US.")
    )
    tell_roles = forms.MultipleChoiceField(
        label=_("Tell these roles"), required=False, choices=Role.choices, widget=forms.CheckboxSelectMultiple
    )
    tell_people = forms.MultipleChoiceField(label=_("Tell these people, too"), required=False, widget=forms.CheckboxSelectMultiple)
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def __init__(self, data=None, *, rule: RiskRule, merchant: Merchant, values: dict):
        self.rule, self.unit = rule, UNITS[RiskKind(rule.kind)]
        self.own_currency = values["currency"] or merchant.currency
        super().__init__(data, initial=self._initial(values))
        self._numbers()
        self._choices(merchant)
        self._leave_out()

    def _initial(self, values: dict) -> dict:
        shown = {**values, "countries": ", ".join(values["countries"]), "tell_people": [str(pk) for pk in values["tell_people"]]}
        for name in ("channel", "storefront"):
            shown[name] = str(values[name] or "")
        if self.unit.threshold == MONEY:
            shown["threshold"] = plain(values["threshold"], self.own_currency) if values["threshold"] else ""
        elif self.unit.threshold == PERCENT:
            shown["threshold"] = f"{values['threshold'] / 10_000:g}"
        return shown

    def _numbers(self) -> None:
        unit, label = self.unit, self.unit.label
        if unit.threshold == MONEY:
            required = self.rule.kind != RiskKind.SINGLE_DIFFERENCE
            number = MinorField(currency=self.own_currency, low=1, label=label, required=required, help_text=unit.hint)
        elif unit.threshold == PERCENT:
            number = PercentField(label=label, help_text=unit.hint)
        else:
            number = forms.IntegerField(label=label, min_value=1, max_value=100_000, help_text=unit.hint)
        self.fields["threshold"] = number
        if unit.window:
            self.fields["window"] = forms.IntegerField(label=unit.window, min_value=1, max_value=unit.most_window)
        if unit.floor:
            self.fields["floor"] = forms.IntegerField(label=unit.floor, min_value=1, max_value=1_000_000)

    def _choices(self, merchant: Merchant) -> None:
        channels = list(Channel.objects.for_merchant(merchant).order_by("label").values_list("pk", "label", "currency"))
        stores = Storefront.objects.for_merchant(merchant).order_by("code").values_list("pk", "code")
        codes = sorted({merchant.currency, *(currency for _pk, _label, currency in channels)})
        every = ("", _("all"))
        self.fields["channel"].choices = [every, *((str(pk), label) for pk, label, _currency in channels)]
        self.fields["method"].choices = [every, *((str(code), label) for code, label in METHOD_LABELS.items())]
        self.fields["storefront"].choices = [every, *((str(pk), code) for pk, code in stores)]
        self.fields["currency"].choices = [every, *((code, code) for code in codes)]
        self.fields["tell_people"].choices = [(str(one.user_id), str(one.user)) for one in members_of(merchant)]

    def _leave_out(self) -> None:
        kind = self.rule.kind
        gone = [("method", kind in OF_METHODS), ("storefront", kind in OF_ORDERS), ("countries", kind == RiskKind.UNUSUAL_COUNTRY)]
        gone.append(("currency", kind not in OF_ONE_CURRENCY))
        for name, stays in gone:
            if not stays:
                del self.fields[name]

    def clean_countries(self) -> list[str]:
        codes = [code.upper() for code in re.split(r"[\s,，、;；]+", self.cleaned_data["countries"]) if code]
        if any(not re.fullmatch(r"[A-Z]{2}", code) for code in codes):
            raise forms.ValidationError(_("Write codes of two letters, like JP, US."))
        return sorted(set(codes))

    def clean(self) -> dict:
        cleaned = super().clean()
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None) and not self.errors:
            raise forms.ValidationError(_("Quiet hours need a beginning and an end."))
        return cleaned

    def values(self) -> dict:
        """The settings as JSON."""
        cleaned = self.cleaned_data
        clocks = {name: value.strftime("%H:%M") if (value := cleaned.get(name)) else "" for name in ("quiet_from", "quiet_until")}
        return {
            "threshold": cleaned["threshold"] or 0,
            "window": cleaned.get("window") or 0,
            "floor": cleaned.get("floor") or 0,
            "countries": cleaned.get("countries") or [],
            "severity": cleaned["severity"],
            "method": cleaned.get("method", ""),
            "currency": cleaned.get("currency", "") if "currency" in self.fields else self.rule.currency,
            "tell_roles": cleaned["tell_roles"],
            "tell_people": [int(pk) for pk in cleaned["tell_people"]],
            "channel": int(cleaned["channel"]) if cleaned["channel"] else None,
            "storefront": int(cleaned["storefront"]) if cleaned.get("storefront") else None,
            **clocks,
        }


class NewRuleForm(forms.Form):
    """One more rule of a kind."""

    kind = forms.ChoiceField(label=_("What to watch"), choices=RiskKind.choices)
    currency = forms.ChoiceField(label=_("Currency"))

    def __init__(self, data=None, *, merchant: Merchant):
        super().__init__(data)
        channels = Channel.objects.for_merchant(merchant).values_list("currency", flat=True)
        self.fields["currency"].choices = [(code, code) for code in sorted({merchant.currency, *channels})]
        self.fields["currency"].initial = merchant.currency


class IdsForm(forms.Form):
    """The alerts that an action is about."""

    ids = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, data):
        super().__init__(data)
        chosen = [value for value in data.getlist("ids") if value.isascii() and value.isdecimal() and len(value) < 19]
        self.fields["ids"].choices = [(value, value) for value in chosen[:500]]


class SnoozeForm(IdsForm):
    """For how many days an alert is out of sight; 0 brings it back."""

    days = forms.TypedChoiceField(
        label=_("Snooze"),
        coerce=int,
        choices=[("1", _("1 day")), ("3", _("3 days")), ("7", _("a week")), ("30", _("30 days")), ("0", _("bring back"))],
    )


class CloseForm(IdsForm):
    reason = forms.CharField(label=_("Reason"), max_length=2000)


class RuleSnoozeForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("Let it rest"), coerce=int, choices=[("1", _("1 day")), ("7", _("a week")), ("30", _("30 days")), ("0", _("no longer"))]
    )


class AlertFilterForm(forms.Form):
    """The filter of the list of alerts; what is unknown is read as all."""

    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=[("", _("all")), *RiskKind.choices])
    severity = forms.ChoiceField(label=_("Severity"), required=False, choices=[("", _("all")), *RiskSeverity.choices])
    view = forms.ChoiceField(required=False, widget=forms.HiddenInput, choices=[("", ""), *AlertState.choices, ("snoozed", "")])


class WatchForm(forms.Form):
    """A buyer for the watch-list."""

    kind = forms.ChoiceField(label=_("Known by"), choices=WatchKind.choices)
    value = forms.CharField(label=_("Buyer"), max_length=200)
    reason = forms.CharField(label=_("Reason"), max_length=2000, help_text=_("Stays on record."))
    expires_on = forms.DateField(
        label=_("Until the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty: for good."),
    )

    def expires_at(self, merchant: Merchant):
        """The end of the day on the merchant's clock, or None."""
        day = self.cleaned_data["expires_on"]
        return start_of_day(day + timedelta(days=1), merchant.timezone) if day else None


class ReasonForm(forms.Form):
    """Why a buyer is taken off, or what the buyer says against it."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class WatchFilterForm(forms.Form):
    q = forms.CharField(label=_("Buyer or reason"), required=False, max_length=100)
    view = forms.ChoiceField(required=False, widget=forms.HiddenInput, choices=[("", ""), ("past", "")])

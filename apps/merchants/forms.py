"""Forms of people and settings: they validate and hand over `cleaned_data`; services write."""

from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm, SetPasswordForm
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core import money
from apps.merchants.enums import BankFormat, Role
from apps.merchants.models import BankAccount, Membership, Merchant, User

# Those that merchants are likely to be in; the one that is set stays in the list whatever it is.
TIME_ZONES = (
    "Asia/Taipei Asia/Shanghai Asia/Hong_Kong Asia/Tokyo Asia/Seoul Asia/Singapore Asia/Kuala_Lumpur Asia/Bangkok Asia/Jakarta Asia/Manila "
    "Asia/Ho_Chi_Minh Asia/Kolkata Asia/Dubai Asia/Kuwait Europe/London Europe/Berlin Europe/Paris Europe/Madrid Europe/Amsterdam "
    "America/New_York America/Chicago America/Denver America/Los_Angeles America/Sao_Paulo Australia/Sydney Pacific/Auckland UTC"
).split()


class LoginForm(AuthenticationForm):
    """Log-in by e-mail, compared without case."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("E-mail")
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs["autocomplete"] = "email"
        self.error_messages["invalid_login"] = _("E-mail and password do not match. Both are kept as you typed them except the password.")

    def clean_username(self):
        return self.cleaned_data["username"].strip().lower()


class FactorForm(forms.Form):
    """A code, or what a passkey answered (JSON that static/js/passkey.js puts in)."""

    code = forms.CharField(
        label=_("Verification code"),
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autocapitalize": "off"}),
    )
    credential = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def clean(self):
        if not self.cleaned_data.get("code") and not self.cleaned_data.get("credential") and not self.errors:
            self.add_error("code", _("Type the code."))
        return self.cleaned_data


class PasskeyNameForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("passkey", "Name"), max_length=60, help_text=_("Such as the device or key that holds it."))


class OwnPasswordForm(forms.Form):
    """Asked before the first factor is set up, when there is no factor yet to ask for."""

    password = forms.CharField(
        label=_("Your password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args, user: User, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password(self):
        if not self.user.check_password(self.cleaned_data["password"]):
            raise forms.ValidationError(_("This is not your password."))
        return self.cleaned_data["password"]


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "language", "theme", "letters")


class ForgottenForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"))


class LanguageForm(forms.Form):
    language = forms.ChoiceField(choices=User._meta.get_field("language").choices)


class ThemeForm(forms.Form):
    theme = forms.ChoiceField(choices=User._meta.get_field("theme").choices)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class FactorRolesForm(forms.Form):
    """Which roles see nothing of the merchant without a second factor."""

    roles = forms.MultipleChoiceField(
        label=_("Roles that need a second factor"), choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, initial={"roles": merchant.second_factor_roles}, **kwargs)

    def clean_roles(self):
        return [role for role in Role.values if role in self.cleaned_data["roles"]]


class SupportForm(forms.Form):
    """What platform staff say when they ask for a look."""

    reason = forms.CharField(label=_("Reason"), max_length=300)
    hours = forms.IntegerField(label=_("Hours"), min_value=1, max_value=72, initial=4, help_text=_("1 to 72. It ends by itself."))


class GrantForm(SupportForm):
    email = forms.EmailField(label=_("E-mail of the person of support"))
    field_order = ("email", "reason", "hours")


class HandOverForm(forms.Form):
    """To whom the open work of a leaving member goes; empty puts it back for all."""

    hand_to = forms.ModelChoiceField(label=_("Their open work goes to"), queryset=User.objects.none(), required=False)

    def __init__(self, *args, leaving: Membership, **kwargs):
        super().__init__(*args, **kwargs)
        staying = Membership.objects.for_merchant(leaving.merchant_id).active().exclude(pk=leaving.pk)
        self.fields["hand_to"].queryset = User.objects.filter(pk__in=staying.values("user_id")).order_by("name", "email")
        self.fields["hand_to"].empty_label = _("nobody yet: back to all")


class AcceptForm(SetPasswordForm):
    """What a new person chooses when they take up an invitation."""

    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100)
    field_order = ("name", "new_password1", "new_password2")

    def __init__(self, *args, email: str, name: str, **kwargs):
        super().__init__(User(email=email, name=name), *args, initial={"name": name}, **kwargs)


class MemberForm(RoleForm):
    email = forms.EmailField(label=_("E-mail"))
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=100, required=False)

    field_order = ("email", "name", "role")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = Role.VIEWER  # who chooses nothing gives away the least


class MerchantForm(forms.Form):
    """The merchant's particulars; the threshold is typed in major units of the merchant's currency."""

    name = forms.CharField(label=_("Name"), max_length=100)
    tax_no = forms.CharField(label=_("Tax number"), max_length=20, required=False)
    timezone = forms.ChoiceField(label=_("Time zone"))
    threshold = forms.CharField(label=_("Difference threshold"), help_text=_("A single difference at or above this always needs a person."))
    write_off_second = forms.CharField(label=_("Write-offs: a second person above"), required=False, help_text=_("Empty: never."))
    match_second = forms.CharField(
        label=_("Matches by hand: a second person above a difference of"), required=False, help_text=_("Empty: never.")
    )
    second_approver = forms.CharField(label=_("Refunds: two approvers above"), required=False, help_text=_("Empty: never."))
    owner = forms.CharField(label=_("Refunds: an owner among them above"), required=False, help_text=_("Empty: never."))
    mfa = forms.CharField(label=_("Refunds: second factor above"), required=False, help_text=_("Empty: never."))
    due_hours = forms.IntegerField(label=_("Refunds: decide within hours"), min_value=1, max_value=720)

    AMOUNTS = {
        "threshold": "difference_threshold_minor",
        "write_off_second": "write_off_second_above_minor",
        "match_second": "forced_match_second_above_minor",
        "second_approver": "refund_second_approver_above_minor",
        "owner": "refund_owner_above_minor",
        "mfa": "refund_mfa_above_minor",
    }

    def __init__(self, *args, merchant: Merchant, **kwargs):
        self.merchant = merchant
        initial = {"name": merchant.name, "tax_no": merchant.tax_no, "timezone": merchant.timezone, "due_hours": merchant.refund_due_hours}
        initial |= {name: money.plain(getattr(merchant, attribute), merchant.currency) for name, attribute in self.AMOUNTS.items()}
        super().__init__(*args, initial=initial, **kwargs)
        zones = sorted({*TIME_ZONES, merchant.timezone} & {*available_timezones(), "UTC"})
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]
        for name in self.AMOUNTS:
            self.fields[name].label = f"{self.fields[name].label} ({merchant.currency})"

    def clean_threshold(self):
        return self._minor("threshold")

    def clean_write_off_second(self):
        return self._minor("write_off_second")

    def clean_match_second(self):
        return self._minor("match_second")

    def clean_second_approver(self):
        return self._minor("second_approver")

    def clean_owner(self):
        return self._minor("owner")

    def clean_mfa(self):
        return self._minor("mfa")

    def _minor(self, name: str) -> int | None:
        """Minor units; None for an empty field."""
        if not self.cleaned_data[name]:
            return None
        try:
            minor = money.to_minor(self.cleaned_data[name], self.merchant.currency)
        except money.MoneyError as error:
            raise forms.ValidationError(_("Type an amount such as 500, with no more digits than the currency has.")) from error
        if minor < 0:
            raise forms.ValidationError(_("The amount cannot be negative."))
        return minor

    def changes(self) -> dict:
        """What `services.settings.change_merchant` takes."""
        data = self.cleaned_data
        amounts = {attribute: data[name] for name, attribute in self.AMOUNTS.items()}
        return {name: data[name] for name in ("name", "tax_no", "timezone")} | amounts | {"refund_due_hours": data["due_hours"]}


# What a column of a transfer file may hold; `orders.services.refunds.transfer_files` fills them.
TRANSFER_FIELDS = (
    "debit_account",
    "bank_code",
    "account_no",
    "iban",
    "bic",
    "holder",
    "amount",
    "currency",
    "pay_on",
    "reference",
    "order_no",
)


def _is_column(column) -> bool:
    return isinstance(column, list) and len(column) == 2 and isinstance(column[0], str) and column[1] in TRANSFER_FIELDS


class BankAccountForm(forms.Form):
    """A bank account. Code and currency are fixed once it exists, because files and lines refer to them."""

    code = forms.SlugField(label=_("Code"), max_length=40, help_text=_("The name of its folder in a drop folder."))
    bank = forms.CharField(label=_("Bank"), max_length=100)
    currency = forms.CharField(
        label=_("Currency"), max_length=3, validators=[RegexValidator(r"^[A-Z]{3}$", _("Three capital letters, such as TWD."))]
    )
    account_no = forms.CharField(label=_("Account number"), max_length=40, required=False)
    format = forms.ChoiceField(label=_("Statement format"), choices=BankFormat.choices)
    transfer_account = forms.CharField(
        label=_("Account number for transfers"),
        max_length=40,
        required=False,
        help_text=_("In full, or the IBAN: files that pay refunds name it."),
    )
    transfer_bic = forms.CharField(label="BIC", max_length=11, required=False)
    transfer_layout = forms.JSONField(
        label=_("Layout of transfer files"),
        required=False,
        help_text=_("Empty: a layout that Taiwan's banks take. Otherwise encoding, delimiter, date_format and columns as [title, field]."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args, merchant: Merchant, account: BankAccount | None = None, **kwargs):
        self.merchant, self.account = merchant, account
        initial = {name: getattr(account, name) for name in self.base_fields} if account else {"currency": merchant.currency}
        super().__init__(*args, initial=initial, **kwargs)
        for name in ("code", "currency") if account else ():
            self.fields[name].disabled = True

    def clean_code(self):
        code = self.cleaned_data["code"]
        if self.account is None and BankAccount.objects.for_merchant(self.merchant).filter(code=code).exists():
            raise forms.ValidationError(_("There is a bank account with this code already."))
        return code

    def clean_transfer_layout(self):
        layout = self.cleaned_data["transfer_layout"] or {}
        columns = layout.get("columns") if isinstance(layout, dict) else None
        if layout and not (isinstance(columns, list) and columns and all(_is_column(column) for column in columns)):
            raise forms.ValidationError(
                _("The layout needs columns, each a title and one of these fields: %(fields)s.") % {"fields": ", ".join(TRANSFER_FIELDS)}
            )
        return layout

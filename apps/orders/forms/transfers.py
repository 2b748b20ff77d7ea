"""What buyers and accountants fill in when a refund is paid by our own bank."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.merchants.models import BankAccount, Merchant
from apps.orders.enums import TransferFormat
from apps.orders.services.refunds.payee_accounts import PayeeAccount, PayeeInvalid, Scheme, payee_account, scheme_of

ASKED = {Scheme.TAIWAN: ("bank_code", "account_no"), Scheme.IBAN: ("iban", "bic"), Scheme.SWIFT: ("bic", "account_no")}
NUMBERS = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})


class PayeeForm(forms.Form):
    """The buyer's account, with the fields that the refund's currency needs. `account` is set once it is valid."""

    holder = forms.CharField(label=_("Account holder"), max_length=70, help_text=_("As it stands in the passbook or banking app."))
    bank_code = forms.CharField(label=_("Bank code"), max_length=7, help_text=_("Three digits, such as 013."), widget=NUMBERS)
    account_no = forms.CharField(label=_("Account number"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    iban = forms.CharField(label="IBAN", max_length=42, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    bic = forms.CharField(label="BIC", max_length=14, required=False)

    def __init__(self, *args, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.currency, self.account = currency, None
        for name in {"bank_code", "account_no", "iban", "bic"} - set(ASKED[scheme_of(currency)]):
            del self.fields[name]

    def clean(self) -> dict:
        values = super().clean()
        if not self.errors:
            try:
                self.account: PayeeAccount | None = payee_account(currency=self.currency, **values)
            except PayeeInvalid as error:
                self.add_error(error.field, error.message)
        return values


class LinkForm(forms.Form):
    """Where the link goes; without an address the shop passes it on itself."""

    email = forms.EmailField(label=_("Buyer's e-mail"), required=False, help_text=_("Empty: copy the link and send it yourself."))


class BatchForm(forms.Form):
    """A file for the bank from the chosen refunds."""

    bank_account = forms.ModelChoiceField(label=_("Paid from"), queryset=BankAccount.objects.none(), empty_label=None)
    format = forms.ChoiceField(label=_("File"), choices=TransferFormat.choices)
    pay_on = forms.DateField(label=_("Paid on"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, merchant: Merchant, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["bank_account"].queryset = BankAccount.objects.for_merchant(merchant).order_by("code")


class EndForm(forms.Form):
    """What became of a transfer, by a person: paid on a day, or returned; always with the reason."""

    outcome = forms.ChoiceField(choices=[("paid", _("paid")), ("returned", _("returned by the bank"))])
    paid_on = forms.DateField(label=_("Paid on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def clean(self) -> dict:
        values = super().clean()
        if values.get("outcome") == "paid" and not values.get("paid_on"):
            self.add_error("paid_on", _("Say on which day the bank paid."))
        return values

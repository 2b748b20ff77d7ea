"""What a shop copies from its provider's console so that refunds can be sent: written here, and never shown again."""

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from apps.channels.gateways import CredentialField

LONGEST = 500  # characters; the longest key of one line is far below
LONGEST_PEM = 10_000  # keys and certificates of several lines, perhaps a whole chain
ATTRS = {"autocomplete": "new-password", "spellcheck": "false"}


class UnseenTextarea(forms.Textarea):
    """Several lines that are never sent back, as `PasswordInput` does for one."""

    def format_value(self, value: object) -> str:
        return ""


class CredentialsForm(forms.Form):
    """One field for each thing the gateway asks for. An empty one keeps what is there; what was typed is never sent back."""

    system = forms.ChoiceField(
        label=_("Calls go to"),
        choices=[("test", _("the provider's test system")), ("live", _("the provider's live system: real money moves"))],
        help_text=_("The keys must belong to the same system."),
    )

    def __init__(self, *args, asked: tuple[CredentialField, ...], entered: set[str], **options):
        super().__init__(*args, **options)
        for one in asked:
            is_there = one.name in entered
            attrs = ATTRS | ({"placeholder": _("empty keeps it")} if is_there else {})
            self.fields[one.name] = forms.CharField(
                label=format_lazy(_("{name} (entered)"), name=one.label) if is_there else one.label,
                help_text=one.help,
                max_length=LONGEST_PEM if one.is_pem else LONGEST,
                required=one.is_needed and not is_there,
                widget=UnseenTextarea(attrs | {"rows": 4}) if one.is_pem else forms.PasswordInput(render_value=False, attrs=attrs),
            )
        self.asked, self.entered = asked, entered

    @property
    def rows(self) -> list:
        """The fields of the gateway, in its order."""
        return [self[one.name] for one in self.asked]

    @property
    def values(self) -> dict[str, str]:
        """What was typed, for the service."""
        return {one.name: self.cleaned_data[one.name] for one in self.asked}

"""The column mapping of a provider without a parser of its own: the same keys as `[channels.csv]` of merchant.toml."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.channels.errors import Fault
from apps.channels.services.mapping_spec import read_channel_mapping
from apps.channels.services.toml_section import Section

FILE_KEYS = ("encoding", "delimiter", "skip_rows", "footer_starts", "decimal", "thousands")
WORD_KEYS = ("types", "methods")
COLUMN_LABELS = {
    "time": _("Time"),
    "time_format": _("Format of the time"),
    "type": _("Type of the row"),
    "gross": _("Amount"),
    "fee": _("Fee"),
    "other": _("Other deductions"),
    "net": _("Net"),
    "currency": _("Currency"),
    "method": _("Method"),
    "provider_ref": _("Provider's number of the payment"),
    "merchant_ref": _("Our number of the payment"),
    "provider_refund_ref": _("Provider's number of the refund"),
    "refund_ref": _("Our number of the refund"),
    "line_ref": _("Provider's number of the row"),
    "payout_ref": _("Number of the payout"),
    "payout_on": _("Day of the payout"),
    "date_format": _("Format of the day"),
}


class MappingForm(forms.Form):
    """Which column holds what. Empty fields are left out; `mapping` is ready once the form is valid."""

    encoding = forms.CharField(
        label=_("Encoding"), required=False, max_length=20, help_text=_("utf-8 when empty; big5, gb18030 and others.")
    )
    delimiter = forms.CharField(label=_("Delimiter"), required=False, max_length=3, help_text=_("A comma when empty; tab for tabulators."))
    skip_rows = forms.IntegerField(label=_("Lines above the header"), required=False, min_value=0, max_value=1000)
    footer_starts = forms.CharField(
        label=_("Totals begin with"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("One a line.")
    )
    decimal = forms.CharField(label=_("Decimal sign"), required=False, max_length=1)
    thousands = forms.CharField(label=_("Thousands sign"), required=False, max_length=1)
    types = forms.CharField(
        label=_("Words of the type"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line, like 付款 = payment; the meanings are payment, refund, dispute, fee, payout and adjustment."),
    )
    methods = forms.CharField(
        label=_("Words of the method"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line, like 信用卡 = credit_card; common words are known already."),
    )

    def __init__(self, *args, mapping: dict, **options):
        super().__init__(*args, initial=_flat(mapping), **options)
        for key, label in COLUMN_LABELS.items():
            self.fields[key] = forms.CharField(label=label, required=False, max_length=100)

    @property
    def file_fields(self) -> list:
        return [self[key] for key in FILE_KEYS]

    @property
    def column_fields(self) -> list:
        return [self[key] for key in COLUMN_LABELS]

    @property
    def word_fields(self) -> list:
        return [self[key] for key in WORD_KEYS]

    def clean(self):
        values = super().clean()
        table = {key: value for key, value in values.items() if value not in ("", None) and key not in WORD_KEYS}
        footers = [line.strip() for line in values.get("footer_starts", "").splitlines() if line.strip()]
        if footers:
            table["footer_starts"] = footers if len(footers) > 1 else footers[0]
        for key in WORD_KEYS:
            words = self._words(key, values.get(key, ""))
            if words:
                table[key] = words
        faults: list[Fault] = []
        # Read as the file is read, so that the page can make no mapping that merchant.toml would refuse.
        self.mapping = read_channel_mapping(Section(table, "[channels.csv]", faults))
        for fault in faults:
            self.add_error(None, fault.sentence)
        return values

    def _words(self, key: str, text: str) -> dict[str, str]:
        pairs = [line.split("=", 1) for line in text.splitlines() if line.strip()]
        if any(len(pair) != 2 for pair in pairs):
            self.add_error(key, _("Write one word a line, an equals sign and its meaning."))
            return {}
        return {word.strip(): meaning.strip() for word, meaning in pairs}


def _flat(mapping: dict) -> dict:
    """The mapping as the fields show it."""
    values = {}
    for key, value in mapping.items():
        if isinstance(value, dict):
            values[key] = "\n".join(f"{word} = {meaning}" for word, meaning in value.items())
        else:
            values[key] = "\n".join(value) if isinstance(value, list) else value
    return values

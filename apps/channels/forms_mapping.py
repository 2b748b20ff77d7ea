"""The studio's form: the keys of `mapped/spec.py` as fields, columns chosen by the names of a sample's header."""

from dataclasses import dataclass

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.channels.contracts import Method
from apps.channels.enums import METHOD_LABELS
from apps.channels.errors import Fault
from apps.channels.mapped import guessing, spec
from apps.channels.mapped.sniffing import Sniffed
from apps.channels.mapped.spec import Key, Shape
from apps.channels.models import Channel
from apps.channels.services.mapping_spec import RULES
from apps.channels.services.mappings import checked, keys_of
from apps.merchants.models import BankAccount

COLUMN_LABELS = {
    "time": _("Day or moment"),
    "clock": _("Time of day, where it stands apart"),
    "type": _("Type of the row"),
    "gross": _("Amount"),
    "money_in": _("Money in"),
    "money_out": _("Money out"),
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
    "status": _("State of the row"),
    "mark": _("Word for in and out"),
    "date": _("Day of booking"),
    "value_date": _("Value date"),
    "amount": _("Signed amount"),
    "debit": _("Money out"),
    "credit": _("Money in"),
    "balance": _("Balance"),
    "memo": _("Memo"),
    "reference": _("Reference"),
}
LABELS = {
    "encoding": _("Encoding"),
    "delimiter": _("Delimiter"),
    "sheet": _("Sheet of the workbook"),
    "skip_rows": _("Lines above the header"),
    "skip_last": _("Rows of totals at the end"),
    "footer_starts": _("Totals begin with"),
    "decimal": _("Decimal sign"),
    "thousands": _("Thousands sign"),
    "style": _("A negative amount is written"),
    "symbol": _("Currency sign in the cells"),
    "date_format": _("Format of the day"),
    "time_format": _("Format of the time"),
    "sign": _("Sign of the amounts"),
    "fee_sign": _("Fees are printed"),
    "bank.time": _("Time of day"),
    **COLUMN_LABELS,
}
WORD_LABELS = {
    "types": _("What each type is"),
    "leave_out": _("Which states moved no money"),
    "marks": _("Which way each word points"),
    "methods": _("Which method each word is"),
}
WORD_COLUMNS = {"types": "type", "leave_out": "status", "marks": "mark", "methods": "method"}
KIND_LABELS = {
    "payment": _("Payment"), "refund": _("Refund"), "dispute": _("Dispute"), "fee": pgettext_lazy("kind of row", "Fee"),
    "payout": _("Payout"),
    "adjustment": _("Adjustment"),
}  # fmt: skip
MEANINGS = {
    "types": [("", _("not chosen")), *KIND_LABELS.items()],
    "leave_out": [("", _("counts")), ("x", _("moved no money"))],
    "marks": [("", _("not chosen")), (spec.IN, _("money in")), (spec.OUT, _("money out"))],
    "methods": [("", _("not chosen")), *((method.value, METHOD_LABELS[method]) for method in Method)],
}
ENCODINGS = [
    ("", _("as detected")), ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 BOM"), ("cp950", "Big5 (cp950)"), ("big5", "Big5"),
    ("big5hkscs", "Big5 HKSCS"),
    ("gb18030", "GB18030"), ("gbk", "GBK"), ("cp932", "Shift_JIS (cp932)"), ("utf-16", "UTF-16"), ("utf-16-le",
    "UTF-16 LE"), ("utf-16-be", "UTF-16 BE"),
]  # fmt: skip
DELIMITERS = [("", _("comma")), (",", _("comma")), ("tab", _("tabulator")), (";", _("semicolon")), ("|", "|"), ("^", "^")]
# What the page says where merchant.toml would name a key; by the codes of `spec.broken_rules`.
LACKS = {
    "time": _("Choose the column of the day or moment."),
    "date": _("Choose the column of the day of booking."),
    "gross": _("Choose the column of the amount, or those of money in and out."),
    "sides": _("Choose either one column of amounts, or both money in and money out."),
    "bank_amount": _("Choose either one signed amount, or both money out and money in."),
    "reference": _("Choose the column of our number or of the provider's, or no row can be matched."),
    "type_words": _("Say of at least one type what it is, or choose no column of types."),
    "sign_without_type": _("The type can only say which way money went where a column of types is chosen."),
    "marks_without_mark": _("Choose the column of the words for in and out."),
    "mark_without_amount": _("Words for in and out belong to one column of amounts."),
    "status_words": _("Say of at least one state that it moved no money, or choose no column of states."),
}
CHOICES = {
    "style": [
        ("", _("with a minus in front: −640")), (spec.PARENTHESES, _("in parentheses: (640)")), (spec.TRAILING_MINUS,
        _("with the minus behind: 640-")),
        (spec.CR_DR, _("with CR or DR: 640 DR")),
    ],
    "fee_sign": [("", _("as the nets tell")), ("cost", _("as costs: 35 is taken")), ("signed", _("signed: −35 is taken"))],
    "channel.sign": [("", _("as printed")), ("type", _("the type of the row says which way"))],
    "bank.sign": [("", _("credit is positive")), ("inverse", _("debit is positive"))],
    "decimal": [("", "1,234.56"), (",", "1.234,56")],
}  # fmt: skip
# What is asked first, and what only some files need.
FIRST = {
    "channel": ("time", "gross", "fee", "net", "merchant_ref", "provider_ref", "type", "status", "method", "currency"),
    "bank": ("date", "credit", "debit", "amount", "balance", "memo", "reference", "value_date", "mark", "status", "currency"),
}
FORMS = {
    "channel": ("time_format", "sign", "fee_sign", "style", "decimal", "symbol", "date_format"),
    "bank": ("date_format", "sign", "style", "decimal", "symbol"),
}
FILE = ("encoding", "delimiter", "sheet", "skip_rows", "skip_last", "footer_starts", "thousands")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one column, each with what it is taken for."""

    key: str
    label: str
    rows: list[tuple[str, str]]
    choices: list[tuple[str, str]]


class StudioForm(forms.Form):
    """Which column holds what and how it is written. `mapping` is ready after `is_valid`, as merchant.toml would read it."""

    valid_from = forms.DateField(
        label=_("Use it for files from"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Earlier files stay with the version before. Empty: for all files."),
    )

    def __init__(self, *args, owner: Channel | BankAccount, found: Sniffed | None, mapping: dict, **options):
        self.owner, self.found, self.start = owner, found, mapping
        self.lane = "channel" if isinstance(owner, Channel) else "bank"
        initial = {key: "\n".join(value) if isinstance(value, list) and key != "memo" else value for key, value in mapping.items()}
        initial["memo"] = spec.texts(mapping.get("memo"))
        super().__init__(*args, initial={**initial, **options.pop("initial", {})}, **options)
        for key in keys_of(owner):
            if key.shape is not Shape.WORDS and key.name != "leave_out":
                self.fields[key.name] = self._field(key)

    def _field(self, key: Key) -> forms.Field:
        options = {"label": LABELS.get(f"{self.lane}.{key.name}", LABELS[key.name]), "required": False}
        choices = CHOICES.get(f"{self.lane}.{key.name}") or CHOICES.get(key.name)
        if key.name == "encoding":
            choices = ENCODINGS
        elif key.name == "delimiter":
            choices = DELIMITERS
        elif key.name == "sheet" and self.found and self.found.sheets:
            choices = [("", self.found.sheets[0]), *((name, name) for name in self.found.sheets[1:])]
        if key.shape in (Shape.COLUMN, Shape.COLUMNS):
            choices = [(name, name) for name in self._columns(key)]
            if key.shape is Shape.COLUMNS:
                return forms.MultipleChoiceField(choices=choices, widget=forms.SelectMultiple(attrs={"size": 4}), **options)
            return forms.ChoiceField(choices=[("", _("none")), *choices], **options)
        if choices:
            told = self.start.get(key.name)
            extra = [(told, told)] if told and told not in dict(choices) else []
            return forms.ChoiceField(choices=[*choices, *extra], **options)
        if key.shape is Shape.COUNT:
            return forms.IntegerField(min_value=0, max_value=1000, **options)
        if key.shape is Shape.TEXTS:
            return forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text=_("One a line."), **options)
        attrs = {"list": "formats", "autocomplete": "off"} if key.shape is Shape.FORMAT else {"autocomplete": "off"}
        return forms.CharField(max_length=60, widget=forms.TextInput(attrs=attrs), **options)

    def _columns(self, key: Key) -> list[str]:
        """The names of the header, and what the mapping names although the header has not."""
        named = [name for name in (self.found.header if self.found else ()) if name]
        return list(dict.fromkeys([*named, *spec.texts(self.start.get(key.name))]))

    @property
    def first_fields(self) -> list:
        return [self[name] for name in FIRST[self.lane]]

    @property
    def format_fields(self) -> list:
        return [self[name] for name in FORMS[self.lane]]

    @property
    def more_fields(self) -> list:
        told = {*FIRST[self.lane], *FORMS[self.lane], *FILE, "valid_from"}
        return [self[name] for name in self.fields if name not in told]

    @property
    def file_fields(self) -> list:
        return [self[name] for name in FILE if name != "sheet" or (self.found and len(self.found.sheets) > 1)]

    @property
    def words(self) -> list[Words]:
        """The words of the columns chosen, as posted, else as mapped, else as guessed."""
        known = {key.name for key in keys_of(self.owner)}
        return [words for key in WORD_LABELS if key in known and (words := self._words(key))]

    def _words(self, key: str) -> Words | None:
        column = self[WORD_COLUMNS[key]].value() if WORD_COLUMNS[key] in self.fields else ""
        if not column:
            return None
        found = guessing.distinct(self.found, column) if self.found else []
        told = self._told(key)
        words = list(dict.fromkeys([*found, *(word for word, meaning in told.items() if meaning)]))[: guessing.MOST_WORDS]
        guessed = (
            {} if self.start.get(key) and not self.is_bound else guessing.guess_words(key, [word for word in words if word not in told])
        )
        return Words(key, str(WORD_LABELS[key]), [(word, told.get(word, guessed.get(word, ""))) for word in words], MEANINGS[key])

    def _told(self, key: str) -> dict[str, str]:
        if self.is_bound:
            return dict(zip(self.data.getlist(f"{key}.word"), self.data.getlist(f"{key}.meaning"), strict=False))
        mapped = self.start.get(key) or {}
        return dict(mapped) if isinstance(mapped, dict) else dict.fromkeys(spec.texts(mapped), "x")

    def clean(self):
        values = super().clean()
        table = {key: value for key, value in values.items() if value not in ("", None, [], 0) and key != "valid_from"}
        if isinstance(table.get("memo"), list) and len(table["memo"]) == 1:
            table["memo"] = table["memo"][0]
        if table.get("footer_starts"):
            lines = [line.strip() for line in table["footer_starts"].splitlines() if line.strip()]
            table["footer_starts"] = lines if len(lines) > 1 else lines[0]
        for words in self.words:
            chosen = {word: meaning for word, meaning in words.rows if meaning}
            if chosen:
                table[words.key] = list(chosen) if words.key == "leave_out" else chosen
        if "status" in table and "leave_out" not in table:
            del table["status"]  # a state that leaves nothing out says nothing
        faults: list[Fault] = []
        # Read as the file is read, so that the page can make no mapping that merchant.toml would refuse.
        self.mapping, faults = checked(self.owner, table)
        lacks = {str(RULES[code]): sentence for code, sentence in LACKS.items()}
        for fault in faults:
            self.add_error(None, lacks.get(fault.sentence, fault.sentence))
        return values


def format_examples() -> list[tuple[str, str]]:
    """Formats with the text they read, for the list beside the field."""
    examples = {
        "%Y-%m-%d": "2026-09-01", "%Y/%m/%d": "2026/09/01", "%Y/%m/%d %H:%M:%S": "2026/09/01 13:45:00", "%Y%m%d": "20260901",
        "%K/%m/%d": "115/09/01", "%K%m%d": "1150901", "民國%K年%m月%d日": "民國115年9月1日", "%K/%m/%d %H:%M:%S": "115/09/01 13:45:00",
        "%Y年%m月%d日": "2026年9月1日", "%Y-%m-%dT%H:%M:%S%z": "2026-09-01T13:45:00Z", "%Y/%m/%d %p %I:%M:%S": "2026/09/01 下午 01:45:00",
        "%d/%m/%Y": "01/09/2026", "%m/%d/%Y": "09/01/2026", "%d.%m.%Y": "01.09.2026",
    }  # fmt: skip
    return list(examples.items())


class SampleForm(forms.Form):
    """A file to try a mapping on."""

    file = forms.FileField(label=_("A file as downloaded from the console"))

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_SAMPLE:
            raise forms.ValidationError(
                _("A sample may have at most %(mb)s MB. A shorter period is enough."), params={"mb": LARGEST_SAMPLE >> 20}
            )
        return file


class SharedMappingForm(forms.Form):
    """A mapping that another shop has downloaded."""

    file = forms.FileField(label=_("A shared mapping (TOML or JSON)"))

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > LARGEST_MAPPING:
            raise forms.ValidationError(_("A mapping is smaller than 64 kB; this is another file."))
        return file


LARGEST_SAMPLE = 32 * 1024 * 1024  # bytes
LARGEST_MAPPING = 64 * 1024

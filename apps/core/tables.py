"""The base of every list: declared columns, a declared empty text, two-line rows on the phone.

class PaymentTable(BaseTable):
    placed_at = DateColumn(_("placed"))
    amount_minor = MoneyColumn(_("amount"))
    state = ChipColumn(tones={"failed": "red"})

    class Meta(BaseTable.Meta):
        model = Payment
        fields = ("placed_at", "amount_minor", "state")
        empty_text = _("No payments yet.")

Hand it `page.rows` of a `KeysetPage`; sorting by heading is off because keyset lists have one order.
"""

from collections.abc import Callable

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html

from apps.core import figures
from apps.core.templatetags.ui import chip_html, icon
from apps.core.ui import Chip


class BaseTable(tables.Table):
    """A list in a card. `attrs` carry the classes of static/css/components/table.css."""

    class Meta:
        template_name = "components/table.html"
        attrs = {"class": "table is-list"}
        orderable = False


class NumberColumn(tables.Column):
    """A count, right-aligned in tabular figures."""

    attrs = {"td": {"class": "num"}, "th": {"class": "num"}}

    def __init__(self, *args, phone: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.attrs = {**kwargs.get("attrs", {}), "td": {"class": f"num {phone}".strip()}, "th": {"class": "num"}}

    def render(self, value):
        return figures.count_text(value)

    def value(self, value):
        return value


class MoneyColumn(NumberColumn):
    """Minor units with the currency of the row (`currency="currency"` names its field; `"=TWD"` fixes it).

    `signed=True` for differences: bold, always with a sign. `own` is the merchant's currency: others carry their code.
    """

    empty_values = ()

    def __init__(self, *args, currency: str = "currency", signed: bool = False, show_currency: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.currency_field = currency
        self.signed = signed
        self.show_currency = show_currency
        if signed:
            self.attrs["td"]["class"] += " diff"

    def currency_of(self, record) -> str:
        """The currency code of one row."""
        if self.currency_field.startswith("="):
            return self.currency_field[1:]
        return tables.A(self.currency_field).resolve(record)

    def render(self, value, record):
        currency = self.currency_of(record)
        text = figures.signed_text(value, currency) if self.signed else figures.money_text(value, currency)
        if value is None:
            return format_html('<span class="muted">{}</span>', text)
        return f"{currency}\u00a0{text}" if self.show_currency else text


class DateColumn(tables.Column):
    """A day, or a moment in the merchant's zone; `time=True` adds HH:MM."""

    def __init__(self, *args, time: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.shows_time = time
        self.attrs = {**self.attrs, "td": {"class": "nowrap", **self.attrs.get("td", {})}}

    def render(self, value):
        if self.shows_time:
            return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures.when_text(value))
        day = timezone.localtime(value).date() if hasattr(value, "hour") else value
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), figures.day_text(day))


class ChipColumn(tables.Column):
    """A state as a chip. `chip(record) -> Chip`, or `tones` by value with the choice's own label."""

    def __init__(self, *args, chip: Callable[..., Chip] | None = None, tones: dict[str, str] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.chip_of = chip
        self.tones = tones or {}

    def render(self, value, record, bound_column):
        if self.chip_of:
            return chip_html(self.chip_of(record))
        raw = getattr(record, bound_column.accessor, value)
        return chip_html(Chip(str(value), self.tones.get(raw, "neutral")))


class IdentifierColumn(tables.Column):
    """A reference; `keep` shows only its last characters. A link where `linkify` is given."""

    def __init__(self, *args, keep: int = 0, **kwargs):
        super().__init__(*args, **kwargs)
        self.keep = keep

    def render(self, value):
        text = str(value)
        shown = f"…{text[-self.keep :]}" if self.keep and len(text) > self.keep + 1 else text
        return format_html('<span class="ident" title="{}">{}</span>', text, shown)


class QuietColumn(tables.Column):
    """A column too narrow for its heading, which is only read aloud."""

    is_quiet = True


class ToneColumn(QuietColumn):
    """The severity mark at the start of a row: `tone(record) -> (tone, icon, word)`."""

    def __init__(self, *args, tone: Callable, **kwargs):
        super().__init__(*args, empty_values=(), **kwargs)
        self.tone_of = tone

    def render(self, record):
        tone, name, word = self.tone_of(record)
        return format_html('{}<span class="visually-hidden">{}</span>', icon(name, f"tone-{tone}"), word)

"""The lists of payouts, of bank lines and of a payout's movements, and the same rows as files."""

import django_tables2 as tables
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from apps.channels.enums import METHOD_LABELS
from apps.core.exports import Column, Export, Kind, filter_text
from apps.core.figures import day_text, money_text
from apps.core.tables import BaseTable, ChipColumn, DateColumn, IdentifierColumn, MoneyColumn
from apps.merchants.models import Merchant
from apps.settlements.enums import BankLineKind
from apps.settlements.learning.memos import MemoModel
from apps.settlements.models import BankLine, Payout
from apps.settlements.selectors.line_kinds import kind_of
from apps.settlements.selectors.payout_account import kind_label
from apps.settlements.selectors.payouts import covers_words, state_chip


def order_address(slug: str, order_no: str) -> str:
    """The story of an order; it lives in a higher app, hence only its name. Empty where there is no order."""
    try:
        return reverse("reports:order_story", args=[slug, order_no]) if order_no else ""
    except NoReverseMatch:
        return ""


class PayoutTable(BaseTable):
    """Rows open the payout. `slug` is the merchant's, `today` decides what is due."""

    payout = tables.Column(accessor="pk", verbose_name=_("Payout"), attrs={"td": {"class": "phone-full"}})
    due_on = DateColumn(verbose_name=_("Due"))
    lines_net_minor = MoneyColumn(verbose_name=_("Sum of lines"), show_currency=True)
    announced_minor = MoneyColumn(verbose_name=_("Announced"), phone="phone-hide")
    arrived_minor = MoneyColumn(verbose_name=_("In the bank"), phone="phone-hide")
    arrived_on = DateColumn(verbose_name=_("Booked"), default="—", attrs={"td": {"class": "phone-hide"}})
    state = ChipColumn(accessor="pk", verbose_name=_("State"))

    class Meta(BaseTable.Meta):
        model = Payout
        fields = ("payout", "due_on", "lines_net_minor", "announced_minor", "arrived_minor", "arrived_on", "state")
        empty_text = _("No payouts here.")
        attrs = {"class": "table is-list is-tall"}

    def __init__(self, *args, slug: str, today, **kwargs):
        self.slug = slug
        super().__init__(*args, row_attrs={"data-href": self.address}, **kwargs)
        self.columns["state"].column.chip_of = lambda record: state_chip(record, today)

    def address(self, record) -> str:
        return reverse("settlements:payout", args=[self.slug, record.pk])

    def render_announced_minor(self, value, record):
        return "—" if value is None else money_text(value, record.currency)  # many providers never announce

    def render_payout(self, record):
        name = record.ref if record.is_named else covers_words(record)
        title = format_html('<a class="title" href="{}">{}</a>', self.address(record), record.channel.label)
        return format_html('{}<span class="sub {}">{}</span>', title, "ident" if record.is_named else "", name)


class BankLineTable(BaseTable):
    """Rows of bank statements (of `past_memos.typed`), what each is, and the payout it carries.

    `model` is that of memos, None while it is off; `can_name` says whether this reader may name lines.
    """

    memo = tables.Column(accessor="pk", verbose_name=_("Memo"), attrs={"td": {"class": "phone-full"}})
    bank_account = tables.Column(verbose_name=_("Account"), attrs={"td": {"class": "phone-hide"}})
    booked_on = DateColumn(verbose_name=_("Booked"))
    amount_minor = MoneyColumn(verbose_name=_("Amount"), show_currency=True)
    kind = tables.Column(accessor="pk", verbose_name=_("What it is"), attrs={"td": {"class": "phone-full"}})
    payout = tables.Column(accessor="pk", verbose_name=_("Payout"))

    class Meta(BaseTable.Meta):
        model = BankLine
        fields = ("memo", "bank_account", "booked_on", "amount_minor", "kind", "payout")
        empty_text = _("No bank lines here.")
        attrs = {"class": "table is-list is-tall"}

    def __init__(self, *args, request: HttpRequest, model: MemoModel | None, can_name: bool, **kwargs):
        self.slug, self.model, self.can_name = request.merchant.slug, model, can_name
        super().__init__(*args, request=request, row_attrs={"id": lambda record: f"line-{record.pk}"}, **kwargs)

    def render_kind(self, record):
        context = {
            "shown": kind_of(record, self.model),
            "kinds": BankLineKind.choices,
            "can_name": self.can_name,
            "name_url": reverse("settlements:bank_line_kind", args=[self.slug, record.pk]),
            "query": self.request.GET.urlencode(),
        }
        return render_to_string("settlements/_bank_line_kind.html", context, request=self.request)

    def render_memo(self, record):
        where = f"{record.statement.name} · {record.row_no}"
        return format_html('<span class="title">{}</span><span class="sub">{}</span>', record.memo or record.reference or "—", where)

    def render_payout(self, record):
        links = (
            (reverse("settlements:payout", args=[self.slug, tie.payout_id]), tie.payout.channel.label, day_text(tie.payout.due_on))
            for tie in record.live_ties
        )
        return format_html_join(mark_safe("<br>"), '<a class="link" href="{}">{} {}</a>', links) or "—"


class MovementTable(BaseTable):
    """Every line of a payout. Rows are (line, order number) pairs of `with_orders`."""

    occurred_at = DateColumn(accessor="line__occurred_at", verbose_name=_("Time"), time=True)
    kind = tables.Column(accessor="line__kind", verbose_name=_("Kind"), attrs={"td": {"class": "phone-hide"}})
    order = tables.Column(accessor="order", verbose_name=_("Order"), empty_values=())
    provider_ref = IdentifierColumn(
        accessor="line__provider_ref", verbose_name=_("Provider's number"), keep=14, default="—", attrs={"td": {"class": "phone-hide"}}
    )
    gross = MoneyColumn(accessor="line__gross", currency="line__currency", verbose_name=_("Gross"), phone="phone-hide")
    fee = MoneyColumn(accessor="line__fee", currency="line__currency", verbose_name=_("Fee"), phone="phone-hide")
    other = MoneyColumn(accessor="line__other", currency="line__currency", verbose_name=_("Other"), phone="phone-hide")
    net = MoneyColumn(accessor="line__net", currency="line__currency", verbose_name=_("Net"))

    class Meta(BaseTable.Meta):
        empty_text = _("No lines here.")
        sequence = ("occurred_at", "kind", "order", "provider_ref", "gross", "fee", "other", "net")

    def __init__(self, pairs, *, slug: str, **kwargs):
        self.slug = slug
        super().__init__([{"line": line, "order": order} for line, order in pairs], **kwargs)

    def render_kind(self, record):
        return kind_label(record["line"].kind)

    def render_order(self, record):
        address = order_address(self.slug, record["order"])
        if address:
            return format_html('<a class="link ident" href="{}">{}</a>', address, record["order"])
        return record["line"].merchant_ref or "—"


PAYOUT_COLUMNS = (
    Column(_("Channel"), "channel__code"),
    Column(_("Payout"), "ref"),
    Column(_("Currency"), "currency"),
    Column(_("Due"), "due_on", Kind.DAY),
    Column(_("Business days from"), "covers_from", Kind.DAY),
    Column(_("Business days until"), "covers_to", Kind.DAY),
    Column(_("Lines"), "line_count", Kind.NUMBER),
    Column(_("Sum of lines"), "lines_net_minor", Kind.MONEY),
    Column(_("Announced"), "announced_minor", Kind.MONEY),
    Column(_("In the bank"), "arrived_minor", Kind.MONEY),
    Column(_("Booked"), "arrived_on", Kind.DAY),
)
LINE_COLUMNS = (
    Column(_("Time"), "occurred_at", Kind.MOMENT),
    Column(_("Business date"), "business_date", Kind.DAY),
    Column(_("Kind"), lambda line: kind_label(line.kind)),
    Column(_("Method"), lambda line: str(METHOD_LABELS.get(line.method, line.method))),
    Column(_("Our reference"), "merchant_ref"),
    Column(_("Provider's reference"), "provider_ref"),
    Column(_("Currency"), "currency"),
    Column(_("Gross"), "gross", Kind.MONEY),
    Column(_("Fee"), "fee", Kind.MONEY),
    Column(_("Other"), "other", Kind.MONEY),
    Column(_("Net"), "net", Kind.MONEY),
    Column(_("File"), "statement__name"),
    Column(_("Row"), "row_no", Kind.NUMBER),
)


def _tied_ref(line: BankLine) -> str:
    return ", ".join(f"{tie.payout.channel.code} {tie.payout.ref}" for tie in line.live_ties)


BANK_COLUMNS = (
    Column(_("Account"), "bank_account__code"),
    Column(_("Booked"), "booked_on", Kind.DAY),
    Column(_("Value day"), "value_on", Kind.DAY),
    Column(_("Currency"), "currency"),
    Column(_("Amount"), "amount_minor", Kind.MONEY),
    Column(_("Balance"), "balance_minor", Kind.MONEY),
    Column(_("Memo"), "memo"),
    Column(_("Reference"), "reference"),
    Column(_("Payout"), _tied_ref),
    Column(_("File"), "statement__name"),
    Column(_("Row"), "row_no", Kind.NUMBER),
    Column(_("What it is"), lambda line: kind_of(line, None).label),
)


def payouts_export(merchant: Merchant, found) -> Export:
    """`found` is the list's filter."""
    return _export(merchant, "payouts", _("Payouts"), PAYOUT_COLUMNS, found.qs.order_by("-due_on", "-pk"), "lines_net_minor", found)


def bank_lines_export(merchant: Merchant, found) -> Export:
    """`found` is the list's filter."""
    return _export(merchant, "bank_lines", _("Bank lines"), BANK_COLUMNS, found.qs.order_by("-booked_on", "-pk"), "amount_minor", found)


def movements_export(merchant: Merchant, payout: Payout, lines) -> Export:
    """Every line of one payout."""
    rows = lines.select_related("statement").order_by("pk")
    return _export(merchant, f"payout_{payout.pk}", f"{payout.channel.label} {payout.ref}", LINE_COLUMNS, rows, "net")


def _export(merchant: Merchant, name: str, title, columns, rows, total: str, found=None) -> Export:
    return Export(
        name=name,
        title=str(title),
        merchant=merchant.name,
        currency=merchant.currency,
        timezone=merchant.timezone,
        columns=columns,
        rows=rows,
        filter_text=filter_text(found.form) if found else "",
        total=total,
    )

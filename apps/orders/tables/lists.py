"""The lists of orders, payments, refunds and found rows."""

import django_tables2 as tables
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.core.tables import BaseTable, ChipColumn, DateColumn, IdentifierColumn, MoneyColumn, QuietColumn
from apps.core.ui import Chip
from apps.orders.models import Order, Payment, Refund
from apps.orders.selectors.refund_doors import Door

PAYMENT_TONES = {"pending": "outline", "authorized": "outline", "failed": "red", "expired": "amber"}
REFUND_TONES = {"requested": "outline", "approved": "outline", "submitting": "outline", "unknown": "amber", "failed": "red"}


def story_address(slug: str, order_no: str) -> str:
    """The page with everything about an order, of a higher app, hence only its name; empty where no address can carry the number."""
    try:
        return reverse("reports:order_story", args=[slug, order_no])
    except NoReverseMatch:
        return ""


class LinkedTable(BaseTable):
    """Rows open the order's story. `slug` is the merchant's."""

    def __init__(self, *args, slug: str, **kwargs):
        self.slug = slug
        super().__init__(*args, row_attrs={"data-href": lambda record: story_address(slug, self.order_no(record))}, **kwargs)

    def order_no(self, record) -> str:
        return record.order.order_no

    def titled(self, record, sub: str):
        """The order number as the row's link, a second line below."""
        number = self.order_no(record)
        address = story_address(self.slug, number)
        title = format_html('<a class="title ident" href="{}">{}</a>', address, number) if address else number
        return format_html('{}<span class="sub">{}</span>', title, sub)


class OrderTable(LinkedTable):
    order_no_ = tables.Column(accessor="order_no", verbose_name=_("Order"), attrs={"td": {"class": "phone-full"}})
    placed_at = DateColumn(verbose_name=_("Placed"), time=True)
    payments = tables.Column(accessor="pk", verbose_name=_("Payments"), attrs={"td": {"class": "phone-hide"}})
    total_minor = MoneyColumn(verbose_name=_("Total"), show_currency=True)
    state = ChipColumn(accessor="pk", verbose_name=_("Status"), chip=lambda record: order_chip(record))

    class Meta(BaseTable.Meta):
        model = Order
        fields = ()
        sequence = ("order_no_", "payments", "placed_at", "total_minor", "state")
        empty_text = _("No orders here yet.")
        attrs = {"class": "table is-list is-tall"}

    def order_no(self, record) -> str:
        return record.order_no

    def render_order_no_(self, record):
        return self.titled(record, record.storefront.code if record.storefront else "")

    def render_payments(self, record):
        return " · ".join(dict.fromkeys(payment.channel.label for payment in record.payments.all()))


class PaymentTable(LinkedTable):
    """`doors` by payment: where a refund can be asked for; without them that column is left out."""

    order = tables.Column(accessor="pk", verbose_name=_("Order"), attrs={"td": {"class": "phone-full"}})
    channel = tables.Column(accessor="channel__label", verbose_name=_("Channel"), attrs={"td": {"class": "phone-shrink"}})
    provider_ref = IdentifierColumn(verbose_name=_("Provider's reference"), keep=14, default="—", attrs={"td": {"class": "phone-hide"}})
    placed_at = DateColumn(verbose_name=_("Placed"), time=True)
    amount_minor = MoneyColumn(verbose_name=_("Amount"), show_currency=True)
    state = ChipColumn(verbose_name=_("Status"), tones=PAYMENT_TONES)
    refund = QuietColumn(verbose_name=_("Refund"), empty_values=(), attrs={"td": {"class": "nowrap phone-hide"}})

    class Meta(BaseTable.Meta):
        model = Payment
        fields = ("order", "channel", "provider_ref", "placed_at", "amount_minor", "state", "refund")
        empty_text = _("No payments here yet.")
        attrs = {"class": "table is-list is-tall"}

    def __init__(self, *args, doors: dict[int, Door] | None = None, **kwargs):
        self.doors = doors or {}
        super().__init__(*args, exclude=() if doors is not None else ("refund",), **kwargs)

    def render_refund(self, record):
        """The button, or its reason where it is shut."""
        door = self.doors.get(record.pk)
        if door is None:
            return ""
        if door.why_not:
            shut = '<button class="btn btn-sm" disabled title="{}">{}</button><span class="visually-hidden">{}</span>'
            return format_html(shut, door.why_not, _("Refund…"), door.why_not)
        href = reverse("orders:refund_new", args=[self.slug, record.pk])
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', href, _("Refund…"))

    def render_order(self, record):
        return self.titled(record, f"{record.method_label} · {record.merchant_ref}")


class RefundTable(LinkedTable):
    order = tables.Column(accessor="pk", verbose_name=_("Refund"), attrs={"td": {"class": "phone-full"}})
    channel = tables.Column(accessor="channel__label", verbose_name=_("Channel"), attrs={"td": {"class": "phone-shrink"}})
    reason = tables.Column(verbose_name=_("Reason"), default="—", attrs={"td": {"class": "phone-hide"}})
    requested_at = DateColumn(verbose_name=_("Requested"), time=True)
    amount_minor = MoneyColumn(verbose_name=_("Amount"), show_currency=True)
    state = ChipColumn(verbose_name=_("Status"), tones=REFUND_TONES)

    class Meta(BaseTable.Meta):
        model = Refund
        fields = ("order", "channel", "reason", "requested_at", "amount_minor", "state")
        empty_text = _("No refunds here yet.")
        attrs = {"class": "table is-list is-tall"}

    def order_no(self, record) -> str:
        return record.payment.order.order_no

    def render_order(self, record):
        return self.titled(record, record.refund_no)


def order_chip(order: Order) -> Chip:
    """Paid in full, in part, not yet, or refunded, from the payments at hand."""
    payments = [payment for payment in order.payments.all() if payment.currency == order.currency]
    paid = sum(payment.amount_minor for payment in payments if payment.is_captured)
    if payments and all(payment.state == "refunded" for payment in payments if payment.is_captured) and paid:
        return Chip(_("refunded"))
    if paid and paid >= order.total_minor:
        return Chip(_("paid"))
    return Chip(_("partly paid"), "amber") if paid else Chip(_("not paid"), "outline")

"""Orders, payments, refunds, and the search across them."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.exports import export_response
from apps.core.paging import keyset_page
from apps.core.panels import Tab
from apps.core.ui import render_page
from apps.merchants.access import has_right, needs
from apps.orders.exports import list_export
from apps.orders.forms.lists import OrderFilter, PaymentFilter, RefundFilter
from apps.orders.selectors.lists import orders_of, payments_of, refunds_of
from apps.orders.selectors.refund_doors import doors_of
from apps.orders.selectors.search import find
from apps.orders.tables.lists import OrderTable, PaymentTable, RefundTable, story_address


@require_safe
@needs("view_money")
def orders(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every order, newest first."""
    found = OrderFilter(request.GET, queryset=orders_of(request.merchant), merchant=request.merchant)
    return _list(request, "orders", found, OrderTable, ("placed_at", "id"))


@require_safe
@needs("view_money")
def payments(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every attempt to pay, newest first."""
    found = PaymentFilter(request.GET, queryset=payments_of(request.merchant), merchant=request.merchant)
    return _list(request, "payments", found, partial(_payment_table, request), ("placed_at", "id"))


def _payment_table(request: HttpRequest, rows: list, *, slug: str) -> PaymentTable:
    """With the button that asks for a refund, for those who may."""
    if not has_right(request.membership, "request_refund"):
        return PaymentTable(rows, slug=slug)
    captured = [payment for payment in rows if payment.is_captured]
    doors = {door.payment.pk: door for door in doors_of(captured, clock.now())}
    return PaymentTable(rows, slug=slug, doors=doors)


@require_safe
@needs("view_money")
def refunds(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every refund, newest first."""
    found = RefundFilter(request.GET, queryset=refunds_of(request.merchant), merchant=request.merchant)
    return _list(request, "refunds", found, RefundTable, ("requested_at", "id"))


@require_safe
@needs("view_money")
def search(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """`?q=`: goes straight to the order when everything found belongs to one."""
    text = request.GET.get("q", "").strip()
    found = find(request.merchant, text)
    address = story_address(merchant_slug, found.only_order.order_no) if found.only_order else ""
    if address:
        return redirect(address)
    tables = [
        (_("Orders"), OrderTable(found.orders, slug=merchant_slug)),
        (_("Payments"), PaymentTable(found.payments, slug=merchant_slug)),
        (_("Refunds"), RefundTable(found.refunds, slug=merchant_slug)),
    ]
    context = {"text": text, "tables": [(title, table) for title, table in tables if len(table.rows)], "has_more": found.has_more}
    return render(request, "orders/search.html", context)


def _list(request: HttpRequest, name: str, found, table, fields: tuple[str, str]) -> HttpResponse:
    if "export" in request.GET:
        return export_response(request, list_export(request.merchant, name, found))
    page = keyset_page(found.qs, request.GET, fields=fields)
    context = {
        "tabs": _tabs(request, name),
        "filter": found,
        "page": page,
        "table": table(page.rows, slug=request.merchant.slug),
        "can_import": has_right(request.membership, "import_files"),
    }
    return render_page(request, "orders/list.html", "orders/_list.html", context)


def _tabs(request: HttpRequest, current: str) -> list[Tab]:
    names = {"orders": ("orders:orders", _("Orders")), "payments": ("orders:payments", _("Payments"))}
    names["refunds"] = ("orders:refund_list", _("Refunds"))
    slug = request.merchant.slug
    return [Tab(label, reverse(url, args=[slug]), name == current) for name, (url, label) in names.items()]

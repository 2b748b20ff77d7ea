"""The page on which a person records a payment by hand."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apps.core import clock
from apps.merchants.access import needs
from apps.orders.forms.recording import RecordForm
from apps.orders.models import Order
from apps.orders.services.recording import CannotRecord, record_payment

FIELDS = {"channel": "way", "method": "way", "amount": "amount", "paid_on": "paid_on"}


@needs("edit_books")
def record(request: HttpRequest, merchant_slug: str, order_id: int) -> HttpResponse:
    """The form, and where it was sent twice, the payment that it made the first time."""
    order = get_object_or_404(Order.objects.for_merchant(request.merchant).select_related("storefront"), pk=order_id)
    now = clock.now()
    form = RecordForm(request.POST or None, order=order, today=clock.local_date(now, request.merchant.timezone))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        figures = {name: data[name] for name in ("channel", "method", "paid_on", "reference", "note", "key")}
        try:
            record_payment(order=order, amount_minor=data["amount"], by=request.user, now=now, **figures)
        except CannotRecord as error:
            form.add_error(FIELDS.get(error.field), error.message)
        else:
            messages.success(request, _("The payment is recorded. The next reconciliation looks for its money in the bank."))
            return redirect("reports:order_story", merchant_slug, order.order_no)
    return render(request, "orders/record.html", {"order": order, "form": form}, status=422 if form.errors else 200)

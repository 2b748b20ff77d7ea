"""The panel of a practice shop: payments that nobody pays, and everything that can happen to one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.access import has_right, needs
from apps.orders.enums import Play
from apps.orders.forms.practice import PracticeForm
from apps.orders.models import Payment
from apps.orders.selectors.practice import practice_rows
from apps.orders.selectors.practice_days import practice_days
from apps.orders.services.payments.practice import NEXT_REFUND, play, start_practice


@needs("view_money")
def index(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The payments started here, newest first, each with what may happen next; and the form that starts one."""
    may_play = request.merchant.is_practice and has_right(request.membership, "edit_channels")
    form = PracticeForm(request.POST if request.method == "POST" and may_play else None, merchant=request.merchant)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            figures = {name: data[name] for name in ("channel", "method", "amount_minor", "opening")}
            payment = start_practice(**figures, captures_at_once=not data["is_held"], by=request.user, now=clock.now())
        except HezhangError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Practice payment %(number)s was started.") % {"number": payment.merchant_ref})
            return redirect("orders:practice", merchant_slug)
    context = {
        "rows": practice_rows(request.merchant),
        "days": practice_days(request.merchant),
        "form": form,
        "may_play": may_play,
        "may_fetch": has_right(request.membership, "import_files"),
    }
    return render(request, "orders/practice.html", context, status=422 if form.errors else 200)


@require_POST
@needs("edit_channels")
def play_one(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """`what` is one of `Play`."""
    get_object_or_404(Payment.objects.for_merchant(request.merchant), pk=pk)
    try:
        payment = play(merchant=request.merchant, payment_id=pk, what=request.POST.get("what", ""), by=request.user, now=clock.now())
    except (HezhangError, ValueError, Payment.DoesNotExist) as error:
        messages.error(request, getattr(error, "message", _("That is not possible.")))
    else:
        messages.success(request, _said(payment, Play(request.POST["what"])))
    return redirect("orders:practice", merchant_slug)


def _said(payment: Payment, what: Play) -> str:
    number = {"number": payment.order.order_no, "state": payment.get_state_display(), "what": what.label}
    if what in NEXT_REFUND:
        return _("The next refund of %(number)s: %(what)s. Ask for one now, and see.") % number
    return _("%(number)s is now: %(state)s.") % number

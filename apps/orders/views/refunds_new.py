"""Asking for a refund: what can go back and why not is said before the button."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.money import MoneyError, plain, to_minor
from apps.merchants.access import needs
from apps.orders.enums import ReasonCode
from apps.orders.errors import AttachmentRefused
from apps.orders.forms.refunds import PART, RequestForm
from apps.orders.models import Payment, Refund
from apps.orders.selectors.refund_desk import requests_of
from apps.orders.selectors.refundable import Refundable, credentials_limit, fee_effect, refundable
from apps.orders.services.refunds.requesting import request_refund
from apps.orders.views.refunds_shared import TOAST


@needs("request_refund")
def new(request: HttpRequest, merchant_slug: str, payment_id: int) -> HttpResponse:
    """The form; `?reason=duplicate&amount=12.50&note=…` fills it in, as a difference does."""
    rows = Payment.objects.for_merchant(request.merchant).select_related("order", "channel__merchant")
    payment = get_object_or_404(rows, pk=payment_id)
    if sent := _sent_before(request, payment):
        return redirect("orders:refund", merchant_slug, sent.pk)
    room = refundable(payment, clock.now())
    form = RequestForm(request.POST or None, request.FILES or None, room=room, initial=_initial(request, room))
    if request.method == "POST" and form.is_valid():
        try:
            refund = _send(request, payment, form)
        except AttachmentRefused as error:
            form.add_error("attachments", str(error))
        except HezhangError as error:
            form.add_error(None, str(error))
        else:
            request.session[TOAST] = {"text": _("Requested; an approver is asked."), "undo": ""}
            return redirect("orders:refund", merchant_slug, refund.pk)
    context = {
        "payment": payment,
        "room": room,
        "without_credentials": credentials_limit(room),
        "form": form,
        "fee": fee_effect(payment, room.balance_minor, room.route),
        "earlier": list(requests_of(request.merchant).filter(payment=payment).order_by("-pk")[:5]),
    }
    return render(request, "orders/refund_new.html", context, status=422 if form.errors else 200)


def _sent_before(request: HttpRequest, payment: Payment) -> Refund | None:
    """The request that this very form made already: its button was pressed twice, or the page sent again."""
    key = request.POST.get("request_key", "")
    return requests_of(request.merchant).filter(payment=payment, request__request_key=key).first() if key else None


def _initial(request: HttpRequest, room: Refundable) -> dict:
    """What the address fills in; what cannot be read is left out."""
    found = {"note": request.GET.get("note", "")[:500]}
    if request.GET.get("reason") in ReasonCode.values:
        found["reason_code"] = request.GET["reason"]
    try:
        minor = to_minor(request.GET.get("amount", ""), room.payment.currency)
    except MoneyError:
        return found
    if 0 < minor < room.balance_minor and not room.whole_only:
        found |= {"part": PART, "amount": plain(minor, room.payment.currency)}
    return found


def _send(request: HttpRequest, payment: Payment, form: RequestForm) -> Refund:
    asked = form.cleaned_data
    return request_refund(
        merchant=request.merchant,
        payment_id=payment.pk,
        amount_minor=asked["amount_minor"],
        reason_code=asked["reason_code"],
        note=asked["note"],
        customer_note=asked["customer_note"],
        by=request.user,
        now=clock.now(),
        request_key=asked["request_key"],
        attachments=[(file.name, file.read()) for file in asked["attachments"]],
    )

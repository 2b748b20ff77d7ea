"""Taking what was authorized and calling a payment off: a page that says what will happen, and one press that does it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.figures import cash_text
from apps.merchants.access import needs
from apps.orders.enums import PaymentState
from apps.orders.errors import PaymentMoveIllegal
from apps.orders.forms.payments import CallOffForm, TakeForm
from apps.orders.models import Payment
from apps.orders.selectors.live_payments import LivePayment, live_payment
from apps.orders.services.payments.calling import cancel_payment, capture_payment


@needs("take_payments")
def take(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """All of an authorization, or a part of it where the provider takes parts."""
    live = _live(request, pk)
    form = TakeForm(_sent(request), payment=live.payment, takes_part=live.takes_part)

    def act() -> Payment:
        figures = {"amount_minor": form.cleaned_data["amount_minor"], "by": request.user, "now": clock.now()}
        return capture_payment(merchant=request.merchant, payment_id=pk, **figures)

    return _page(request, live, form, act, "orders/payment_take.html")


@needs("take_payments")
def call_off(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Gives an authorization back, or closes what nobody has paid."""
    live = _live(request, pk)
    form = CallOffForm(_sent(request))

    def act() -> Payment:
        said = {"reason": form.cleaned_data["reason"], "by": request.user, "now": clock.now()}
        return cancel_payment(merchant=request.merchant, payment_id=pk, **said)

    return _page(request, live, form, act, "orders/payment_call_off.html")


def _sent(request: HttpRequest) -> QueryDict | None:
    """A form without fields of its own is sent all the same."""
    return request.POST if request.method == "POST" else None


def _live(request: HttpRequest, pk: int) -> LivePayment:
    live = live_payment(request.merchant, pk)
    if live is None:
        raise Http404
    return live


def _page(request: HttpRequest, live: LivePayment, form, act: Callable[[], Payment], template: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            payment = act()
        except PaymentMoveIllegal as error:  # pressed twice, or somebody was faster: its story says what happened
            messages.info(request, str(error))
            return _to_story(request, live)
        except HezhangError as error:
            form.add_error(None, str(error))
        else:
            _tell(request, payment)
            return _to_story(request, live)
    return render(request, template, {"live": live, "payment": live.payment, "form": form}, status=422 if form.errors else 200)


def _to_story(request: HttpRequest, live: LivePayment) -> HttpResponse:
    return redirect("reports:order_story", request.merchant.slug, live.payment.order.order_no)


def _tell(request: HttpRequest, payment: Payment) -> None:
    """What came of it. While the payment is open, the card on the story says why."""
    said = {"amount": cash_text(payment.amount_minor, payment.currency), "state": payment.get_state_display()}
    if payment.state == PaymentState.PAID:
        messages.success(request, _("%(amount)s was taken.") % said)
    elif payment.state == PaymentState.CANCELLED:
        messages.success(request, _("The payment of %(amount)s was called off.") % said)
    else:
        messages.warning(request, _("The payment is still %(state)s; see below what the provider said.") % said)

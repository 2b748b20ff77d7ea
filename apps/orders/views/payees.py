"""What a buyer sees who was asked where a refund should be paid: no account of ours, only the link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core import clock
from apps.orders.forms.transfers import PayeeForm
from apps.orders.services.refunds.payees import LinkInvalid, give_account, payee_of_link


@never_cache
@require_http_methods(["GET", "POST"])
def payee(request: HttpRequest, token: str) -> HttpResponse:
    """The question and, once answered, the thanks; a link that is used, old or unknown says so in the same words."""
    try:
        asked = payee_of_link(token, clock.now())
        form = PayeeForm(request.POST or None, currency=asked.refund.currency)
        if request.method == "POST" and form.is_valid():
            asked = give_account(token=token, account=form.account, now=clock.now())
            return _page(request, {"asked": asked, "is_done": True})
    except LinkInvalid as error:
        return _page(request, {"refusal": error.message}, status=404)
    return _page(request, {"asked": asked, "form": form}, status=422 if form.errors else 200)


def _page(request: HttpRequest, context: dict, status: int = 200) -> HttpResponse:
    answer = render(request, "orders/payee.html", {"is_done": False, "refusal": "", **context}, status=status)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer

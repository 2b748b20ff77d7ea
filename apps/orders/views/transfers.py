"""Refunds by bank transfer: ask buyers for their account, make the file for the bank, see what the bank did."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.audit.services import record
from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.access import has_right, needs
from apps.orders.forms.transfers import BatchForm, EndForm, LinkForm
from apps.orders.models import Refund, RefundBatch, RefundTransfer
from apps.orders.selectors.transfers import transfer_desk
from apps.orders.services.refunds import payees, transfers


@require_safe
@needs("view_money")
def transfer_list(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """What waits for an account, what can be paid, and the files made before."""
    return _desk(request, BatchForm(merchant=request.merchant, initial={"pay_on": _today(request)}))


def _today(request: HttpRequest):
    return clock.local_date(clock.now(), request.merchant.timezone)


def _desk(request: HttpRequest, form: BatchForm, chosen: list[str] = (), status: int = 200) -> HttpResponse:
    desk = transfer_desk(request.merchant)
    context = {
        "desk": desk,
        "form": form,
        "chosen": chosen or [str(refund.pk) for refund in desk.ready],
        "has_accounts": form.fields["bank_account"].queryset.exists(),
        "can_pay": has_right(request.membership, "pay_refunds"),
    }
    return render(request, "orders/transfers.html", context, status=status)


@never_cache
@needs("pay_refunds")
def ask(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Makes a link for the buyer and shows it once; a second one makes the first worthless."""
    refund = get_object_or_404(Refund.objects.for_merchant(request.merchant).select_related("payment__order"), pk=pk, request__isnull=False)
    form, link = LinkForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            email = form.cleaned_data["email"]
            asked = payees.ask_for_account(merchant=request.merchant, refund_id=pk, email=email, by=request.user, now=clock.now())
        except HezhangError as error:
            form.add_error(None, error.message)
        else:
            link = request.build_absolute_uri(reverse("refund_payee", args=[asked.token]))
            if email:
                payees.send_link(payee=asked.payee, link=link, by=request.user)
    context = {"refund": refund, "form": form, "link": link}
    return render(request, "orders/payee_link.html", context, status=422 if form.errors else 200)


@require_POST
@needs("pay_refunds")
def make(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """The file for the bank, from the ticked refunds."""
    chosen = [value for value in request.POST.getlist("refund") if value.isdigit()]
    form = BatchForm(request.POST, merchant=request.merchant)
    if form.is_valid():
        try:
            batch = transfers.make_batch(
                merchant=request.merchant, refund_ids=map(int, chosen), by=request.user, now=clock.now(), **form.cleaned_data
            )
            return redirect("orders:refund_batch", merchant_slug, batch.public_id)
        except HezhangError as error:
            form.add_error(None, error.message)
    return _desk(request, form, chosen, status=422)


@require_safe
@needs("view_money")
def batch(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """One file: each transfer and what became of it."""
    return _batch(request, _batch_for(request, public_id))


def _batch_for(request: HttpRequest, public_id: str) -> RefundBatch:
    return get_object_or_404(
        RefundBatch.objects.for_merchant(request.merchant).select_related("bank_account", "made_by"), public_id=public_id
    )


def _batch(request: HttpRequest, found: RefundBatch, form: EndForm | None = None, failed: int = 0) -> HttpResponse:
    rows = found.transfers.select_related("refund__payment__order", "refund__payee", "ended_by").order_by("pk")
    context = {
        "batch": found,
        "transfers": rows,
        "form": form or EndForm(initial={"paid_on": found.pay_on}),
        "failed": failed,
        "can_pay": has_right(request.membership, "pay_refunds"),
    }
    return render(request, "orders/refund_batch.html", context, status=422 if form else 200)


@require_safe
@never_cache
@needs("pay_refunds")
def file(request: HttpRequest, merchant_slug: str, public_id: str) -> HttpResponse:
    """The file for the bank; it names accounts in full, so each download is on record."""
    found = _batch_for(request, public_id)
    record(merchant_id=found.merchant_id, action="refund_batch.downloaded", subject=found, by=request.user, now=clock.now())
    answer = HttpResponse(transfers.file_of(found), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{found.file_name}"'
    return answer


@require_POST
@needs("pay_refunds")
def end(request: HttpRequest, merchant_slug: str, public_id: str, pk: int) -> HttpResponse:
    """A person says what the bank did, where no bank line says it."""
    found = _batch_for(request, public_id)
    transfer = get_object_or_404(RefundTransfer.objects.for_merchant(request.merchant), pk=pk, batch=found)
    form = EndForm(request.POST)
    if form.is_valid():
        values = {"merchant": request.merchant, "by": request.user, "now": clock.now(), "reason": form.cleaned_data["reason"]}
        try:
            if form.cleaned_data["outcome"] == "paid":
                transfers.confirm_paid(transfer_ids=[transfer.pk], paid_on=form.cleaned_data["paid_on"], **values)
            else:
                transfers.record_return(transfer_id=transfer.pk, **values)
        except HezhangError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Recorded."))
            return redirect("orders:refund_batch", merchant_slug, public_id)
    return _batch(request, found, form, failed=transfer.pk)


@require_POST
@needs("pay_refunds")
def give_up(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """An approved refund that cannot be paid: it ends as failed, and its money can be asked for again."""
    get_object_or_404(Refund.objects.for_merchant(request.merchant), pk=pk)
    try:
        transfers.give_up(merchant=request.merchant, refund_id=pk, reason=request.POST.get("reason", ""), by=request.user, now=clock.now())
        messages.success(request, _("Recorded."))
    except HezhangError as error:
        messages.error(request, error.message)
    return redirect("orders:refund_transfers", merchant_slug)

"""What people do with a request. Every act is one service call; what a service refuses is shown where it was asked."""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.figures import cash_text
from apps.core.money import MoneyError
from apps.merchants import step_up
from apps.merchants.access import needs
from apps.merchants.errors import CodeWrong
from apps.merchants.services.factors import check_code
from apps.merchants.services.lock_out import forget_failures, is_locked, note_failure
from apps.orders.enums import RefundState
from apps.orders.errors import NothingChosen, SecondFactorMissing
from apps.orders.forms.refunds import ManyForm, SayForm
from apps.orders.models import Refund
from apps.orders.selectors import refund_desk
from apps.orders.services.refunds import deciding
from apps.orders.services.refunds.attachments import add_attachment
from apps.orders.views.refunds_shared import done, refund_of, show_queue, show_refund


@require_POST
@needs("approve_refund")
def approve(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """One approval. A code of the second factor may come with it; it then counts for ten minutes."""
    refund = refund_of(request, pk)
    try:
        _take_code(request)
        deciding.approve_refund(**_common(request, refund), mfa_at=step_up.fresh_at(request))
    except HezhangError as error:
        part = "approve" if isinstance(error, CodeWrong | SecondFactorMissing) else ""
        return _refused(request, pk, error, part)
    return done(request, refund, _approved_words(refund_of(request, pk)))


def _take_code(request: HttpRequest) -> None:
    """:raises CodeWrong: and the failure counts towards the lock-out."""
    code = request.POST.get("code", "").strip()
    if not code or is_locked(request, request.user):
        return
    try:
        check_code(user=request.user, code=code, now=clock.now())
    except CodeWrong:
        note_failure(request, request.user)
        raise
    forget_failures(request, request.user)
    step_up.mark(request, clock.now())


def _approved_words(refund: Refund) -> str:
    if refund.state == RefundState.REQUESTED:
        return _("Approved by you; one more approval is needed.")
    return _("Approved: %(amount)s") % {"amount": cash_text(refund.amount_minor, refund.currency)}


@require_POST
@needs("approve_refund")
def reject(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Ends the request, with a reason."""
    return _decide(request, pk, deciding.reject_refund, "reject", _("Rejected; the request has ended."))


@require_POST
@needs("approve_refund")
def ask(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Asks who requested it for information."""
    return _decide(request, pk, deciding.ask_about_refund, "ask", _("The question is asked."))


@require_POST
@needs("request_refund")
def answer(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Answers the open question."""
    return _decide(request, pk, deciding.answer_refund, "answer", _("Answered; the request waits for its approver again."))


@require_POST
@needs("request_refund")
def withdraw(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Takes the request back."""
    return _decide(request, pk, deciding.withdraw_refund, "withdraw", _("Withdrawn; the request has ended."))


@require_POST
@needs("view_money")
def again(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Freezes the figures of a stale request anew; the service asks for the right to request or to approve."""
    return _decide(request, pk, deciding.review_again, "", _("The figures are taken anew; the request waits for its approver."))


@require_POST
@needs("view_money")
def attach(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Adds files to a request that waits; the service asks for the right to request or to approve."""
    refund, now = refund_of(request, pk), clock.now()
    chosen = request.FILES.getlist("attachments")
    try:
        for file in chosen:
            add_attachment(merchant=request.merchant, refund_id=pk, name=file.name, data=file.read(), by=request.user, now=now)
    except HezhangError as error:
        return _refused(request, pk, error, "attach")
    return done(request, refund, ngettext("%(n)s file added", "%(n)s files added", len(chosen)) % {"n": len(chosen)})


@require_POST
@needs("approve_refund")
def approve_many(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Approves the chosen requests once their sum was typed by hand; one that cannot be approved does not keep the others back."""
    form, now = ManyForm(request.POST), clock.now()
    try:
        form.is_valid()
        found = _approve_chosen(request, form, now)
    except MoneyError:
        return show_queue(request, problem=_("Type the sum of the chosen refunds, such as 7760."), status=422)
    except HezhangError as error:
        return show_queue(request, problem=str(error), status=422)
    text = ngettext("%(n)s refund approved", "%(n)s refunds approved", len(found.approved)) % {"n": len(found.approved)}
    if not found.refused:
        return done(request, None, text)
    refused = [(refund, str(error)) for refund, error in found.refused]
    return show_queue(request, refused=refused, toast={"text": text, "undo": ""} if found.approved else None, status=422)


def _approve_chosen(request: HttpRequest, form: ManyForm, now: datetime) -> deciding.ApprovedMany:
    chosen = refund_desk.with_ids(request.merchant, form.cleaned_data["ids"])
    if not chosen:
        raise NothingChosen
    return deciding.approve_refunds(
        merchant=request.merchant,
        refund_ids=[refund.pk for refund in chosen],
        typed_total_minor=form.total_minor(chosen[0].currency),
        by=request.user,
        now=now,
        mfa_at=step_up.fresh_at(request),
    )


def _common(request: HttpRequest, refund: Refund) -> dict:
    form = SayForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    return {"merchant": request.merchant, "refund_id": refund.pk, "by": request.user, "now": clock.now(), "reason": reason}


def _decide(request: HttpRequest, pk: int, service: Callable, part: str, words: str) -> HttpResponse:
    refund = refund_of(request, pk)
    try:
        service(**_common(request, refund))
    except HezhangError as error:
        return _refused(request, pk, error, part)
    return done(request, refund, words)


def _refused(request: HttpRequest, pk: int, error: HezhangError, part: str) -> HttpResponse:
    """The request as it is now, with what was refused above it and what had been typed kept."""
    said = request.POST.get("reason", "")
    return show_refund(request, refund_of(request, pk), problem=str(error), open_part=part, said=said, status=422)

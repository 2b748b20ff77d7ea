"""The list of suggestions: confirm, decline, take back; and what was learned from that."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.jobs.services import enqueue
from apps.core.ui import render_page
from apps.merchants.access import has_right, needs
from apps.settlements.enums import JobKind
from apps.settlements.models import LearnedSign, Suggestion
from apps.settlements.selectors.suggestions import learned_signs, open_suggestions, rows_of
from apps.settlements.services.learning import forget_sign
from apps.settlements.services.suggestions import confirm_suggestion, decline_suggestion, take_back

SHOWN = 50
TOAST = "suggestions_toast"


@require_safe
@needs("view_money")
def suggestions(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """What probably belongs together, the surest first."""
    found = open_suggestions(request.merchant)
    context = {
        "rows": rows_of(list(found[:SHOWN])),
        "count": found.count(),
        "signs": list(learned_signs(request.merchant)[:SHOWN]),
        "can_resolve": has_right(request.membership, "resolve"),
        "toast": request.session.pop(TOAST, None),
    }
    return render_page(request, "settlements/suggestions.html", "settlements/_suggestions.html", context)


@require_POST
@needs("resolve")
def confirm(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """The two belong together."""
    return _decided(request, pk, confirm_suggestion, _("The two are paired"))


@require_POST
@needs("resolve")
def decline(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """The two do not belong together."""
    return _decided(request, pk, decline_suggestion, _("Declined; it will not be suggested again"))


@require_POST
@needs("resolve")
def undo(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Takes back the last decision."""
    return _decided(request, pk, take_back, _("Undone"), can_undo=False)


def _decided(request: HttpRequest, pk: int, act, text: str, *, can_undo: bool = True) -> HttpResponse:
    one = get_object_or_404(Suggestion.objects.for_merchant(request.merchant), pk=pk)
    try:
        act(merchant=request.merchant, suggestion_id=pk, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, str(error))
        return redirect("settlements:suggestions", request.merchant.slug)
    if act is not decline_suggestion:
        enqueue(
            kind=JobKind.RECONCILE, merchant_id=request.merchant.pk, payload={"channel_id": one.channel_id}, by=request.user,
            dedupe_key=f"reconcile:{one.channel_id}",
        )  # fmt: skip
    back = reverse("settlements:suggestion_undo", args=[request.merchant.slug, pk]) if can_undo else ""
    request.session[TOAST] = {"text": text, "undo": back}
    return redirect("settlements:suggestions", request.merchant.slug)


@require_POST
@needs("resolve")
def forget(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """A learned sign never counts again."""
    get_object_or_404(LearnedSign.objects.for_merchant(request.merchant), pk=pk)
    try:
        forget_sign(merchant=request.merchant, sign_id=pk, by=request.user, now=clock.now())
        messages.success(request, _("Forgotten. It will not be learned again."))
    except HezhangError as error:
        messages.error(request, str(error))
    return redirect("settlements:suggestions", merchant_slug)

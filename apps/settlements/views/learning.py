"""Settings → Learning: models of the shop's own past, what they are worth, and their switches."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.jobs.services import enqueue
from apps.core.models import Job
from apps.merchants.access import needs
from apps.settlements.enums import JobKind
from apps.settlements.models import LearnedModel
from apps.settlements.selectors.learned_page import model_cards, training_job
from apps.settlements.services.advising import refresh_advice
from apps.settlements.services.switching import switch_off, switch_on


@require_safe
@needs("teach_models")
def index(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Every kind of model with its verdict."""
    context = {"cards": model_cards(request.merchant), **_job_context(request, training_job(request.merchant))}
    return render(request, "settlements/learning/index.html", context)


@require_POST
@needs("teach_models")
def train(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Asks for a training of every kind; one that still waits is not asked for twice."""
    enqueue(kind=JobKind.LEARN, merchant_id=request.merchant.pk, by=request.user, dedupe_key="learn")
    return redirect("settlements:learning", merchant_slug)


@require_safe
@needs("teach_models")
def job(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """How far the training is."""
    row = get_object_or_404(Job.objects.for_merchant(request.merchant), pk=pk, kind=JobKind.LEARN)
    return render(request, "settlements/learning/_job.html", _job_context(request, row))


@require_POST
@needs("teach_models")
def switch(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """`to` is on or off."""
    get_object_or_404(LearnedModel.objects.for_merchant(request.merchant), pk=pk)
    to_on = request.POST.get("to") == "on"
    act = switch_on if to_on else switch_off
    try:
        act(merchant=request.merchant, model_id=pk, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, str(error))
    else:
        refresh_advice(merchant=request.merchant, now=clock.now())
        messages.success(request, _("It is on: its advice shows from now on.") if to_on else _("It is off."))
    return redirect("settlements:learning", merchant_slug)


def _job_context(request: HttpRequest, row: Job | None) -> dict:
    slug = request.merchant.slug
    return {
        "job": row,
        "job_url": reverse("settlements:learning_job", args=[slug, row.pk]) if row else "",
        "done_url": reverse("settlements:learning", args=[slug]),
    }

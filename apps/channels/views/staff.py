"""The platform's desk for shops' papers: what waits, each case, and the decision."""

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.channels.models import QualificationCase, QualificationDocument
from apps.channels.selectors.cards import provider_name
from apps.channels.selectors.papers import cases_to_review, papers_page
from apps.channels.services.qualification import approve_case, begin_review, return_case
from apps.channels.views.papers import paper_response
from apps.core import clock
from apps.core.errors import HezhangError
from apps.merchants.access import staff_only


@require_safe
@staff_only
def cases(request: HttpRequest) -> HttpResponse:
    """Those that wait first, oldest on top; then the decided ones, newest on top."""
    waiting, decided = cases_to_review(clock.now())
    return render(request, "channels/staff_cases.html", {"waiting": waiting, "decided": decided})


@require_safe
@staff_only
def case(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(QualificationCase.objects.select_related("channel__merchant", "submitted_by", "reviewed_by"), pk=pk)
    papers = papers_page(row.channel, clock.now())
    context = {"case": row, "channel": row.channel, "provider": provider_name(row.channel), "papers": papers}
    return render(request, "channels/staff_case.html", context)


@require_POST
@staff_only
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """`act` is take, approve or return; with return, `reason`, what is wrong with each paper and `withdraw` of an earlier approval."""
    row, act = get_object_or_404(QualificationCase, pk=pk), request.POST.get("act")
    faults = {name.removeprefix("fault_"): text for name, text in request.POST.items() if name.startswith("fault_")}
    try:
        if act == "take":
            begin_review(case=row, by=request.user, now=clock.now())
        elif act == "approve":
            approve_case(case=row, by=request.user, now=clock.now())
        elif act == "return":
            reason, withdraw = request.POST.get("reason", ""), "withdraw" in request.POST
            return_case(case=row, reason=reason, faults=faults, withdraw=withdraw, by=request.user, now=clock.now())
    except HezhangError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("The shop is told."))
    return redirect("qualification:case", pk)


@require_safe
@staff_only
def paper(request: HttpRequest, pk: int, paper_pk: int) -> FileResponse:
    return paper_response(get_object_or_404(QualificationDocument.objects.filter(case=pk), pk=paper_pk))

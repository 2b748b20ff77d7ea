"""What the desk's pages have in common: the list beside every detail, the filter in the address, the toast after an action."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.figures import count_text, names_text
from apps.core.panels import Tab
from apps.core.ui import Chip, render_page
from apps.merchants.access import has_right
from apps.merchants.selectors import members_with
from apps.settlements.enums import DiscrepancyState, SignatureState
from apps.settlements.forms.desk import VIEWS, CommentForm, DiscrepancyFilter, PauseForm, ResolveForm
from apps.settlements.models import Discrepancy
from apps.settlements.selectors import discrepancies as queue
from apps.settlements.selectors.advice import Advice, advice_of
from apps.settlements.selectors.ageing import ageing
from apps.settlements.selectors.entries import entries_of
from apps.settlements.selectors.explain import paragraph
from apps.settlements.selectors.facts import Facts, detail_of, facts_of
from apps.settlements.selectors.headlines import headline, method_label
from apps.settlements.selectors.history import comments_of, history_of
from apps.settlements.selectors.raw_rows import raw_row_of
from apps.settlements.selectors.sides import PAYOUT_KINDS, sides_of
from apps.settlements.selectors.suggestions import open_suggestions
from apps.settlements.selectors.trail import trail_of, why
from apps.settlements.services.candidates import candidates_of
from apps.settlements.services.second_signatures import is_stale
from apps.settlements.states import CLOSED_BY_PERSON
from apps.settlements.tables.desk import DiscrepancyTable

TOAST = "desk_toast"
ONE_TIME = ("export", "undo", "ids", "match", "tie", "owner_was")  # parts of an address that are no filter
RIGHTS = ("resolve", "write_off", "assign", "countersign", "reconcile", "download_reports")


def found_of(request: HttpRequest, now: datetime) -> DiscrepancyFilter:
    """The filter that the address asks for, over this merchant's differences."""
    merchant = request.merchant
    people = list(queue.people_of(merchant))
    found = DiscrepancyFilter(request.GET, queue.of_merchant(merchant), user=request.user, merchant=merchant, people=people, now=now)
    found.people = people
    return found


def query_of(request: HttpRequest) -> str:
    """The address's filter as `?…`, or nothing; an export or an undo is no part of it."""
    query = request.GET.copy()
    for name in ONE_TIME:
        query.pop(name, None)
    return f"?{query.urlencode()}" if query else ""


def address(request: HttpRequest, name: str, *args) -> str:
    """An address of the desk with the filter kept."""
    return reverse(f"settlements:{name}", args=[request.merchant.slug, *args]) + query_of(request)


def list_context(request: HttpRequest, found: DiscrepancyFilter, now: datetime, open_id: int | None = None) -> dict:
    """The queue: tabs, totals, rows, what was closed today. The number of queries does not depend on the number of rows."""
    merchant, rows = request.merchant, found.qs
    counts = queue.counts_of(merchant, request.user, now)
    totals = counts.totals if found.is_plain else queue.totals_of(rows)
    page = queue.page_of(merchant, rows, found.order, request.GET)
    closed, closed_count, cleared_count = queue.closed_today(merchant, now)
    return {
        **_common(request, found),
        "filter": found,
        "tabs": _tabs(request, found, counts),
        "counts": counts,
        "totals": totals,
        "ageing": ageing(merchant, now) if counts.every else [],
        "age_now": request.GET.get("age", ""),
        "count": sum(total.count for total in totals),
        "page": page,
        "table": _table(request, page.rows, totals, open_id),
        "closed": closed,
        "closed_count": closed_count,
        "cleared_count": cleared_count,
        "saved_views": queue.saved_views_of(merchant, request.user),
        "bulk": ResolveForm(membership=request.membership, auto_id="bulk_%s"),
        "job": queue.running_reconciliation(merchant),
        "suggested": open_suggestions(merchant).count(),
        "last_run": queue.last_run(merchant) if not counts.every else None,
        "toast": request.session.pop(TOAST, None),
        "item": None,
    }


def _common(request: HttpRequest, found: DiscrepancyFilter) -> dict:
    """What list and detail both need."""
    return {
        "can": {right: has_right(request.membership, right) for right in RIGHTS},
        "people": found.people,
        "query": query_of(request),
        "queue_url": address(request, "queue"),
        "problem": "",
        "toast": None,
    }


def _table(request: HttpRequest, rows: list[Discrepancy], totals: list[queue.Total], open_id: int | None) -> DiscrepancyTable:
    before, after = address(request, "discrepancy", 0).rsplit("discrepancies/0/", 1)  # resolved once, not once a row
    return DiscrepancyTable(
        rows,
        detail_url=lambda item: f"{before}discrepancies/{item.pk}/{after}",
        open_id=open_id,
        can_act=has_right(request.membership, "resolve") or has_right(request.membership, "assign"),
        currency=totals[0].currency if len(totals) == 1 else "",
        waiting=queue.waiting_among(rows),
    )


def _tabs(request: HttpRequest, found: DiscrepancyFilter, counts: queue.Counts) -> list[Tab]:
    figures = {"": counts.every, "mine": counts.mine, "overdue": counts.overdue, "large": counts.large, "second": counts.second}
    names = {"": _("All"), **{key: str(label) for key, label in VIEWS.items()}}
    kept = {name: value for name, value in request.GET.items() if name in found.filters and name != "view" and value}
    start = reverse("settlements:queue", args=[request.merchant.slug])
    return [
        Tab(
            names[key],
            f"{start}?{urlencode({**kept, **({'view': key} if key else {})})}".rstrip("?"),
            found.tab == key,
            count_text(figure),
        )
        for key, figure in figures.items()
    ]


def item_of(request: HttpRequest, pk: int) -> Discrepancy:
    """The merchant's difference with all that its page shows. :raises Http404: there is none."""
    return get_object_or_404(detail_of(request.merchant), pk=pk)


def detail_context(request: HttpRequest, item: Discrepancy, found: DiscrepancyFilter, now: datetime, count: int) -> dict:
    """One difference, told in the order of the drawer."""
    facts = facts_of(item)
    candidates = candidates_of(facts) if has_right(request.membership, "resolve") else []
    likely = bool(candidates) and candidates[0].is_likely
    return {
        **_common(request, found),
        "item": item,
        "chip": _chip(item),
        "headline": headline(facts),
        "method": method_label(item.method) if item.method else "",
        "paragraph": paragraph(facts),
        "advice": _advice(request, facts, likely) if item.is_open else [],
        "sides": sides_of(facts),
        "raw": raw_row_of(facts),
        "match": facts.match,
        "tie": facts.tie if item.kind in PAYOUT_KINDS else None,
        "trail": trail_of(facts, now),
        "trail_why": why(facts),
        "posted": entries_of(facts),
        "candidates": candidates,
        "likely": likely,
        "comments": comments_of(item),
        "history": history_of(item),
        "place": queue.place_of(found.qs, found.order, item, count),
        "can_reopen": item.state in CLOSED_BY_PERSON,
        **_signature_context(request, item),
        "pause_form": PauseForm(auto_id="pause_%s"),
        "resolve_form": ResolveForm(membership=request.membership, auto_id="one_%s"),
        "comment_form": CommentForm(auto_id="comment_%s"),
        "open_part": "",
    }


def _signature_context(request: HttpRequest, item: Discrepancy) -> dict:
    """What waits for a second person, or was approved by one, and what this person may do about it."""
    signature = queue.signature_of(item)
    is_waiting = signature is not None and signature.state == SignatureState.PENDING
    is_own = is_waiting and signature.requested_by_id == request.user.pk
    may = has_right(request.membership, "countersign")
    return {
        "signature": signature,
        "is_waiting": is_waiting,
        "is_stale": is_waiting and is_stale(signature),
        "may_decide": is_waiting and may and not is_own,
        "may_withdraw": is_own,
        "may_undo": may and signature is not None and signature.state == SignatureState.APPROVED,
        "signers": names_text(one for one in members_with(request.merchant, "countersign") if one != request.user) if is_waiting else "",
    }


def _advice(request: HttpRequest, facts: Facts, likely: bool) -> list[Advice]:
    """Only what this person may do."""
    return [one for one in advice_of(facts, has_likely=likely) if not one.right or has_right(request.membership, one.right)]


def _chip(item: Discrepancy) -> Chip | None:
    """The state of what is closed; an open one shows its clock instead."""
    if item.is_open:
        return None
    return Chip(item.get_state_display(), "green" if item.state == DiscrepancyState.CLEARED else "neutral", "circle-check")


def show_queue(request: HttpRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    """The list alone; `problem` is what a service refused, in the reader's language."""
    now = clock.now()
    found = found_of(request, now)
    context = {**list_context(request, found, now), "problem": problem}
    return render_page(request, "settlements/desk.html", "settlements/_desk_list.html", context, status=status)


def show_item(request: HttpRequest, item: Discrepancy, *, status: int = 200, **said) -> HttpResponse:
    """The detail: a part for the drawer, else the page with the list beside it. `said` adds a problem and what had been typed."""
    now = clock.now()
    found = found_of(request, now)
    if request.headers.get("HX-Target") == "drawer":
        context = detail_context(request, item, found, now, sum(total.count for total in queue.totals_of(found.qs)))
    else:
        around = list_context(request, found, now, open_id=item.pk)
        context = {**around, **detail_context(request, item, found, now, around["count"]), "toast": around["toast"]}
    return render_page(request, "settlements/desk.html", "settlements/_desk_item.html", {**context, **said}, status=status)


def go_on(request: HttpRequest, item: Discrepancy | None, text: str, undo: str = "") -> HttpResponse:
    """After an action: the toast, and the row after `item` in the filtered order opens by itself; without rows, the list."""
    request.session[TOAST] = {"text": text, "undo": undo}
    following = None
    if item is not None:
        found = found_of(request, clock.now())
        following = queue.beyond(found.qs, found.order, item).first() or queue.ordered(found.qs, found.order).first()
    return redirect(address(request, "discrepancy", following.pk) if following else address(request, "queue"))


def undo_address(request: HttpRequest, what: str, ids: list[int], **more) -> str:
    """Where the toast's button leads: the same filter, and what to take back."""
    query = QueryDict(query_of(request).removeprefix("?"), mutable=True)
    query.update({"undo": what, "ids": ",".join(map(str, ids)), **more})
    return f"{reverse('settlements:undo', args=[request.merchant.slug])}?{query.urlencode()}"

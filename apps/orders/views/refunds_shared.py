"""What the pages of the review desk have in common: the queue beside every request, the filter in the address, the toast."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.channels.services.gateway import can_be_called, rests_until
from apps.core import clock
from apps.core.figures import count_text
from apps.core.paging import keyset_page
from apps.core.panels import Tab
from apps.core.signs import signs_for
from apps.core.ui import render_page
from apps.merchants import step_up
from apps.merchants.access import has_right
from apps.merchants.selectors import members_with
from apps.orders.enums import RefundRoute, RefundState, Verdict
from apps.orders.errors import STALE_REASONS
from apps.orders.forms.refunds import VIEWS, RefundDeskFilter
from apps.orders.models import Refund
from apps.orders.selectors import refund_desk as desk
from apps.orders.selectors import refund_detail as details
from apps.orders.selectors.refund_calls import calls_of
from apps.orders.selectors.refund_context import steps_of
from apps.orders.selectors.refund_progress import failure_of, next_query_at, progress_of, seconds_until_next_look, state_chip
from apps.orders.selectors.refund_warnings import around, balance_of, shortfall, warnings_of
from apps.orders.selectors.refundable import refundable
from apps.orders.services.refunds.figures import stale_reason
from apps.orders.tables.refund_rows import Part, rows_of, title_of

TOAST = "refund_toast"
STORY_STEPS = 7
RIGHTS = ("approve_refund", "request_refund", "pay_refunds")


def found_of(request: HttpRequest, now: datetime) -> RefundDeskFilter:
    """The filter that the address asks for, over this merchant's requests."""
    return RefundDeskFilter(request.GET, desk.requests_of(request.merchant), user=request.user, merchant=request.merchant, now=now)


def query_of(request: HttpRequest) -> str:
    """The address's filter as `?…`, or nothing; a page of an old list is no part of it."""
    query = request.GET.copy()
    for name in ("after", "before", "looks"):
        query.pop(name, None)
    return f"?{query.urlencode()}" if query else ""


def address(request: HttpRequest, name: str, *args) -> str:
    """An address of the desk with the filter kept."""
    return reverse(f"orders:{name}", args=[request.merchant.slug, *args]) + query_of(request)


def for_me(request: HttpRequest, rows):
    """Those of `rows` that wait for the person who asks; none without the right."""
    if not has_right(request.membership, "approve_refund"):
        return rows.none()
    return desk.waiting_for(rows, request.user, request.membership.role)


def queue_context(request: HttpRequest, found: RefundDeskFilter, now: datetime) -> dict:
    """Tabs, totals and the parts of the queue. The number of queries does not depend on the number of rows."""
    merchant, rows = request.merchant, found.qs
    parts, page = _parts(request, found, rows, now)
    mine = desk.totals_of(for_me(request, found.qs.prefetch_related(None)))
    counts = desk.counts_of(merchant)
    return {
        **_common(request),
        "filter": found,
        "tabs": _tabs(request, found, counts),
        "counts": counts,
        "totals": mine,
        "count": sum(total.count for total in mine),
        "parts": parts,
        "page": page,
        "may_choose": any(row.may_choose for part in parts for row in part.rows),
        "toast": request.session.pop(TOAST, None),
        "refund": None,
    }


def _common(request: HttpRequest) -> dict:
    return {
        "can": {right: has_right(request.membership, right) for right in RIGHTS},
        "query": query_of(request),
        "queue_url": address(request, "refunds"),
        "problem": "",
        "refused": [],
        "toast": None,
    }


def _parts(request: HttpRequest, found: RefundDeskFilter, rows, now: datetime) -> tuple[list[Part], object]:
    """The parts that the tab asks for, those without rows left out; the list of what is over comes in pages."""
    if found.tab == "over":
        page = keyset_page(rows, request.GET, fields=("requested_at", "id"), size=30)
        groups = [("over", _("Over"), "", page.rows, len(page.rows))]
        return _drawn(request, groups, now), page
    groups = [] if found.tab == "going" else _waiting_groups(request, rows)
    if found.tab != "waiting":
        going = desk.oldest(rows.filter(state__in=desk.GOING))
        over = [] if found.tab == "going" else desk.lately_over(rows, now)
        title = _("Under way and just over") if over else _("Under way")
        groups.append(("going", title, "", [*going, *over], len(going) + len(over)))
    return _drawn(request, groups, now), None


def _waiting_groups(request: HttpRequest, rows) -> list[tuple]:
    mine, waiting = for_me(request, rows), desk.waiting(rows)
    own = waiting.filter(request__requested_by=request.user)
    others = waiting.exclude(request__requested_by=request.user)
    if has_right(request.membership, "approve_refund"):
        others = others.exclude(pk__in=mine.prefetch_related(None).select_related(None).values("pk"))
    groups = [("mine", _("Waiting for you"), _("first come, first decided"), mine), ("own", _("You asked"), "", own)]
    groups.append(("others", _("Waiting for others"), "", others))
    return [_counted(*group) for group in groups]


def _counted(key: str, title: str, note: str, some) -> tuple:
    """With the rows and how many there are; only a full part has to be counted."""
    rows = desk.oldest(some)
    return key, title, note, rows, len(rows) if len(rows) < desk.MOST_WAITING else some.count()


def _drawn(request: HttpRequest, groups: list[tuple], now: datetime) -> list[Part]:
    every = [refund for group in groups for refund in group[3]]
    before, after = address(request, "refund", 0).rsplit("refunds/0/", 1)  # resolved once, not once a row
    drawn = rows_of(
        every,
        around(request.merchant, every, now),
        user=request.user,
        role=request.membership.role,
        approvers=members_with(request.merchant, "approve_refund") if every else [],
        now=now,
        href=lambda refund: f"{before}refunds/{refund.pk}/{after}",
    )
    by_key = {row.refund.pk: row for row in drawn}
    return [Part(key, title, note, [by_key[one.pk] for one in some], n) for key, title, note, some, n in groups if some]


def _tabs(request: HttpRequest, found: RefundDeskFilter, counts: desk.Counts) -> list[Tab]:
    figures = {"waiting": counts.waiting, "going": counts.going, "over": 0}
    kept = {name: value for name, value in request.GET.items() if name in found.filters and name != "view" and value}
    start = reverse("orders:refunds", args=[request.merchant.slug])
    names = {"": _("All"), **{key: str(label) for key, label in VIEWS.items()}}
    return [
        Tab(
            label,
            f"{start}?{urlencode({**kept, **({'view': key} if key else {})})}".rstrip("?"),
            found.tab == key,
            count_text(figures[key]) if figures.get(key) else "",
        )
        for key, label in names.items()
    ]


def refund_of(request: HttpRequest, pk: int) -> Refund:
    """The merchant's request with all that its page shows. :raises Http404: there is none."""
    return get_object_or_404(details.detail_of(request.merchant), pk=pk)


def detail_context(request: HttpRequest, refund: Refund, found: RefundDeskFilter, now: datetime) -> dict:
    """One request, told in the order of the drawer."""
    merchant, is_waiting = request.merchant, refund.state == RefundState.REQUESTED
    known = around(merchant, [refund], now, with_signs=False)
    buyer = details.buyer_of(refund, now)
    return {
        **_common(request),
        **progress_context(request, refund),
        **_deciding(request, refund, now),
        "ask": refund.request,
        "frozen": refund.request.figures,
        "title": title_of(refund),
        "is_waiting": is_waiting,
        "warnings": warnings_of(refund, known),
        "signs": signs_for(merchant, refund) if is_waiting else [],
        "fee": details.fee_sentence(refund),
        "by_provider": refund.request.route == RefundRoute.PROVIDER,
        "balance": balance_of(refund, known),
        "shortfall": shortfall(refund, known),
        "story": steps_of(refund.payment.order, now)[-STORY_STEPS:],
        "buyer": buyer,
        "buyer_sentence": details.buyer_sentence(buyer) if buyer else "",
        "similar": details.similar_to(refund),
        "calls": [] if is_waiting else calls_of(refund),
        "place": desk.place_of(for_me(request, found.qs.prefetch_related(None)), refund),
        "open_part": "",
        "said": "",
    }


def _deciding(request: HttpRequest, refund: Refund, now: datetime) -> dict:
    """Who may decide, on which figures; what is decided already needs none of it."""
    merchant, needs_factor = request.merchant, refund.request.needs_mfa and step_up.fresh_at(request) is None
    approvers = members_with(merchant, "approve_refund")
    found = {
        "standing": details.standing_of(refund, request.user, request.membership.role, approvers),
        "needs_factor": needs_factor,
        "has_factor": True,
        "stale": "",
        "tier": [],
        "pairs": [],
        "changed": False,
        "question": _open_question(refund),
    }
    if refund.state == RefundState.REQUESTED:
        room = refundable(refund.payment, now, without=refund.pk)
        pairs = details.then_and_now(refund, refund.payment, room)
        found |= {"stale": _stale(refund, now), "tier": details.tier_words(refund, merchant), "pairs": pairs}
        found |= {"changed": any(pair.differs for pair in pairs), "has_factor": not needs_factor or step_up.has_factor(request.user)}
    return found


def _stale(refund: Refund, now: datetime) -> str:
    """What changed since the figures were frozen so that nobody can approve; empty when they hold."""
    code = refund.request.stale_reason or stale_reason(refund, refund.payment, now)
    return str(STALE_REASONS[code]) if code else ""


def progress_context(request: HttpRequest, refund: Refund, looks: int = 0) -> dict:
    """The line of steps, and when the page looks again."""
    is_waiting = refund.state == RefundState.APPROVED
    progress = progress_of(
        refund,
        is_callable=not is_waiting or can_be_called(refund.channel),
        rests_until=rests_until(refund.channel, clock.now()) if is_waiting else None,
    )
    return {
        "refund": refund,
        "progress": progress,
        "chip": state_chip(refund),
        "failure": failure_of(refund),
        "next_query_at": next_query_at(refund),
        "next_look": seconds_until_next_look(refund, looks) if progress and progress.is_moving else 0,
        "looks": looks + 1,
        "query": query_of(request),
    }


def _open_question(refund: Refund):
    """The question that waits for its answer."""
    if not refund.request.asked_at:
        return None
    return next((one for one in reversed(refund.decisions.all()) if one.verdict == Verdict.ASK), None)


def show_queue(request: HttpRequest, *, status: int = 200, **said) -> HttpResponse:
    """The queue alone; `said` is what a service refused, in the reader's language."""
    now = clock.now()
    context = {**queue_context(request, found_of(request, now), now), **said}
    return render_page(request, "orders/refunds.html", "orders/_refund_queue.html", context, status=status)


def show_refund(request: HttpRequest, refund: Refund, *, status: int = 200, **said) -> HttpResponse:
    """One request: a part for the drawer, else the page with the queue beside it."""
    now = clock.now()
    found = found_of(request, now)
    context = detail_context(request, refund, found, now)
    if request.headers.get("HX-Target") != "drawer":
        around_it = queue_context(request, found, now)
        context = {**around_it, **context, "toast": around_it["toast"]}
    return render_page(request, "orders/refunds.html", "orders/_refund.html", {**context, **said}, status=status)


def done(request: HttpRequest, refund: Refund | None, text: str) -> HttpResponse:
    """After an act: back to the request, or to the queue, with a word of what was done."""
    request.session[TOAST] = {"text": text, "undo": ""}
    return redirect(address(request, "refund", refund.pk) if refund else address(request, "refunds"))

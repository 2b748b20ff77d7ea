"""Pairs made and undone by hand, and the undo button of the toast."""

from datetime import datetime

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.channels.models import Channel
from apps.core import clock
from apps.core.errors import HezhangError
from apps.core.jobs.services import enqueue
from apps.merchants.access import has_right, needs
from apps.orders.models import Payment, Refund
from apps.settlements.enums import JobKind, Resolution
from apps.settlements.forms.desk import AssignForm, IdsField, MatchForm, ReasonForm
from apps.settlements.models import BankLine, BankMatch, Discrepancy, Match, Payout, SecondSignature, StatementLine
from apps.settlements.selectors import discrepancies as queue
from apps.settlements.selectors.facts import facts_of
from apps.settlements.services import by_hand
from apps.settlements.services.candidates import candidates_of
from apps.settlements.services.resolve import assign, reopen
from apps.settlements.services.second_signatures import match as match_or_ask
from apps.settlements.services.second_signatures import tie as tie_or_ask
from apps.settlements.views.desk_shared import TOAST, address, go_on, item_of, show_item, show_queue, undo_address

MODELS = {"payment": Payment, "refund": Refund, "line": StatementLine, "bank_line": BankLine, "payout": Payout}


@require_POST
@needs("resolve")
def match(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Pairs the difference's side with a chosen candidate and closes what that explains; the channel is reconciled again."""
    item, form = item_of(request, pk), MatchForm(request.POST)
    if not form.is_valid():
        problem = _("Choose a candidate and give a reason: it stays on record.")
        return show_item(request, item, problem=problem, open_part="candidates", status=422)
    now = clock.now()
    try:
        made = _pair(request, item, form.cleaned_data["candidate"], form.cleaned_data["reason"], now)
    except HezhangError as error:
        return show_item(request, item_of(request, pk), problem=str(error), open_part="candidates", status=422)
    if isinstance(made, SecondSignature):
        return go_on(request, item, _("The amounts differ by more than the limit of your shop: it waits for a second person."))
    ring(request, item.channel)
    what = "tie" if isinstance(made, BankMatch) else "match"
    closed = Discrepancy.objects.for_merchant(request.merchant).filter(closed_at=now, closed_by=request.user, resolution=Resolution.MATCHED)
    ids = list(closed.order_by("pk").values_list("pk", flat=True))
    return go_on(request, item, _("The two are paired"), undo_address(request, what, ids, **{what: made.pk}))


def _pair(request: HttpRequest, item: Discrepancy, key: str, reason: str, now: datetime) -> Match | BankMatch | SecondSignature:
    """Calls the service that fits the two sides. Only what the page offered may be chosen."""
    facts = facts_of(item)
    if key not in {one.key for one in candidates_of(facts)}:
        raise by_hand.UnableToMatch(_("This candidate is no longer free. Choose another one."))
    name, _colon, number = key.partition(":")
    chosen = MODELS[name].objects.for_merchant(request.merchant).get(pk=number)
    sides = {"reason": reason, "by": request.user, "now": now}
    common = {"merchant": request.merchant, **sides}
    if name == "line":
        return match_or_ask(item=item, line=chosen, ours=item.refund or item.payment, **sides)
    if name in ("payment", "refund"):
        return match_or_ask(item=item, line=facts.line, ours=chosen, **sides)
    payout, bank_line = (facts.payout, chosen) if name == "bank_line" else (chosen, facts.bank_line)
    made = tie_or_ask(item=item, payouts=[payout], bank_lines=[bank_line], **common)
    return made if isinstance(made, SecondSignature) else made[0]


@require_POST
@needs("resolve")
def unmatch(request: HttpRequest, merchant_slug: str, pk: int) -> HttpResponse:
    """Undoes the pair of this difference; no rule makes it again."""
    facts, form = facts_of(item_of(request, pk)), ReasonForm(request.POST)
    if not form.is_valid():
        return show_item(request, facts.item, problem=_("Give a reason: it stays on record."), open_part="unmatch", status=422)
    wants_tie = request.POST.get("what") == "tie"
    try:
        _part(request, facts.tie if wants_tie else facts.match, form.cleaned_data["reason"])
    except HezhangError as error:
        return show_item(request, facts.item, problem=str(error), open_part="unmatch", status=422)
    ring(request, facts.channel)
    request.session[TOAST] = {"text": _("The pair is undone. Reconciliation runs again."), "undo": ""}
    return redirect(address(request, "discrepancy", pk))


def _part(request: HttpRequest, pair: Match | BankMatch | None, reason: str) -> None:
    common = {"merchant": request.merchant, "reason": reason, "by": request.user, "now": clock.now()}
    if pair is None:
        raise by_hand.UnableToMatch(_("This pair was undone already."))
    if isinstance(pair, BankMatch):
        by_hand.untie_payout(tie=pair, **common)
    else:
        by_hand.unmatch_line(match=pair, **common)


@require_POST
@needs("assign")
def undo(request: HttpRequest, merchant_slug: str) -> HttpResponse:
    """Takes back the last action: `?undo=closed|match|tie|assigned&ids=…`. All of it or nothing."""
    what = request.GET.get("undo", "")
    take_back = {"closed": _reopen, "match": _unpair, "tie": _unpair, "assigned": _assign_back}.get(what)
    if take_back is None or (what != "assigned" and not has_right(request.membership, "resolve")):
        return show_queue(request, problem=_("This cannot be undone."), status=422)
    try:
        ids = IdsField().clean([request.GET.get("ids", "")])
        take_back(request, ids)
    except HezhangError as error:
        return show_queue(request, problem=str(error), status=422)
    except forms.ValidationError as error:
        return show_queue(request, problem=error.messages[0], status=422)
    request.session[TOAST] = {"text": _("Undone"), "undo": ""}
    return redirect(address(request, "discrepancy", ids[0]) if len(ids) == 1 else address(request, "queue"))


def _reopen(request: HttpRequest, ids: list[int]) -> None:
    reopen(merchant=request.merchant, ids=ids, by=request.user, now=clock.now())


def _unpair(request: HttpRequest, ids: list[int]) -> None:
    name = "match" if "match" in request.GET else "tie"
    model = Match if name == "match" else BankMatch
    pair = get_object_or_404(model.objects.for_merchant(request.merchant), pk=request.GET[name])
    with transaction.atomic():
        reopen(merchant=request.merchant, ids=ids, by=request.user, now=clock.now())
        _part(request, pair, _("Undone right after pairing"))
    ring(request, pair.channel if name == "match" else pair.payout.channel)


def _assign_back(request: HttpRequest, ids: list[int]) -> None:
    form = AssignForm(
        {"ids": [",".join(map(str, ids))], "owner": request.GET.get("owner_was", "")}, people=queue.people_of(request.merchant)
    )
    if form.is_valid():
        assign(merchant=request.merchant, **form.cleaned_data, by=request.user, now=clock.now())


def ring(request: HttpRequest, channel: Channel) -> None:
    """Reconciles the channel soon; several pairs in a row ring once."""
    enqueue(
        kind=JobKind.RECONCILE, merchant_id=request.merchant.pk, payload={"channel_id": channel.pk}, by=request.user,
        dedupe_key=f"reconcile:{channel.pk}",
    )  # fmt: skip

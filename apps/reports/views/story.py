"""The story of one order."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.core import clock
from apps.core.panels import Tab
from apps.core.signs import signs_for, signs_for_many
from apps.core.ui import Chip
from apps.merchants.access import has_right, needs
from apps.orders.selectors.live_payments import live_payments
from apps.orders.selectors.refund_doors import doors_of
from apps.orders.selectors.story import order_for
from apps.reports.story.booked import entries_of
from apps.reports.story.clocks import clocks_of
from apps.reports.story.facts import StoryFacts, story_facts
from apps.reports.story.items import Item, items_of, steps_of
from apps.reports.story.money import sums_of
from apps.settlements.selectors.headlines import short_title
from apps.settlements.selectors.payment_risk import payment_risks


@require_safe
@needs("view_money")
def order_story(request: HttpRequest, merchant_slug: str, order_no: str) -> HttpResponse:
    """Everything that touched an order; `?show=statement` keeps one kind of it."""
    facts = story_facts(order_for(request.merchant, order_no))
    today = clock.local_date(clock.now(), request.merchant.timezone)
    items = items_of(facts, merchant_slug, today, request.merchant.timezone)
    chosen = request.GET.get("show", "")
    shown = [item for item in items if item.group == chosen] or items
    context = {
        "order": facts.order,
        "facts": facts,
        "chips": _chips(facts),
        "signs": _signs(facts),
        "clocks": clocks_of(facts, today),
        "steps": steps_of(shown),
        "tabs": _tabs(items, chosen),
        "sums": sums_of(facts),
        "entries": entries_of(facts),
        "disputable": facts.captured[-1] if facts.captured and has_right(request.membership, "answer_disputes") else None,
        "risks": payment_risks(request.merchant, facts.captured, clock.now()),
        "live": live_payments(request.merchant, facts.books.payments),
        "may_take": has_right(request.membership, "take_payments"),
        "may_record": has_right(request.membership, "edit_books"),
        "doors": doors_of(facts.captured, clock.now()) if has_right(request.membership, "request_refund") else [],
    }
    return render(request, "reports/story.html", context)


def _tabs(items: list[Item], chosen: str) -> list[Tab]:
    names = {
        "books": _("Orders and payments"),
        "refund": _("Refunds"),
        "statement": _("Statements"),
        "bank": _("Payouts and bank"),
        "difference": _("Discrepancies"),
        "dispute": _("Disputes"),
        "call": _("Calls and notices"),
        "people": _("People"),
    }
    counts = {name: sum(item.group == name for item in items) for name in names}
    chosen = chosen if counts.get(chosen) else ""
    every = Tab(_("All"), "?", not chosen, str(len(items)))
    return [every, *(Tab(names[name], f"?show={name}", name == chosen, str(n)) for name, n in counts.items() if n)]


def _chips(facts: StoryFacts) -> list[Chip]:
    """At most two: disputes and differences still open; nothing when all is well."""
    disputes = [Chip(_("in dispute"), "amber", "gavel") for one in facts.disputed.disputes if one.is_open][:1]
    return [*disputes, *(Chip(short_title(item), "amber") for item in facts.differences if item.is_open)][:2]


def _signs(facts: StoryFacts) -> list[Chip]:
    """Signs of risk of the order and of its payments, each once."""
    of_payments = signs_for_many(facts.order.merchant, facts.books.payments)
    return list(dict.fromkeys([*signs_for(facts.order.merchant, facts.order), *(sign for signs in of_payments.values() for sign in signs)]))

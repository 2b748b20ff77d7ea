"""The order's time line for pages of lower apps, such as the review of a refund."""

from datetime import datetime

from apps.core.clock import local_date
from apps.core.panels import Step
from apps.orders.models import Order
from apps.reports.story.facts import story_facts
from apps.reports.story.items import items_of, steps_of


def order_steps(order: Order, now: datetime) -> list[Step]:
    """All of it, oldest first, what is expected last; without raw rows, which the story's own page unfolds."""
    merchant = order.merchant
    items = items_of(story_facts(order), merchant.slug, local_date(now, merchant.timezone), merchant.timezone)
    return [Step(step.when, step.title, step.state, step.detail, step.amount, step.icon, step.href) for step in steps_of(items)]

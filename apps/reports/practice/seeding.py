"""Fills a database with the practice shop, through the same services that the commands and pages use, so that it also proves them."""

import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from apps.channels.models import Channel
from apps.channels.services.match_rules import book_rate, set_rules
from apps.core.clock import local_date
from apps.merchants.enums import Role
from apps.merchants.models import Membership, Merchant, User
from apps.reports.figures.months import Month
from apps.reports.practice import people
from apps.reports.practice.disputing import dispute_some
from apps.reports.practice.refunding import ask_for_refunds
from apps.reports.practice.watching import watch_for_risk
from apps.reports.practice.world import Plan, make_world
from apps.reports.services.month_work import APPROVE, PREPARE, work_on_month
from apps.settlements.models import Discrepancy
from apps.settlements.selectors.discrepancies import open_of
from apps.settlements.services.drop import load_drop
from apps.settlements.services.reconcile import reconcile
from apps.settlements.services.resolve import assign, comment, resolve
from apps.settlements.services.suggesting import refresh_suggestions

LEFT_OPEN = 12  # of the differences found, this many newest ones wait for the visitor
ZONE = "Asia/Taipei"
TRAINING_DAYS = 15
YEN = Decimal("0.0066")  # dollars


@dataclass
class Seeded:
    """What was made. `refused` names files that the product did not take: there should be none."""

    merchant: Merchant
    payments: int
    found: int
    planted: int
    still_open: int
    refused: list[str] = field(default_factory=list)


def seed_demo(*, plan: Plan, password: str, now: datetime, progress: Callable[[int, str], None] = lambda percent, step: None) -> Seeded:
    """The shop, a small second one of the same owner, the people, and a desk that someone has been working on.

    All of it or nothing: killed half-way, the next run begins again.
    """
    with transaction.atomic():
        users = _people(password)
        shop, seeded = _load(plan, users, now, lambda percent, step: progress(percent * 70 // 100, step))
        _join(shop, users)
        _work_on_desk(shop, users, now, _first_month(plan.days, now), random.Random(plan.seed))  # noqa: S311  sample data
        _agree_on_rules(shop, users[Role.OWNER], now)
        refresh_suggestions(merchant=shop, now=now)
        watch_for_risk(shop, users, now)
        dispute_some(shop, users, now)
        ask_for_refunds(shop, users, now)
        small = Plan(
            slug=f"{plan.slug}-tainan", name=f"{plan.name} 台南", prefix="NT", days=TRAINING_DAYS, per_day=4, seed=plan.seed + 1, faults=3
        )
        branch, second = _load(small, users, now, lambda percent, step: progress(75 + percent * 20 // 100, step))
        Membership.objects.create(merchant=branch, user=users[Role.OWNER], role=Role.OWNER)
        Membership.objects.create(merchant=branch, user=users[Role.ACCOUNTANT], role=Role.VIEWER)
        progress(100, _("Done"))
    seeded.still_open, seeded.refused = open_of(shop).count(), seeded.refused + second.refused
    return seeded


def close_first_month(
    *, shop: Merchant, days: int, now: datetime, progress: Callable[[int, str], None] = lambda percent, step: None
) -> str:
    """Prepares the oldest month as the accountant and approves it as the approver. Returns its name.

    :raises ReportError: what stands in the way, such as fonts for the PDF that are still on their way; the shop is whole without it.
    """
    month = _first_month(days, now)
    for action, role in ((PREPARE, Role.ACCOUNTANT), (APPROVE, Role.APPROVER)):
        by = Membership.objects.for_merchant(shop).select_related("user").get(role=role).user
        work_on_month(action=action, merchant=shop, month=month, by=by, language=by.language, now=now, progress=progress)
    return str(month)


def _load(plan: Plan, users: dict[str, User], now: datetime, progress: Callable[[int, str], None]) -> tuple[Merchant, Seeded]:
    """One world: generated, ingested, reconciled."""
    by = users[Role.ACCOUNTANT]
    with tempfile.TemporaryDirectory(prefix="hezhang-practice-") as folder:
        progress(0, _("Writing the files of %(shop)s") % {"shop": plan.name})
        world = make_world(Path(folder), plan, as_of=local_date(now, ZONE))
        report = load_drop(
            folder=world.drop,
            by=by,
            now=now,
            progress=lambda at, of, name: progress(5 + 75 * at // max(of, 1), _("Reading %(file)s") % {"file": name}),
        )
    merchant = report.merchant
    merchant.is_practice = True
    merchant.save(update_fields=["is_practice"])
    progress(85, _("Reconciling"))
    reconcile(merchant=merchant, by=by, now=now)
    found = Discrepancy.objects.for_merchant(merchant).count()
    refused = [f"{item['file']}: {item['message']}" for item in report.refused]
    return merchant, Seeded(merchant, world.facts["payments"], found, len(world.truth), found, refused)


def _agree_on_rules(shop: Merchant, owner: User, now: datetime) -> None:
    """What the owner has set for Stripe: a cent of rounding is accepted, and a rate at which the books convert yen."""
    stripe = Channel.objects.for_merchant(shop).filter(code="stripe").first()
    if stripe is not None:
        set_rules(channel=stripe, reason=people.WHY_A_CENT, by=owner, now=now, amount_minor=1)
        book_rate(channel=stripe, base="JPY", quote="USD", valid_from=Month.of(local_date(now, ZONE)).first, rate=YEN, by=owner, now=now)


def _first_month(days: int, now: datetime) -> Month:
    return Month.of(local_date(now, ZONE) - timedelta(days=days))


def _people(password: str) -> dict[str, User]:
    """A login for each role; those that exist already are left as they are."""
    users = {}
    for role, name in people.MEMBERS.items():
        users[role] = _user(people.email(role), name, password, is_staff=False)
    users["staff"] = _user(people.email("staff"), people.STAFF, password, is_staff=True)
    return users


def _user(email: str, name: str, password: str, *, is_staff: bool) -> User:
    known = User.objects.filter(email=email).first()
    return known or User.objects.create_user(email, password, name=name, is_staff=is_staff, is_superuser=is_staff)


def _join(shop: Merchant, users: dict[str, User]) -> None:
    Membership.objects.bulk_create(Membership(merchant=shop, user=users[role], role=role) for role in people.MEMBERS)


def _work_on_desk(shop: Merchant, users: dict[str, User], now: datetime, first_month: Month, rng: random.Random) -> None:
    """The older differences are closed with their reasons; of the newest some are in someone's hands and spoken about."""
    waiting = list(open_of(shop).order_by("-business_date", "kind", "pk"))
    is_over = first_month.last < local_date(now, ZONE)
    answered = [item for at, item in enumerate(waiting) if at >= LEFT_OPEN or (is_over and item.business_date <= first_month.last)]
    for item in reversed(answered):
        how, why = people.ANSWERS.get(item.kind, people.ANY_ANSWER)
        resolve(merchant=shop, ids=[item.pk], resolution=how, reason=why, by=users[Role.ACCOUNTANT], now=now)
    left = [item for item in waiting if item not in answered]
    accountant, operator = users[Role.ACCOUNTANT], users[Role.OPERATOR]
    assign(merchant=shop, ids=[item.pk for item in left[1::3]], owner=accountant, by=users[Role.OWNER], now=now)
    assign(merchant=shop, ids=[item.pk for item in left[5::6]], owner=operator, by=accountant, now=now)
    for item in left[1::4]:
        comment(merchant=shop, discrepancy=item, text=rng.choice(people.COMMENTS), by=accountant, now=now)

"""What a replay told, as its page shows it."""

from dataclasses import dataclass

from django.urls import reverse

from apps.core import clock
from apps.merchants.models import Merchant
from apps.settlements.enums import Change, Kind, Rule
from apps.settlements.models import RuleReplay
from apps.settlements.selectors.facts_mark import facts_mark

LABELS = {**dict(Kind.choices), **dict(Rule.choices)}
OF_DISCREPANCIES = (Change.OPENS, Change.CLEARS, Change.MOVES)


@dataclass(frozen=True, slots=True)
class Sum:
    """How many changes of one sort and kind in one currency, and the money of them."""

    what: str
    kind: str
    currency: str
    count: int
    minor: int


@dataclass(frozen=True, slots=True)
class Row:
    """One change with its link; `before` and `after` are differences, None where there is none."""

    what: str
    kind: str
    title: str
    href: str
    currency: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Told:
    """A replay that has ended. It is stale when what it looked at is not what there is now."""

    opens: int
    clears: int
    moves: int
    sums: list[Sum]
    rows: list[Row]
    is_stale: bool


def told_by(replay: RuleReplay, merchant: Merchant) -> Told:
    """The result in words and links; reads the facts' mark, unless the replay was used."""
    sums = [Sum(str(Change(s["what"]).label), _label(s["kind"]), s["currency"], s["count"], s["money"]) for s in replay.sums]
    counts = [sum(s["count"] for s in replay.sums if s["what"] == what) for what in OF_DISCREPANCIES]
    is_stale = replay.rule_set_id is None and replay.facts != facts_mark(replay.channel, clock.local_date(clock.now(), merchant.timezone))
    return Told(*counts, sums, [_row(row, merchant.slug) for row in replay.rows], is_stale)


def _label(kind: str) -> str:
    return str(LABELS.get(kind, kind))


def _row(row: dict, slug: str) -> Row:
    opened = row["what"] in (Change.OPENS, Change.MOVES)
    if row["what"] in OF_DISCREPANCIES:
        before, after = row["before"], row["actual"] - row["expected"] if opened else None
    else:
        before, after = (row["stake"], None) if row["what"] in (Change.UNPAIRS, Change.UNTIES) else (None, row["stake"])
    title = row["order_no"] or row["ref"] or row["business_date"] or ""
    return Row(str(Change(row["what"]).label), _label(row["kind"]), title, _href(row, slug), row["currency"], before, after)


def _href(row: dict, slug: str) -> str:
    if row["discrepancy"]:
        return reverse("settlements:discrepancy", args=[slug, row["discrepancy"]])
    if row["order_no"]:
        return reverse("reports:order_story", args=[slug, row["order_no"]])
    if row["payout_id"]:
        return reverse("settlements:payout", args=[slug, row["payout_id"]])
    return ""
